"""One policy on one day; and what ours knows when that day begins."""

from copy import deepcopy
from functools import lru_cache

from dialer.core.pacing.learned import Learned
from dialer.core.pacing.values import PaceRules
from dialer.trials.day import Day
from dialer.trials.figures import Figures
from dialer.trials.policies import NAMES, policy_named
from dialer.trials.policy import LookAhead
from dialer.trials.scenario import Scenario
from dialer.trials.simple import ExpectedSupply, ExpectedWithOurs

KNOWS_THE_DAY_BEFORE = (LookAhead.name, ExpectedSupply.name, ExpectedWithOurs.name)
DAYS_KEPT = 20  # whoever tunes a policy asks for the same days again and again


class TrialError(Exception):
    """What was asked for cannot be tried."""


def simulated(scenario: Scenario, policy: str, *, target: float, seed: int | str, setting: float | None) -> Figures:
    if policy not in NAMES:
        raise TrialError(f"there is no policy {policy}; there are {', '.join(NAMES)}")
    try:
        rules = PaceRules(target=target, tolerance_seconds=scenario.patience_s)
    except ValueError as wrong:
        raise TrialError(str(wrong)) from None
    learned = day_before(scenario, rules, seed) if policy in KNOWS_THE_DAY_BEFORE else None
    chosen = policy_named(policy, rules=rules, setting=setting, hours=scenario.hours, learned=learned)
    return Day(scenario, chosen, seed).run()


def day_before(scenario: Scenario, rules: PaceRules, seed: int | str) -> Learned:
    """What an ordinary day taught: the same people and operators, without shocks and breaks."""
    ordinary = scenario.model_copy(update={"shocks": (), "seats_at": ()})
    return deepcopy(_taught(ordinary, rules, seed))


@lru_cache(maxsize=DAYS_KEPT)
def _taught(ordinary: Scenario, rules: PaceRules, seed: int | str) -> Learned:
    policy = LookAhead(rules)
    Day(ordinary, policy, f"{seed} before").run()
    return policy.pacer.learned
