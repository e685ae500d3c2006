"""`dialer decide`: ending a case where the tender leaves it to a person (C-047)."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from dialer.calendar_commands import CannotAnswer
from dialer.command_log import Use, note
from dialer.commands import opened_database, opened_store
from dialer.config import Settings
from dialer.core.happened import JUDGEMENT_NAMES
from dialer.rulebooks import Rulebooks
from dialer.store.case_decisions import CaseDecision, NotOffered, UnknownCase, save_decision


@dataclass(frozen=True, slots=True)
class Decided:
    order: CaseDecision

    def as_dict(self) -> dict[str, Any]:
        return {"case": self.order.case, "complete": self.order.judgement.value}

    def as_text(self) -> str:
        return f"案件 {self.order.case}: 「{JUDGEMENT_NAMES[self.order.judgement]}」として完了にしました"


async def decided(settings: Settings, order: CaseDecision) -> Decided:
    """By whoever has the command line, whatever the city says of those at desks."""
    async with opened_store(settings, settings.city) as store:
        book = await Rulebooks(settings, store).book(order.at)
    async with opened_database(settings) as database:
        try:
            await database.ask(partial(save_decision, city=settings.city, order=order, book=book))
        except UnknownCase:
            raise CannotAnswer(f"{book.city.name}に案件 {order.case} はありません。") from None
        except NotOffered:
            named = JUDGEMENT_NAMES[order.judgement]
            look = f"dialer explain {order.case} で確かめてください。"
            raise CannotAnswer(f"案件 {order.case} は、いまは「{named}」として完了にできません。{look}") from None
    detail = {"new": order.judgement.value}
    await note(settings, book.city, Use(order.by, order.at, "decide", "case", [order.case], 1, detail))
    return Decided(order)
