"""Which text is said at a moment, and what a text may say."""

from datetime import datetime

import pytest

from dialer.core.messages import (
    PURPOSE_NAMES,
    Message,
    MessagePurpose,
    NoMessage,
    choose,
    faults,
    next_change,
    to_be_ready,
)
from dialer.core.values import TOKYO
from dialer.core.versions import Decision, VersionError, VersionState

VOICEMAIL = MessagePurpose.VOICEMAIL


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=TOKYO)


NOW = at("11-25T10:00")


def message(row: str) -> Message:
    """`版3 city_tax vi 承認 11-20 から12-01 まで12-11` or any part of it, in any order."""
    version, debt, language, state, decided, begins, ends = 1, None, "ja", None, at("11-01T00:00"), None, None
    for word in row.split():
        match word:
            case "city_tax" | "nursery":
                debt = word
            case "vi" | "ne":
                language = word
            case "承認":
                state = VersionState.APPROVED
            case "取下げ":
                state = VersionState.WITHDRAWN
            case "下書き":
                state = None
            case _ if word.startswith("版"):
                version = int(word[1:])
            case _ if word.startswith("から"):
                begins = at(f"{word[2:]}T00:00")
            case _ if word.startswith("まで"):
                ends = at(f"{word[2:]}T00:00")
            case _:
                decided = at(f"{word}T00:00")
    decision = Decision(state, "user-7", decided, begins, ends) if state else None
    return Message("nagaoka", VOICEMAIL, debt, language, version, f"版{version}", decision=decision)


@pytest.mark.parametrize(
    ("known", "asked", "said"),
    [
        ("", "", "文面がありません"),
        ("版1 下書き", "", "版1は下書きです"),
        ("版1 下書き / 版2 下書き", "", "版2は下書きです"),
        ("版1 承認", "", 1),
        ("版1 承認 / 版2 下書き", "", 1),
        ("版1 承認 11-01 / 版2 承認 11-10", "", 2),
        ("版1 承認 11-10 / 版2 承認 11-01", "", 1),
        ("版1 取下げ", "", "取り下げられています"),
        ("版1 承認 / 版2 取下げ", "", 1),
        ("版1 承認 から12-01", "", "2026-12-01 00:00 から"),
        ("版1 承認 から11-25", "", 1),
        ("版1 承認 まで11-25", "", "有効期間は終わりました"),
        ("版1 承認 まで11-26", "", 1),
        ("版1 承認 11-01 / 版2 承認 11-10 まで11-25", "", 1),
        ("版1 承認 11-01 / 版2 承認 11-10 まで11-26", "", 2),
        ("版1 承認 11-01 / 版2 承認 11-10 から12-01", "", 1),
        ("版1 承認 11-26", "", "2026-11-26 00:00 から"),
        ("版1 承認 / 版5 city_tax 承認 11-01", "city_tax", 5),
        ("版1 承認 11-20 / 版5 city_tax 承認 11-01", "city_tax", 5),
        ("版1 承認 / 版5 city_tax 承認", "nursery", 1),
        ("版1 承認 / 版5 city_tax 下書き", "city_tax", 1),
        ("版5 city_tax 承認", "", "文面がありません"),
        ("版1 承認 / 版2 vi 承認", "vi", 2),
        ("版1 承認 / 版2 vi 承認", "ne", 1),
        ("版1 承認 / 版2 vi 下書き", "vi", 1),
        ("版2 vi 承認", "", "文面がありません"),
    ],
)
def test_only_what_is_approved_and_valid_is_said(known: str, asked: str, said: int | str) -> None:
    found = choose(*_asked(known, asked), drafts=False)
    if isinstance(said, int):
        assert isinstance(found, Message)
        assert found.version == said
    else:
        assert isinstance(found, NoMessage)
        assert said in found.reason
        assert found.reason.startswith(PURPOSE_NAMES[VOICEMAIL])


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ("版1 下書き / 版2 下書き", 2),
        ("版1 承認 / 版2 下書き", 1),
        ("版1 下書き / 版2 取下げ", 1),
        ("版1 承認 まで11-25 / 版2 下書き", 2),
        ("版3 下書き / 版1 city_tax 下書き", 1),
        ("版1 取下げ", None),
    ],
)
def test_in_a_rehearsal_a_draft_fills_a_gap(known: str, said: int | None) -> None:
    found = choose(*_asked(known, "city_tax"), drafts=True)
    assert (found.version if isinstance(found, Message) else None) == said


