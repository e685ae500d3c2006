"""How a debt kind of a city is being called: why it is not, who takes it, what is said."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from dialer.core.groups import Group, takes
from dialer.core.messages import Message, MessagePurpose, NoMessage, choose
from dialer.core.rulebook import Rulebook

NOTHING_DUE = "今、架電できる案件がありません"
NOBODY_TAKES_IT = "この科目を担当する方が席にいません"


def why_not_called(book: Rulebook, debt: str, now: datetime, *, due: int, at_work: Iterable[Group]) -> str | None:
    """The first of what keeps it from being called; None: it is called as soon as somebody is free for it."""
    if (paused := book.modes.why_paused(debt)) is not None:
        return paused
    opening = book.calendar.calls_at(now, debt)
    if not opening.is_open:
        return opening.reason
    if not due:
        return NOTHING_DUE
    group = book.groups.of_debt(debt)
    return None if any(takes(own, group) for own in at_work) else NOBODY_TAKES_IT


def texts_in_force(messages: Sequence[Message], debt: str, now: datetime, *, drafts: bool) -> list[Message | NoMessage]:
    """What machines and whoever answers are told about this debt kind, or why it is nothing."""
    purposes = [one for one in MessagePurpose if one.may_be_overheard]
    return [choose(messages, one, debt, now, drafts=drafts) for one in purposes]
