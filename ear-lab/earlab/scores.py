"""A detector's answers held against the labels: who was lost, what was passed, how soon, which tones. Pure.

Words: a person is *lost* when a machine was heard (or silence, after the person had begun to speak); a machine is
*passed* when a person was heard. Undecided is counted apart: the engine treats it as a person.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from earlab.answers import Answer
from earlab.labels import ANNOUNCEMENTS, CLASSES, Label
from earlab.statistics import Quantile, Share, quantile

MACHINES = ("voicemail", "screening", "fax", "announcement")
VERDICTS = (*CLASSES, "undecided")
TONE_MS = 150
WORST = 20
FREES_THE_LINE = ("changed", "unpaid", "refused", "off_or_out_of_area")
"""Announcements upon which the engine hangs up before an answer (dialer/core/machine_outcomes.py)."""


@dataclass(frozen=True, slots=True)
class Pair:
    label: Label
    answer: Answer

    @property
    def is_lost(self) -> bool:
        """A person who would have met no operator."""
        if self.label.what != "person":
            return False
        if self.answer.verdict == "silent":
            return self.answer.decided_at_ms > (self.label.speech_from_ms or 0) + 300
        return self.answer.verdict in MACHINES

    @property
    def is_passed(self) -> bool:
        return self.label.what in MACHINES and self.answer.verdict == "person"

    @property
    def is_undecided(self) -> bool:
        return self.answer.verdict == "undecided"

    @property
    def is_right(self) -> bool:
        return self.answer.verdict == self.label.what

    @property
    def tone_error_ms(self) -> int | None:
        if self.label.beep_end_ms is None or self.answer.beep_at_ms is None:
            return None
        return self.answer.beep_at_ms - self.label.beep_end_ms

    @property
    def has_tone(self) -> bool:
        return self.tone_error_ms is not None and abs(self.tone_error_ms) <= TONE_MS

    @property
    def badness(self) -> float:
        """For the list of the worst."""
        if self.is_lost:
            return 100.0 - self.answer.decided_at_ms / 1000
        if self.is_passed:
            return 50.0 - self.answer.decided_at_ms / 1000
        if self.label.what in MACHINES and self.is_undecided:
            return 30.0
        if self.label.what == "person":
            late = self.answer.decided_at_ms - (self.label.speech_from_ms or 0)
            return max(0.0, late / 1000 - 1.5)
        return 10.0 if self.answer.verdict != self.label.what else 0.0


@dataclass(frozen=True, slots=True)
class Scores:
    name: str
    pairs: Sequence[Pair]
    cpu_seconds: float = 0.0
    hears_tones: bool = True

    @property
    def stream_seconds(self) -> float:
        """Listened to: until the verdict, or on for the tone."""
        return sum(pair.answer.heard_ms or pair.answer.decided_at_ms for pair in self.pairs) / 1000

    @property
    def cpu_seconds_each(self) -> float:
        """Of a processor, for each second of a stream."""
        return self.cpu_seconds / max(1e-9, self.stream_seconds)

    def of(self, *classes: str) -> list[Pair]:
        return [pair for pair in self.pairs if pair.label.what in classes]

    @property
    def persons_lost(self) -> Share:
        persons = self.of("person")
        return Share(sum(pair.is_lost for pair in persons), len(persons))

    @property
    def ringing_mistaken(self) -> Share:
        """Calls that still rang, in sound, and were taken for a machine."""
        rung = self._rung()
        return Share(sum(pair.answer.verdict in MACHINES for pair in rung), len(rung))

    @property
    def ringing_cut(self) -> Share:
        """And these are hung up on."""
        rung = self._rung()
        return Share(sum(pair.answer.announcement in FREES_THE_LINE for pair in rung), len(rung))

    def _rung(self) -> list[Pair]:
        return [pair for pair in self.of("silent") if not pair.label.answered]

    @property
    def machines_passed(self) -> Share:
        machines = self.of(*MACHINES)
        return Share(sum(pair.is_passed for pair in machines), len(machines))

    @property
    def machines_undecided(self) -> Share:
        machines = self.of(*MACHINES)
        return Share(sum(pair.is_undecided for pair in machines), len(machines))

    @property
    def machines_at_operators(self) -> Share:
        """Passed or undecided: a call joins both."""
        machines = self.of(*MACHINES)
        return Share(sum(pair.is_passed or pair.is_undecided for pair in machines), len(machines))

    def right(self, what: str) -> Share:
        own = self.of(what)
        return Share(sum(pair.is_right for pair in own), len(own))

    @property
    def undecided(self) -> Share:
        return Share(sum(pair.is_undecided for pair in self.pairs), len(self.pairs))

    def seconds(self, what: str, share: float) -> Quantile | None:
        """To the verdict, whatever it was, or to giving up: what the caller waits."""
        return quantile([pair.answer.decided_at_ms / 1000 for pair in self.of(what)], share)

    @property
    def fax_seconds(self) -> Quantile | None:
        """From the first tone to the verdict fax; the slowest 5 %."""
        told = [
            (pair.answer.decided_at_ms - pair.label.tone_from_ms) / 1000
            for pair in self.of("fax")
            if pair.answer.verdict == "fax" and pair.label.tone_from_ms is not None
        ]
        return quantile(told, 0.95)

    @property
    def tones_found(self) -> Share:
        own = [pair for pair in self.of("voicemail") if pair.label.beep_end_ms is not None]
        return Share(sum(pair.has_tone for pair in own), len(own))

    @property
    def tones_found_of_heard(self) -> Share:
        """Of the machines known to be one: in a call nobody listens for a tone behind a person."""
        own = [pair for pair in self.of("voicemail") if pair.label.beep_end_ms is not None]
        known = [pair for pair in own if pair.answer.verdict in MACHINES]
        return Share(sum(pair.has_tone for pair in known), len(known))

    @property
    def tones_too_early(self) -> Share:
        """A message would have begun before the tone was over."""
        own = self.of("voicemail")
        early = [pair for pair in own if pair.tone_error_ms is not None and pair.tone_error_ms < -TONE_MS]
        invented = [pair for pair in own if pair.label.beep_end_ms is None and pair.answer.beep_at_ms is not None]
        return Share(len(early) + len(invented), len(own))

    @property
    def announcements_right(self) -> Share:
        own = self.of("announcement")
        return Share(sum(pair.answer.announcement == pair.label.announcement for pair in own), len(own))

    def confusion(self) -> dict[str, Counter[str]]:
        return {what: Counter(pair.answer.verdict for pair in self.of(what)) for what in CLASSES}

    def announcement_confusion(self) -> dict[str, Counter[str]]:
        own = self.of("announcement")
        return {
            what: Counter(str(pair.answer.announcement) for pair in own if pair.label.announcement == what)
            for what in ANNOUNCEMENTS
        }

    def worst(self) -> list[Pair]:
        ranked = sorted(self.pairs, key=lambda pair: (-pair.badness, pair.label.file))
        return [pair for pair in ranked[:WORST] if pair.badness > 0]

    def at(self, seconds: float) -> tuple[float, float, float]:
        """Shares by this time: persons lost, persons joined, machines caught."""
        persons, machines = self.of("person"), self.of(*MACHINES)
        by = [pair for pair in persons if pair.answer.decided_at_ms <= 1000 * seconds]
        lost = sum(pair.is_lost for pair in by)
        caught = sum(
            pair.answer.verdict in MACHINES and pair.answer.decided_at_ms <= 1000 * seconds for pair in machines
        )
        joined = sum(pair.answer.verdict in ("person", "undecided") for pair in by)
        return lost / max(1, len(persons)), joined / max(1, len(persons)), caught / max(1, len(machines))

    def as_dict(self) -> dict[str, Any]:
        return {
            "detector": self.name,
            "files": len(self.pairs),
            "persons_lost": _share(self.persons_lost),
            "machines_passed": _share(self.machines_passed),
            "ringing_mistaken": _share(self.ringing_mistaken),
            "ringing_cut": _share(self.ringing_cut),
            "machines_undecided": _share(self.machines_undecided),
            "machines_at_operators": _share(self.machines_at_operators),
            "right": {what: _share(self.right(what)) for what in CLASSES},
            "undecided": _share(self.undecided),
            "seconds": {
                what: {name: _quantile(self.seconds(what, share)) for name, share in (("p50", 0.5), ("p95", 0.95))}
                for what in CLASSES
            },
            "fax_seconds_after_tone_p95": _quantile(self.fax_seconds),
            "tones_found": _share(self.tones_found) if self.hears_tones else None,
            "tones_found_of_heard": _share(self.tones_found_of_heard) if self.hears_tones else None,
            "tones_too_early": _share(self.tones_too_early) if self.hears_tones else None,
            "announcements_right": _share(self.announcements_right),
            "cpu_seconds_per_stream_second": round(self.cpu_seconds_each, 5),
            "confusion": {what: dict(counts) for what, counts in self.confusion().items()},
            "announcements": {what: dict(counts) for what, counts in self.announcement_confusion().items()},
            "worst": [
                {
                    "file": pair.label.file,
                    "class": pair.label.what,
                    "verdict": pair.answer.verdict,
                    "decided_at_ms": pair.answer.decided_at_ms,
                    "reason": pair.answer.reason,
                    "notes": pair.label.notes,
                }
                for pair in self.worst()
            ],
        }


def scored(
    name: str,
    labels: Iterable[Label],
    answers: Mapping[str, Answer],
    cpu_seconds: float = 0.0,
    hears_tones: bool = True,
) -> Scores:
    pairs = [Pair(label, answers[label.file]) for label in labels]
    return Scores(name, pairs, cpu_seconds, hears_tones)


def _share(share: Share) -> dict[str, Any]:
    low, high = share.bounds
    return {
        "share": round(share.value, 5),
        "count": share.count,
        "of": share.total,
        "low": round(low, 5),
        "high": round(high, 5),
    }


def _quantile(found: Quantile | None) -> dict[str, float] | None:
    return (
        None
        if found is None
        else {"seconds": round(found.value, 3), "low": round(found.low, 3), "high": round(found.high, 3)}
    )