def _asked(known: str, asked: str) -> tuple[list[Message], MessagePurpose, str | None, datetime, str]:
    messages = [message(row) for row in known.split(" / ") if row]
    language = asked if asked in ("vi", "ne") else "ja"
    return messages, VOICEMAIL, asked if asked and language == "ja" else None, NOW, language


def test_a_text_is_said_only_for_its_own_purpose() -> None:
    assert isinstance(choose([message("承認")], MessagePurpose.OPENING, None, NOW), NoMessage)


def test_what_may_be_said_later_is_made_ready_and_what_is_over_is_not() -> None:
    rows = "版1 承認 まで11-25 / 版2 承認 から12-01 / 版3 取下げ / 版4 下書き / 版5 下書き / 版1 vi 下書き"
    known = [message(row) for row in rows.split(" / ")]
    assert [(one.language, one.version) for one in to_be_ready(known, NOW, drafts=True)] == [
        ("ja", 2),
        ("ja", 5),
        ("vi", 1),
    ]
    assert [(one.language, one.version) for one in to_be_ready(known, NOW)] == [("ja", 2)]


@pytest.mark.parametrize(
    ("known", "change"),
    [
        ("版1 下書き", None),
        ("版1 承認", None),
        ("版1 承認 まで12-11", "12-11"),
        ("版1 承認 まで12-11 / 版2 承認 から12-01", "12-01"),
        ("版1 承認 まで11-20 / 版2 取下げ まで12-01", None),
    ],
)
def test_it_is_known_when_another_text_will_be_due(known: str, change: str | None) -> None:
    found = next_change([message(row) for row in known.split(" / ")], NOW)
    assert found == (at(f"{change}T00:00") if change else None)


@pytest.mark.parametrize("row", ["承認 から12-01 まで12-01", "承認 から12-02 まで12-01"])
def test_a_validity_without_time_is_refused(row: str) -> None:
    with pytest.raises(VersionError, match="有効期間"):
        message(row)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(VersionError, match="時差"):
        Decision(VersionState.APPROVED, "user-7", datetime(2026, 11, 25))  # noqa: DTZ001


def test_nobody_decides_that_something_is_a_draft_again() -> None:
    with pytest.raises(VersionError, match="取り下げて"):
        Decision(VersionState.DRAFT, "user-7", NOW)


@pytest.mark.parametrize(
    ("purpose", "text", "said"),
    [
        ("voicemail", "こちらは、長岡市役所です。{callback}までお電話ください。", ""),
        ("voicemail", " ", "!空"),
        ("voicemail", "{name}様、お電話ください。", "!{name}"),
        ("voicemail", "お電話ください。}", "!使えません"),
        ("voicemail", "市税が滞納となっています。", "!滞納 ?税"),
        ("voicemail", "こちらは、長岡市収納課です。", "?収納"),
        ("screening", "国民健康保険料のご案内です。", "?保険料"),
        ("opening", "納税課です。", "?税"),
        ("apology", "納付書の件でお電話しました。", "?納付"),
        ("inbound", "税に関するお問い合わせを受け付けています。", ""),
        ("closed", "納付の窓口は、平日9時からです。", ""),
        ("inbound", "督促状のお問い合わせはこちらです。", "!督促"),
    ],
)
def test_a_recording_tells_no_third_party_what_a_call_is_about(purpose: str, text: str, said: str) -> None:
    """A-37. `!` is refused, `?` needs the city's word."""
    found = list(faults(MessagePurpose(purpose), text))
    assert len(found) == len(said.split())
    for expected, fault in zip(said.split(), found, strict=True):
        assert fault.can_be_approved is (expected[0] == "?")
        assert expected[1:] in fault.what
