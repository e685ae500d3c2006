"""What the ear costs in a call: from its verdict to the operator, and from a machine's tone to the message.

Real calls over Asterisk and the simulated network, through the whole engine. The ear knows these people's greetings, so
that every call counts; how well it knows strangers is another figure (`bench ear`). Message and tone are compared in
what the simulated machines really recorded.
"""

import asyncio
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from dialer.bench.figures import BenchFailed, percentile
from dialer.bench.likeness import find
from dialer.config import Dialling, Hearing, Settings
from dialer.core.ear_events import Answerer
from dialer.core.messages import MessagePurpose
from dialer.core.values import Outcome
from dialer.media.prompt_book import PromptBook, Sound
from dialer.media.speech import Samples, read_wav
from dialer.simulated import Scene, SimulatedCentre
from dialer.simulated_greetings import MACHINES, PERSONS
from dialer.store.figures import AttemptRecord
from simnet.log import CallRecord
from simnet.subscribers import Behaviour, Subscriber, subscriber

CITY = "nagaoka"
LONGEST_SECONDS = 300.0
LOOK_SECONDS = 0.5
OPENINGS = ("もしもし。", "どなたですか。", "お電話ありがとうございます、山田商店です。")
TONES_HZ = (440.0, 800.0, 1000.0, 1400.0)
ALIKE = 0.9  # the least of any half second of a message that counts as whole
DIALLING = Dialling(
    min_ring_seconds=12.0, wrap_up_seconds=0.2, wrap_up_ends="time", shortest_talk_seconds=0.5, drain_seconds=30.0
)


@dataclass(slots=True)
class EarCalls:
    persons: int
    machines: int
    joined_ms: list[float] = field(default_factory=list)  # from the verdict to both being in one bridge
    verdict_ms: list[float] = field(default_factory=list)  # from the answer
    message_ms: list[float] = field(default_factory=list)  # from the tone's end to the first of the message
    least_alike: float = 1.0
    said_before_tone_ms: int = 0
    whole_messages: int = 0
    said_to_be_left: int = 0
    mismatches: int = 0

    @property
    def worked(self) -> bool:
        """What is told is what happened; how fast, no machine need promise."""
        return not self.mismatches and not self.said_before_tone_ms and self.said_to_be_left == self.whole_messages > 0

    def as_dict(self) -> dict[str, Any]:
        return {
            "persons": self.persons,
            "machines": self.machines,
            "joined_after_verdict_ms": spread(self.joined_ms),
            "verdict_after_answer_ms": spread(self.verdict_ms),
            "message_after_tone_ms": spread(self.message_ms),
            "least_alike": round(self.least_alike, 3),
            "said_before_tone_ms": self.said_before_tone_ms,
            "whole_messages": self.whole_messages,
            "said_to_be_left": self.said_to_be_left,
            "mismatches": self.mismatches,
        }

    def lines(self) -> Iterator[str]:
        told = self.as_dict()
        yield f"{self.persons} persons and {self.machines} machines called:"
        yield f"  verdict to operator, ms           {_row(told['joined_after_verdict_ms'])}   goal: p95 60"
        yield f"  answer to verdict, ms             {_row(told['verdict_after_answer_ms'])}"
        yield f"  end of the tone to message, ms    {_row(told['message_after_tone_ms'])}   goal: 300"
        yield (
            f"  messages whole on the tape        {self.whole_messages}, said to be left {self.said_to_be_left}, "
            f"least alike {self.least_alike:.3f}; said before the tone: {self.said_before_tone_ms} ms"
        )


def spread(values: Sequence[float]) -> dict[str, float]:
    if not values:
        return {}
    return {name: round(percentile(values, at), 1) for name, at in (("p50", 0.5), ("p95", 0.95), ("max", 1.0))}


def _row(values: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in values.items()) or "none"


