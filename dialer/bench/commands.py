"""`./run bench [WHAT]`: figures as ratios, each measured in one run."""

import asyncio
import json
from collections.abc import Coroutine, Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console

from dialer.config import load_settings

Figures = TypeVar("Figures")

bench = typer.Typer(name="bench", invoke_without_command=True, help="Figures as ratios: what this machine does.")
console, errors = Console(), Console(stderr=True)

Seed = Annotated[int, typer.Option(help="The same seed gives the same people.")]
Pairs = Annotated[int, typer.Option(min=1, max=9, help="How often engine and bare loop take turns.")]
Cities = Annotated[list[str] | None, typer.Option("--city", help="One city, or several; all of them unless said.")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")]


@bench.callback()
def default(context: typer.Context) -> None:
    """Figures as ratios: what this machine does. Without a name: calls."""
    if context.invoked_subcommand is None:
        calls()


@bench.command()
def calls(seed: Seed = 1, pairs: Pairs = 3, json_file: JsonFile = None) -> None:
    """What the engine sustains against a bare loop, on the same Asterisk and network."""
    from dialer.bench.calls import Sizes, bench_calls
    from dialer.bench.table import lines

    figures = _measured("calls", bench_calls(load_settings(), errors, seed=seed, sizes=Sizes(pairs=pairs)))
    _show(lines(figures), figures.as_dict(), json_file)
    if not figures.worked:
        raise typer.Exit(1)


@bench.command("import")
def imports(seed: Seed = 1, json_file: JsonFile = None) -> None:
    """Sendai's eight files, 102,000 rows, beside a bare COPY of the same rows."""
    from dialer.bench.imports import bench_imports

    figures = bench_imports(load_settings(), errors, seed=seed)
    _show(figures.lines(), figures.as_dict(), json_file)
    if not figures.worked:
        raise typer.Exit(1)


@bench.command()
def backup(
    share: Annotated[float, typer.Option(min=0.001, max=1, help="Of a day of 34 operators.")] = 1.0,
    json_file: JsonFile = None,
) -> None:
    """A day backed up and restored into an empty place, beside a bare copy of its recordings."""
    from dialer.bench.backup import backup_bench

    figures = backup_bench(load_settings(), errors, share)
    _show(figures.lines(), figures.as_dict(), json_file)
    if not figures.worked:
        raise typer.Exit(1)


@bench.command()
def search(
    seed: Seed = 1,
    share: Annotated[float, typer.Option(min=0.001, max=2, help="Of 500,000 persons and 2,000,000 attempts.")] = 1.0,
    json_file: JsonFile = None,
) -> None:
    """Persons looked for among 500,000 with 2,000,000 attempts, beside a scan of all of them."""
    from dialer.bench.search import bench_search

    figures = bench_search(load_settings(), errors, seed=seed, share=share)
    _show(figures.lines(), figures.as_dict(), json_file)
    if not figures.worked:
        raise typer.Exit(1)


@bench.command()
def plan(city: Cities = None, seed: Seed = 7, json_file: JsonFile = None) -> None:
    """A day's planning of 100,000 open cases, beside planning each by itself."""
    from dialer.bench.planning import bench_planning
    from dialer.profiles import cities

    figures = [bench_planning(key, seed=seed) for key in city or cities()]
    _show((one.line() for one in figures), {"cities": [one.as_dict() for one in figures]}, json_file)


@bench.command()
def ear(
    seed: Seed = 1,
    files: Annotated[int, typer.Option(min=40, max=20_000, help="Recordings of the half that is judged.")] = 1500,
    processes: Annotated[int, typer.Option(min=1, max=16, help="That make and hear them.")] = 2,
    json_file: JsonFile = None,
) -> None:
    """Who answered: our ear beside Asterisk's AMD() on the same recordings, whose voices and texts neither has met."""
    from dialer.bench.ear import Sizes, bench_ear

    work = bench_ear(load_settings(), errors, seed=seed, sizes=Sizes.judging(files), processes=processes)
    figures = _measured("ear", work)
    _show(figures.lines(), figures.as_dict(), json_file)


@bench.command("ear-calls")
def ear_calls(
    seed: Seed = 1,
    persons: Annotated[int, typer.Option(min=1, max=500)] = 60,
    machines: Annotated[int, typer.Option(min=1, max=200)] = 24,
    json_file: JsonFile = None,
) -> None:
    """What the ear costs in a call: from its verdict to the operator, from a machine's tone to the message."""
    from dialer.bench.ear_calls import bench_ear_calls

    work = bench_ear_calls(load_settings(), errors, seed=seed, persons=persons, machines=machines)
    figures = _measured("ear-calls", work)
    _show(figures.lines(), figures.as_dict(), json_file)
    if not figures.worked:
        raise typer.Exit(1)


@bench.command("ear-streams")
def ear_streams(streams: Annotated[int, typer.Option(min=1, max=300)] = 60, json_file: JsonFile = None) -> None:
    """How much of a core one ear needs for so many calls at once, and how evenly it sends."""
    from dialer.bench.ear_streams import measure

    figures = measure(streams)
    _show(figures.lines(), figures.as_dict(), json_file)


@bench.command()
def shift(
    seed: Seed = 1,
    operators: Annotated[int, typer.Option(min=1, max=100)] = 34,
    supervisors: Annotated[int, typer.Option(min=0, max=20, help="Who watch the floor all the time.")] = 0,
    readers: Annotated[int, typer.Option(min=0, max=20, help="Who open every page, one after the other.")] = 0,
    browser: Annotated[bool, typer.Option(help="One more watches it in Chromium: what the page takes.")] = False,
    rounds: Annotated[int, typer.Option(min=1, max=500, help="Talks for each operator.")] = 4,
    lines: Annotated[int | None, typer.Option(min=2, max=200, help="Dial ahead until so many are in use.")] = None,
    json_file: JsonFile = None,
) -> None:
    """Operators who talk, record and use the desk's pages: from the verdict to voice, page and result."""
    from dialer.bench.floor_page import FloorPage
    from dialer.bench.shift import bench_shift

    page = FloorPage() if browser else None
    work = bench_shift(
        load_settings(),
        errors,
        page,
        seed=seed,
        operators=operators,
        supervisors=supervisors,
        readers=readers,
        rounds=rounds,
        lines=lines,
    )
    figures = _measured("shift", work)
    _show(figures.lines(), figures.as_dict(), json_file)
    if not figures.worked:
        raise typer.Exit(1)


@bench.command()
def callers(
    seed: Seed = 1,
    operators: Annotated[int, typer.Option(min=1, max=100)] = 34,
    minutes: Annotated[float, typer.Option(min=1, max=120, help="A third of them with twice as many callers.")] = 15.0,
    per_hour: Annotated[float, typer.Option(min=1, max=2000, help="Saitama's May: 163.")] = 163.0,
    burst: Annotated[int, typer.Option(min=0, max=200, help="So many within one second instead of a day.")] = 0,
    lines: Annotated[int, typer.Option(min=2, max=200)] = 80,
    json_file: JsonFile = None,
) -> None:
    """People who call a centre that also calls: answered, waits, what each of them heard."""
    from dialer.bench.callers import bench_callers

    work = bench_callers(
        load_settings(),
        errors,
        seed=seed,
        operators=operators,
        minutes=minutes,
        per_hour=per_hour,
        burst_of=burst,
        lines=lines,
    )
    figures = _measured("callers", work)
    _show(figures.lines(), figures.as_dict(), json_file)
    if not figures.worked:
        raise typer.Exit(1)


@bench.command()
def month(
    city: Cities = None,
    month: Annotated[str, typer.Option(help="2026-09")] = "2026-09",
    cases: Annotated[int, typer.Option(min=1, max=20_000)] = 400,
    seed: Seed = 1,
    json_file: JsonFile = None,
) -> None:
    """A month of each city in virtual time: attempts, completions by reason, contact, and what broke a rule."""
    from dialer.bench.month import lines, month_of_city
    from dialer.profiles import cities

    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise typer.BadParameter(f"{month} is no month; write it as 2026-09") from None
    counts = [month_of_city(key, first, cases=cases, seed=seed) for key in city or cities()]
    _show(lines(counts), {"months": [one.as_dict() for one in counts]}, json_file)
    if any(one.breaches for one in counts):
        raise typer.Exit(1)


@bench.command()
def pacing(
    seats: Annotated[
        list[int] | None, typer.Option(min=1, max=500, help="One number, or several; nine unless said.")
    ] = None,
    day: Annotated[list[str] | None, typer.Option(help="One kind of day, or several; all unless said.")] = None,
    seeds: Annotated[int, typer.Option(min=1, max=50, help="Days of each kind.")] = 5,
    hours: Annotated[float, typer.Option(min=0.5, max=24)] = 8.0,
    target: Annotated[float, typer.Option(min=0.0, max=0.03)] = 0.01,
    json_file: JsonFile = None,
    picture: Annotated[Path | None, typer.Option(metavar="FILE.svg", help="Draw the table.")] = None,
) -> None:
    """How busy operators are and how many persons are left alone: ours untuned, other dialers' tuned for every cell."""
    from dialer.bench.pacing import SEATS, bench_pacing
    from dialer.bench.pacing_chart import chart

    figures = bench_pacing(seats=seats or SEATS, seeds=seeds, hours=hours, target=target, days_named=day or ())
    _show(figures.lines(), figures.as_dict(), json_file)
    if picture is not None:
        picture.write_text(chart(figures.cells), encoding="utf-8")


@bench.command("pacing-live")
def pacing_live(
    seed: Seed = 1,
    operators: Annotated[int, typer.Option(min=1, max=100)] = 10,
    minutes: Annotated[float, typer.Option(min=1, max=240)] = 10.0,
    ahead: Annotated[bool, typer.Option(help="Or one call for each operator who is free.")] = True,
    json_file: JsonFile = None,
) -> None:
    """The predictive mode with the real engine and Asterisk, beside the trial of the same day."""
    from dialer.bench.pacing_live import bench_pacing_live

    work = bench_pacing_live(load_settings(), errors, seed=seed, operators=operators, minutes=minutes, ahead=ahead)
    figures = _measured("pacing-live", work)
    _show(figures.lines(), figures.as_dict(), json_file)
    if not figures.worked:
        raise typer.Exit(1)


def _measured(name: str, work: Coroutine[Any, Any, Figures]) -> Figures:
    from dialer.bench.figures import BenchFailed

    try:
        return asyncio.run(work)
    except BenchFailed as failed:
        errors.print(f"bench {name}: {failed}", highlight=False, markup=False, soft_wrap=True)
        raise typer.Exit(1) from None


def _show(lines: Iterable[str], figures: dict[str, Any], json_file: Path | None) -> None:
    console.print("\n".join(lines), highlight=False, markup=False, soft_wrap=True)
    if json_file is not None:
        json_file.write_text(json.dumps(figures, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
