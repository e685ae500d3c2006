"""Scores as a person reads them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from earlab.labels import CLASSES
from earlab.scores import VERDICTS, Scores


def lines(scores: Sequence[Scores]) -> list[str]:
    return [line for one in scores for line in (*_summary(one), "")] + list(_details(scores[0]))


def _summary(scores: Scores) -> Iterator[str]:
    yield f"{scores.name}: {len(scores.pairs)} files; with 95 % bounds"
    yield f"  persons lost         {scores.persons_lost}"
    yield f"  machines passed      {scores.machines_passed}; undecided {scores.machines_undecided}"
    yield f"  passed or undecided  {scores.machines_at_operators}"
    yield f"  undecided, all       {scores.undecided}"
    if scores.ringing_cut.total:
        yield f"  still ringing, taken for a machine {scores.ringing_mistaken}; cut short {scores.ringing_cut}"
    for what in CLASSES:
        if scores.of(what):
            median, slowest = scores.seconds(what, 0.5), scores.seconds(what, 0.95)
            yield f"  {what:13} told right {scores.right(what)}; decided after: median {median}, p95 {slowest}"
    if scores.fax_seconds:
        yield f"  fax after its tone   p95 {scores.fax_seconds}"
    if scores.hears_tones:
        yield f"  tone's end ±150 ms   {scores.tones_found}; too early or invented {scores.tones_too_early}"
        yield f"  of those heard as machines {scores.tones_found_of_heard}"
        yield f"  which announcement   {scores.announcements_right}"
    if scores.cpu_seconds:
        yield f"  processor            {scores.cpu_seconds_each:.4f} s for a second of a stream"


def _details(scores: Scores) -> Iterator[str]:
    yield f"{scores.name}, verdicts (rows: the truth)"
    yield from _table(scores.confusion(), VERDICTS)
    if scores.hears_tones:
        yield ""
        yield "announcements (rows: the truth)"
        confusion = scores.announcement_confusion()
        yield from _table(confusion, [*confusion, "None"])
    yield ""
    yield f"the worst {len(scores.worst())} files"
    for pair in scores.worst():
        label, answer = pair.label, pair.answer
        yield (
            f"  {label.file}: {label.what} heard as {answer.verdict} at {answer.decided_at_ms} ms "
            f"({label.voice}, {label.text_id}, speech from {label.speech_from_ms} ms, {label.notes or '-'}) "
            f"{answer.reason}"
        )


def _table(rows: Mapping[str, Counter[str]], columns: Sequence[str]) -> Iterator[str]:
    yield " " * 20 + " ".join(f"{name[:12]:>12}" for name in columns)
    for name, counts in rows.items():
        if counts:
            yield f"  {name:18}" + " ".join(f"{counts[column] or '.':>12}" for column in columns)
