"""Recordings on the disk: encrypted, read from anywhere; and when key, file or disk are not as they should be."""

import errno
import os
import random
import wave
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from dialer.core.values import AttemptId
from dialer.media import recordings
from dialer.media.recording_keys import Damaged, KeyFile, KeyMissing, KeysUnusable
from dialer.media.recordings import Kept, Recordings, finished, remove
from dialer.media.sealed_file import CHUNK, HEAD, SEALED_CHUNK, SealedFile, seal
from tests.tapes import wav

CALL = AttemptId("00000000-0000-4000-8000-000000000001")
SECONDS = 9  # four chunks and a part of one


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody writes to these files any more."""
    monkeypatch.setattr(recordings, "STILL_SECONDS", 0.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "recordings"
    made.mkdir()
    return made


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "keys.json")


def sound(seconds: float = SECONDS) -> bytes:
    """The person speaks in the first third, the operator in the last."""
    frames = int(seconds * 8000)
    both = np.zeros((frames, 2), dtype="<i2")
    noise = np.random.default_rng(1).integers(-20_000, 20_000, frames, dtype="<i2")
    both[: frames // 3, 0], both[-frames // 3 :, 1] = noise[: frames // 3], noise[-frames // 3 :]
    return both.tobytes()


async def recorded(folder: Path, keys: KeyFile, raw: bytes, call: AttemptId = CALL) -> Path:
    (folder / f"{call}.raw").write_bytes(raw)
    done = await Recordings(folder, keys).finish(call)
    assert done is not None
    assert done.seconds == pytest.approx(len(raw) / 32_000)
    return folder / done.file


def lying(folder: Path) -> list[str]:
    return [one.name for one in folder.iterdir()]


async def test_what_was_said_comes_back_and_nothing_of_it_lies_there_in_clear(folder: Path, keys: KeyFile) -> None:
    raw = sound()
    path = await recorded(folder, keys, raw)
    assert lying(folder) == [f"{CALL}.rec"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert raw[:64] not in path.read_bytes()
    with Kept(folder, keys, CALL) as kept, wave.open(BytesIO(wav(kept)), "rb") as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 2, 2)
        assert file.readframes(file.getnframes()) == raw
        assert kept.key_id == keys.newest().id


async def test_any_part_is_the_same_as_of_the_whole(folder: Path, keys: KeyFile) -> None:
    await recorded(folder, keys, sound())
    chance = random.Random(1)
    with Kept(folder, keys, CALL) as kept:
        whole = wav(kept)
        edges = [at + by for at in range(0, len(whole), CHUNK) for by in (-1, 0, 1) if at + by >= 0]
        for at in [*edges, *(chance.randrange(len(whole)) for _ in range(200)), len(whole) - 1]:
            length = chance.choice([1, 2, 100, CHUNK, 3 * CHUNK])
            part = kept.read(at, length)
            assert part, at
            assert part == whole[at : at + len(part)]
        assert [kept.read(at, 10) for at in (len(whole), len(whole) + 1, 10 * len(whole))] == [b""] * 3


@pytest.mark.parametrize("length", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_a_file_of_any_length_is_opened_whole(length: int, tmp_path: Path, keys: KeyFile) -> None:
    clear = random.Random(length).randbytes(length)
    path = tmp_path / "one.rec"
    with path.open("wb") as target:
        seal([clear[:100], clear[100:]], target, keys.newest(), "one")
    with SealedFile(path, keys, "one") as opened:
        assert opened.size == length
        assert opened.read_all(0, length + 1) == clear
    with pytest.raises(Damaged):
        SealedFile(path, keys, "another")


@pytest.mark.parametrize("seconds", [0.0, 0.01, 3.0, 60.0])
async def test_the_wave_form_shows_who_spoke_when(seconds: float, folder: Path, keys: KeyFile) -> None:
    await recorded(folder, keys, sound(seconds))
    with Kept(folder, keys, CALL) as kept:
        form = kept.wave_form()
    person, operator = form.sides
    assert len(person) == len(operator) == -(-int(seconds * 8000) // form.frames_a_point) <= 1001
    if seconds >= 3:
        third = len(person) // 3
        assert min(person[: third - 1]) > 100 > max(person[third + 2 :], default=0)
        assert min(operator[-third + 2 :]) > 100 > max(operator[: -third - 2], default=0)


async def test_a_chunk_that_was_changed_is_found_and_the_others_can_still_be_heard(folder: Path, keys: KeyFile) -> None:
    path = await recorded(folder, keys, sound())
    with path.open("r+b") as file:
        file.seek(HEAD.size + SEALED_CHUNK + 1000)
        file.write(b"?")
    with Kept(folder, keys, CALL) as kept:
        assert len(kept.read(0, CHUNK)) == CHUNK
        with pytest.raises(Damaged):
            kept.read(CHUNK, 10)


@pytest.mark.parametrize("left", [0, 10, HEAD.size, HEAD.size + 5, HEAD.size + SEALED_CHUNK, -1, -SEALED_CHUNK])
async def test_a_file_that_was_cut_off_is_found_when_it_is_opened(left: int, folder: Path, keys: KeyFile) -> None:
    path = await recorded(folder, keys, sound())
    os.truncate(path, left if left >= 0 else path.stat().st_size + left)
    with pytest.raises(Damaged):
        Kept(folder, keys, CALL)


async def test_two_chunks_that_were_exchanged_and_a_file_under_another_name_are_found(
    folder: Path, keys: KeyFile
) -> None:
    path = await recorded(folder, keys, sound())
    content = bytearray(path.read_bytes())
    first, second = (slice(at, at + SEALED_CHUNK) for at in (HEAD.size, HEAD.size + SEALED_CHUNK))
    content[first], content[second] = content[second], content[first]
    path.write_bytes(content)
    with Kept(folder, keys, CALL) as kept, pytest.raises(Damaged):
        kept.read(0, 1)
    other = CALL.replace("1", "2")
    path.rename(folder / f"{other}.rec")
    with pytest.raises(Damaged):
        Kept(folder, keys, other)


async def test_after_a_new_key_old_recordings_are_heard_and_new_ones_have_the_new_key(
    folder: Path, keys: KeyFile
) -> None:
    await recorded(folder, keys, sound(1))
    added, other = keys.add(), AttemptId(CALL.replace("1", "2"))
    await recorded(folder, keys, sound(2), other)
    with Kept(folder, keys, CALL) as old, Kept(folder, keys, other) as new:
        assert (old.key_id != added.id, new.key_id == added.id) == (True, True)
        assert (old.seconds, new.seconds) == (1.0, 2.0)


async def test_a_lost_key_and_a_wrong_one_are_told_in_one_line(folder: Path, keys: KeyFile, tmp_path: Path) -> None:
    await recorded(folder, keys, sound(1))
    lost = keys.newest().id
    kept = (tmp_path / "keys.json").read_text()
    (tmp_path / "keys.json").unlink()
    assert keys.newest().id != lost
    with pytest.raises(KeyMissing, match=f"its key {lost} is not in the file of keys"):
        Kept(folder, keys, CALL)
    wrong = kept.replace('"key": "', '"key": "AAAA')[: -len("AAAA")]
    (tmp_path / "keys.json").write_text(wrong)
    with pytest.raises(KeysUnusable, match=r"keys\.json: is not a file of keys"):
        Kept(folder, keys, CALL)
    (tmp_path / "keys.json").write_text(kept)
    Kept(folder, keys, CALL).close()


async def test_a_key_that_was_lost_is_put_back_beside_the_new_one(folder: Path, keys: KeyFile, tmp_path: Path) -> None:
    await recorded(folder, keys, sound(1))
    (tmp_path / "keys.json").rename(tmp_path / "copy.json")
    made = keys.newest()
    assert [one.id for one in keys.take_from(KeyFile(tmp_path / "copy.json"))] != [made.id]
    assert keys.take_from(KeyFile(tmp_path / "copy.json")) == []
    assert keys.newest() == made
    Kept(folder, keys, CALL).close()


def test_a_file_of_keys_that_others_may_read_is_not_used(keys: KeyFile, tmp_path: Path) -> None:
    made = keys.newest()
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600
    assert made.secret.hex() not in repr(made)
    (tmp_path / "keys.json").chmod(0o640)
    for use in (keys.newest, keys.add):
        with pytest.raises(KeysUnusable, match="others than its owner may read it"):
            use()


async def test_a_crash_between_the_encrypted_file_and_the_end_of_the_clear_one_is_made_good(
    folder: Path, keys: KeyFile
) -> None:
    await recorded(folder, keys, sound(1))
    (folder / f"{CALL}.raw").write_bytes(sound(2))  # the talk went on after a hold, and the clear file is the whole
    (folder / f"{CALL}.part").write_bytes(b"half")
    again = Recordings(folder, keys)
    assert again.left_over() == [CALL]
    done = await again.finish(CALL)
    assert done is not None
    assert done.seconds == 2.0
    assert (finished(folder), again.left_over()) == ([CALL], [])
    assert await again.finish(CALL) == done


async def test_what_an_earlier_version_kept_in_clear_is_encrypted(folder: Path, keys: KeyFile) -> None:
    raw = sound(1)
    with wave.open(str(folder / f"{CALL}.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(raw)
    recorder = Recordings(folder, keys)
    assert recorder.left_over() == [CALL]
    assert await recorder.finish(CALL) is not None
    assert lying(folder) == [f"{CALL}.rec"]
    with Kept(folder, keys, CALL) as kept:
        assert wav(kept)[-len(raw) :] == raw


async def test_a_full_disk_leaves_what_asterisk_wrote_and_the_next_try_finishes_it(
    folder: Path, keys: KeyFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (folder / f"{CALL}.raw").write_bytes(sound(1))
    recorder = Recordings(folder, keys)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        assert await recorder.finish(CALL) is None
    assert lying(folder) == [f"{CALL}.raw"]
    assert await recorder.finish(CALL) is not None


async def test_what_is_deleted_is_gone_and_whoever_hears_it_is_told(folder: Path, keys: KeyFile) -> None:
    await recorded(folder, keys, sound(1))
    with Kept(folder, keys, CALL) as kept:
        assert not kept.is_deleted
        remove(folder, CALL)
        assert kept.is_deleted
    assert lying(folder) == []
    assert await Recordings(folder, keys).finish(CALL) is None
    remove(folder, CALL)
