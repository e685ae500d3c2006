"""How much is to be done, and what was: `dialer plan`."""

import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from dialer.cli.parts import Json, OfCity, answer, profile_of, run
from dialer.config import load_settings
from dialer.core.values import TOKYO

plan_commands = typer.Typer()
plan = typer.Typer(name="plan", no_args_is_help=True, help="The work plan by debt, channel and month.")
plan_commands.add_typer(plan)

Year = Annotated[int | None, typer.Option(min=2000, max=2099, help="Fiscal year, from April on; this one unless said.")]


@plan.command("import")
def import_plan(
    file: Annotated[Path, typer.Argument(help="A table: 科目, 種別, 4月 … 3月; 年度 and 計 may stand in it.")],
    reason: Annotated[str, typer.Option(help="Why; it stays with the plan.")] = "",
    year: Annotated[int | None, typer.Option(min=2000, max=2099, help="Of rows that do not say which.")] = None,
    preview: Annotated[bool, typer.Option("--preview", help="What it would change; nothing is entered.")] = False,
    city: OfCity = None,
    by: Annotated[str | None, typer.Option(help="Who, for the log; your account unless said.")] = None,
    as_json: Json = False,
) -> None:
    """Take over a plan: all of it, or nothing. Months it does not name stay as they are planned."""
    from dialer.work_plan_commands import Why
    from dialer.work_plan_commands import import_plan as enter

    settings = load_settings()
    why = Why(reason, by or getpass.getuser(), datetime.now(UTC))
    answer(run(enter(settings, profile_of(city or settings.city), file, year, why, preview=preview)), as_json)


@plan.command("list")
def list_plan(
    year: Year = None,
    history: Annotated[bool, typer.Option("--history", help="Also what was planned before.")] = False,
    city: OfCity = None,
    as_json: Json = False,
) -> None:
    """What is planned, by whom and why."""
    from dialer.work_plan_commands import list_plan as listed

    settings = load_settings()
    answer(run(listed(settings, profile_of(city or settings.city), _year(year), history=history)), as_json)


@plan.command("show")
def show_plan(year: Year = None, city: OfCity = None, as_json: Json = False) -> None:
    """The plan against what was done, month by month."""
    from dialer.work_plan_commands import show_plan as shown

    settings, today = load_settings(), datetime.now(TOKYO).date()
    answer(run(shown(settings, profile_of(city or settings.city), _year(year), today)), as_json)


def _year(asked: int | None) -> int:
    from dialer.core.work_plan import year_of

    return year_of(datetime.now(TOKYO).date()) if asked is None else asked
