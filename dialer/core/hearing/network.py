"""A small recurrent network, run step by step. It is trained by ear-lab/earlab/train.py; here are only its numbers."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


class BadNetwork(ValueError):
    """The numbers do not fit each other: one line."""


@dataclass(frozen=True, slots=True)
class Network:
    """Inputs are centred and scaled, go through a gated recurrent layer, and come out as one number a head."""

    centre: Floats
    scale: Floats
    into: Floats  # inputs x 3 hidden: update, reset, candidate
    back: Floats  # hidden x 3 hidden
    bias: Floats  # 3 hidden
    back_bias: Floats  # 3 hidden
    out: Floats  # hidden x heads
    out_bias: Floats
    # the same as it is worked with, for speed: the scale lies in the weights, and a gate is half a tanh
    _into: Floats = field(init=False, repr=False)
    _bias: Floats = field(init=False, repr=False)
    _back: Floats = field(init=False, repr=False)
    _back_bias: Floats = field(init=False, repr=False)

    def __post_init__(self) -> None:
        inputs, hidden, heads = self.into.shape[0], self.back.shape[0], self.out.shape[1]
        wanted = {
            "centre": (self.centre, (inputs,)),
            "scale": (self.scale, (inputs,)),
            "into": (self.into, (inputs, 3 * hidden)),
            "back": (self.back, (hidden, 3 * hidden)),
            "bias": (self.bias, (3 * hidden,)),
            "back_bias": (self.back_bias, (3 * hidden,)),
            "out": (self.out, (hidden, heads)),
            "out_bias": (self.out_bias, (heads,)),
        }
        for name, (numbers, shape) in wanted.items():
            if numbers.shape != shape or numbers.dtype != np.float32 or not np.all(np.isfinite(numbers)):
                raise BadNetwork(f"{name} is {numbers.dtype} {numbers.shape}, not finite float32 {shape}")
        halved = np.ones(3 * hidden, dtype=np.float32)
        halved[: 2 * hidden] = 0.5
        into = self.scale[:, None] * self.into * halved
        worked = {"_into": into, "_bias": self.bias * halved - self.centre @ into}
        worked |= {"_back": self.back * halved, "_back_bias": self.back_bias * halved}
        for name, numbers in worked.items():
            object.__setattr__(self, name, np.ascontiguousarray(numbers, dtype=np.float32))

    @property
    def hidden(self) -> int:
        return int(self.back.shape[0])

    @property
    def heads(self) -> int:
        return int(self.out.shape[1])

    @property
    def inputs(self) -> int:
        return int(self.into.shape[0])

    def rest(self) -> Floats:
        return np.zeros(self.hidden, dtype=np.float32)

    def moved(self, state: Floats, inputs: Floats) -> Floats:
        """The next state."""
        size = state.size
        given = inputs @ self._into + self._bias
        fed = state @ self._back + self._back_bias
        gates = 0.5 * np.tanh(given[: 2 * size] + fed[: 2 * size]) + 0.5
        update, reset = gates[:size], gates[size:]
        candidate = np.tanh(given[2 * size :] + reset * fed[2 * size :])
        moved: Floats = candidate + update * (state - candidate)
        return moved

    def said(self, state: Floats) -> Floats:
        """What the heads say in this state."""
        said: Floats = state @ self.out + self.out_bias
        return said


def shares(scores: Floats) -> Floats:
    """Scores as probabilities that sum to 1."""
    raised = np.exp(scores - scores.max())
    return np.asarray(raised / raised.sum(), dtype=np.float32)


def chance_of(score: float) -> float:
    return float(1 / (1 + np.exp(-min(30.0, max(-30.0, score)))))
