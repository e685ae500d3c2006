"""Policies by name, and what of each a bench may turn: one knob."""

from collections.abc import Mapping
from types import MappingProxyType

from dialer.core.pacing.learned import Learned
from dialer.core.pacing.values import PaceRules
from dialer.trials import omnidialer, vicidial
from dialer.trials.omnidialer import Omnidialer
from dialer.trials.policy import LookAhead, Policy, Progressive
from dialer.trials.simple import ExpectedSupply, ExpectedWithOurs, Ratio
from dialer.trials.vicidial import Method, Vicidial, hhmm

LEVELS = (1.05, 1.1, 1.2, 1.25, 1.3, 1.4, 1.5, 1.6, 1.7, 2.0, 2.2, 2.5, 3.0)
SHARES = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)  # c of expected supply
KNOBS: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        "ratio": (1.1, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 8.0, 12.0),  # calls for each idle operator
        "vicidial": LEVELS,  # maximum level
        "vicidial-ideal": LEVELS,
        "omnidialer": (0.1, 0.2, 0.4, 0.7, 1.0, 1.5),  # boost
        "expected": SHARES,
        "expected-with-ours": SHARES,
    }
)
"""Values to try by policy, from cautious to bold: the higher, the more persons are left alone.
VICIdial's two methods differ only over its limit, which a level worth having does not reach."""

NAMES = (LookAhead.name, Progressive.name, *KNOBS, "vicidial-average")
PLAIN: Mapping[str, float] = MappingProxyType(
    {"ratio": 1.5, "omnidialer": 1.0, "expected": 0.35, "expected-with-ours": 0.35}
)
PLAIN_LEVEL, PLAIN_AIM = 3.0, 0.0  # as VICIdial is delivered
TUNED_AIM = -1.0  # one idle operator
TUNED_LIMIT = 5.0  # times the target: it does better held by a low level than by its limit


def policy_named(
    name: str, *, rules: PaceRules, setting: float | None = None, hours: float, learned: Learned | None = None
) -> Policy:
    """`setting`: of the knob; none: as it comes. `learned`: what is known when the day begins."""
    policy = _made(name, rules, setting, hours, learned)
    policy.name = name
    return policy


def _made(name: str, rules: PaceRules, setting: float | None, hours: float, learned: Learned | None) -> Policy:
    knob = PLAIN.get(name, PLAIN_LEVEL) if setting is None else setting
    match name:
        case LookAhead.name:
            return LookAhead(rules, learned)
        case Progressive.name:
            return Progressive()
        case Ratio.name:
            return Ratio(knob)
        case ExpectedSupply.name:
            return ExpectedSupply(knob, rules.answers_first, learned)
        case ExpectedWithOurs.name:
            return ExpectedWithOurs(knob, rules.answers_first, learned)
        case Omnidialer.name:
            return Omnidialer(omnidialer.Settings(boost=knob, most_abandoned=rules.target))
    if name not in NAMES:
        raise KeyError(name)
    settings = vicidial.Settings(
        method=Method.AVERAGE if "average" in name else Method.TAPERED,
        maximum_level=knob,
        dropped_percent=100.0 * rules.target * (1.0 if setting is None else TUNED_LIMIT),
        dl_diff_target=PLAIN_AIM if setting is None else TUNED_AIM,
        latest_time=hhmm(hours * 3600.0),
    )
    return Vicidial(settings, is_ideal=name.endswith("-ideal"))
