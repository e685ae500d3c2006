"""A stack that stays, its parts, and the rehearsal."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from dialer.cli.parts import Failed, Json, console, run, say, show
from dialer.config import load_settings

stack = typer.Typer()


@stack.command("set-up")
def set_up() -> None:
    """Make what a first start needs: Asterisk, the spoken prompts. Done again, it does nothing."""
    from dialer.embedded.asterisk import AsteriskMissing, fetch_asterisk, find_asterisk
    from dialer.media.prompts import make_prompts
    from dialer.profiles import cities, load_city

    settings = load_settings()
    try:
        program = find_asterisk(settings.lib)
    except AsteriskMissing:
        say("fetching Asterisk (about 90 MB, unpacked beside the system, nothing is installed) …")
        fetch_asterisk(settings.lib)
        program = find_asterisk(settings.lib)
    every = [load_city(city) for city in cities()]
    # the texts that came with the program: drafts, for rehearsals; with a real carrier none of them may be played
    drafts, spoken = settings.trunk.is_simulated, settings.spoken
    made = make_prompts(settings.prompts, every, drafts=drafts, spoken=spoken)
    say(f"Asterisk {program.version}; {len(made)} prompts spoken")


@stack.command()
def up() -> None:
    """Start Postgres, Asterisk and the engine, and leave them running."""
    from dialer.daemon import start

    settings = load_settings()
    say(start(settings))


@stack.command()
def down(now: Annotated[bool, typer.Option("--now", help="Do not wait for talks to end.")] = False) -> None:
    """Stop all of it. Calls in flight come to their end first."""
    from dialer.daemon import stop

    say(stop(load_settings(), now=now))


@stack.command()
def status(as_json: Json = False) -> None:
    """What runs, and how it is."""
    from dialer.daemon import report

    found = report(load_settings())
    if as_json:
        console.print_json(data=found.as_dict())
    else:
        show(found.as_text())
    if not found.healthy:
        raise typer.Exit(1)


@stack.command(hidden=True)
def supervise() -> None:
    """The supervisor that `up` leaves behind."""
    from dialer.daemon import supervise as watch_over

    run(watch_over(load_settings()))


@stack.command()
def engine() -> None:
    """The engine of one city, in the foreground."""
    from dialer.main import run_engine
    from dialer.stack import database_url

    settings = load_settings()
    run(run_engine(settings, database_url(settings)))


@stack.command()
def ear() -> None:
    """The ear of one node, in the foreground: hears who answers, leaves messages on machines."""
    from dialer.ear_process import run_ear
    from dialer.media.hearing import HearingFailed

    try:
        run(run_ear(load_settings()))
    except HearingFailed as deaf:
        raise Failed(str(deaf)) from None


@stack.command()
def agi() -> None:
    """The server that speaks to people who call, in the foreground."""
    os.execv(sys.executable, [sys.executable, "-m", "agi"])  # noqa: S606 (no shell is meant)


@stack.command("web")
def web_pages() -> None:
    """The pages for operators and supervisors, in the foreground."""
    from dialer.stack import database_url
    from dialer.web_process import run_web

    settings = load_settings()
    run(run_web(settings, database_url(settings)))


@stack.command()
def migrate() -> None:
    """Bring the tables of the database up to date."""
    from dialer.stack import migrate_tables

    migrate_tables(load_settings())


@stack.command()
def demo(
    city: Annotated[str, typer.Option(help="nagaoka, niigata, saitama, kurume or sendai.")] = "nagaoka",
    seed: Annotated[int, typer.Option(help="The same seed gives the same people.")] = 1,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the totals to this file.")] = None,
) -> None:
    """A working day in two minutes, against a simulated telephone network."""
    from dialer.demo import demo as play
    from dialer.demo import write_totals

    totals = run(play(load_settings(), console, city=city, seed=seed))
    if json_file is not None:
        write_totals(totals, json_file)
    if totals.mismatches:
        raise typer.Exit(1)
