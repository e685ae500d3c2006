"""Reads Asterisk's channel event log as it grows."""

import asyncio
import csv
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from dialer.core.events import ChannelEvent, ChannelId, HungUp
from dialer.core.witness import events_of, parse

FIRST_LOOK_BYTES = 20 << 20
"""At the first look only the end of a long file is read: what stands before it was settled long since."""


class WitnessFile:
    """Implements the Witness port over the CSV that Asterisk appends to.

    Channels that ended longer ago than `keep` are forgotten; None keeps all.
    """

    def __init__(self, path: Path, keep: timedelta | None = None) -> None:
        self._path, self._keep = path, keep
        self._offset: int | None = None
        self._events: dict[ChannelId, list[ChannelEvent]] = {}

    async def events(self) -> Mapping[ChannelId, Sequence[ChannelEvent]]:
        return await asyncio.to_thread(self.read)

    def read(self) -> Mapping[ChannelId, Sequence[ChannelEvent]]:
        """The same, for whoever may block."""
        newest: datetime | None = None
        for row in csv.reader(self._new_lines()):
            line = parse(row)
            if line is not None:
                newest = line.at
                self._events.setdefault(line.channel, []).extend(events_of(line))
        if newest is not None and self._keep is not None:
            self._forget(newest - self._keep)
        return self._events

    def _forget(self, before: datetime) -> None:
        self._events = {
            channel: events
            for channel, events in self._events.items()
            if not any(isinstance(event, HungUp) and event.at < before for event in events)
        }

    def _new_lines(self) -> list[str]:
        """Whole lines only: the last one may still be on its way."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            size = file.seek(0, 2)
            if self._offset is None:
                self._offset = max(0, size - FIRST_LOOK_BYTES)
            if size < self._offset:  # Asterisk has begun a new file
                self._offset = 0
            file.seek(self._offset)
            read = file.read()
        whole = read[: read.rfind(b"\n") + 1]
        self._offset += len(whole)
        return whole.decode("utf-8", "replace").splitlines()
