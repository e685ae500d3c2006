"""What operators say, in versions: `dialer scripts`."""

import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from dialer.cli.parts import Json, OfCity, answer, profile_of, run
from dialer.config import load_settings

script_commands = typer.Typer()
scripts = typer.Typer(
    name="scripts", no_args_is_help=True, help="Talk scripts: reading, checking, entering, approving."
)
script_commands.add_typer(scripts)

Key = Annotated[str, typer.Argument(help="reminder, filing …; callers: how a talk begins with somebody who calls.")]
File = Annotated[
    Path, typer.Argument(help="TOML as in dialer/cities/scripts, without base; or JSON as `show` gives it.")
]
OfKey = Annotated[str, typer.Option("--key", help="Which script it is; the file's name unless said.")]
Version = Annotated[int, typer.Option(min=1, help="As `scripts list` numbers them.")]
By = Annotated[str | None, typer.Option(help="Who enters or decides it; your account unless said.")]
From = Annotated[str | None, typer.Option("--from", help="2026-12-01 or 2026-12-01T09:00; else at once.")]
Until = Annotated[str | None, typer.Option("--until", help="A day counts to its end; else without end.")]
Reason = Annotated[str, typer.Option(help="On what it rests: the number of the agreement …")]


@scripts.command("list")
def list_scripts(city: OfCity = None, as_json: Json = False) -> None:
    """Every version with its state and validity, and what is used now for each debt kind."""
    from dialer.script_commands import list_scripts as listed

    settings = load_settings()
    answer(run(listed(settings, profile_of(city or settings.city), datetime.now(UTC))), as_json)


@scripts.command()
def show(
    key: Key,
    version: Annotated[int | None, typer.Option(min=1, help="The newest unless said.")] = None,
    city: OfCity = None,
    as_json: Json = False,
) -> None:
    """One version, step by step."""
    from dialer.script_commands import show_script

    settings = load_settings()
    profile = profile_of(city or settings.city)
    answer(run(show_script(settings, profile, key, version, datetime.now(UTC))), as_json)


@scripts.command()
def check(file: File, key: OfKey = "", city: OfCity = None, as_json: Json = False) -> None:
    """What is wrong with a file, by itself and together with what is in force. Nothing is entered."""
    from dialer.script_commands import check_file

    settings = load_settings()
    profile = profile_of(city or settings.city)
    answer(run(check_file(settings, profile, file, key or file.stem, datetime.now(UTC))), as_json)


@scripts.command()
def add(
    file: File,
    why: Annotated[str, typer.Option(help="What is changed, and on whose wish.")],
    key: OfKey = "",
    by: By = None,
    city: OfCity = None,
    as_json: Json = False,
) -> None:
    """Enter a new version, as a draft: with a real carrier nobody says it before it is approved."""
    from dialer.script_commands import add_file

    settings, now = load_settings(), datetime.now(UTC)
    profile = profile_of(city or settings.city)
    work = add_file(settings, profile, file, key or file.stem, by=who(by), why=why, now=now)
    answer(run(work), as_json)


@scripts.command()
def approve(
    key: Key,
    version: Version,
    reason: Reason,
    valid_from: From = None,
    valid_until: Until = None,
    by: By = None,
    city: OfCity = None,
    as_json: Json = False,
) -> None:
    """The city has agreed to this version. By somebody else than who entered it; an earlier one again, too."""
    from dialer.manual_commands import Ruling
    from dialer.script_commands import approve as enter

    settings = load_settings()
    ruling = Ruling(key, version, who(by), reason, valid_from, valid_until)
    answer(run(enter(settings, profile_of(city or settings.city), ruling, datetime.now(UTC))), as_json)


@scripts.command()
def withdraw(
    key: Key, version: Version, reason: Reason, by: By = None, city: OfCity = None, as_json: Json = False
) -> None:
    """This version is not used any more, from now on."""
    from dialer.manual_commands import Ruling
    from dialer.script_commands import withdraw as enter

    settings = load_settings()
    ruling = Ruling(key, version, who(by), reason)
    answer(run(enter(settings, profile_of(city or settings.city), ruling, datetime.now(UTC))), as_json)


def who(by: str | None) -> str:
    return getpass.getuser() if by is None else by
