"""`dialer prompts`: from a draft to what is played, with the real Postgres and the real voice."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dialer.calendar_commands import CannotAnswer
from dialer.config import Settings, Trunk, load_settings
from dialer.core.messages import MessagePurpose, NoMessage
from dialer.core.variants import MOST_PLACES
from dialer.core.versions import VersionState
from dialer.media.finishing import speak
from dialer.media.prompt_book import PromptBook, Source, source_of
from dialer.media.prompts import FIXED, OUR_OWN
from dialer.media.shipped_texts import shipped_messages
from dialer.media.speech import read_wav, write_wav
from dialer.prompt_approvals import Ruling, Wording, add_message, approve, new_message, withdraw
from dialer.prompt_commands import build_prompts, kind_from, list_prompts, prompts_folder
from dialer.prompt_saying import say, say_version
from tests.city_profiles import CITY

NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
NAGAOKA = CITY["nagaoka"]
OPENING = MessagePurpose.OPENING
WORDING = Wording("opening", "こちらは、長岡市です。", "user-7")
RULING = Ruling("opening", 2, "user-7", "協議書 第3号")


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """With a real carrier: drafts are not played."""
    trunk = Trunk(host="192.0.2.1")
    return load_settings(state_dir=tmp_path, city="nagaoka", database_url=database_url, trunk=trunk)


def said(settings: Settings, now: datetime = NOW, purpose: MessagePurpose = OPENING) -> int | str:
    """The version that is played, or why nothing is."""
    found = PromptBook(prompts_folder(settings)).sound("nagaoka", purpose, "city_tax", now)
    return found.reason if isinstance(found, NoMessage) else found.message.version


async def test_a_text_goes_from_draft_to_approved_to_withdrawn(settings: Settings) -> None:
    added = await add_message(settings, NAGAOKA, WORDING, NOW)
    assert (added.message.version, added.message.state) == (2, VersionState.DRAFT)
    assert "下書き" in str(said(settings))
    decided = await approve(settings, NAGAOKA, RULING, NOW)
    assert decided.as_dict()["by"] == "user-7"
    assert said(settings) == 2
    await withdraw(settings, NAGAOKA, replace(RULING, reason="誤り"), NOW)
    assert "下書き" in str(said(settings))  # the shipped one is still there


async def test_a_validity_is_kept_to_the_end_of_its_last_day(settings: Settings) -> None:
    await add_message(settings, NAGAOKA, WORDING, NOW)
    await approve(settings, NAGAOKA, replace(RULING, version=1), NOW)
    weeks = replace(RULING, valid_from="2026-12-01", valid_until="2026-12-03")
    await approve(settings, NAGAOKA, weeks, NOW)
    midnight = datetime(2026, 12, 1, tzinfo=UTC) - timedelta(hours=9)
    moments = [midnight - timedelta(seconds=1), midnight, midnight + timedelta(days=3, seconds=-1)]
    assert [said(settings, now) for now in [*moments, midnight + timedelta(days=3)]] == [1, 2, 2, 1]


async def test_a_recording_is_played_on_every_machine_that_builds(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "recorded.wav"
    write_wav(speak("こんにちは。"), file)
    await add_message(settings, NAGAOKA, replace(WORDING, text="Xin chào.", language="vi", recording=file), NOW)
    await approve(settings, NAGAOKA, replace(RULING, version=1, language="vi"), NOW)
    other = settings.model_copy(update={"state_dir": tmp_path / "other"})
    await build_prompts(other, [NAGAOKA], NOW)
    found = PromptBook(prompts_folder(other)).sound("nagaoka", OPENING, None, NOW, "vi")
    assert not isinstance(found, NoMessage)
    assert len(read_wav(found.path)) == pytest.approx(len(read_wav(file)), abs=800)


async def test_a_second_build_makes_nothing(settings: Settings) -> None:
    rehearsal = settings.model_copy(update={"trunk": Trunk()})
    first = await build_prompts(rehearsal, [NAGAOKA], NOW)
    again = await build_prompts(rehearsal, [NAGAOKA], NOW)
    made = len(first.cities[0].made)
    assert made > len(shipped_messages(NAGAOKA)) + MOST_PLACES  # a sound for each place, digit, opening …
    assert (again.cities[0].made, again.cities[0].kept) == ((), made)
    assert not again.failed


async def test_for_a_real_carrier_only_what_is_approved_stands_where_it_may_be_played(settings: Settings) -> None:
    folder = prompts_folder(settings)
    rehearsal = settings.model_copy(update={"trunk": Trunk()})
    built = await build_prompts(rehearsal, [NAGAOKA], NOW)
    assert len(sounds(folder)) == len(built.cities[0].made) + len(FIXED), (
        "and those under names that the dialplan knows"
    )
    built = await build_prompts(settings, [NAGAOKA], NOW)
    assert sounds(folder) == []
    assert "承認されていない文面は再生しません" in built.as_text()
    apology = replace(RULING, purpose="apology", version=1)
    await approve(settings, NAGAOKA, apology, NOW)
    found = PromptBook(folder).sound("nagaoka", MessagePurpose.APOLOGY, "city_tax", NOW)
    assert not isinstance(found, NoMessage)
    assert sounds(folder) == sorted(["nagaoka/apology.wav", f"{found.name}.wav"])
    await withdraw(settings, NAGAOKA, apology, NOW + timedelta(seconds=1))
    assert sounds(folder) == []


def sounds(folder: Path) -> list[str]:
    """Of words; tones need nobody's approval."""
    found = (str(path.relative_to(folder)) for path in folder.rglob("*.wav"))
    return sorted(name for name in found if name not in OUR_OWN)


