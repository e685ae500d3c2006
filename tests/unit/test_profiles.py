"""The profiles: what the five say, that a sixth is one more file, and what happens when a file changes."""

import os
import shutil
from datetime import time, timedelta
from pathlib import Path

import pytest

from dialer.calendar_commands import due_of_city, month_of_city
from dialer.core.calendar.values import Rung
from dialer.core.city import City, Purpose
from dialer.core.rules.completion import Effect
from dialer.core.rules.happenings import Result
from dialer.profiles import FOLDER, ProfileError, ProfileWatch, cities, load_city
from dialer.profiles.files import COMMON
from tests.city_profiles import CITY, HOLIDAYS, SIXTH

# --- the five


def test_there_are_five_cities_and_the_common_file_is_none() -> None:
    assert cities() == ["kurume", "nagaoka", "niigata", "saitama", "sendai"]
    assert (FOLDER / COMMON).is_file()


@pytest.mark.parametrize(
    ("city", "debts", "groups", "outbound", "inbound", "separate", "at_least", "languages"),
    [
        ("nagaoka", 1, 1, None, None, False, 2, ()),
        ("niigata", 5, 3, None, None, False, 1, ()),
        ("saitama", 2, 1, 34, 20, True, 1, ()),
        ("kurume", 6, 2, None, None, True, 1, ()),
        ("sendai", 11, 6, 30, None, False, 1, ("ne", "vi")),
    ],
)
def test_debts_lines_and_languages_are_those_of_the_tender(
    city: str,
    debts: int,
    groups: int,
    outbound: int | None,
    inbound: int | None,
    separate: bool,
    at_least: int,
    languages: tuple[str, ...],
) -> None:
    one = CITY[city]
    assert len(one.debts) == debts
    assert len({debt.group for debt in one.debts}) == len({debt.caller_id for debt in one.debts}) == groups
    assert (one.lines.outbound, one.lines.inbound, one.lines.separate) == (outbound, inbound, separate)
    assert one.lines.at_least == at_least
    assert one.languages == languages


def test_only_kurume_calls_people_for_another_purpose_than_reminding() -> None:
    others = {(city, debt.key): debt.purpose for city, one in CITY.items() for debt in one.debts}
    assert {key: purpose for key, purpose in others.items() if purpose is not Purpose.REMINDER} == {
        ("kurume", "income_return"): Purpose.FILING,
        ("kurume", "eligibility_loss"): Purpose.WITHDRAWAL,
    }


@pytest.mark.parametrize(
    ("city", "after", "other_weekday", "evening_begins"),
    [
        ("nagaoka", {Rung.EVENING: (Rung.DAY,), Rung.HOLIDAY: (Rung.DAY,)}, False, "17:00"),
        ("niigata", {Rung.EVENING: (Rung.DAY,), Rung.HOLIDAY: (Rung.DAY,)}, False, "17:00"),
        ("saitama", {Rung.EVENING: (Rung.DAY,), Rung.HOLIDAY: (Rung.DAY, Rung.EVENING)}, False, "17:15"),
        ("kurume", {}, True, "17:00"),
        ("sendai", {Rung.EVENING: (Rung.DAY,), Rung.HOLIDAY: (Rung.DAY,)}, False, "17:00"),
    ],
)
def test_the_ladder_and_the_bands_are_those_of_the_tender(
    city: str, after: dict[Rung, tuple[Rung, ...]], other_weekday: bool, evening_begins: str
) -> None:
    plan = CITY[city].plan
    assert plan.after == after
    assert (plan.other_band, plan.other_weekday) == (True, other_weekday)
    assert [band.begins for band in plan.bands] == [time(0), time(12), time.fromisoformat(evening_begins)]
    assert plan.waits[Result.REJECTED] == timedelta(days=1)
    assert Result.NO_ANSWER not in plan.waits, "an unanswered call is repeated on another day"


@pytest.mark.parametrize(
    ("city", "measure", "debt", "at_least"),
    [
        ("nagaoka", "contact_rate", None, 0.55),
        ("nagaoka", "consent_rate", None, 0.10),
        ("niigata", "contact_rate", "city_tax", 0.40),
        ("niigata", "contact_rate", "nursing_care", 0.35),
        ("niigata", "contact_rate", "nursery", 0.55),
        ("saitama", "first_contact_rate", None, 0.995),
        ("saitama", "pledged_yen", "car_tax", 400_000_000),
        ("kurume", "calls", "city_tax", 1200),
        ("kurume", "calls", "national_health", 7400),
        ("sendai", "contact_rate", None, 0.40),
    ],
)
def test_targets_are_those_of_the_tender(city: str, measure: str, debt: str | None, at_least: float) -> None:
    found = [
        target.at_least
        for target in CITY[city].targets
        if target.measure == measure and (debt in target.debts if debt else not target.debts)
    ]
    assert found == [at_least]


