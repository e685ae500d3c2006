"""Prompts as files: what a build makes, how loud it is, and what may be played of it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from dialer.core.messages import Message, MessagePurpose, NoMessage, faults
from dialer.core.versions import Decision, VersionState
from dialer.media import finishing
from dialer.media.loudness import PEAK, active_level, as_floats, levelled
from dialer.media.prompt_book import PromptBook, Source, source_of
from dialer.media.prompts import build_city, make_prompts, recordings_missing, sweep
from dialer.media.shipped_texts import shipped_messages
from dialer.media.speech import RATE, Samples, read_wav, wav_bytes
from dialer.profiles import ProfileError, load_city
from tests.city_profiles import CITY

NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
NAGAOKA, NIIGATA = CITY["nagaoka"], CITY["niigata"]


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All five cities, as set-up makes them."""
    folder = tmp_path_factory.mktemp("prompts")
    make_prompts(folder, list(CITY.values()), drafts=True)
    return folder


def short(version: int, text: str = "こちらは、長岡市役所です。", **changes: object) -> Message:
    plain = Message("nagaoka", MessagePurpose.OPENING, None, "ja", version, text)
    return replace(plain, **changes)  # type: ignore[arg-type]


def approved(**changes: object) -> Decision:
    return replace(Decision(VersionState.APPROVED, "user-7", NOW - timedelta(days=1)), **changes)  # type: ignore[arg-type]


def contents(folder: Path) -> Mapping[str, tuple[int, bytes]]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def test_every_city_has_a_sound_for_every_purpose_and_debt(shipped: Path) -> None:
    book = PromptBook(shipped, drafts=True)
    for city in CITY.values():
        for debt in city.debts:
            for purpose in (one for one in MessagePurpose if not one.is_optional):
                found = book.sound(city.key, purpose, debt.key, NOW)
                assert not isinstance(found, NoMessage), found
                assert found.path == shipped / f"{found.name}.wav"
                assert 1.0 < found.seconds <= purpose.longest_seconds


def test_all_prompts_are_equally_loud_and_none_is_too_loud(shipped: Path) -> None:
    files = sorted((shipped / "sound").glob("*.wav"))
    assert len(files) > 25
    for path in files:
        sound = as_floats(read_wav(path))
        assert active_level(sound) == pytest.approx(-20.0, abs=0.5), path.name
        assert float(np.max(np.abs(sound))) <= 10 ** (-3 / 20), path.name


def test_nothing_shipped_tells_what_a_call_is_about() -> None:
    shipped = [one for city in CITY.values() for one in shipped_messages(city)]
    assert len(shipped) >= 5 * sum(not purpose.is_optional for purpose in MessagePurpose)
    assert [fault for one in shipped for fault in faults(one.purpose, one.text)] == []


