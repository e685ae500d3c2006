"""What the pages of all manuals in versions have in common: which version is meant, deciding about one."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from aiohttp import web

from dialer.core.manuals import Manual
from dialer.core.values import TOKYO
from dialer.manual_book import ManualBook
from dialer.profiles.script_versions import BadDocument
from dialer.web.desk import of_this_city
from dialer.web.parts import parts_of
from dialer.web.security import log_operation
from dialer.web.sign_in import Fields

NO_VERSION = "版を選んでください"
NO_ACT = "操作を選んでください"
NO_DAY = "日は 2026-12-01 のように書いてください"


async def decide(request: web.Request, book: ManualBook, one: Manual, fields: Fields, what: str) -> None:
    """`act`: approve or withdraw. `what`: the word of the log for such a manual."""
    by, now, reason = of_this_city(request).account_login, parts_of(request).clock.now(), fields["reason"]
    act = fields["act"]
    if act == "approve":
        first, until = _day(fields["first"]), _day(fields["last"], days_later=1)
        await book.approve(one, by=by, reason=reason, now=now, first=first, until=until)
    elif act == "withdraw":
        await book.withdraw(one, by=by, reason=reason, now=now)
    else:
        raise BadDocument([NO_ACT])
    detail = {"old": one.state.value, "new": "approved" if act == "approve" else "withdrawn"}
    await log_operation(request, act, what, [one.id], 1, detail=detail)


def version_of(versions: Sequence[Manual], typed: str) -> Manual | None:
    if not re.fullmatch(r"\d{1,6}", typed, re.ASCII):
        return None
    return next((one for one in versions if one.version == int(typed)), None)


def _day(typed: str, *, days_later: int = 0) -> datetime | None:
    if not typed:
        return None
    try:
        return datetime.combine(date.fromisoformat(typed) + timedelta(days=days_later), time(), TOKYO)
    except (ValueError, OverflowError):
        raise BadDocument([NO_DAY]) from None
