"""Beside the engine: when prompts are made anew, and when calls are held for want of a text."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from dialer.caller_files import write_caller_files
from dialer.config import Hearing, Settings, Trunk, load_settings
from dialer.core.calendar.days import CalendarView
from dialer.core.calendar.rules import Change, ChangeKind
from dialer.core.city import City
from dialer.core.messages import Message, MessagePurpose
from dialer.core.values import PhoneNumber
from dialer.core.versions import Decision, VersionState
from dialer.holidays import national_holidays
from dialer.media.prompt_book import FOR_ALL, PromptBook, Source, write_book
from dialer.ports import StoreUnavailable
from dialer.prompt_keeper import AGAIN_AFTER, PromptKeeper, needed
from tests.city_profiles import CITY
from tests.event_table import START

NAGAOKA = CITY["nagaoka"]
APPROVED = Decision(VersionState.APPROVED, "user-7", START - timedelta(days=1))
LATER = replace(APPROVED, valid_from=START + timedelta(hours=1), valid_until=START + timedelta(hours=2))
REAL = Trunk(host="192.0.2.1")
CALLED = tuple(
    MessagePurpose(purpose) for purpose in ("apology", "inbound", "waiting", "closed", "voicemail", "screening")
)


class Office:
    """A keeper, the store it reads, and builds that leave a book behind, or fail. Also a clock."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._now = settings, START
        self.messages: list[Message] = []
        self.changes: tuple[Change, ...] = ()
        self.city = NAGAOKA
        self.builds, self.code, self.away = 0, 0, False
        self.held: list[str | None] = []
        self.book = PromptBook(settings.prompts, drafts=settings.trunk.is_simulated)
        self.keeper = PromptKeeper(
            settings,
            NAGAOKA,
            self.book,
            self,
            self.held.append,
            read=self._read,
            build=self._build,
            hours=self._hours,
        )

    def apology(self) -> str:
        return self.book.name("nagaoka", MessagePurpose.APOLOGY, "city_tax", self._now)

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return (self._now - START).total_seconds()

    async def look(self, after: timedelta = timedelta()) -> int:
        """How many builds there have been."""
        self._now = START + after
        await self.keeper.look()
        return self.builds

    def decide(self, *purposes: MessagePurpose, decision: Decision | None = APPROVED) -> None:
        self.messages = [Message("nagaoka", purpose, None, "ja", 1, "文面", None, decision) for purpose in purposes]

    async def _read(self) -> Sequence[Message]:
        if self.away:
            raise StoreUnavailable("gone")
        return self.messages

    async def _build(self) -> int:
        self.builds += 1
        if not self.code:
            folder = self._settings.prompts
            (folder / "nagaoka").mkdir(parents=True, exist_ok=True)
            said = {one: {FOR_ALL: f"sound/{one.purpose.value}"} for one in self.messages}
            lengths = {name: 3.0 for sounds in said.values() for name in sounds.values()}
            write_book(folder, "nagaoka", Source.STORE, said, lengths)
            write_caller_files(self._settings.caller_files, *self._hours(), self.book, self._now)
        return self.code

    def _hours(self) -> tuple[City, CalendarView]:
        return self.city, CalendarView(NAGAOKA.calendar, national_holidays(), self.changes)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(load_settings(state_dir=tmp_path, trunk=REAL))


async def test_prompts_are_made_anew_when_something_was_decided_and_only_then(office: Office) -> None:
    assert await office.look() == 0  # nothing entered yet
    office.decide(*CALLED, decision=None)
    assert [await office.look(), await office.look()] == [1, 1]
    office.decide(*CALLED)
    assert [await office.look(), await office.look(timedelta(hours=1))] == [2, 2]


async def test_prompts_are_made_anew_when_a_validity_begins_and_when_it_ends(office: Office) -> None:
    office.decide(*CALLED, decision=LATER)
    minutes = [0, 59, 60, 61, 119, 120, 121]
    assert [await office.look(timedelta(minutes=one)) for one in minutes] == [1, 1, 2, 2, 2, 3, 3]


