"""What an engine tells the ear of a call."""

from datetime import datetime
from pathlib import Path

import pytest

from dialer.briefings import Briefings, type_of
from dialer.config import Hearing
from dialer.core.briefing import Briefing, read, written
from dialer.core.hearing.values import NumberType
from dialer.core.messages import Message, MessagePurpose
from dialer.core.values import AttemptId, CaseId, PhoneNumber
from dialer.media.prompt_book import FOR_ALL, PromptBook, Source, write_book
from dialer.ports import Claimed
from tests.event_table import START


class Clock:
    def now(self) -> datetime:
        return START

    def monotonic(self) -> float:
        return 0.0


CLAIMED = Claimed(
    AttemptId("5f0c6d0e-6f53-4f0e-9d53-0d6a6b1f0001"),
    CaseId(1),
    "city_tax",
    PhoneNumber("09000001234"),
    PhoneNumber("0258009001"),
    START,
    START,
    machines_before=2,
    talks_before=1,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Drafts of a city: whether they may be said depends on whom is called."""
    said = {
        Message("nagaoka", purpose, None, "ja", 1, "文面", None, None): {FOR_ALL: f"sound/{purpose.value}"}
        for purpose in (MessagePurpose.VOICEMAIL, MessagePurpose.OPENING, MessagePurpose.SCREENING)
    }
    (tmp_path / "nagaoka").mkdir()
    names = {name: 3.0 for sounds in said.values() for name in sounds.values()}
    write_book(tmp_path, "nagaoka", Source.SHIPPED, said, names)
    return tmp_path


def test_a_call_is_briefed_with_the_citys_sounds_and_the_kind_of_number(folder: Path) -> None:
    briefing = Briefings("nagaoka", Hearing(opening=True), PromptBook(folder, drafts=True), Clock())(CLAIMED)
    assert briefing == Briefing(
        city="nagaoka",
        number=NumberType.MOBILE,
        machines=2,
        persons=1,
        message="sound/voicemail",
        opening="sound/opening",
        screening="sound/screening",
    )
    assert read(written(briefing)) == briefing


def test_an_opening_is_said_only_where_it_is_wanted(folder: Path) -> None:
    assert Briefings("nagaoka", Hearing(), PromptBook(folder, drafts=True), Clock())(CLAIMED).opening == ""


def test_what_nobody_approved_is_not_said_to_real_people(folder: Path) -> None:
    briefing = Briefings("nagaoka", Hearing(opening=True), PromptBook(folder), Clock())(CLAIMED)
    assert (briefing.message, briefing.opening, briefing.screening) == ("", "", "")


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("0258001234", NumberType.FIXED),
        ("09000001234", NumberType.MOBILE),
        ("07000001234", NumberType.MOBILE),
        ("05000001234", NumberType.IP),
    ],
)
def test_a_number_shows_its_kind(number: str, kind: NumberType) -> None:
    assert type_of(PhoneNumber(number)) is kind
