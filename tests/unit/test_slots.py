"""How likely somebody is reached: figures drawn towards what is more generally known, worked out by hand."""

from dataclasses import replace

import pytest

from dialer.core.plan.slots import UNKNOWN, SlotTable
from dialer.core.plan.values import NumberType, Slot, SlotCount, SlotDay
from tests.city_profiles import CITY

RULES = replace(CITY["nagaoka"].plan, prior_attempts=50.0, person_prior_attempts=4.0)
MOBILE, FIXED, IP = NumberType.MOBILE, NumberType.FIXED, NumberType.IP
MORNING, EVENING = Slot(SlotDay.MON, "morning"), Slot(SlotDay.MON, "evening")
TAUGHT = SlotTable.learned(
    {(MOBILE, MORNING): (100, 10), (MOBILE, EVENING): (50, 30), (FIXED, MORNING): (50, 20)}, RULES
)
"""All calls: 60 of 200, 0.3. Mobile: (40 + 50 x 0.3) / (150 + 50) = 0.275. Fixed: (20 + 15) / (50 + 50) = 0.35."""


@pytest.mark.parametrize(
    ("number_type", "slot", "chance"),
    [
        (MOBILE, MORNING, (10 + 50 * 0.275) / (100 + 50)),
        (MOBILE, EVENING, (30 + 50 * 0.275) / (50 + 50)),
        (MOBILE, Slot(SlotDay.SUN, "morning"), 0.275),  # never tried: as its kind of number
        (FIXED, MORNING, (20 + 50 * 0.35) / (50 + 50)),
        (FIXED, EVENING, 0.35),
        (IP, MORNING, 0.3),  # a kind never tried: as all calls
    ],
)
def test_a_slot_is_drawn_to_its_kind_of_number_and_that_to_all_calls(
    number_type: NumberType, slot: Slot, chance: float
) -> None:
    assert TAUGHT.chance(number_type, slot) == pytest.approx(chance)


def test_many_calls_outweigh_what_is_generally_known() -> None:
    table = SlotTable.learned({(MOBILE, MORNING): (100_000, 90_000), (MOBILE, EVENING): (100_000, 10_000)}, RULES)
    assert table.chance(MOBILE, MORNING) == pytest.approx(0.9, abs=0.001)
    assert table.chance(MOBILE, EVENING) == pytest.approx(0.1, abs=0.001)


def test_a_person_s_own_calls_are_drawn_to_the_slot() -> None:
    general = TAUGHT.chance(FIXED, MORNING)
    own = SlotCount(MORNING, tried=4, reached=3)
    assert TAUGHT.chance_of_person(FIXED, own) == pytest.approx((3 + 4 * general) / 8)
    assert TAUGHT.chance_of_person(FIXED, SlotCount(MORNING, 0, 0)) == pytest.approx(general)


def test_before_the_first_call_every_slot_is_alike_and_nothing_is_claimed() -> None:
    table = SlotTable.empty(RULES)
    chances = {table.chance(number_type, Slot(day, "morning")) for number_type in NumberType for day in SlotDay}
    assert chances == {UNKNOWN}
    assert not table.has_learned
    assert TAUGHT.has_learned


def test_calls_in_a_band_that_the_profile_no_longer_has_still_tell_about_their_kind_of_number() -> None:
    table = SlotTable.learned({(MOBILE, Slot(SlotDay.MON, "siesta")): (50, 50)}, RULES)
    assert table.chance(MOBILE, MORNING) == pytest.approx(1.0)
    assert table.chance(MOBILE, Slot(SlotDay.MON, "siesta")) == pytest.approx(1.0)


def test_without_weight_of_the_general_only_the_counts_speak() -> None:
    rules = replace(RULES, prior_attempts=0.0, person_prior_attempts=0.0)
    table = SlotTable.learned({(MOBILE, MORNING): (4, 1)}, rules)
    assert table.chance(MOBILE, MORNING) == pytest.approx(0.25)
    assert table.chance(MOBILE, EVENING) == pytest.approx(0.25)  # untried: its kind of number
    assert table.chance(FIXED, EVENING) == pytest.approx(0.25)  # no such call: all calls
    assert table.chance_of_person(MOBILE, SlotCount(MORNING, 2, 2)) == pytest.approx(1.0)
    assert table.chance_of_person(MOBILE, SlotCount(EVENING, 0, 0)) == pytest.approx(0.25)
