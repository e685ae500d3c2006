"""The floor as people see it: stages of calls, and an engine at work told in words."""

import json
from datetime import timedelta
from functools import reduce

import pytest

from dialer.core.call import Call, fold
from dialer.core.callers import Inbound, Route, folded_in
from dialer.core.events import BridgeEntered, CallerArrived, CallerWished, ChannelCreated, ChannelEvent, HungUp
from dialer.core.stages import STAGE_NAMES, Stage, Stood, stage_of, stage_of_caller
from tests.event_table import CHANNEL, START, events
from tests.fake_switch import NOBODY, PERSON
from tests.office import Office, at_work

RINGS = ["0 | created |", "900 | ringing |"]
ANSWERED = [*RINGS, "4000 | answered |"]
JOINED = [*ANSWERED, "4300 | joined |"]
HELD = [*JOINED, "9000 | held |"]
HANDED_OVER = [*JOINED, "9000 | transfer | n=1 to=tax", "9900 | transferred | n=1"]


def at(stage: Stage, seconds: float | None) -> Stood:
    return stage, None if seconds is None else START + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("rows", "listens", "stands"),
    [
        ([], False, at(Stage.STARTING, None)),
        (RINGS[:1], True, at(Stage.DIALLING, 0)),
        (RINGS, True, at(Stage.RINGING, 0.9)),
        (ANSWERED, True, at(Stage.HEARING, 4)),
        (ANSWERED, False, at(Stage.WAITING, 4)),
        ([*ANSWERED, "4100 | heard | what=voicemail"], True, at(Stage.MACHINE, 4)),
        ([*ANSWERED, "4100 | heard | what=person"], False, at(Stage.WAITING, 4.1)),
        (JOINED, False, at(Stage.TALKING, 4.3)),
        (HELD, False, at(Stage.HELD, 9)),
        ([*HELD, "12000 | joined |"], False, at(Stage.TALKING, 4.3)),
        (HANDED_OVER, False, at(Stage.HANDED_OVER, 9.9)),
        ([*JOINED, "20000 | hung up | cause=16"], False, at(Stage.OVER, 20)),
    ],
)
def test_a_call_that_we_place_stands_in_one_stage(rows: list[str], listens: bool, stands: Stood) -> None:
    call = reduce(fold, events("\n".join(["at_ms | event | detail", *rows])), Call())
    assert stage_of(call, listens=listens) == stands


def caller(*happened: ChannelEvent, route: Route = Route.WAITING) -> Inbound:
    created = ChannelCreated(CHANNEL, START, "PJSIP/carrier-00000011")
    arrived = CallerArrived(CHANNEL, START, "PJSIP/carrier-00000011", "0258009001", "tax", 1, route.value)
    return reduce(folded_in, [created, arrived, *happened], Inbound())


SOON, LATER = START + timedelta(seconds=20), START + timedelta(seconds=50)
MEETS = BridgeEntered(CHANNEL, SOON, "b", 2)


@pytest.mark.parametrize(
    ("one", "stands"),
    [
        (Inbound(), at(Stage.STARTING, None)),
        (caller(), at(Stage.WAITING, 0)),
        (caller(route=Route.GUIDE), at(Stage.GUIDED, 0)),
        (caller(route=Route.FULL), at(Stage.GUIDED, 0)),
        (caller(CallerWished(CHANNEL, SOON)), at(Stage.GUIDED, 20)),
        (caller(MEETS), at(Stage.TALKING, 20)),
        (caller(MEETS, HungUp(CHANNEL, LATER, 16, None)), at(Stage.OVER, 50)),
    ],
)
def test_a_call_that_came_in_stands_in_one_stage(one: Inbound, stands: Stood) -> None:
    assert stage_of_caller(one) == stands


def test_each_stage_has_a_name_for_people() -> None:
    assert set(STAGE_NAMES) == set(Stage)


def test_an_engine_at_work_is_told_whole_without_a_number_or_a_name() -> None:
    async def scene(office: Office) -> None:
        await office.until(lambda: len(office.engine.calls.live) == 2)
        told = office.engine.showing.now()
        assert told["lines"] == {"all": 4, "used": 2, "kept_for_callers": 0}
        assert [one["state"] for one in told["operators"]] == ["free", "free"]
        await office.until(lambda: "talking" in stages(office))
        told = office.engine.showing.now()
        (talk,) = (one for one in told["calls"] if one["stage"] == "talking")
        (busy,) = (one for one in told["operators"] if one["state"] == "talking")
        assert (talk["operator"], busy["call"]) == (busy["phone"], talk["call"])
        assert talk["began"] < talk["since"] <= told["at"]
        assert told["modes"] == {"city_tax": "progressive"}
        assert "02580" not in json.dumps(told)
        await office.until(lambda: len(office.outcomes()) == 2)
        assert office.engine.showing.now()["calls"] == []

    at_work(Office([PERSON, NOBODY], operators=2), scene)


def stages(office: Office) -> list[str]:
    return [one["stage"] for one in office.engine.showing.now()["calls"]]
