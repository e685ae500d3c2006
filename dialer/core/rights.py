"""What a person may do, and the words of the logs of what they did (X-004 to X-008).

Which role brings which rights is data in the store; a right is a word of the program, for code asks for it.
"""

from dataclasses import dataclass
from enum import StrEnum


class Right(StrEnum):
    DESK = "desk"  # sit at a desk and take calls
    CASE_VIEW = "case_view"
    CASE_SEARCH = "case_search"
    RESULT_WRITE = "result_write"
    RESULT_CORRECT_OTHERS = "result_correct_others"
    MANUAL_CALL = "manual_call"
    SUPERVISE = "supervise"
    WATCH = "watch"  # the floor and its figures, changing nothing
    LISTEN = "listen"  # hear talks, unheard
    ACCOUNTS = "accounts"
    RULES = "rules"
    MESSAGES = "messages"
    LOGS = "logs"
    EXPORT = "export"
    REPORTS = "reports"
    HEAR_RECORDINGS = "hear_recordings"
    DELETE_RECORDINGS = "delete_recordings"
    SYSTEM = "system"  # its state and its settings, changing nothing
    IMPORT = "import"  # take the city's files over: persons named beforehand (D-014)


class SignInKind(StrEnum):
    """What the sign-in log tells."""

    SIGNED_IN = "signed_in"
    REFUSED = "refused"
    SIGNED_OUT = "signed_out"
    LOCKED = "locked"
    UNLOCKED = "unlocked"
    UNLOCK_REFUSED = "unlock_refused"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a word of the log
    PASSWORD_REFUSED = "password_refused"  # noqa: S105


class RefusedBecause(StrEnum):
    """For the log alone: whoever was refused is told the same in every case."""

    UNKNOWN = "unknown_login"
    WRONG = "wrong_password"
    WRONG_CODE = "wrong_code"
    WAIT = "locked_out"
    SUSPENDED = "suspended"
    NO_GRANT = "no_grant"
    TOO_OFTEN = "too_often"


class SessionEnd(StrEnum):
    SIGNED_OUT = "signed_out"
    REPLACED = "replaced"  # the same person signed in elsewhere
    EXPIRED = "expired"
    ENDED = "ended"  # by an administrator
    SUSPENDED = "suspended"
    PASSWORD = "password"  # noqa: S105 - changed: every other session ends


class AccountChange(StrEnum):
    """What became of an account (X-005); rights and passwords have records of their own."""

    CREATED = "created"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    SESSIONS_ENDED = "sessions_ended"
    ENDED = "ended"  # for good: nobody has this login again
    CODE_ON = "code_on"  # codes of a second device at the sign-in
    CODE_OFF = "code_off"


@dataclass(frozen=True, slots=True)
class LockOut:
    """How often a login may be tried, and how long one waits then: twice as long with every further failure."""

    after: int = 5
    first_seconds: float = 60.0
    most_seconds: float = 3600.0
    forgotten_seconds: float = 86400.0  # after so long without a failure the count begins again

    def seconds(self, failures: int) -> float:
        """How long this failure, the `failures`-th in a row, shuts the door."""
        if failures < self.after:
            return 0.0
        return min(self.most_seconds, self.first_seconds * 2.0 ** min(failures - self.after, 30))
