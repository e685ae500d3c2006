"""What the ringing tells before anybody speaks: how much likelier each kind of answer becomes.

Centres answer after a configured time (10, 15, 20, 24, 30 s, or at once), home machines after whole rings of 3 s,
people whenever they get there. All is damped: carriers differ, and what is not known must not lose a person.
"""

from math import exp, log, pi, sqrt

from dialer.core.hearing.values import NumberType, Prior, What

CENTRE_SECONDS = (0.0, 10.0, 15.0, 20.0, 24.0, 30.0)
RING_CYCLE_SECONDS = 3.0
SPREAD_SECONDS = 0.35
TRUST = 0.6  # share of the evidence that is believed
MOST = 1.6  # in natural logarithms, either way
NEVER = -8.0


def shifts(prior: Prior) -> dict[What, float]:
    """To be added to the log-probabilities of each kind."""
    shift = dict.fromkeys(What, 0.0)
    if prior.ring_seconds is not None and prior.answered:
        densities = {what: _density(what, max(0.0, prior.ring_seconds), prior.number_type) for what in What}
        middle = densities[What.PERSON]
        for what, density in densities.items():
            shift[what] = max(-MOST, min(MOST, TRUST * log(density / middle)))
    if prior.without_ringing:
        shift[What.VOICEMAIL] += 1.0
        shift[What.ANNOUNCEMENT] += 1.0
        shift[What.SCREENING] += 0.5
    machines = min(3, prior.machines_before)
    persons = min(3, prior.persons_before)
    for what in (What.VOICEMAIL, What.SCREENING, What.FAX):
        shift[what] += 0.4 * machines - 0.3 * persons
    if not prior.answered:
        shift[What.PERSON] = NEVER
        shift[What.SCREENING] += -3.0
        shift[What.VOICEMAIL] += -1.5
        shift[What.FAX] += -3.0
    return shift


def _density(what: What, seconds: float, kind: NumberType | None) -> float:
    """Of the ring time, per second."""
    person = _log_normal(seconds, 9.0, 0.6)
    short = 0.02 + 0.25 * exp(-seconds / 3.0)
    match what:
        case What.VOICEMAIL:
            centre = _peaks(seconds, CENTRE_SECONDS) / len(CENTRE_SECONDS)
            cycles = range(2, 11)
            home = _peaks(seconds, tuple(RING_CYCLE_SECONDS * cycle for cycle in cycles)) / len(cycles)
            of_centres = {NumberType.MOBILE: 0.85, NumberType.FIXED: 0.15}.get(kind, 0.5) if kind else 0.5
            return 0.3 * person + 0.7 * (of_centres * centre + (1 - of_centres) * home) + 0.005
        case What.SCREENING | What.FAX:
            return 0.4 * person + 0.6 * short
        case What.ANNOUNCEMENT:
            return 0.5 * person + 0.5 * (_peaks(seconds, (0.0, 18.0, 24.0)) / 3 + 0.01)
        case What.PERSON | What.SILENT:
            return person + 0.005


def _log_normal(seconds: float, median: float, sigma: float) -> float:
    seconds = max(0.2, seconds)
    return exp(-0.5 * (log(seconds / median) / sigma) ** 2) / (seconds * sigma * sqrt(2 * pi))


def _peaks(seconds: float, places: tuple[float, ...]) -> float:
    each = [exp(-0.5 * ((seconds - place) / SPREAD_SECONDS) ** 2) for place in places]
    return sum(each) / (SPREAD_SECONDS * sqrt(2 * pi))