def whom(seed: int, persons: int, machines: int) -> list[Subscriber]:
    chance = random.Random(seed)  # noqa: S311 (invented people)
    people = [
        subscriber(
            f"0258004{place:03d}",
            Behaviour.PERSON,
            setup_seconds=0.1,
            ring_seconds=round(chance.uniform(2, 7), 2),
            opening=chance.choice(OPENINGS),
            talk_seconds=5.0,
        )
        for place in range(persons)
    ]
    people += [
        subscriber(
            f"0258005{place:03d}",
            Behaviour.ANSWERING_MACHINE,
            setup_seconds=0.1,
            ring_seconds=chance.choice([3.0, 6.0, 9.0]),
            tone_hz=chance.choice(TONES_HZ),
            tone_seconds=chance.choice([0.3, 0.5, 0.9]),
        )
        for place in range(machines)
    ]
    return people


async def bench_ear_calls(
    settings: Settings,
    console: Console,
    *,
    seed: int = 1,
    persons: int = 60,
    machines: int = 24,
    folder: Path | None = None,
) -> EarCalls:
    people, known = whom(seed, persons, machines), {**MACHINES, **PERSONS}
    scene = Scene(
        CITY,
        people,
        10,
        DIALLING,
        recordings=False,
        hearing=Hearing(early_media=False, learn_greetings=False),
        known=known,
    )
    console.print(f"{persons} persons, {machines} machines …", highlight=False)
    async with SimulatedCentre(folder or settings.state_dir / "bench", settings.lib, scene) as centre:
        await centre.start_engine()
        deadline = time.monotonic() + LONGEST_SECONDS
        while await centre.store.cases_due(CITY, datetime.now(UTC)):
            if time.monotonic() > deadline:
                raise BenchFailed(f"not done in {LONGEST_SECONDS:.0f} s (logs: {centre.folder / 'log'})")
            await asyncio.sleep(LOOK_SECONDS)
        await centre.stop_engine()
        figures = EarCalls(persons, machines, mismatches=len(await centre.mismatches()))
        message = _message(centre)
        calls = {call.number: call for call in centre.network_calls()}
        for seen in await centre.store.attempts_seen(CITY, centre.began):
            record = await centre.store.evidence(seen.attempt)
            if record is None:
                continue
            if record.outcome is Outcome.TALKED:
                _joined(figures, record)
            elif record.outcome is Outcome.MACHINE:
                figures.said_to_be_left += record.evidence.get("message_left") is True
                _recorded(figures, calls.get(seen.number), centre.network_log.parent, message)
    return figures


def _message(centre: SimulatedCentre) -> Samples:
    book = PromptBook(centre.settings.prompts, drafts=True)
    sound = book.sound(CITY, MessagePurpose.VOICEMAIL, centre.city.debts[0].key, datetime.now(UTC))
    if not isinstance(sound, Sound):
        raise BenchFailed(f"no message to leave: {sound.reason}")
    return read_wav(sound.path)


def _joined(figures: EarCalls, record: AttemptRecord) -> None:
    heard = [event.at for event in record.events if event.kind == "ear_heard"]
    answered, joined = record.moments.get("answered_at"), record.moments.get("joined_at")
    if heard and answered and joined and record.evidence.get("heard") == Answerer.PERSON:
        figures.joined_ms.append((joined - min(heard)).total_seconds() * 1000)
        figures.verdict_ms.append((min(heard) - answered).total_seconds() * 1000)


def _recorded(figures: EarCalls, call: CallRecord | None, tapes: Path, message: Samples) -> None:
    if call is None or call.recording is None:
        return
    figures.said_before_tone_ms = max(figures.said_before_tone_ms, call.heard_before_ms)
    found = find(message, read_wav(tapes / call.recording))
    if found is not None and min(found.alike) > ALIKE:
        figures.whole_messages += 1
        figures.message_ms.append(found.at_ms)
        figures.least_alike = min(figures.least_alike, *found.alike)
