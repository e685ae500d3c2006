"""Whether the logs are as they were written: `dialer audit`."""

import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from dialer.cli.parts import Json, answer, run
from dialer.config import load_settings

audit_commands = typer.Typer()
audit = typer.Typer(
    name="audit", no_args_is_help=True, help="The logs of operations, sign-ins and accounts: sealed row by row."
)
audit_commands.add_typer(audit)

By = Annotated[str | None, typer.Option(help="Who orders it; your account of this machine unless said.")]


@audit.command()
def verify(
    head: Annotated[
        list[Path] | None, typer.Option(help="What `audit head --json` printed once, kept elsewhere; also several.")
    ] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Every row: changed, missing or put elsewhere. With a head of earlier days: also cut off, or made anew."""
    from dialer.audit_commands import heads_in
    from dialer.audit_commands import verify as check

    remembered = [one for file in head or () for one in heads_in(file)]
    found = run(check(load_settings(), by or getpass.getuser(), datetime.now(UTC), remembered))
    answer(found, as_json)
    if found.findings:
        raise typer.Exit(1)


@audit.command()
def head(as_json: Json = False) -> None:
    """The newest row of each log with its seal. Keep it where nobody can change it who can change the database."""
    from dialer.audit_commands import heads_of

    answer(run(heads_of(load_settings())), as_json)


@audit.command()
def prune(
    really: Annotated[bool, typer.Option("--really", help="Take it away; else it is only told.")] = False,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Take away what is older than the profile of the city wants it kept. A stub stays, so that the rest verifies."""
    from dialer.audit_commands import prune as order

    answer(run(order(load_settings(), by or getpass.getuser(), datetime.now(UTC), really=really)), as_json)