@pytest.mark.parametrize("city", CITY)
def test_every_clause_of_a_city_is_of_its_own_tender(city: str) -> None:
    one, number = CITY[city], {"nagaoka": "0", "niigata": "1", "saitama": "2", "kurume": "3", "sendai": "4"}[city]
    rules, plan, calendar = one.rules, one.plan, one.calendar
    told = [getattr(rules.clauses, name) for name in type(rules.clauses).__dataclass_fields__]
    told += [rule.clause for rule in rules.outcomes.values()]
    told += [plan.clause, plan.first_clause, plan.after_clause, plan.priority_clause, calendar.clause, one.lines.clause]
    told += [part.clause for part in calendar.patterns]
    told += [part.clause for part in calendar.campaigns]
    told += [part.clause for part in calendar.quotas]
    told += [part.clause for part in calendar.closures]
    told += [part.clause for part in one.dues]
    told += [part.clause for part in one.targets]
    told += [part.clause for part in one.layouts]
    told += [part.clause for part in one.interpreting]
    assert {clause for clause in told if not clause.startswith(f"00{number} ")} == set()


# --- a sixth


def sixth(folder: Path, text: str = SIXTH) -> City:
    (folder / "mihon.toml").write_text(text, encoding="utf-8")
    return load_city("mihon", folder)


def test_a_sixth_city_is_the_one_file_that_the_readme_shows(tmp_path: Path) -> None:
    city = sixth(tmp_path)
    assert cities(tmp_path) == ["mihon"]
    assert (city.key, city.name, city.rules.attempts) == ("mihon", "見本市", 4)
    busy = city.rules.outcomes[Result.BUSY]
    assert (busy.effect, busy.clause) == (Effect.COUNTED, "仕様書 §10")
    assert busy.reason == CITY["nagaoka"].rules.outcomes[Result.BUSY].reason, "what it does not say is common"
    month = month_of_city(city, "2026-12", HOLIDAYS).as_dict()
    assert [one["date"] for one in month["days"] if one["out"]][:2] == ["2026-12-01", "2026-12-02"]
    assert due_of_city(city, "monthly", "2026-11-25", HOLIDAYS).as_dict()["due"] == "2026-12-10"


def test_a_value_of_the_citys_own_takes_the_place_of_the_common_one_and_lists_are_replaced(tmp_path: Path) -> None:
    band = '\n[[plan.band]]\nkey = "any"\nname = "終日"\nbegins = "00:00"\n'
    text = SIXTH.replace('clause = "仕様書 §6"\nusual', 'clause = "仕様書 §6"\nevening_from = "00:00"\nusual') + band
    city = sixth(tmp_path, text)
    assert [one.key for one in city.plan.bands] == ["any"]
    assert city.plan.waits == CITY["nagaoka"].plan.waits


# --- changed while the engine runs


def watched(tmp_path: Path) -> tuple[ProfileWatch, Path]:
    shutil.copy(FOLDER / COMMON, tmp_path)
    path = tmp_path / "mihon.toml"
    path.write_text(SIXTH, encoding="utf-8")
    return ProfileWatch("mihon", tmp_path), path


def write(path: Path, text: str, later: int) -> None:
    """As an editor saves it; the time of the file is set, so that the test need not wait for the clock."""
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(later * 10**9, later * 10**9))


def test_a_changed_profile_is_handed_out_once(tmp_path: Path) -> None:
    watch, path = watched(tmp_path)
    assert watch.changed() is None
    write(path, SIXTH.replace("attempts = 4", "attempts = 5"), later=1)
    changed = watch.changed()
    assert changed is not None
    assert changed.rules.attempts == 5
    assert watch.city is changed
    assert watch.changed() is None


def test_a_file_that_was_only_touched_or_commented_is_no_change(tmp_path: Path) -> None:
    watch, path = watched(tmp_path)
    before = watch.city
    write(path, SIXTH, later=1)
    assert watch.changed() is None
    write(path, f"# 見直し済み\n{SIXTH}", later=2)
    assert watch.changed() is None
    assert watch.city is before


def test_a_change_of_the_common_file_is_a_change_of_every_city(tmp_path: Path) -> None:
    watch, path = watched(tmp_path)
    common = path.with_name(COMMON)
    write(common, common.read_text(encoding="utf-8").replace("busy = 20\n", "busy = 15\n"), later=1)
    changed = watch.changed()
    assert changed is not None
    assert changed.plan.waits[Result.BUSY] == timedelta(minutes=15)


def test_a_profile_that_became_bad_is_told_once_and_the_one_before_stays_in_force(tmp_path: Path) -> None:
    watch, path = watched(tmp_path)
    before = watch.city
    write(path, SIXTH.replace("attempts = 4", 'attempts = "4"'), later=1)
    with pytest.raises(ProfileError, match=r"mihon.toml: completion.attempts: 「4」 ではなく整数"):
        watch.changed()
    assert watch.changed() is None
    assert watch.city is before
    write(path, SIXTH.replace("attempts = 4", "attempts = 6"), later=2)
    mended = watch.changed()
    assert mended is not None
    assert mended.rules.attempts == 6


def test_a_profile_that_went_away_is_told_once_and_the_one_before_stays_in_force(tmp_path: Path) -> None:
    watch, path = watched(tmp_path)
    path.unlink()
    with pytest.raises(ProfileError, match="mihon という委託者はありません"):
        watch.changed()
    assert watch.changed() is None
    assert watch.city.rules.attempts == 4
    write(path, SIXTH, later=1)
    assert watch.changed() is None, "it is back as it was"
