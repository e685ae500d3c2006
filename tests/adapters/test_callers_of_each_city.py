"""Each city's numbers, hours and days as somebody meets them who calls: one real Asterisk, one city after the other.

What is expected stands in the tenders: 000 §6(2)ア, §10(6), 001 §7(1)ア, §10(1)イ, 002 §3(2)ア, §6(2)ア,
003 §7, §13(3), 004 §5(1)ア・イ, §5(2)イ注3.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

import pytest
import pytest_asyncio

from dialer.config import AsteriskNode, Callers, Settings, Trunk, load_settings
from dialer.core.calendar.openings import NextOpening, opening_key
from dialer.core.calendar.rules import Change, ChangeKind
from dialer.core.callers import Route
from dialer.core.events import CallerArrived, CallerTold, CallerWaits
from dialer.core.messages import MessagePurpose
from dialer.core.values import TOKYO, CallId
from dialer.media.speech import write_wav
from dialer.profiles import load_city
from simnet.log import CallRecord, EndedBy
from simnet.ports import quiet_port
from tests.caller_rig import Hall, Street, street
from tests.caller_sounds import place_sounds, sound_of, tone
from tests.city_profiles import agreed, day, hours
from tests.places import LIB
from tests.sim.facing import SPEECH
from tests.waiting import until

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

NOTICE_HERTZ, NOTICE_SECONDS = 700.0, 0.6  # all other sounds are lower and shorter


@dataclass
class Towns:
    settings: Settings
    outside: Street
    calls: int = 0

    def hall(self, city: str, when: str, changes: tuple[Change, ...] = (), opening: NextOpening | None = None) -> Hall:
        """`opening`: the one that has to be named; its notice alone is long and high."""
        settings = self.settings.model_copy(update={"city": city})
        place_sounds(settings.prompts, load_city(city), [opening] if opening else [])
        if opening is not None:
            notice = sound_of(MessagePurpose.CLOSED, opening_key(opening))
            write_wav(tone(NOTICE_SECONDS, NOTICE_HERTZ), settings.prompts / f"{notice}.wav")
        return Hall(settings, now=datetime.fromisoformat(when).replace(tzinfo=TOKYO), agreed=changes)

    async def waits(self, hall: Hall, number: str) -> CallerArrived:
        """Whoever calls now is greeted, waits, and hangs up."""
        with hall.open():
            call = self.outside.network.call(self._caller(), number, speaks=False, seconds=60)
            arrived = await self._arrived(hall)
            await self.outside.heard.first(CallerWaits, arrived.channel)
            await until(lambda: sound_of(MessagePurpose.WAITING) in hall.played.sounds)
            await self.outside.network.place.line(call).hang_up()
            assert (await self.outside.network.until_ended(call)).ended_by is EndedBy.FAR_END
        assert hall.store.arrivals[CallId(arrived.channel)].route is Route.WAITING
        return arrived

    async def is_closed(self, hall: Hall, number: str) -> CallerArrived:
        """Whoever calls now hears the notice to its end, then we cut the call; nothing of it is recorded."""
        with hall.open():
            call = self.outside.network.call(self._caller(), number, speaks=False, seconds=60)
            arrived = await self._arrived(hall)
            record = await self.outside.network.until_ended(call)
            await self.outside.heard.first(CallerTold, arrived.channel)
        assert hall.store.arrivals[CallId(arrived.channel)].route is Route.CLOSED
        assert _heard_the_notice(record)
        assert record.ended_by is EndedBy.EXCHANGE
        assert [*self.settings.state_dir.rglob("*.raw"), *self.outside.instance.recordings.iterdir()] == []
        return arrived

    def _caller(self) -> str:
        self.calls += 1
        return f"02580010{self.calls:02d}"

    async def _arrived(self, hall: Hall) -> CallerArrived:
        await until(lambda: bool(hall.store.arrivals))
        (channel,) = hall.store.arrivals
        return await self.outside.heard.first(CallerArrived, channel)


def _heard_the_notice(record: CallRecord) -> bool:
    assert record.tone_hz is not None
    whole = abs(record.heard_ms - 1000 * NOTICE_SECONDS) <= 60
    return whole and abs(record.tone_hz - NOTICE_HERTZ) < 30


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def towns(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Towns]:
    folder = tmp_path_factory.mktemp("towns")
    node = AsteriskNode(
        sip_port=quiet_port(), ami_port=quiet_port(), http_port=quiet_port(), rtp_from=24000, rtp_to=24200
    )
    settings = load_settings(
        state_dir=folder,
        lib_dir=LIB,
        city="kurume",
        nodes=(node,),
        operator_phones=1,
        trunk=Trunk(port=quiet_port()),
        callers=Callers(port=quiet_port()),
    )
    async with street(settings, folder, SPEECH) as outside:
        yield Towns(settings, outside)


def opens(on: str, when: str) -> NextOpening:
    return NextOpening(day(on), hours(when))


NIIGATA = (
    agreed("2026-12-03", "evening", "平日夜間催告"),  # a Thursday
    agreed("2026-12-05", "rest", "休日催告"),  # a Saturday, and in exchange a Tuesday
    agreed("2026-12-08", None, "休業日の振替", kind=ChangeKind.CLOSE, exchanged_for="2026-12-05"),
)
SENDAI = (
    agreed("2026-11-23", "day", "祝日は業務日にできません"),
    agreed("2026-12-05", "weekend", "週休日の業務日"),
)


@pytest.mark.parametrize(
    ("city", "when", "changes", "number", "opening"),
    [
        # outside the campaign, and on its days off
        ("nagaoka", "2026-11-28T12:00", (), "0258009001", opens("2026-12-16", "9:00-20:00")),
        ("nagaoka", "2026-11-21T17:00", (), "0258009001", opens("2026-11-22", "9:00-17:00")),
        # a day from noon to eight in the evening; a weekday that is closed for a Saturday
        ("niigata", "2026-12-03T09:30", NIIGATA, "0258009011", opens("2026-12-03", "12:00-20:00")),
        ("niigata", "2026-12-03T20:00", NIIGATA, "0258009012", opens("2026-12-04", "9:00-17:00")),
        ("niigata", "2026-12-08T10:00", NIIGATA, "0258009013", opens("2026-12-09", "9:00-17:00")),
        ("kurume", "2026-12-04T19:00", (), "0258009031", opens("2026-12-07", "9:00-19:00")),
        ("kurume", "2026-12-29T10:00", (), "0258009032", opens("2027-01-04", "9:00-19:00")),
        # a national holiday, whatever was agreed; a Saturday of which nothing was agreed
        ("sendai", "2026-11-23T10:00", SENDAI, "0258009041", opens("2026-11-24", "8:30-17:00")),
        ("sendai", "2026-12-04T17:00", SENDAI, "0258009043", opens("2026-12-05", "8:30-17:00")),
        ("sendai", "2026-12-12T10:00", SENDAI, "0258009042", opens("2026-12-14", "8:30-17:00")),
    ],
)
async def test_outside_the_hours_the_next_ones_are_told_and_the_call_is_cut(
    towns: Towns, city: str, when: str, changes: tuple[Change, ...], number: str, opening: NextOpening
) -> None:
    await towns.is_closed(towns.hall(city, when, changes, opening), number)


@pytest.mark.parametrize(
    ("city", "when", "changes", "number"),
    [
        ("nagaoka", "2026-11-21T16:59", (), "0258009001"),
        ("niigata", "2026-12-03T13:00", NIIGATA, "0258009011"),
        ("niigata", "2026-12-05T10:00", NIIGATA, "0258009012"),
        ("kurume", "2026-12-04T18:59", (), "0258009031"),
        ("sendai", "2026-12-05T10:00", SENDAI, "0258009041"),
        ("saitama", "2026-12-04T17:14", (), "0258009021"),
    ],
)
async def test_within_the_hours_a_caller_waits(
    towns: Towns, city: str, when: str, changes: tuple[Change, ...], number: str
) -> None:
    await towns.waits(towns.hall(city, when, changes), number)


@pytest.mark.parametrize(
    ("city", "groups"),
    [
        ("niigata", {"0258009011": "tax", "0258009012": "insurance", "0258009013": "nursery"}),
        ("saitama", {"0258009021": "tax", "0258009029": "tax"}),  # by way of the ナビダイヤル, and directly
        ("kurume", {"0258009031": "tax", "0258009032": "insurance"}),
        (
            "sendai",
            {
                "0258009041": "insurance",
                "0258009042": "tax",
                "0258009043": "nursery",
                "0258009044": "school_lunch",
                "0258009045": "disaster_loan",
            },
        ),
    ],
)
async def test_each_number_leads_to_those_who_know_its_debts(towns: Towns, city: str, groups: dict[str, str]) -> None:
    hall = towns.hall(city, "2026-12-04T14:00")
    network = towns.outside.network
    with hall.open():
        calls = [network.call("0258001000", number, speaks=False, seconds=60) for number in groups]
        await until(lambda: len(hall.store.arrivals) == len(groups))
        arrived = [await towns.outside.heard.first(CallerArrived, channel) for channel in hall.store.arrivals]
        assert {one.dialled: one.group for one in arrived} == groups
        assert {one.route for one in arrived} == {"waiting"}
        for call in calls:
            await network.place.line(call).hang_up()
            await network.until_ended(call)
    assert {row.dialled: row.group for row in hall.store.arrivals.values()} == groups
