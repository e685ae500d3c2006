"""Who is recorded: whoever's city asks for it, while people talk; and for how long that is kept."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dialer.config import Settings, SettingsError, Trunk, load_settings
from dialer.core.city import City
from dialer.core.events import ChannelId
from dialer.core.recording_rules import RecordingRules, recorded_before
from dialer.core.values import AttemptId
from dialer.profiles import load_city
from dialer.profiles.files import cities
from dialer.recorder import Recording
from dialer.store.recordings import KeptNow
from dialer.web.recording_room import room_of
from tests.fake_switch import PERSON
from tests.office import BOOK, Office, at_work


def test_only_the_city_whose_tender_asks_for_it_has_its_talks_recorded() -> None:
    assert [key for key in cities() if load_city(key).recordings.on] == ["sendai"]
    rules = load_city("sendai").recordings
    assert (rules.recorders, rules.hours_each, rules.clause) == (32, 100.0, "004 §5(5)イ(ウ)、§9(2)カ")


@pytest.mark.parametrize(
    ("setting", "in_nagaoka", "in_sendai"), [(None, False, True), (False, False, False), (True, True, True)]
)
def test_the_settings_can_switch_it_off_and_a_rehearsal_can_switch_it_on(
    setting: bool | None, in_nagaoka: bool, in_sendai: bool
) -> None:
    settings = Settings(recordings=setting)
    assert [settings.records(load_city(key)) for key in ("nagaoka", "sendai")] == [in_nagaoka, in_sendai]


def test_with_a_real_carrier_nobody_is_recorded_against_the_profile_of_the_city() -> None:
    with pytest.raises(SettingsError, match="recordings: the city's profile decides"):
        load_settings(recordings=True, trunk=Trunk(host="192.0.2.10"))
    load_settings(recordings=False, trunk=Trunk(host="192.0.2.10"))


@pytest.mark.parametrize(
    ("keep_days", "before"),
    [(None, None), (1, datetime(2026, 11, 23, 15, tzinfo=UTC)), (90, datetime(2026, 8, 26, 15, tzinfo=UTC))],
)
def test_what_is_past_its_days_counts_from_the_midnight_of_japan(keep_days: int | None, before: datetime) -> None:
    now = datetime(2026, 11, 24, 15, 1, tzinfo=UTC)  # the 25th has just begun
    assert recorded_before(RecordingRules(keep_days=keep_days), now) == before


def test_room_is_told_for_each_recorder_by_what_a_second_takes() -> None:
    sendai, nagaoka, settings = load_city("sendai"), load_city("nagaoka"), Settings(operator_phones=10)
    room = room_of(settings, sendai, KeptNow(3600 * 320, 16_000), 16_000 * 3600 * 32 * 95)
    assert (room.lines, room.kept_hours, room.free_each, room.each, room.hours_each) == (32, 320, 95, 105, 100)
    usual = room_of(settings, nagaoka, KeptNow(0, None), 32_000 * 3600 * 30)
    assert (usual.lines, usual.free_each, usual.hours_each) == (10, 3, 0), (
        "where nothing is recorded nothing has to fit"
    )


class ByTheProfile:
    """A recorder that only looks at what the city wants."""

    def records(self, city: City) -> bool:
        return city.recordings.on

    async def finish(self, attempt: AttemptId) -> Recording | None:
        return None

    def left_over(self) -> Sequence[AttemptId]:
        return ()


class RecordedOffice(Office):
    book = replace(BOOK, city=replace(BOOK.city, recordings=RecordingRules(on=True)))
    recorder = ByTheProfile()


def test_a_profile_that_is_changed_holds_from_the_next_call_on_in_either_direction() -> None:
    told: list[list[str]] = []

    async def scene(office: Office) -> None:
        for wanted, book in (("yes", RecordedOffice.book), ("no", BOOK)):
            office.engine.use(book)
            await office.until(lambda: bool(office.switch.customers()))
            (placed,) = (one.call.variables["RECORD"] for one in office.switch.customers())
            call = office.switch.call_in()
            await asyncio.sleep(0.5)
            told.append([wanted, placed, office.switch.up[ChannelId(call)].variables["RECORD"]])
            office.switch.hang_up(office.switch.up[ChannelId(call)])
            await office.until(lambda: not office.switch.customers())

    at_work(RecordedOffice([PERSON, PERSON]), scene)
    assert told == [["yes"] * 3, ["no"] * 3]
