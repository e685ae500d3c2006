"""Where a call stands, in one word for people who watch, and since when."""

from datetime import datetime
from enum import StrEnum

from dialer.core.call import Call
from dialer.core.callers import Inbound, Route


class Stage(StrEnum):
    STARTING = "starting"  # claimed, or just arrived: nothing has been heard yet
    DIALLING = "dialling"
    RINGING = "ringing"
    HEARING = "hearing"  # answered: nobody knows yet by whom
    WAITING = "waiting"  # for an operator
    MACHINE = "machine"
    GUIDED = "guided"  # a notice or the menu
    TALKING = "talking"
    HELD = "held"
    HANDED_OVER = "handed_over"  # to a department
    OVER = "over"


STAGE_NAMES: dict[Stage, str] = {
    Stage.STARTING: "準備中",
    Stage.DIALLING: "発信中",
    Stage.RINGING: "呼出中",
    Stage.HEARING: "応答を判定中",
    Stage.WAITING: "担当者待ち",
    Stage.MACHINE: "留守番電話など",
    Stage.GUIDED: "音声案内",
    Stage.TALKING: "通話中",
    Stage.HELD: "保留中",
    Stage.HANDED_OVER: "転送先と通話中",
    Stage.OVER: "終了",
}

Stood = tuple[Stage, datetime | None]


def stage_of(call: Call, *, listens: bool) -> Stood:
    """Of a call that we place. `listens`: the ear has not said yet who answered."""
    if (talk := _talk(call)) is not None:
        return talk
    if call.answered_at is None:
        if call.ringing_at is not None:
            return Stage.RINGING, call.ringing_at
        return (Stage.DIALLING, call.placed_at) if call.placed_at is not None else (Stage.STARTING, None)
    if call.is_with_machine:
        return Stage.MACHINE, call.answered_at
    if listens:
        return Stage.HEARING, call.answered_at
    return Stage.WAITING, call.person_since or call.answered_at


def stage_of_caller(one: Inbound) -> Stood:
    """Of a call that came in."""
    if (talk := _talk(one.call)) is not None:
        return talk
    if one.route is None:
        return Stage.STARTING, one.call.placed_at
    if one.route is Route.WAITING and one.wished_at is None:
        return Stage.WAITING, one.call.placed_at
    return Stage.GUIDED, one.wished_at or one.call.placed_at


def _talk(call: Call) -> Stood | None:
    """From the join on; None before it."""
    if call.ended_at is not None:
        return Stage.OVER, call.ended_at
    if call.transferred_at is not None:
        return Stage.HANDED_OVER, call.transferred_at
    if call.joined_at is None:
        return None
    return (Stage.HELD, call.holding.since) if call.is_held else (Stage.TALKING, call.joined_at)
