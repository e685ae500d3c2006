"""What the ear is told of each call: what may be said to a machine, and what is known of the number."""

from dialer.config import Hearing
from dialer.core.briefing import Briefing
from dialer.core.hearing.values import NumberType
from dialer.core.messages import MessagePurpose
from dialer.core.values import PhoneNumber
from dialer.media.prompt_book import PromptBook
from dialer.ports import Claimed, Clock

MOBILE = ("070", "080", "090")
IP = "050"


class Briefings:
    """Only approved and valid texts are named: without one a machine is hung up on, and nobody hears an opening."""

    def __init__(self, city: str, hearing: Hearing, book: PromptBook, clock: Clock) -> None:
        self._city, self._hearing, self._book, self._clock = city, hearing, book, clock

    def __call__(self, claimed: Claimed) -> Briefing:
        return Briefing(
            city=self._city,
            number=type_of(claimed.number),
            machines=claimed.machines_before,
            persons=claimed.talks_before,
            message=self._sound(MessagePurpose.VOICEMAIL, claimed.debt),
            opening=self._sound(MessagePurpose.OPENING, claimed.debt) if self._hearing.opening else "",
            screening=self._sound(MessagePurpose.SCREENING, claimed.debt),
            undecided_ms=round(self._hearing.undecided_after_seconds * 1000),
        )

    def _sound(self, purpose: MessagePurpose, debt: str) -> str:
        return self._book.name(self._city, purpose, debt, self._clock.now())


def type_of(number: PhoneNumber) -> NumberType:
    if number.startswith(MOBILE):
        return NumberType.MOBILE
    return NumberType.IP if number.startswith(IP) else NumberType.FIXED
