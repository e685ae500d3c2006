"""Cases: lists in and out, how they stand, why they are called or not."""

import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dialer.cli.parts import Failed, Json, OfCity, answer, console, errors, profile_of, run, told_on
from dialer.config import load_settings
from dialer.core.person_flags import FlagKind
from dialer.core.plan.values import HeldBecause
from dialer.core.rules.happenings import Judgement
from dialer.core.values import TOKYO, CaseId, CaseState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dialer.config import Settings
    from dialer.core.city import City

case_commands = typer.Typer()

By = Annotated[str | None, typer.Option(help="Who, for the log of hand-overs; your account unless said.")]


@case_commands.command("import")
def import_list(
    file: Annotated[
        Path, typer.Argument(help="CSV: 宛名番号, 氏名, カナ, 科目, 金額, 電話番号1 … or as --layout says.")
    ],
    city: OfCity = None,
    layout: Annotated[str | None, typer.Option(help="A layout of the city's profile: cases, payments, stops …")] = None,
    round_: Annotated[str | None, typer.Option("--round", help="2026-12-01..2026-12-10; else the next round.")] = None,
    by: By = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave bad rows out and write them to a file.")] = False,
    preview: Annotated[bool, typer.Option("--preview", help="Only tell what it would come to.")] = False,
    as_json: Json = False,
) -> None:
    """Take over a list of the city: all of it, or nothing. The same list again changes nothing."""
    from dialer.list_commands import Wish
    from dialer.list_commands import import_list as take

    settings = load_settings()
    wish = Wish(file, layout, round_, skip_bad, by or getpass.getuser(), rehearses=preview)
    with told_on(errors, file.name) as told:
        done = run(take(settings, profile_of(city or settings.city), wish, datetime.now(UTC), told))
    answer(done, as_json)
    if done.refused:
        raise typer.Exit(1)


@case_commands.command("export")
def export_list(
    file: Annotated[Path, typer.Argument(help="The file to write; it must not exist yet.")],
    layout: Annotated[str, typer.Option(help="A layout of the city's profile: results, numbers …")],
    city: OfCity = None,
    round_: Annotated[str | None, typer.Option("--round", help="2026-12-01..2026-12-10; else the latest.")] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Give the city its results or its telephone numbers, in its own layout."""
    from dialer.list_commands import Wish
    from dialer.list_commands import export_list as write

    settings = load_settings()
    wish = Wish(file, layout, round_, False, by or getpass.getuser())
    done = run(write(settings, profile_of(city or settings.city), wish, datetime.now(UTC)))
    answer(done, as_json)
    if done.refused:
        raise typer.Exit(1)


@case_commands.command()
def flag(
    address_key: Annotated[str, typer.Argument(metavar="宛名番号", help="Of the person.")],
    kind: Annotated[FlagKind, typer.Argument(help="lawyer, death and do_not_call end the calls.")],
    note: Annotated[str, typer.Option(help="What an operator must know.")] = "",
    lift: Annotated[bool, typer.Option("--lift", help="It holds no longer.")] = False,
    city: OfCity = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """What must be known of a person before anybody talks to him."""
    from dialer.flag_command import flag as put
    from dialer.store.person_flags import FlagOrder

    settings = load_settings()
    order = FlagOrder(address_key, kind, by or getpass.getuser(), datetime.now(UTC), note)
    answer(run(put(settings, profile_of(city or settings.city), order, lifts=lift)), as_json)


@case_commands.command()
def decide(
    case: Annotated[int, typer.Argument(metavar="CASE", help="The number of the case.")],
    choice: Annotated[Judgement, typer.Argument(help="As `dialer explain CASE` offers it.")],
    reason: Annotated[str, typer.Option(help="Why, for the history of the case.")] = "",
    by: By = None,
    as_json: Json = False,
) -> None:
    """End a case where the tender leaves it to a person."""
    from dialer.decide_command import decided
    from dialer.store.case_decisions import CaseDecision

    order = CaseDecision(CaseId(case), choice, by or getpass.getuser(), datetime.now(UTC), None, reason.strip())
    answer(run(decided(load_settings(), order)), as_json)


@case_commands.command()
def outcomes(as_json: Json = False) -> None:
    """How today's attempts ended, and how the cases stand."""
    from dialer.commands import outcomes_today

    settings = load_settings()
    found = run(outcomes_today(settings))
    _viewed(settings, profile_of(settings.city), "day", [datetime.now(TOKYO).date().isoformat()])
    if as_json:
        console.print_json(data=found.as_dict())
    else:
        console.print(found.as_table())


@case_commands.command()
def callers(
    day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="2026-12-01; today unless said.")
    ] = None,
    as_json: Json = False,
) -> None:
    """People who called us on a day: how many, answered after how long, what they chose in the menu."""
    from dialer.callers_command import callers_of

    settings = load_settings()
    found = run(callers_of(settings, (day or datetime.now(TOKYO)).date()))
    _viewed(settings, found.city, "day", [found.day.isoformat()])
    answer(found, as_json)


@case_commands.command()
def cases(
    city: OfCity = None,
    state: Annotated[CaseState | None, typer.Option(help="Only in this state.")] = None,
    debt: Annotated[str | None, typer.Option(help="Only of this debt kind.")] = None,
    held: Annotated[HeldBecause | None, typer.Option(help="Only open ones without a plan, for this reason.")] = None,
    sms: Annotated[bool, typer.Option("--sms", help="Only candidates for an SMS.")] = False,
    after: Annotated[int, typer.Option(help="From the case after this one on: the next page.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 100,
    as_json: Json = False,
) -> None:
    """How the cases stand and when each is called next. No name, no telephone number."""
    from dialer.case_commands import listed
    from dialer.store.listing import CaseFilter

    settings = load_settings()
    only = CaseFilter(state, debt, held, True if sms else None, after, limit)
    found = run(listed(settings, profile_of(city or settings.city), only))
    _viewed(settings, found.city, "case", [line.case for line in found.lines])
    answer(found, as_json)


@case_commands.command()
def explain(
    what: Annotated[str, typer.Argument(metavar="CASE|CALL", help="The number of a case, or the id of a call.")],
    as_json: Json = False,
) -> None:
    """Why a case is called or not called now, by which clause; or why a call ended as it did."""
    from dialer.case_commands import explained_case
    from dialer.commands import explained

    settings = load_settings()
    if what.isdecimal():
        explanation = run(explained_case(settings, CaseId(int(what)), datetime.now(UTC)))
        if explanation is None:
            raise Failed(f"There is no case {what}.")
        _viewed(settings, profile_of(settings.city), "case", [int(what)])
        answer(explanation, as_json)
        return
    found = run(explained(settings, what))
    if found is None:
        raise Failed(f"There is no call {what}.")
    _viewed(settings, profile_of(settings.city), "call", [what])
    if as_json:
        console.print_json(data=found)
    else:
        for name, value in found.items():
            console.print(f"{name}: {value}", highlight=False, markup=False)


def _viewed(settings: "Settings", city: "City", what: str, ids: "Sequence[str | int]") -> None:
    """In the log of operations before it is shown, as a view in a page is."""
    from dialer.command_log import Use, note

    run(note(settings, city, Use(getpass.getuser(), datetime.now(UTC), "view", what, ids, len(ids))))