async def test_without_a_database_a_city_keeps_what_it_has(settings: Settings, tmp_path: Path) -> None:
    await approve(settings, NAGAOKA, replace(RULING, version=1), NOW)
    away = load_settings(
        state_dir=tmp_path, city="nagaoka", database_url="postgresql://127.0.0.1:1/x", trunk=settings.trunk
    )
    built = await build_prompts(away, [NAGAOKA], NOW)
    assert "データベースに接続できない" in built.as_text()
    assert said(settings) == 1
    listed = await list_prompts(away, NAGAOKA, NOW)
    assert len(listed.messages) == len(shipped_messages(NAGAOKA))
    assert listed.notes


async def test_before_there_is_a_database_a_rehearsal_begins_with_the_shipped_texts(tmp_path: Path) -> None:
    settings = load_settings(state_dir=tmp_path, city="nagaoka", database_url="postgresql://127.0.0.1:1/x")
    await build_prompts(settings, [NAGAOKA], NOW)
    assert source_of(prompts_folder(settings), "nagaoka") is Source.SHIPPED
    assert (prompts_folder(settings) / "nagaoka" / "apology.wav").exists()
    assert (prompts_folder(settings) / "nagaoka" / "inbound.wav").exists()
    listed = await list_prompts(settings, NAGAOKA, NOW)
    assert all(says.endswith("（下書き。模擬の回線だけで再生します）") for _, _, says in listed.playing)


async def test_the_list_says_what_is_approved_and_what_is_played(settings: Settings) -> None:
    await approve(settings, NAGAOKA, replace(RULING, version=1, valid_until="2026-12-03"), NOW)
    listed = await list_prompts(settings, NAGAOKA, NOW)
    (opening,) = [one for one in listed.as_dict()["messages"] if one["purpose"] == "opening"]
    assert (opening["state"], opening["valid_until"]) == ("approved", "2026-12-04T00:00:00+09:00")
    assert "opening ja 版1  承認  2026-11-25 user-7  ～2026-12-04 00:00" in listed.as_text()
    assert any(one["purpose"] == "opening" and "版1" in one["says"] for one in listed.as_dict()["playing"])


