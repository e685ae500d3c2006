"""Keeping a centre running: what is wrong, backups, the way back."""

import typer

from dialer.cli.parts import Json, answer, run

keeping = typer.Typer()


@keeping.command()
def doctor(as_json: Json = False) -> None:
    """Look for what goes wrong in practice, and say how to mend it. Also when nothing runs."""
    from dialer.doctor_command import examine

    found = run(examine())
    answer(found, as_json)
    if not found.sound:
        raise typer.Exit(1)
