"""The keys of recordings: `dialer recordings`."""

import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from dialer.cli.parts import Json, answer, run
from dialer.config import load_settings

recording_commands = typer.Typer()
recordings = typer.Typer(name="recordings", no_args_is_help=True, help="The keys that recordings are encrypted with.")
recording_commands.add_typer(recordings)

By = Annotated[str | None, typer.Option(help="Who orders it; your account of this machine unless said.")]


@recordings.command()
def keys(as_json: Json = False) -> None:
    """Which keys there are, since when, and how many recordings have each."""
    from dialer.recording_commands import keys_of

    answer(run(keys_of(load_settings())), as_json)


@recordings.command("new-key")
def new_key(by: By = None, as_json: Json = False) -> None:
    """For what is recorded from now on. The earlier keys stay: what has them is heard by them."""
    from dialer.recording_commands import new_key as order

    answer(run(order(load_settings(), by or getpass.getuser(), datetime.now(UTC))), as_json)


@recordings.command("add-keys")
def add_keys(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)], by: By = None, as_json: Json = False
) -> None:
    """Those of another such file, as when a copy is put back beside a key that was made meanwhile."""
    from dialer.recording_commands import add_keys as order

    answer(run(order(load_settings(), file, by or getpass.getuser(), datetime.now(UTC))), as_json)