@pytest.mark.parametrize(
    ("wording", "refused"),
    [
        (replace(WORDING, purpose="hello"), "「hello」はありません"),
        (replace(WORDING, debt="dog_tax"), "「dog_tax」はありません"),
        (replace(WORDING, language="日本語"), "2文字"),
        (replace(WORDING, language="vi"), "--recording"),
        (replace(WORDING, text="未納がございます。"), "「未納」"),
        (replace(WORDING, text="{name}様。"), "{name}"),
        (replace(WORDING, text="。"), "読み上げられません"),
        (replace(WORDING, by=" "), "--by"),
        (replace(WORDING, text="こちらは、長岡市役所です。" * 3), "4秒までに"),
        (replace(WORDING, recording=Path("missing.wav")), "missing.wav"),
        (replace(WORDING, text="{callback}", recording=Path("missing.wav")), "録音した番号"),
    ],
)
def test_a_text_that_cannot_be_is_refused_before_anything_is_entered(wording: Wording, refused: str) -> None:
    with pytest.raises(CannotAnswer, match=refused) as told:
        new_message(NAGAOKA, wording)
    assert str(told.value).endswith("登録は行っていません。")


@pytest.mark.parametrize(
    ("ruling", "refused"),
    [
        (replace(RULING, version=9), "あるのは 版1 です"),
        (replace(RULING, version=1, reason=""), "--reason"),
        (replace(RULING, version=1, valid_until="2026-11-24"), "もう過ぎています"),
        (replace(RULING, version=1, valid_from="2026-12-03", valid_until="2026-12-01"), "開始が終了より前"),
        (replace(RULING, version=1, valid_from="来週"), "「来週」"),
    ],
)
async def test_a_decision_that_makes_no_sense_is_refused(ruling: Ruling, refused: str, settings: Settings) -> None:
    with pytest.raises(CannotAnswer, match=refused):
        await approve(settings, NAGAOKA, ruling, NOW)
    listed = await list_prompts(settings, NAGAOKA, NOW)
    assert {one.state for one in listed.messages} == {VersionState.DRAFT}


async def test_a_text_that_tells_the_matter_needs_the_citys_word_for_just_that(settings: Settings) -> None:
    added = await add_message(settings, NAGAOKA, replace(WORDING, text="こちらは、長岡市収納課です。"), NOW)
    assert "「収納」" in added.as_text()
    with pytest.raises(CannotAnswer, match="--names-matter"):
        await approve(settings, NAGAOKA, RULING, NOW)
    await approve(settings, NAGAOKA, replace(RULING, names_matter=True), NOW)
    assert said(settings) == 2


def test_say_tells_the_reading_and_leaves_a_file_to_listen_to(settings: Settings, tmp_path: Path) -> None:
    found = say(settings, "納期限は12月1日です。", tmp_path / "a.wav")
    assert found.reading == "ノーキゲンワジューニガツツイタチデス。"
    assert found.seconds == pytest.approx(len(read_wav(found.file)) / 8000, abs=0.01)
    kept = say(settings, "はい。", None)
    assert not kept.file.is_relative_to(prompts_folder(settings))
    assert kept.file.name.isascii()


async def test_a_version_can_be_listened_to_before_it_is_approved(settings: Settings, tmp_path: Path) -> None:
    file, voicemail = tmp_path / "recorded.wav", kind_from(NAGAOKA, "voicemail", None, "ja")
    write_wav(speak("もしもし。もしもし。"), file)
    wording = Wording("voicemail", "もしもし。もしもし。", "user-7", recording=file)
    await add_message(settings, NAGAOKA, wording, NOW)
    spoken = await say_version(settings, NAGAOKA, voicemail, 1, None, NOW)
    recorded = await say_version(settings, NAGAOKA, voicemail, 2, tmp_path / "b.wav", NOW)
    assert spoken.reading is not None
    assert "ゼロニーゴーハチ" in spoken.reading
    assert recorded.reading is None
    assert len(read_wav(recorded.file)) == pytest.approx(len(read_wav(file)), abs=800)
    assert sounds(prompts_folder(settings)) == []
    with pytest.raises(CannotAnswer, match="あるのは 版1、版2 です"):
        await say_version(settings, NAGAOKA, voicemail, 3, None, NOW)


@pytest.mark.parametrize("text", ["", "。", " "])
def test_nothing_to_say_is_told(text: str, settings: Settings) -> None:
    with pytest.raises(CannotAnswer, match="読み上げられません"):
        say(settings, text, None)