async def test_another_day_and_another_agreed_day_change_what_callers_are_told(office: Office) -> None:
    office.decide(*CALLED)
    assert [await office.look(), await office.look(timedelta(hours=1))] == [1, 1]
    assert await office.look(timedelta(days=1)) == 2
    change = Change(START.date(), ChangeKind.CLOSE, "市の指示", "user-7", START)
    office.changes = (change,)
    assert [await office.look(timedelta(days=1)), await office.look(timedelta(days=1))] == [3, 3]


async def test_another_number_in_the_profile_is_said_without_a_restart(office: Office) -> None:
    office.decide(*CALLED)
    assert [await office.look(), await office.look()] == [1, 1]
    debts = tuple(replace(debt, caller_id=PhoneNumber("0258009777")) for debt in NAGAOKA.debts)
    office.city = replace(NAGAOKA, debts=debts)
    assert [await office.look(), await office.look()] == [2, 2]


async def test_a_build_that_failed_is_tried_again_a_little_later(office: Office) -> None:
    office.decide(*CALLED)
    office.code = 1
    assert [await office.look(), await office.look(AGAIN_AFTER - timedelta(seconds=1))] == [1, 1]
    office.code = 0
    assert [await office.look(AGAIN_AFTER), await office.look(2 * AGAIN_AFTER)] == [2, 2]


async def test_calls_are_held_as_long_as_a_text_is_lacking_and_it_is_said_which(office: Office) -> None:
    office.decide(*CALLED, decision=None)
    await office.look()
    office.decide(*CALLED[1:])
    await office.look()
    assert str(office.held[0]).count("版1は下書きです") == len(CALLED)
    assert office.held[1] == (
        "承認された文面がそろうまで架電しません（担当者につながらないときのお詫び: 文面がありません）。"
        "dialer prompts approve で承認してください"
    )
    office.decide(*CALLED)
    await office.look()
    assert office.held[-1] is None


async def test_a_validity_that_begins_lets_calls_go_and_one_that_ends_holds_them(office: Office) -> None:
    office.decide(*CALLED, decision=LATER)
    for minutes in (0, 60, 120):
        await office.look(timedelta(minutes=minutes))
    assert [one is None for one in office.held] == [False, True, False]
    assert "2026" in str(office.held[0])
    assert "有効期間は終わりました" in str(office.held[2])


async def test_while_the_store_is_away_what_was_approved_still_holds_and_still_ends(office: Office) -> None:
    office.decide(*CALLED, decision=replace(APPROVED, valid_until=START + timedelta(hours=1)))
    await office.look()
    office.away = True
    await office.look(timedelta(minutes=59))
    await office.look(timedelta(minutes=61))
    assert [one is None for one in office.held] == [True, True, False]
    assert office.builds == 1


async def test_a_rehearsal_calls_with_drafts_and_plays_them(tmp_path: Path) -> None:
    office = Office(load_settings(state_dir=tmp_path))
    office.decide(*CALLED, decision=None)
    await office.look()
    assert office.held == [None]
    assert office.apology() == "sound/apology"


async def test_the_apology_is_named_only_while_it_is_approved(office: Office) -> None:
    assert office.apology() == ""
    office.decide(MessagePurpose.APOLOGY)
    await office.look()
    assert office.apology() == "sound/apology"
    office.decide(MessagePurpose.APOLOGY, decision=replace(APPROVED, state=VersionState.WITHDRAWN))
    await office.look()
    assert office.apology() == ""


@pytest.mark.parametrize(
    ("hearing", "purposes"),
    [
        (Hearing(processes=0), set()),
        (Hearing(), {"voicemail", "screening"}),
        (Hearing(opening=True), {"voicemail", "screening", "opening"}),
    ],
)
def test_what_is_needed_is_what_somebody_may_hear(hearing: Hearing, purposes: set[str]) -> None:
    assert set(needed(load_settings(hearing=hearing))) == {"apology", "inbound", "waiting", "closed"} | purposes
