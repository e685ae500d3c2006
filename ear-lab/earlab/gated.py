"""A gated recurrent network as it is taught, with PyTorch: what of it the engine gets, and how it is fitted."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from dialer.core.hearing.network import Network
from dialer.core.hearing.spectrum import BANDS
from earlab.sound import Chance

Floats = npt.NDArray[np.float32]

BATCH = 48
AVERAGED = 500  # steps, of which what is kept is about the average


class Gated(nn.Module):
    def __init__(self, inputs: int, hidden: int, heads: int, drop: float) -> None:
        super().__init__()
        self.register_buffer("centre", torch.zeros(inputs))
        self.register_buffer("scale", torch.ones(inputs))
        self.layer = nn.GRU(inputs, hidden, batch_first=True)
        self.drop = nn.Dropout(drop)
        self.out = nn.Linear(hidden, heads)

    def states(self, given: torch.Tensor) -> torch.Tensor:
        return self.layer((given - self.centre) * self.scale)[0]

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        return self.out(self.drop(self.states(given)))

    def learn_scale(self, sequences: Sequence[Floats]) -> None:
        every = np.concatenate([one[::4] for one in sequences])
        self.centre.copy_(torch.from_numpy(every.mean(axis=0)))
        self.scale.copy_(torch.from_numpy(1 / (every.std(axis=0) + 0.05)))

    def begin_as(self, known: Network) -> None:
        """What it knows, and units beside them that say nothing yet where this one has more."""
        size, before = self.layer.hidden_size, known.hidden

        def placed(numbers: nn.Parameter, own: Floats, *, fed: bool = False) -> None:
            update, reset, candidate = own.T.reshape(3, before, *own.shape[:-1])
            gates = numbers.view(3, size, *numbers.shape[1:])
            if fed:
                gates[:, :before, before:] = 0
            part = gates[:, :before, :before] if fed else gates[:, :before]
            part.copy_(torch.from_numpy(np.stack([reset, update, candidate])))

        with torch.no_grad():
            placed(self.layer.weight_ih_l0, known.into)
            placed(self.layer.weight_hh_l0, known.back, fed=True)
            placed(self.layer.bias_ih_l0, known.bias)
            placed(self.layer.bias_hh_l0, known.back_bias)
            self.out.weight[:, before:] = 0
            self.out.weight[:, :before].copy_(torch.from_numpy(known.out.T.copy()))
            self.out.bias.copy_(torch.from_numpy(known.out_bias))
            self.centre.copy_(torch.from_numpy(known.centre))
            self.scale.copy_(torch.from_numpy(known.scale))

    def as_network(self) -> Network:
        """In the engine's order of gates: update, reset, candidate."""

        def ordered(numbers: torch.Tensor) -> Floats:
            reset, update, candidate = numbers.detach().numpy().reshape(3, -1, *numbers.shape[1:])
            return np.ascontiguousarray(np.concatenate([update, reset, candidate]).T.astype(np.float32))

        layer = self.layer
        return Network(
            self.centre.numpy().copy(),
            self.scale.numpy().copy(),
            ordered(layer.weight_ih_l0),
            ordered(layer.weight_hh_l0),
            ordered(layer.bias_ih_l0),
            ordered(layer.bias_hh_l0),
            np.ascontiguousarray(self.out.weight.detach().numpy().T),
            self.out.bias.detach().numpy().copy(),
        )


def disturbed(given: torch.Tensor, chance: torch.Generator) -> torch.Tensor:
    """Other microphones and lines: a smooth curve over the bands, sometimes a few bands missing, a little noise."""
    batch = given.shape[0]
    knots = torch.randn(batch, 5, generator=chance) * 0.35
    curve = nn.functional.interpolate(knots[:, None], size=BANDS, mode="linear", align_corners=True)
    out = given.clone()
    out[:, :, :BANDS] += curve + 0.08 * torch.randn(given.shape[0], given.shape[1], BANDS, generator=chance)
    for row in torch.nonzero(torch.rand(batch, generator=chance) < 0.3).flatten().tolist():
        low = int(torch.randint(0, BANDS - 4, (1,), generator=chance))
        out[row, :, low : low + 4] = out[row, :, :BANDS].mean()
    return out


Loss = Callable[[torch.Tensor], torch.Tensor]
Draw = Callable[[Chance], tuple[Sequence[Floats], Loss]]
"""Some lessons, and the loss of what the model says of them."""


def fit(model: nn.Module, draw: Draw, steps: int, seed: int, rate: float = 4e-3) -> None:
    """What is kept is an average over the last steps: it knows others better than the last of them does."""
    noise, chance = torch.Generator().manual_seed(seed), np.random.default_rng(seed)
    optimiser = torch.optim.AdamW([one for one in model.parameters() if one.requires_grad], lr=rate, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps, pct_start=0.1)
    averaged = {name: numbers.clone() for name, numbers in model.state_dict().items()}
    model.train()
    total = 0.0
    for step in range(1, steps + 1):
        given, loss_of = draw(chance)
        length = max(one.shape[0] for one in given)
        inputs = torch.from_numpy(np.stack([padded(one, length) for one in given]))
        loss = loss_of(model(disturbed(inputs, noise)))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        for name, numbers in model.state_dict().items():
            averaged[name].lerp_(numbers, max(1 / AVERAGED, 1 / step))
        total += float(loss.detach())
        if step % 200 == 0:
            say(f"  step {step}: loss {total / 200:.4f}")
            total = 0.0
    model.load_state_dict(averaged)
    model.eval()


def padded(numbers: npt.NDArray[np.generic], length: int) -> npt.NDArray[np.generic]:
    out = np.zeros((length, *numbers.shape[1:]), dtype=numbers.dtype)
    out[: numbers.shape[0]] = numbers
    return out


def some(count: int, chance: Chance) -> list[int]:
    return [int(row) for row in chance.integers(0, count, BATCH)]


def say(text: str) -> None:
    print(text, flush=True)
