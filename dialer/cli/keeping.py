"""Keeping a centre running: what is wrong, backups, the way back."""

import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from dialer.cli.parts import Json, answer, run, say
from dialer.config import load_settings

keeping = typer.Typer()

By = Annotated[str | None, typer.Option(help="Who orders it; your account of this machine unless said.")]
Key = Annotated[Path | None, typer.Option(help="The key file; else backup.key_file of the settings.")]


@keeping.command()
def doctor(as_json: Json = False) -> None:
    """Look for what goes wrong in practice, and say how to mend it. Also when nothing runs."""
    from dialer.doctor_command import examine

    found = run(examine())
    answer(found, as_json)
    if not found.sound:
        raise typer.Exit(1)


@keeping.command()
def backup(
    to: Annotated[Path | None, typer.Option(help="The folder; else backup.folder of the settings.")] = None,
    key: Key = None,
    new_key: Annotated[
        Path | None, typer.Option(help="Make a key in this file, and nothing else. Without it no backup can be read.")
    ] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """The whole centre in one encrypted file, while it runs: tables, recordings, settings. It is read again at once."""
    from dialer.backup.keys import make_key
    from dialer.backup_commands import back_up

    if new_key is not None:
        make_key(new_key)
        say(f"{new_key}: 鍵を作りました。写しを、データともバックアップとも別の場所に保管してください。")
        return
    answer(run(back_up(load_settings(), to, key, by or getpass.getuser(), datetime.now(UTC))), as_json)


@keeping.command()
def restore(
    file: Annotated[Path, typer.Argument(help="What `dialer backup` wrote.")],
    key: Key = None,
    check: Annotated[bool, typer.Option("--check", help="Only read it to the end; nothing changes.")] = False,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Make an empty place into the centre that was backed up. All of it is checked before anything changes."""
    from dialer.backup_commands import bring_back, look_into

    settings = load_settings()
    if check:
        answer(run(look_into(settings, file, key)), as_json)
        return
    found = run(bring_back(settings, file, key, by or getpass.getuser(), datetime.now(UTC)))
    answer(found, as_json)
    if found.verified.findings:
        raise typer.Exit(1)


@keeping.command()
def service(
    folder: Annotated[Path, typer.Argument(help="Where the units are written; an empty folder will do.")],
    user: Annotated[str | None, typer.Option(help="Whose account runs it; yours unless said.")] = None,
    as_json: Json = False,
) -> None:
    """Units for systemd: the centre, and a backup every night."""
    from dialer.services import write_units

    answer(write_units(load_settings(), folder, user or getpass.getuser()), as_json)


@keeping.command()
def database(
    to: Annotated[str | None, typer.Option(help="Back to this revision: what would be undone.")] = None,
    really: Annotated[bool, typer.Option("--really", help="Do it; else it is only told.")] = False,
    grant: Annotated[
        str | None, typer.Option(help="In a Postgres of your own, as the owner: let this role of programs work.")
    ] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Which migration the tables have; and the way back, for an older program."""
    from dialer.database_command import go_back, let_in, revisions

    settings = load_settings()
    if grant is not None:
        answer(let_in(settings, grant), as_json)
        return
    if to is None:
        answer(revisions(settings), as_json)
        return
    answer(run(go_back(settings, to, by or getpass.getuser(), datetime.now(UTC), really=really)), as_json)
