"""`python -m earlab.train LESSONS OUT.npz`: fits the ear's three networks to lessons (earlab.lesson_files makes them).

Needs PyTorch, which nothing else here does: `pip install torch`. The same seed, lessons and thread count give the same
networks. `--from NETWORKS` goes on from what was fitted before: its first two networks stay, its third learns on.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from dialer.core.hearing.network import Network, chance_of
from dialer.core.hearing.senses import SENSED, SOUND_INPUTS, Senses
from dialer.core.hearing.spectrum import BANDS
from dialer.core.hearing.utterances import Utterances
from dialer.core.hearing.weighing import HEADS
from dialer.core.hearing.wording import PHONES
from earlab import lesson_files
from earlab.cast import seeded
from earlab.floors import with_another_floor
from earlab.gated import BATCH, Gated, Loss, fit, padded, say, some
from earlab.lessons import Clip, Lesson, Strip, as_frame
from earlab.sound import Chance
from earlab.varied import varied

Floats = npt.NDArray[np.float32]

SOUND_HIDDEN, PHONE_HIDDEN, MEANING_HIDDEN = 32, 144, 128
LENGTHS = (225, 325)  # blocks of a call; mostly the shorter: by then it should be decided
PHONES_LEFT_OUT = 0.12
HOW_OFTEN = {"own_voice": 1.2, "person": 1.2}  # each as often as this: they are the hardest to tell apart
MEANING_RATE = 2.5e-3
HEAD_OF = {(what.value, kind.value if kind else None): index for index, (what, kind) in enumerate(HEADS)}


def sound_inputs(rows: Floats) -> Floats:
    senses = Senses()
    return np.stack([senses.sounds(as_frame(row)) for row in rows])


def meaning_inputs(rows: Floats, sounds: Network) -> Floats:
    """What the ear would give its second network (SOUND_INPUTS columns), and behind that what only its third gets."""
    senses, said, state = Senses(), Utterances(), sounds.rest()
    out = np.empty((rows.shape[0], SOUND_INPUTS + SENSED - BANDS), dtype=np.float32)
    for index, row in enumerate(rows):
        frame = as_frame(row)
        given = senses.sounds(frame)
        state = sounds.moved(state, given)
        scores = sounds.said(state)
        speech, tone = chance_of(float(scores[0])), chance_of(float(scores[1]))
        said.take(speech)
        out[index, :SOUND_INPUTS] = given
        out[index, SOUND_INPUTS:] = senses.sensed(frame, given, speech, tone, said)[BANDS:]
    return out


class Meaning(nn.Module):
    """The third network upon the second, which learns no more."""

    def __init__(self, phones: Gated) -> None:
        super().__init__()
        self.phones = phones
        self.gated = Gated(SENSED + PHONE_HIDDEN, MEANING_HIDDEN, len(HEADS), 0.35)

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        return self.gated(self.joined(given))

    def joined(self, given: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            spoken = self.phones.states(given[..., :SOUND_INPUTS])
            if self.training:  # nothing hangs on a single one of its units
                left = torch.rand(spoken.shape[0], 1, spoken.shape[2]) > PHONES_LEFT_OUT
                spoken = spoken * left / (1 - PHONES_LEFT_OUT)
        return torch.cat([given[..., :BANDS], given[..., SOUND_INPUTS:], spoken], dim=-1)


# --- sounds


def fit_sounds(strips: Sequence[Strip], steps: int, seed: int) -> Network:
    torch.manual_seed(seed)
    given = [sound_inputs(one.rows) for one in strips]
    wanted = [one.truth for one in strips]
    kept = max(1, len(strips) // 12)
    model = Gated(SOUND_INPUTS, SOUND_HIDDEN, 2, 0.1)
    model.learn_scale(given)
    each = nn.BCEWithLogitsLoss(reduction="none")

    def draw(chance: Chance) -> tuple[Sequence[Floats], Loss]:
        rows = [kept + row for row in some(len(given) - kept, chance)]

        def loss(scores: torch.Tensor) -> torch.Tensor:
            truth = torch.from_numpy(np.stack([padded(wanted[row], scores.shape[1]) for row in rows]))
            heard = torch.tensor([given[row].shape[0] for row in rows])[:, None] > torch.arange(scores.shape[1])
            return each(scores, truth).mean(dim=2)[heard].mean()

        return [given[row] for row in rows], loss

    fit(model, draw, steps, seed)
    with torch.no_grad():
        said = [torch.sigmoid(model(torch.from_numpy(one)[None]))[0].numpy() > 0.5 for one in given[:kept]]
    for index, name in enumerate(("speech", "tone")):
        truth = np.concatenate([one[:, index] > 0.5 for one in wanted[:kept]])
        found = np.concatenate([one[:, index] for one in said])
        say(f"{name}: missed {np.mean(~found[truth]):.1%}, false {np.mean(found[~truth]):.1%} of blocks")
    return model.as_network()


# --- phones


def fit_phones(clips: Sequence[Clip], steps: int, seed: int) -> Gated:
    torch.manual_seed(seed)
    clips = [one for one in clips if 0 < one.phones.size < one.rows.shape[0] - 8]
    given = [sound_inputs(one.rows) for one in clips]
    wanted = [torch.from_numpy(one.phones) for one in clips]
    kept = max(1, len(clips) // 20)
    model = Gated(SOUND_INPUTS, PHONE_HIDDEN, len(PHONES) + 1, 0.15)
    model.learn_scale(given)
    ctc = nn.CTCLoss(zero_infinity=True)

    def draw(chance: Chance) -> tuple[Sequence[Floats], Loss]:
        rows = [kept + row for row in some(len(given) - kept, chance)]

        def loss(scores: torch.Tensor) -> torch.Tensor:
            return ctc(
                torch.log_softmax(scores, dim=-1).transpose(0, 1),
                torch.cat([wanted[row] for row in rows]),
                torch.tensor([given[row].shape[0] for row in rows]),
                torch.tensor([wanted[row].shape[0] for row in rows]),
            )

        return [given[row] for row in rows], loss

    fit(model, draw, steps, seed)
    with torch.no_grad():
        wrong = sum(_mistakes(model, one, said) for one, said in zip(given[:kept], wanted[:kept], strict=True))
    say(f"phones: {wrong / sum(one.shape[0] for one in wanted[:kept]):.1%} wrong in {kept} sentences kept apart")
    return model


def _mistakes(model: Gated, given: Floats, said: torch.Tensor) -> int:
    """Phones to be added, left out or exchanged until what was heard is what was said."""
    best = model(torch.from_numpy(given)[None])[0].argmax(dim=-1).tolist()
    heard = [one for one, before in zip(best, [0, *best], strict=False) if one and one != before]
    row = list(range(len(heard) + 1))
    for number, phone in enumerate(said.tolist(), 1):
        before, row = row, [number]
        for at, one in enumerate(heard, 1):
            row.append(min(before[at] + 1, row[at - 1] + 1, before[at - 1] + (one != phone)))
    return row[-1]


# --- meaning


def truth_of(lesson: Lesson, given: Floats) -> tuple[npt.NDArray[np.int64], Floats]:
    """The head that is right, and how much each block counts: most while it should be decided."""
    label = lesson.label
    head = HEAD_OF[(label.what, label.announcement if label.what == "announcement" else None)]
    count = given.shape[0]
    began = (label.speech_from_ms or label.tone_from_ms or 0) // 20
    weight = np.full(count, 0.3, dtype=np.float32)
    weight[:began] = 0.1
    weight[began : began + 150] = 1.0
    for note in label.notes.split():
        if note.startswith("person_at="):
            weight[int(note.removeprefix("person_at=")) // 20 :] = 0
    return np.full(count, head, dtype=np.int64), weight


def fit_meaning(
    lessons: Sequence[Lesson],
    sounds: Network,
    phones: Gated,
    steps: int,
    seed: int,
    rate: float,
    before: Network | None,
) -> Network:
    torch.manual_seed(seed)
    floors = [seeded(seed, "floor", number) for number in range(len(lessons))]
    given = [
        meaning_inputs(with_another_floor(one.rows, chance), sounds)
        for one, chance in zip(lessons, floors, strict=True)
    ]
    truths = [truth_of(lesson, one) for lesson, one in zip(lessons, given, strict=True)]
    wanted, weights = [one for one, _ in truths], [one for _, one in truths]
    kept = max(1, len(lessons) // 20)
    model = Meaning(phones.requires_grad_(False))
    with torch.no_grad():
        model.gated.learn_scale([model.joined(torch.from_numpy(one)[None])[0].numpy() for one in given[:400]])
    if before is not None:
        model.gated.begin_as(before)
    often = np.array([_how_often(lesson) for lesson in lessons[kept:]])
    each = nn.CrossEntropyLoss(reduction="none", label_smoothing=0.01)

    def draw(chance: Chance) -> tuple[Sequence[Floats], Loss]:
        rows = kept + chance.choice(len(often), BATCH, p=often / often.sum())
        length = LENGTHS[int(chance.random() < 0.3)]
        made = [varied(given[row], weights[row], length, chance) for row in rows]
        truth = torch.tensor([[wanted[row][0]] * length for row in rows])
        counts = torch.from_numpy(np.stack([one for _, one in made]))

        def loss(scores: torch.Tensor) -> torch.Tensor:
            return (each(scores.transpose(1, 2), truth) * counts).sum() / counts.sum()

        return [one for one, _ in made], loss

    fit(model, draw, steps, seed, rate)
    with torch.no_grad():
        for seconds in (1.0, 1.5, 2.0, 3.0):
            at = int(seconds * 50)
            own = [row for row in range(kept) if given[row].shape[0] > at]
            said = [int(model(torch.from_numpy(given[row][: at + 1])[None])[0, -1].argmax()) for row in own]
            right = np.mean([(a == 0) == (wanted[row][0] == 0) for a, row in zip(said, own, strict=True)])
            exact = np.mean([a == wanted[row][0] for a, row in zip(said, own, strict=True)])
            say(f"meaning at {seconds:.1f} s: person or not {right:.1%}, exact {exact:.1%} of {len(own)} kept apart")
    return model.gated.as_network()


def _how_often(lesson: Lesson) -> float:
    return HOW_OFTEN.get(lesson.label.notes.split(" ")[0], HOW_OFTEN.get(lesson.label.what, 1.0))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="earlab.train", description=__doc__)
    parser.add_argument("lessons", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sound-steps", type=int, default=1200)
    parser.add_argument("--phone-steps", type=int, default=4000)
    parser.add_argument("--meaning-steps", type=int, default=6000)
    parser.add_argument("--meaning-rate", type=float, default=MEANING_RATE, help="lower when it goes on from others")
    parser.add_argument("--sounds", type=Path, help="keep the sounds' network of this file")
    parser.add_argument("--from", dest="before", type=Path, help="go on from this file's networks")
    told = parser.parse_args(arguments)
    torch.set_num_threads(1)
    from dialer.media.hearing import read_networks, write_networks

    before = None
    if told.before:
        sounds, spoken, before = read_networks(told.before)
        phones = Gated(SOUND_INPUTS, spoken.hidden, spoken.heads, 0.15)
        phones.begin_as(spoken)
        phones.eval()
    else:
        strips = lesson_files.strips
        sounds = (
            read_networks(told.sounds)[0]
            if told.sounds
            else fit_sounds(strips(told.lessons), told.sound_steps, told.seed)
        )
        phones = fit_phones(lesson_files.clips(told.lessons), told.phone_steps, told.seed)
    lessons = lesson_files.calls(told.lessons)
    meaning = fit_meaning(lessons, sounds, phones, told.meaning_steps, told.seed, told.meaning_rate, before)
    write_networks(told.out, sounds, phones.as_network(), meaning)
    say(f"{told.out}: {told.out.stat().st_size // 1024} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
