"""The command line.

Exit codes: 0 done, 1 the work failed, 2 wrong use. An error is one line that says how to mend it.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol, TypeVar

import typer
from rich.console import Console
from rich.progress import Progress

from dialer.bench.commands import bench
from dialer.config import Settings, SettingsError, load_settings
from dialer.core.plan.values import HeldBecause
from dialer.core.values import CaseId, CaseState
from dialer.log import set_up_logging

if TYPE_CHECKING:
    from dialer.core.calendar.rules import Change
    from dialer.core.city import City
    from dialer.lists.rows import Told

T = TypeVar("T")

app = typer.Typer(
    name="dialer", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
)
console = Console()
errors = Console(stderr=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
OfCity = Annotated[str | None, typer.Option(help="nagaoka, niigata …; the engine's own city unless said.")]


class Failed(Exception):
    """The work failed; the message is the one line that a person reads."""


def main() -> None:
    from dialer.calendar_commands import CannotAnswer
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
    except (Failed, CannotAnswer, StoreFault, AsteriskError, PostgresError, ChildFailed) as failed:
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
    every = [load_city(city) for city in cities()]
    # the texts that came with the program: an apology that nobody has approved yet is better than silence
    made = make_prompts(settings.lib / "prompts", every, drafts=True, own=settings.city)
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
    file: Annotated[
        Path, typer.Argument(help="CSV: 宛名番号, 氏名, カナ, 科目, 金額, 電話番号1 … or as --layout says.")
    ],
    city: OfCity = None,
    layout: Annotated[str | None, typer.Option(help="A layout of the city's profile: cases, payments, stops …")] = None,
    round_: Annotated[str | None, typer.Option("--round", help="2026-12-01..2026-12-10; else the next round.")] = None,
    by: Annotated[str, typer.Option(help="Who hands it over, for the log.")] = "command line",
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave bad rows out and write them to a file.")] = False,
    as_json: Json = False,
) -> None:
    """Take over a list of the city: all of it, or nothing. The same list again changes nothing."""
    from dialer.list_commands import Wish
    from dialer.list_commands import import_list as take

    settings = load_settings()
    wish = Wish(file, layout, round_, skip_bad, by)
    with told_on(errors, file.name) as told:
        done = _run(take(settings, _profile(city or settings.city), wish, datetime.now(UTC), told))
    _answer(done, as_json)
    if done.refused:
        raise typer.Exit(1)


@app.command("export")
def export_list(
    file: Annotated[Path, typer.Argument(help="The file to write; it must not exist yet.")],
    layout: Annotated[str, typer.Option(help="A layout of the city's profile: results, numbers …")],
    city: OfCity = None,
    round_: Annotated[str | None, typer.Option("--round", help="2026-12-01..2026-12-10; else the latest.")] = None,
    by: Annotated[str, typer.Option(help="Who takes it, for the log.")] = "command line",
    as_json: Json = False,
) -> None:
    """Give the city its results or its telephone numbers, in its own layout."""
    from dialer.list_commands import Wish
    from dialer.list_commands import export_list as write

    settings = load_settings()
    wish = Wish(file, layout, round_, False, by)
    done = _run(write(settings, _profile(city or settings.city), wish, datetime.now(UTC)))
    _answer(done, as_json)
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
def cases(
    city: OfCity = None,
    state: Annotated[CaseState | None, typer.Option(help="Only in this state.")] = None,
    debt: Annotated[str | None, typer.Option(help="Only of this debt kind.")] = None,
    held: Annotated[HeldBecause | None, typer.Option(help="Only open ones without a plan, for this reason.")] = None,
    sms: Annotated[bool, typer.Option("--sms", help="Only candidates for an SMS.")] = False,
    after: Annotated[int, typer.Option(help="From the case after this one on: the next page.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 100,
    as_json: Json = False,
) -> None:
    """How the cases stand and when each is called next. No name, no telephone number."""
    from dialer.case_commands import listed
    from dialer.store.listing import CaseFilter

    settings = load_settings()
    only = CaseFilter(state, debt, held, True if sms else None, after, limit)
    _answer(_run(listed(settings, _profile(city or settings.city), only)), as_json)


@app.command()
def explain(
    what: Annotated[str, typer.Argument(metavar="CASE|ATTEMPT", help="The number of a case, or the id of an attempt.")],
    as_json: Json = False,
) -> None:
    """Why a case is called or not called now, by which clause; or why an attempt ended as it did."""
    from dialer.case_commands import explained_case
    from dialer.commands import explained

    settings = load_settings()
    if what.isdecimal():
        explanation = _run(explained_case(settings, CaseId(int(what)), datetime.now(UTC)))
        if explanation is None:
            raise Failed(f"There is no case {what}.")
        _answer(explanation, as_json)
        return
    found = _run(explained(settings, what))
    if found is None:
        raise Failed(f"There is no attempt {what}.")
    if as_json:
        console.print_json(data=found)
    else:
        for name, value in found.items():
            console.print(f"{name}: {value}", highlight=False, markup=False)


# --- the rules


@app.command()
def calendar(
    month: Annotated[str, typer.Option(help="2026-11")],
    city: OfCity = None,
    debt: Annotated[str | None, typer.Option(help="Only for this debt kind.")] = None,
    as_json: Json = False,
) -> None:
    """What each day of a month is: its pattern, its hours, why; and what the plan still lacks."""
    from dialer.calendar_commands import month_of_city
    from dialer.holidays import national_holidays

    settings = load_settings()
    profile = _profile(city or settings.city)
    changes, unknown = _run(_agreed_days(settings, profile.key))
    found = month_of_city(profile, month, national_holidays(), changes, debt)
    if as_json:
        told = found.as_dict()
        console.print_json(data={**told, "warnings": [*told["warnings"], *unknown]})
    else:
        _show("\n".join([found.as_text(), *unknown]))


@app.command()
def due(
    what: Annotated[str, typer.Option(help="daily, monthly, annual, sms, candidates, workplan …")],
    for_day: Annotated[str, typer.Option("--for", help="The day, or any day of the month or year, that it is about.")],
    city: OfCity = None,
    as_json: Json = False,
) -> None:
    """By when a report, a list or a plan must be there, and how that follows from the tender."""
    from dialer.calendar_commands import due_of_city
    from dialer.holidays import national_holidays

    found = due_of_city(_profile(city or load_settings().city), what, for_day, national_holidays())
    _answer(found, as_json)


@app.command()
def agree(
    day: Annotated[str, typer.Argument(help="2026-12-03")],
    reason: Annotated[str, typer.Option(help="Why, as others will read it.")],
    by: Annotated[str, typer.Option(help="Who enters it.")],
    pattern: Annotated[str | None, typer.Option("--open", help="Open it, with this pattern of the profile.")] = None,
    close: Annotated[bool, typer.Option("--close", help="No calls, no reception.")] = False,
    restore: Annotated[bool, typer.Option("--restore", help="As the profile says; earlier agreements end.")] = False,
    calls: Annotated[str | None, typer.Option(help="Other hours than the pattern's: 12:00-20:00.")] = None,
    debt: Annotated[list[str] | None, typer.Option(help="Only for this debt kind; may be given again.")] = None,
    exchanged_for: Annotated[str | None, typer.Option(help="The rest day worked instead of this closed one.")] = None,
    city: OfCity = None,
    as_json: Json = False,
) -> None:
    """Enter what was agreed with the city about one day. Nothing is overwritten: the history stays."""
    from dialer.agreeing import Wish
    from dialer.agreeing import agree as enter
    from dialer.core.calendar.rules import ChangeKind

    kinds = {ChangeKind.OPEN: pattern is not None, ChangeKind.CLOSE: close, ChangeKind.RESTORE: restore}
    chosen = [kind for kind, wanted in kinds.items() if wanted]
    if len(chosen) != 1:
        raise typer.BadParameter("say one of --open PATTERN, --close and --restore")
    settings = load_settings()
    wish = Wish(day, chosen[0], reason, by, pattern, calls, tuple(debt or ()), exchanged_for)
    _answer(_run(enter(settings, _profile(city or settings.city), wish, datetime.now(UTC))), as_json)


rules = typer.Typer(name="rules", no_args_is_help=True, help="The rules of completion and planning.")
app.add_typer(rules)


@rules.command()
def replay(
    file: Annotated[Path, typer.Argument(help="A history as JSON; - for standard input.")], as_json: Json = False
) -> None:
    """A history in, the decision out. No database is asked."""
    from dialer.replay import replay_file

    _answer(replay_file(file), as_json)


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


app.add_typer(bench)


async def _agreed_days(settings: Settings, city: str) -> "tuple[tuple[Change, ...], list[str]]":
    """Without a database the profile alone is told, and that it is."""
    from dialer.commands import opened_store
    from dialer.ports import StoreUnavailable

    try:
        async with opened_store(settings, city) as store:
            return tuple(await store.calendar_changes(city)), []
    except StoreUnavailable:
        return (), ["データベースに接続できないため、協議で決めた日は含まれていません。"]


def _profile(key: str) -> "City":
    from dialer.profiles import load_city

    return load_city(key)


@contextmanager
def told_on(where: Console, what: str) -> "Iterator[Told]":
    """A progress bar on a terminal; nothing elsewhere."""
    with Progress(console=where, transient=True, disable=not where.is_terminal) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


class Answer(Protocol):
    def as_dict(self) -> dict[str, Any]: ...
    def as_text(self) -> str: ...


def _answer(found: Answer, as_json: bool) -> None:
    if as_json:
        console.print_json(data=found.as_dict())
    else:
        _show(found.as_text())


def _show(text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)


def _run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)
