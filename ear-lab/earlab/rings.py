"""How long it rang before it was answered: the habits of carriers, machines and persons. Seconds; None: not known."""

import numpy as np

from earlab.sound import Chance

UNKNOWN_SHARE = 0.35  # files without, so that nothing leans on it
CYCLE_SECONDS = 3.0  # a Japanese telephone rings 1 s and rests 2 s


def number_type(chance: Chance, what: str) -> str:
    if what in ("carrier", "off_or_out_of_area"):
        return "mobile" if chance.random() < 0.9 else "ip"
    if what in ("factory", "own_voice", "fax", "screening"):
        return str(chance.choice(["fixed", "fixed", "fixed", "ip", "mobile"]))
    return str(chance.choice(["mobile", "mobile", "fixed", "fixed", "ip"], p=[0.25, 0.25, 0.2, 0.2, 0.1]))


def ring_seconds(chance: Chance, what: str) -> float | None:
    if chance.random() < UNKNOWN_SHARE:
        return None
    wobble = float(chance.normal(0, 0.15))
    match what:
        case "person":
            seconds = float(np.exp(chance.normal(np.log(9.0), 0.55)))
        case "carrier":
            seconds = float(chance.choice([0.0, 10.0, 15.0, 15.0, 15.0, 20.0, 24.0, 24.0, 30.0])) + wobble
        case "factory" | "own_voice":
            seconds = CYCLE_SECONDS * float(chance.choice([2, 3, 4, 4, 4, 5, 5, 6, 7, 10])) + wobble
        case "screening":
            seconds = float(chance.choice([0.2, 0.5, 1.0, 3.0, 6.0])) + abs(wobble)
        case "fax":
            seconds = float(chance.choice([0.5, 1.0, 3.0, 3.0, 6.0])) + abs(wobble)
        case "announcement":
            seconds = float(chance.choice([0.0, 0.0, 0.0, 18.0, 24.0])) + abs(wobble)
        case _:
            seconds = float(np.exp(chance.normal(np.log(9.0), 0.6)))
    return round(float(np.clip(seconds, 0.0, 60.0)), 2)
