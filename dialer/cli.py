"""The command line.

Exit codes: 0 done, 1 the work failed, 2 wrong use. An error is one line that says how to mend it.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Coroutine
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console

from dialer.config import SettingsError, load_settings
from dialer.log import set_up_logging

T = TypeVar("T")

app = typer.Typer(
    name="dialer", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
)
console = Console()
errors = Console(stderr=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class Failed(Exception):
    """The work failed; the message is the one line that a person reads."""


def main() -> None:
    from dialer.embedded.asterisk import AsteriskError
    from dialer.embedded.postgres_files import PostgresError
    from dialer.ports import StoreFault, StoreUnavailable
    from dialer.profiles import ProfileError
    from dialer.supervisor import ChildFailed

    set_up_logging("INFO" if {"engine", "supervise"} & set(sys.argv[1:2]) else "WARNING")
    signal.signal(signal.SIGTERM, lambda *_: os.kill(os.getpid(), signal.SIGINT))  # ends like Ctrl-C: tidily
    try:
        app()
    except (SettingsError, ProfileError) as wrong:
        _say(f"settings: nothing was started.\n{wrong}")
        sys.exit(2)
    except (Failed, StoreFault, AsteriskError, PostgresError, ChildFailed) as failed:
        _say(str(failed))
        sys.exit(1)
    except StoreUnavailable as away:
        _say(f"Postgres cannot be reached ({away}). Start it with ./run up, or look at DATABASE_URL.")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _say(text: str) -> None:
    errors.print(text, highlight=False, markup=False, soft_wrap=True)


# --- a stack that stays


@app.command("set-up")
def set_up() -> None:
    """Make what a first start needs: Asterisk, the spoken prompts. Done again, it does nothing."""
    from dialer.embedded.asterisk import AsteriskMissing, fetch_asterisk, find_asterisk
    from dialer.media.prompts import make_prompts
    from dialer.profiles import cities, load_city

    settings = load_settings()
    try:
        program = find_asterisk(settings.lib)
    except AsteriskMissing:
        _say("fetching Asterisk (about 90 MB, unpacked beside the system, nothing is installed) …")
        fetch_asterisk(settings.lib)
        program = find_asterisk(settings.lib)
    made = make_prompts(settings.lib / "prompts", settings.lib / "speech", [load_city(city) for city in cities()])
    _say(f"Asterisk {program.version}; {len(made)} prompts spoken")


@app.command()
def up() -> None:
    """Start Postgres, Asterisk and the engine, and leave them running."""
    from dialer.daemon import start

    settings = load_settings()
    _say(start(settings))


@app.command()
def down(now: Annotated[bool, typer.Option("--now", help="Do not wait for talks to end.")] = False) -> None:
    """Stop all of it. Calls in flight come to their end first."""
    from dialer.daemon import stop

    _say(stop(load_settings(), now=now))


@app.command()
def status(as_json: Json = False) -> None:
    """What runs, and how it is."""
    from dialer.daemon import report

    found = report(load_settings())
    if as_json:
        console.print_json(data=found.as_dict())
    else:
        console.print(found.as_text(), highlight=False, markup=False)
    if not found.healthy:
        raise typer.Exit(1)


@app.command(hidden=True)
def supervise() -> None:
    """The supervisor that `up` leaves behind."""
    from dialer.daemon import supervise as run

    _run(run(load_settings()))


@app.command()
def engine() -> None:
    """The engine of one city, in the foreground."""
    from dialer.main import run_engine
    from dialer.stack import database_url

    settings = load_settings()
    _run(run_engine(settings, database_url(settings)))


@app.command()
def migrate() -> None:
    """Bring the tables of the database up to date."""
    from dialer.stack import database_url
    from dialer.store import migrate as bring_up_to_date

    bring_up_to_date(database_url(load_settings()))


# --- cases and figures


@app.command("import")
def import_list(
    file: Annotated[Path, typer.Argument(help="CSV: 宛名番号, 氏名, カナ, 科目, 金額, 電話番号1 … (UTF-8 or CP932).")],
    city: Annotated[str | None, typer.Option(help="Whose cases these are; the engine's own city unless said.")] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave bad rows out and write them to a file.")] = False,
    as_json: Json = False,
) -> None:
    """Take over a list of cases: all of it, or nothing."""
    from dialer.commands import import_file

    settings = load_settings()
    done = _run(import_file(settings, file, city or settings.city, skip_bad=skip_bad))
    if as_json:
        console.print_json(data=done.as_dict())
    else:
        _say(done.as_text())
    if done.refused:
        raise typer.Exit(1)


@app.command()
def outcomes(as_json: Json = False) -> None:
    """How today's attempts ended, and how the cases stand."""
    from dialer.commands import outcomes_today

    found = _run(outcomes_today(load_settings()))
    if as_json:
        console.print_json(data=found.as_dict())
    else:
        console.print(found.as_table())


@app.command()
def explain(attempt: Annotated[str, typer.Argument(help="The id of an attempt.")], as_json: Json = False) -> None:
    """Why an attempt ended as it did: its outcome, its evidence and its events."""
    from dialer.commands import explained

    found = _run(explained(load_settings(), attempt))
    if found is None:
        raise Failed(f"There is no attempt {attempt}.")
    if as_json:
        console.print_json(data=found)
    else:
        for name, value in found.items():
            console.print(f"{name}: {value}", highlight=False, markup=False)


# --- rehearsal


@app.command()
def demo(
    city: Annotated[str, typer.Option(help="nagaoka, niigata, saitama, kurume or sendai.")] = "nagaoka",
    seed: Annotated[int, typer.Option(help="The same seed gives the same people.")] = 1,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the totals to this file.")] = None,
) -> None:
    """A working day in two minutes, against a simulated telephone network."""
    from dialer.demo import demo as play
    from dialer.demo import write_totals

    totals = _run(play(load_settings(), console, city=city, seed=seed))
    if json_file is not None:
        write_totals(totals, json_file)
    if totals.mismatches:
        raise typer.Exit(1)


class Bench(StrEnum):
    CALLS = "calls"


@app.command()
def bench(
    what: Annotated[Bench, typer.Argument(help="What is measured.")] = Bench.CALLS,
    seed: Annotated[int, typer.Option(help="The same seed gives the same people.")] = 1,
    pairs: Annotated[int, typer.Option(min=1, max=9, help="How often engine and bare loop take turns.")] = 3,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
) -> None:
    """Figures as ratios: what the engine sustains against a bare loop, on the same Asterisk and network."""
    from dialer.bench.calls import BenchFailed, Sizes, bench_calls
    from dialer.bench.table import lines

    try:
        figures = _run(bench_calls(load_settings(), errors, seed=seed, sizes=Sizes(pairs=pairs)))
    except BenchFailed as failed:
        raise Failed(f"bench {what.value}: {failed}") from None
    console.print("\n".join(lines(figures)), highlight=False, markup=False, soft_wrap=True)
    if json_file is not None:
        json_file.write_text(json.dumps(figures.as_dict(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    if not figures.worked:
        raise typer.Exit(1)


def _run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)
