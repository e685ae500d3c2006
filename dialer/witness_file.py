"""Reads Asterisk's channel event log as it grows."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from dialer.core.events import ChannelEvent, ChannelId
from dialer.core.witness import events_of, parse


class WitnessFile:
    """Implements the Witness port over the CSV that Asterisk appends to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._events: dict[ChannelId, list[ChannelEvent]] = {}

    def events(self) -> Mapping[ChannelId, Sequence[ChannelEvent]]:
        for row in csv.reader(self._new_lines()):
            line = parse(row)
            if line is not None:
                self._events.setdefault(line.channel, []).extend(events_of(line))
        return self._events

    def _new_lines(self) -> list[str]:
        """Whole lines only: the last one may still be on its way."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._offset)
            read = file.read()
        whole = read[: read.rfind(b"\n") + 1]
        self._offset += len(whole)
        return whole.decode("utf-8", "replace").splitlines()
