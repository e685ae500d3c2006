"""Recordings of talks, from what Asterisk wrote to a finished file that the store knows."""

from collections.abc import Collection

from dialer.core.values import AttemptId
from dialer.journal import Journal
from dialer.ports import Store
from dialer.recorder import Recorder
from dialer.tasks import Tasks


class Tapes:
    def __init__(self, recorder: Recorder | None, journal: Journal, store: Store, tasks: Tasks) -> None:
        self._recorder, self._journal, self._store, self._tasks = recorder, journal, store, tasks
        self.under_way: set[AttemptId] = set()

    def keep(self, attempt: AttemptId) -> None:
        if self._recorder is not None and attempt not in self.under_way:
            self.under_way.add(attempt)
            self._tasks.spawn(self._keep(self._recorder, attempt))

    def finish(self, besides: Collection[AttemptId]) -> None:
        """What a crash or a full disk left as Asterisk wrote it, but for calls that go on."""
        for attempt in self._recorder.left_over() if self._recorder is not None else ():
            if attempt not in besides:
                self.keep(attempt)

    async def _keep(self, recorder: Recorder, attempt: AttemptId) -> None:
        try:
            recording = await recorder.finish(attempt)
            if recording is not None:
                self._journal.write(lambda: self._store.save_recording(recording))
        finally:
            self.under_way.discard(attempt)
