"""Who works when: `dialer shifts`."""

import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from dialer.cli.parts import Json, OfCity, answer, profile_of, run
from dialer.config import load_settings
from dialer.core.values import TOKYO

shift_commands = typer.Typer()
shifts = typer.Typer(name="shifts", no_args_is_help=True, help="The plan of operators' shifts and breaks.")
shift_commands.add_typer(shifts)

Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="2026-12-01; today unless said.")]


@shifts.command("import")
def import_plan(
    file: Annotated[Path, typer.Argument(help="CSV: 日付, ログインID, 区分（勤務、休憩）, 開始, 終了.")],
    city: OfCity = None,
    by: Annotated[str | None, typer.Option(help="Who, for the log; your account unless said.")] = None,
    as_json: Json = False,
) -> None:
    """Take over a plan: all of it, or nothing. What was planned for its days is replaced."""
    from dialer.shift_commands import import_shifts

    settings = load_settings()
    profile = profile_of(city or settings.city)
    answer(run(import_shifts(settings, profile, file, by or getpass.getuser(), datetime.now(UTC))), as_json)


@shifts.command("list")
def list_plan(first: Day = None, last: Day = None, city: OfCity = None, as_json: Json = False) -> None:
    """What is planned for a day, or from --first to --last."""
    from dialer.shift_commands import list_shifts

    settings = load_settings()
    begins = first.date() if first else datetime.now(TOKYO).date()
    ends = last.date() if last else begins
    answer(run(list_shifts(settings, profile_of(city or settings.city), begins, ends)), as_json)
