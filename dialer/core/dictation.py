"""A text that a person of the centre speaks into a telephone (I-004): how one is guided, and how it can end.

Nobody outside hears these words, so no city has to approve them.
"""

from collections.abc import Sequence
from enum import Enum, StrEnum, auto

from dialer.core.events import Answered, ChannelCreated, ChannelEvent, DialEnded, DictationEnded, HungUp
from dialer.core.messages import MessagePurpose

LONGEST_SECONDS = MessagePurpose.SPECIAL.longest_seconds - 0.5  # the finished prompt has some silence around it
SHORTEST_SECONDS = 1.0
SILENCE_SECONDS = 5.0  # then it is over, also without a key
MOST_TAKES = 5
LONGEST_CALL_SECONDS = 600.0  # the dialplan ends it then, whatever is going on

ACCEPT, AGAIN, DROP = "1", "2", "3"


class Cue(StrEnum):
    """The name of its sound among the prompts."""

    BEGIN = "dictation-begin"
    BEEP = "dictation-beep"
    EMPTY = "dictation-empty"
    ASK = "dictation-ask"
    ACCEPTED = "dictation-accepted"
    DROPPED = "dictation-dropped"


WORDS = {
    Cue.BEGIN: "発信音のあとに、お知らせを録音してください。"
    f"{MessagePurpose.SPECIAL.longest_seconds:.0f}秒まで録音できます。終わりましたら、シャープを押してください。",
    Cue.EMPTY: "声が録音されていません。もう一度、お話しください。",
    Cue.ASK: f"この内容で登録する場合は{ACCEPT}、もう一度録音する場合は{AGAIN}、"
    f"取りやめる場合は{DROP}を、押してください。",
    Cue.ACCEPTED: "録音を受け付けました。結果は、操作した画面で、お確かめください。",
    Cue.DROPPED: "登録は行いませんでした。",
}
"""The beep has none."""


class Ending(StrEnum):
    """The event with which the script tells of it. Whoever hangs up before tells nothing, and nothing is changed."""

    ACCEPTED = "DictationAccepted"
    EMPTY = "DictationEmpty"  # too short, or silence only
    DROPPED = "DictationDropped"


class Missed(Enum):
    """There was no dictation, or no end of one."""

    NOT_REGISTERED = auto()
    BUSY = auto()
    NO_ANSWER = auto()
    REFUSED = auto()
    HUNG_UP = auto()


TIMED_OUT = 3  # DialEnded.reason
BUSY_CODES = (486, 600)


def came_of(events: Sequence[ChannelEvent]) -> Ending | Missed | None:
    """Of a telephone that was called for a dictation; None: it is still going on."""
    ended = next((one for one in events if isinstance(one, DictationEnded)), None)
    if ended is not None:
        return Ending(ended.how)
    hung_up = next((one for one in events if isinstance(one, HungUp)), None)
    if any(isinstance(one, Answered) for one in events):
        return Missed.HUNG_UP if hung_up else None
    missed = next((one for one in events if isinstance(one, DialEnded) and not one.answered), None)
    if missed is None:
        return None
    if missed.reason == TIMED_OUT:
        return Missed.NO_ANSWER
    if not any(isinstance(one, ChannelCreated) for one in events):
        return Missed.NOT_REGISTERED  # Asterisk knows no place to which it could send the call
    if hung_up is None:
        return None  # it follows, and says why
    return Missed.BUSY if hung_up.sip_code in BUSY_CODES else Missed.REFUSED
