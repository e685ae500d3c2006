"""The ear on recordings."""

import json
import math
from pathlib import Path
from typing import Annotated

import typer

from dialer.cli.parts import Failed, Json, say, show

hearing_commands = typer.Typer()


@hearing_commands.command()
def amd(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="WAV files that begin at the answer.")],
    ring_seconds: Annotated[
        float | None, typer.Option(min=0, help="How long it rang before; 0: it was answered without ringing.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Who answers in a recording: person, voicemail, screening, fax, announcement, silent or undecided.

    Heard like a call, 20 ms at a time. With --json one object a line for each file. A file that cannot be read is told
    on the error output; the others are heard all the same.
    """
    from dialer.hearing_command import CannotHear, hear_files
    from dialer.media.hearing import HearingFailed, knowledge

    if ring_seconds is not None and not math.isfinite(ring_seconds):
        raise typer.BadParameter("must be a number of seconds", param_hint="--ring-seconds")
    try:
        known = knowledge()
    except HearingFailed as deaf:
        raise Failed(str(deaf)) from None
    failed = False
    for heard in hear_files(files, known, ring_seconds):
        if isinstance(heard, CannotHear):
            failed = True
            say(str(heard))
        elif as_json:
            typer.echo(json.dumps(heard.as_dict(), ensure_ascii=False))
        else:
            show(heard.as_text())
    if failed:
        raise typer.Exit(1)
