"""What operators can say of a talk, in versions: `dialer results`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from dialer.cli.parts import Json, OfCity, answer, profile_of, run
from dialer.cli.scripts import By, From, Reason, Until, Version, who
from dialer.config import load_settings

result_commands = typer.Typer()
results = typer.Typer(
    name="results", no_args_is_help=True, help="The list of talk results: reading, checking, entering, approving."
)
result_commands.add_typer(results)

File = Annotated[Path, typer.Argument(help="TOML with [result.KEY] for every result; or JSON as `show` gives it.")]


@results.command("list")
def list_results(city: OfCity = None, as_json: Json = False) -> None:
    """Every version with its state and validity, and what operators choose from now."""
    from dialer.result_commands import list_results as listed

    settings = load_settings()
    answer(run(listed(settings, profile_of(city or settings.city), datetime.now(UTC))), as_json)


@results.command()
def show(
    version: Annotated[int | None, typer.Option(min=0, help="0: the profile's. What is used now unless said.")] = None,
    city: OfCity = None,
    as_json: Json = False,
) -> None:
    """One version, result by result, and what is different from what is used now."""
    from dialer.result_commands import show_results

    settings = load_settings()
    profile = profile_of(city or settings.city)
    answer(run(show_results(settings, profile, version, datetime.now(UTC))), as_json)


@results.command()
def check(file: File, city: OfCity = None, as_json: Json = False) -> None:
    """What is wrong with a file, by itself and together with the scripts in force. Nothing is entered."""
    from dialer.result_commands import check_file

    settings = load_settings()
    answer(run(check_file(settings, profile_of(city or settings.city), file, datetime.now(UTC))), as_json)


@results.command()
def add(
    file: File,
    why: Annotated[str, typer.Option(help="What is changed, and on whose wish.")],
    by: By = None,
    city: OfCity = None,
    as_json: Json = False,
) -> None:
    """Enter a new version, as a draft: nobody chooses from it before it is approved."""
    from dialer.result_commands import add_file

    settings, now = load_settings(), datetime.now(UTC)
    work = add_file(settings, profile_of(city or settings.city), file, by=who(by), why=why, now=now)
    answer(run(work), as_json)


@results.command()
def approve(
    version: Version,
    reason: Reason,
    valid_from: From = None,
    valid_until: Until = None,
    by: By = None,
    city: OfCity = None,
    as_json: Json = False,
) -> None:
    """The city has agreed to this version. By somebody else than who entered it; an earlier one again, too."""
    from dialer.core.manuals import RESULTS
    from dialer.manual_commands import Ruling
    from dialer.result_commands import approve as enter

    settings = load_settings()
    ruling = Ruling(RESULTS, version, who(by), reason, valid_from, valid_until)
    answer(run(enter(settings, profile_of(city or settings.city), ruling, datetime.now(UTC))), as_json)


@results.command()
def withdraw(version: Version, reason: Reason, by: By = None, city: OfCity = None, as_json: Json = False) -> None:
    """This version is not used any more, from now on: the one before is, or the profile's own list."""
    from dialer.core.manuals import RESULTS
    from dialer.manual_commands import Ruling
    from dialer.result_commands import withdraw as enter

    settings = load_settings()
    ruling = Ruling(RESULTS, version, who(by), reason)
    answer(run(enter(settings, profile_of(city or settings.city), ruling, datetime.now(UTC))), as_json)
