"""What a check-up says of what it found: each thing that is wrong has its line and how to mend it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dialer.core import checkup
from dialer.core.checkup import CHECK_NAMES, CertificateSeen, Finding, Grade, Place, PortSeen, PortState, TrunkSeen
from dialer.core.warning_values import ClockSeen

NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
WELL, HEED, BAD = Grade.WELL, Grade.HEED, Grade.BAD
GB = 1 << 30
CERTIFICATE = CertificateSeen(NOW - timedelta(days=1), NOW + timedelta(days=800))
DISK = Place("/var/lib/yobikake", 500 * GB, 0.9, 400.0)


def judged(found: Finding) -> tuple[Grade, str]:
    """Whatever is not well says how to mend it; whatever is well asks for nothing."""
    assert found.key in CHECK_NAMES
    assert bool(found.mend) is (found.grade is not WELL), found
    assert "\n" not in found.line
    return found.grade, found.text


@pytest.mark.parametrize(
    ("seen", "ahead", "grade", "said"),
    [
        (ClockSeen(True), 0.01, WELL, "時刻サーバーに合わせられています"),
        (ClockSeen(True), None, WELL, "時刻サーバー"),
        (ClockSeen(False), 0.0, HEED, "合わせられていません"),
        (ClockSeen(None), 0.0, HEED, "確かめられません"),
        (ClockSeen(True, -3600.0), 0.0, HEED, "-3600秒動かされました"),
        (ClockSeen(True), 0.7, HEED, "0.7秒ずれています"),
        (ClockSeen(True), -61.0, BAD, "61.0秒ずれています"),
    ],
)
def test_a_clock_is_right_when_it_is_kept_so_and_agrees_with_the_database(
    seen: ClockSeen, ahead: float | None, grade: Grade, said: str
) -> None:
    found, text = judged(checkup.clock(seen, ahead))
    assert found is grade
    assert said in text


@pytest.mark.parametrize(("knows", "same", "grade"), [(True, True, WELL), (True, False, WELL), (False, False, BAD)])
def test_the_zone_of_japan_must_be_known_and_need_not_be_the_machines(knows: bool, same: bool, grade: Grade) -> None:
    assert judged(checkup.time_zone(knows, same))[0] is grade


@pytest.mark.parametrize(
    ("changes", "grade"),
    [
        ({}, WELL),
        ({"hours": None}, WELL),
        ({"free_bytes": 4 * GB}, HEED),
        ({"free_bytes": GB // 2}, BAD),
        ({"hours": 20.0}, HEED),
        ({"hours": 3.0}, BAD),
        ({"files_free": 0.05}, HEED),
        ({"files_free": 0.0}, BAD),
        ({"writable": False}, BAD),
    ],
)
def test_a_disk_needs_room_for_bytes_hours_and_files(changes: dict[str, object], grade: Grade) -> None:
    assert judged(checkup.disk(replace(DISK, **changes)))[0] is grade  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "grade", "said"),
    [
        ({}, WELL, "まで有効です"),
        ({"last": NOW + timedelta(days=10)}, HEED, "2026-12-05 に期限が切れます"),
        ({"last": NOW - timedelta(seconds=1)}, BAD, "に期限が切れました"),
        ({"first": NOW + timedelta(hours=1)}, BAD, "2026-11-25 11:00 からしか使えません"),
        ({"names_missing": ("yobikake.example.lg.jp",)}, HEED, "yobikake.example.lg.jp"),
        ({"fits_key": False}, BAD, "組になっていません"),
    ],
)
def test_a_certificate_is_valid_fits_its_key_and_names_what_terminals_type(
    changes: dict[str, object], grade: Grade, said: str
) -> None:
    for is_ours in (True, False):
        found, text = judged(checkup.certificate(replace(CERTIFICATE, is_ours=is_ours, **changes), NOW))  # type: ignore[arg-type]
        assert found is grade
        assert said in text


def test_a_certificate_that_nobody_has_made_yet_is_no_fault_and_one_that_cannot_be_read_is() -> None:
    assert judged(checkup.certificate(None, NOW))[0] is WELL
    assert judged(checkup.certificate(None, NOW, why="key.pem: 読めません（Permission denied）。"))[0] is BAD


@pytest.mark.parametrize(
    ("state", "grade"),
    [
        (PortState.FREE, WELL),
        (PortState.ANSWERS, WELL),
        (PortState.TAKEN, BAD),
        (PortState.SILENT, BAD),
        (PortState.REFUSED, BAD),
    ],
)
def test_a_port_is_free_or_ours(state: PortState, grade: Grade) -> None:
    (found,) = checkup.ports([PortSeen("web.port", "127.0.0.1:15443", state, 15443)])
    assert judged(found)[0] is grade
    assert grade is WELL or "web.port" in found.text


def test_a_port_that_the_kernel_may_give_to_others_is_told_of() -> None:
    (found,) = checkup.ports([PortSeen("web.port", "127.0.0.1:40443", PortState.FREE, 40443)], range(32768, 61000))
    assert judged(found)[0] is HEED


@pytest.mark.parametrize(
    ("what", "grade"),
    [
        ({}, WELL),
        ({"running": False}, HEED),
        ({"refused": "Authentication failed"}, BAD),
        ({"away": "Connection refused"}, BAD),
        ({"lacking": ("Originate",)}, BAD),
    ],
)
def test_the_exchange_must_let_us_in_and_let_us_work(what: dict[str, object], grade: Grade) -> None:
    found = checkup.ami("exchange", "a", **{"running": True, "lacking": (), **what})  # type: ignore[arg-type]
    assert judged(found)[0] is grade


@pytest.mark.parametrize(
    ("seen", "grade"),
    [(TrunkSeen(200), WELL), (TrunkSeen(404), WELL), (TrunkSeen(), HEED), (TrunkSeen(why="Connection refused"), BAD)],
)
def test_a_carrier_that_answers_anything_is_there(seen: TrunkSeen, grade: Grade) -> None:
    assert judged(checkup.trunk("192.0.2.10:5060", seen))[0] is grade
    rehearsed = HEED if seen.code is None else WELL
    assert judged(checkup.trunk("127.0.0.1:15160", seen, simulated=True))[0] is rehearsed


@pytest.mark.parametrize(
    ("hours", "verified", "same_disk", "grade"),
    [
        (None, False, False, HEED),
        (5, True, False, WELL),
        (5, False, False, HEED),
        (5, True, True, HEED),
        (40, True, False, HEED),
        (240, True, False, BAD),
    ],
)
def test_a_backup_is_of_yesterday_was_read_again_and_lies_elsewhere(
    hours: float | None, verified: bool, same_disk: bool, grade: Grade
) -> None:
    last = None if hours is None else NOW - timedelta(hours=hours)
    assert judged(checkup.backup(last, NOW, verified=verified, same_disk=same_disk))[0] is grade


def test_secrets_that_others_may_read_and_missing_fonts_are_named() -> None:
    assert judged(checkup.secrets([]))[0] is WELL
    found, text = judged(checkup.secrets(["/state/settings.toml"]))
    assert (found, "settings.toml" in text) == (BAD, True)
    assert [judged(checkup.fonts(known))[0] for known in (True, False, None)] == [WELL, HEED, HEED]