def test_a_second_build_touches_nothing_and_needs_no_voice(shipped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(shipped)
    monkeypatch.setattr("dialer.media.prompts.speak", None)  # a call would now fail
    assert make_prompts(shipped, list(CITY.values()), drafts=True) == []
    assert contents(shipped) == before


def test_the_dialplan_finds_an_apology_and_a_notice_for_each_city(shipped: Path) -> None:
    book = PromptBook(shipped, drafts=True)
    for city in CITY:
        found = book.sound(city, MessagePurpose.APOLOGY, None, NOW)
        assert not isinstance(found, NoMessage)
        assert (shipped / city / "apology.wav").read_bytes() == found.path.read_bytes()
        assert (shipped / city / "inbound.wav").exists()


def test_with_a_real_carrier_no_sound_is_made_of_a_draft(tmp_path: Path) -> None:
    built = build_city(tmp_path, NAGAOKA, [short(1), short(1, purpose=MessagePurpose.APOLOGY)], NOW, drafts=False)
    assert (built.made, built.problems) == ((), ())
    assert list((tmp_path / "sound").iterdir()) == []
    assert any("下書き" in line for line in built.silent)
    assert not (tmp_path / "nagaoka" / "apology.wav").exists()
    found = PromptBook(tmp_path).sound("nagaoka", MessagePurpose.OPENING, "city_tax", NOW)
    assert isinstance(found, NoMessage)


def test_what_a_real_day_still_lacks_is_told_before_it_begins(tmp_path: Path) -> None:
    number = short(1, "{callback}まで。", debt="city_tax", decision=approved())
    build_city(tmp_path, NAGAOKA, [number, short(1, purpose=MessagePurpose.APOLOGY)], NOW)
    book, needed = PromptBook(tmp_path), (MessagePurpose.OPENING, MessagePurpose.APOLOGY)
    (lacking,) = book.lacking(NAGAOKA, needed, NOW)
    assert lacking.startswith("長岡市: 担当者につながらないときのお詫び: 版1は下書きです")
    build_city(tmp_path, NAGAOKA, [number, short(1, purpose=MessagePurpose.APOLOGY)], NOW, drafts=True)
    assert PromptBook(tmp_path, drafts=True).lacking(NAGAOKA, needed, NOW) == ()
    assert len(book.lacking(NIIGATA, needed, NOW)) == len(needed)


def test_which_debt_kinds_lack_a_text_is_told(tmp_path: Path) -> None:
    first, *others = NIIGATA.debts
    one = replace(short(1, debt=first.key, decision=approved()), city="niigata")
    build_city(tmp_path, NIIGATA, [one], NOW)
    (lacking,) = PromptBook(tmp_path).lacking(NIIGATA, [MessagePurpose.OPENING], NOW)
    assert lacking == f"新潟市（{'、'.join(debt.name for debt in others)}）: 応答直後の名乗り: 文面がありません"


def test_what_was_withdrawn_is_gone_at_once_unless_another_text_sounds_the_same(tmp_path: Path) -> None:
    withdrawn = Decision(VersionState.WITHDRAWN, "user-7", NOW)
    one, same = short(1, decision=approved()), short(2, decision=approved())
    build_city(tmp_path, NAGAOKA, [one, same], NOW)
    (sound,) = (tmp_path / "sound").iterdir()
    build_city(tmp_path, NAGAOKA, [replace(one, decision=withdrawn), same], NOW)
    assert sound.exists()
    build_city(tmp_path, NAGAOKA, [replace(one, decision=withdrawn), replace(same, decision=withdrawn)], NOW)
    assert not sound.exists()


def test_what_was_spoken_once_is_not_spoken_again_for_another_folder(
    shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken, one, other = tmp_path / "spoken", tmp_path / "one", tmp_path / "other"
    build_city(one, NAGAOKA, [short(1, decision=approved())], NOW, spoken=spoken)
    monkeypatch.setattr("dialer.media.prompts.speak", None)  # a call would now fail
    build_city(other, NAGAOKA, [short(1, decision=approved())], NOW, spoken=spoken)
    made = {folder: [path.read_bytes() for path in (folder / "sound").iterdir()] for folder in (one, other)}
    assert made[one] == made[other] != []


def test_a_withdrawn_apology_is_gone_from_where_the_dialplan_finds_it(tmp_path: Path) -> None:
    apology = short(1, purpose=MessagePurpose.APOLOGY, decision=approved())
    build_city(tmp_path, NAGAOKA, [apology], NOW)
    assert (tmp_path / "nagaoka" / "apology.wav").exists()
    withdrawn = replace(apology, decision=Decision(VersionState.WITHDRAWN, "user-7", NOW))
    build_city(tmp_path, NAGAOKA, [withdrawn], NOW)
    assert not (tmp_path / "nagaoka" / "apology.wav").exists()


def test_a_text_for_some_weeks_is_ready_beforehand_and_gives_way_afterwards(tmp_path: Path) -> None:
    weeks = approved(at=NOW, valid_from=NOW + timedelta(days=7), valid_until=NOW + timedelta(days=14))
    usual, special = short(1, decision=approved()), short(2, "こちらは、長岡市です。", decision=weeks)
    build_city(tmp_path, NAGAOKA, [usual, special], NOW)
    book = PromptBook(tmp_path)
    said = [book.sound("nagaoka", MessagePurpose.OPENING, None, NOW + timedelta(days=days)) for days in (0, 7, 13, 14)]
    assert [isinstance(one, NoMessage) or one.message.version for one in said] == [1, 2, 2, 1]


def test_each_debt_kind_has_the_number_that_was_shown_for_it(tmp_path: Path) -> None:
    """001 §8(2)イ: three numbers for five debt kinds are three sounds."""
    message = replace(short(1, "{callback}まで。"), city="niigata", decision=approved())
    built = build_city(tmp_path, NIIGATA, [message], NOW)
    book = PromptBook(tmp_path)
    names = {debt.caller_id: set[str]() for debt in NIIGATA.debts}
    for debt in NIIGATA.debts:
        found = book.sound("niigata", MessagePurpose.OPENING, debt.key, NOW)
        assert not isinstance(found, NoMessage)
        names[debt.caller_id].add(found.name)
    assert len(names) == len(built.made) == 3
    assert [len(one) for one in names.values()] == [1, 1, 1]
    assert len(set.union(*names.values())) == 3


def test_a_reader_sees_a_new_build(tmp_path: Path) -> None:
    book = PromptBook(tmp_path)
    assert not book.refresh("nagaoka")
    build_city(tmp_path, NAGAOKA, [short(1, decision=approved())], NOW)
    assert book.refresh("nagaoka")
    assert not book.refresh("nagaoka")
    assert not isinstance(book.sound("nagaoka", MessagePurpose.OPENING, None, NOW), NoMessage)


@pytest.mark.parametrize("broken", ["", "{", "{}", '{"messages": [{}]}', '{"city": "nagaoka", "messages": 3}', "[]"])
def test_a_book_of_another_time_is_no_book(broken: str, tmp_path: Path) -> None:
    build_city(tmp_path, NAGAOKA, [short(1, decision=approved())], NOW)
    (tmp_path / "nagaoka" / "prompts.json").write_text(broken)
    assert isinstance(PromptBook(tmp_path).sound("nagaoka", MessagePurpose.OPENING, None, NOW), NoMessage)
    build_city(tmp_path, NAGAOKA, [short(1, decision=approved())], NOW)
    assert not isinstance(PromptBook(tmp_path).sound("nagaoka", MessagePurpose.OPENING, None, NOW), NoMessage)


def test_set_up_leaves_a_city_alone_whose_texts_came_from_the_store(tmp_path: Path) -> None:
    build_city(tmp_path, NAGAOKA, [short(7, decision=approved())], NOW)
    before = contents(tmp_path)
    assert make_prompts(tmp_path, [NAGAOKA], drafts=True) == []
    assert contents(tmp_path) == before
    assert source_of(tmp_path, "nagaoka") is Source.STORE
    assert source_of(tmp_path, "kurume") is None


def test_another_language_needs_a_recording(tmp_path: Path) -> None:
    built = build_city(tmp_path, NAGAOKA, [short(1, "Xin chào.", language="vi", decision=approved())], NOW)
    assert len(built.problems) == 1
    assert "--recording" in built.problems[0]


def recorded() -> bytes:
    return wav_bytes(spoken_samples())


def spoken_samples() -> Samples:
    return finishing.speak("もしもし。")


def test_a_recording_takes_the_place_of_the_voice(tmp_path: Path) -> None:
    sound = recorded()
    digest = hashlib.sha256(sound).hexdigest()
    message = short(1, "Xin chào.", language="vi", recording=digest, decision=approved())
    assert recordings_missing(tmp_path, [message], NOW) == [digest]
    build_city(tmp_path, NAGAOKA, [message], NOW, recordings={digest: sound})
    assert recordings_missing(tmp_path, [message], NOW) == []
    found = PromptBook(tmp_path).sound("nagaoka", MessagePurpose.OPENING, None, NOW, "vi")
    assert not isinstance(found, NoMessage)
    assert found.path.read_bytes() == sound


def test_a_recording_that_is_not_what_it_says_is_not_used(tmp_path: Path) -> None:
    message = short(1, recording="0" * 64, decision=approved())
    built = build_city(tmp_path, NAGAOKA, [message], NOW, recordings={"0" * 64: recorded()})
    assert "録音" in built.problems[0]
    assert list((tmp_path / "sound").iterdir()) == []


def test_old_sounds_are_swept_away_when_no_call_can_use_them(tmp_path: Path) -> None:
    build_city(tmp_path, NAGAOKA, [short(1)], NOW, drafts=True)
    (old,) = (tmp_path / "sound").iterdir()
    build_city(tmp_path, NAGAOKA, [short(2, "こちらは、長岡市です。")], NOW, drafts=True)
    made = datetime.fromtimestamp(old.stat().st_mtime, UTC)
    assert sweep(tmp_path, made + timedelta(minutes=59)) == []
    assert sweep(tmp_path, made + timedelta(minutes=61)) == [old]
    assert len(list((tmp_path / "sound").iterdir())) == 1


def test_sentences_follow_each_other_with_a_pause_and_the_edges_are_quiet() -> None:
    one, two = finishing.speak("もしもし。"), finishing.speak("もしもし。もしもし。")
    edges = RATE * (finishing.LEAD_IN_MS + finishing.TAIL_MS) // 1000
    assert len(two) - edges == 2 * (len(one) - edges) + RATE * finishing.PAUSE_MS // 1000
    assert not np.any(two[: RATE * finishing.LEAD_IN_MS // 1000])
    assert not np.any(two[-RATE * finishing.TAIL_MS // 1000 :])


@pytest.mark.parametrize("decibels", [-40, -6, 6])
def test_whatever_the_level_was_it_becomes_the_one_level(decibels: int) -> None:
    sound = as_floats(spoken_samples())
    again = levelled(np.asarray(sound * 10 ** (decibels / 20), dtype=np.float32))
    assert active_level(again) == pytest.approx(-20, abs=0.2)
    assert float(np.max(np.abs(again))) <= PEAK + 1e-6


def test_a_sixth_city_speaks_under_its_name_and_may_have_texts_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "_common.toml").write_text('[[message]]\npurpose = "opening"\ntext = "こちらは、{speaker}です。"\n')
    assert [one.text for one in shipped_messages(NAGAOKA, tmp_path)] == ["こちらは、長岡市です。"]
    own = '[[message]]\npurpose = "opening"\ntext = "{speaker}でございます。"\n'
    (tmp_path / "nagaoka.toml").write_text(f'speaker = "長岡市役所"\n{own}')
    assert [one.text for one in shipped_messages(NAGAOKA, tmp_path)] == ["長岡市役所でございます。"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("speaker = 3", "speaker"),
        ("speeker = '長岡市'", "speeker"),
        ("[[message]]\npurpose = 'voicemale'\ntext = 'あ'", "voicemale"),
        ("[[message]]\npurpose = 'opening'\ndebt = 'dog_tax'\ntext = 'あ'", "dog_tax"),
        ("[[message]]\npurpose = 'opening'\ntext = '滞納です。'", "滞納"),
        ("[[message", "TOML"),
        ("speaker = 2026-11-25", "文字列"),
    ],
)
def test_a_file_of_texts_that_cannot_be_used_is_refused_with_its_place(content: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "nagaoka.toml").write_text(content)
    with pytest.raises(ProfileError, match=said) as refused:
        shipped_messages(load_city("nagaoka"), tmp_path)
    assert "messages/nagaoka.toml" in str(refused.value)


def test_the_book_holds_no_machine_path(shipped: Path) -> None:
    book = json.loads((shipped / "nagaoka" / "prompts.json").read_text())
    assert str(shipped) not in json.dumps(book)
