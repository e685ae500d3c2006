"""Who wants to know of calls and operators what matters to the pace of calls. This one does not."""

from dialer.core.floor import Desk
from dialer.core.pacing.values import Work
from dialer.core.values import AttemptId, Outcome


class Watcher:
    def rings(self, attempt: AttemptId) -> None:
        """The first sign of life: it rings, or something is heard before any answer."""

    def answered(self, attempt: AttemptId) -> None:
        """By somebody, or something."""

    def is_person(self, attempt: AttemptId) -> None:
        """Or what counts as one: an operator is needed."""

    def joined(self, attempt: AttemptId) -> None: ...

    def over(self, attempt: AttemptId, outcome: Outcome) -> None: ...

    def worked(self, desk: Desk, work: Work) -> None:
        """A desk has done with it, and is about to become something else."""
