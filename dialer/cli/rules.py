"""The rules: the calendar and what was agreed about it, due dates, modes, and a history decided by them."""

import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dialer.cli.parts import Json, OfCity, answer, console, profile_of, run, show
from dialer.config import Settings, load_settings
from dialer.core.groups import GroupChoice
from dialer.core.modes import ModeChoice
from dialer.core.values import Mode

if TYPE_CHECKING:
    from dialer.core.calendar.rules import Change

rule_commands = typer.Typer()


@rule_commands.command()
def calendar(
    month: Annotated[str, typer.Option(help="2026-11")],
    city: OfCity = None,
    debt: Annotated[str | None, typer.Option(help="Only for this debt kind.")] = None,
    as_json: Json = False,
) -> None:
    """What each day of a month is: its pattern, its hours, why; and what the plan still lacks."""
    from dialer.calendar_commands import month_of_city
    from dialer.holidays import national_holidays

    settings = load_settings()
    profile = profile_of(city or settings.city)
    changes, unknown = run(_agreed_days(settings, profile.key))
    found = month_of_city(profile, month, national_holidays(), changes, debt)
    if as_json:
        told = found.as_dict()
        console.print_json(data={**told, "warnings": [*told["warnings"], *unknown]})
    else:
        show("\n".join([found.as_text(), *unknown]))


@rule_commands.command()
def due(
    what: Annotated[str, typer.Option(help="daily, monthly, annual, sms, candidates, workplan …")],
    for_day: Annotated[str, typer.Option("--for", help="The day, or any day of the month or year, that it is about.")],
    city: OfCity = None,
    as_json: Json = False,
) -> None:
    """By when a report, a list or a plan must be there, and how that follows from the tender."""
    from dialer.calendar_commands import due_of_city
    from dialer.holidays import national_holidays

    found = due_of_city(profile_of(city or load_settings().city), what, for_day, national_holidays())
    answer(found, as_json)


@rule_commands.command()
def agree(
    day: Annotated[str, typer.Argument(help="2026-12-03")],
    reason: Annotated[str, typer.Option(help="Why, as others will read it.")],
    by: Annotated[str, typer.Option(help="Who enters it.")],
    pattern: Annotated[str | None, typer.Option("--open", help="Open it, with this pattern of the profile.")] = None,
    close: Annotated[bool, typer.Option("--close", help="No calls, no reception.")] = False,
    restore: Annotated[bool, typer.Option("--restore", help="As the profile says; earlier agreements end.")] = False,
    calls: Annotated[str | None, typer.Option(help="Other hours than the pattern's: 12:00-20:00.")] = None,
    debt: Annotated[list[str] | None, typer.Option(help="Only for this debt kind; may be given again.")] = None,
    exchanged_for: Annotated[str | None, typer.Option(help="The rest day worked instead of this closed one.")] = None,
    city: OfCity = None,
    as_json: Json = False,
) -> None:
    """Enter what was agreed with the city about one day. Nothing is overwritten: the history stays."""
    from dialer.agreeing import agree as enter
    from dialer.core.agreed import Wish
    from dialer.core.calendar.rules import ChangeKind

    kinds = {ChangeKind.OPEN: pattern is not None, ChangeKind.CLOSE: close, ChangeKind.RESTORE: restore}
    chosen = [kind for kind, wanted in kinds.items() if wanted]
    if len(chosen) != 1:
        raise typer.BadParameter("say one of --open PATTERN, --close and --restore")
    settings = load_settings()
    wish = Wish(day, chosen[0], reason, by, pattern, calls, tuple(debt or ()), exchanged_for)
    answer(run(enter(settings, profile_of(city or settings.city), wish, datetime.now(UTC))), as_json)


@rule_commands.command()
def mode(
    debt: Annotated[
        str | None, typer.Argument(metavar="[科目]", help="Whose mode changes; none: tell all of them.")
    ] = None,
    to: Annotated[Mode | None, typer.Argument(metavar="[progressive|preview|paused]", help="From now on.")] = None,
    reason: Annotated[str, typer.Option(help="Why, as others will read it.")] = "",
    by: Annotated[str | None, typer.Option(help="Who decided it; your account unless said.")] = None,
    city: OfCity = None,
    as_json: Json = False,
) -> None:
    """How each debt kind is called: by itself, by operators who see the case first, or not at all for now."""
    from dialer.mode_command import choose, modes_of

    settings = load_settings()
    profile = profile_of(city or settings.city)
    if debt is None:
        answer(run(modes_of(settings, profile)), as_json)
        return
    if to is None:
        raise typer.BadParameter("say also how it is called: progressive, preview or paused")
    choice = ModeChoice(debt, to, reason, by or getpass.getuser(), datetime.now(UTC))
    answer(run(choose(settings, profile, choice)), as_json)


@rule_commands.command()
def group(
    account: Annotated[
        str | None, typer.Argument(metavar="[ログインID]", help="Who is moved; none: tell of everybody.")
    ] = None,
    to: Annotated[str | None, typer.Argument(metavar="[グループ|all]", help="From now on.")] = None,
    reason: Annotated[str, typer.Option(help="Why, as others will read it.")] = "",
    by: Annotated[str | None, typer.Option(help="Who decided it; your account unless said.")] = None,
    city: OfCity = None,
    as_json: Json = False,
) -> None:
    """Which debt kinds each operator takes: those of one group, or all of them."""
    from dialer.group_command import EVERY, groups_of, move

    settings, now = load_settings(), datetime.now(UTC)
    profile = profile_of(city or settings.city)
    if account is None:
        answer(run(groups_of(settings, profile, now)), as_json)
        return
    if to is None:
        raise typer.BadParameter(f"say also of which group: {', '.join(profile.groups)} or {EVERY}")
    choice = GroupChoice(account, None if to == EVERY else to, reason, by or getpass.getuser(), now)
    answer(run(move(settings, profile, choice)), as_json)


rules = typer.Typer(name="rules", no_args_is_help=True, help="The rules of completion and planning.")
rule_commands.add_typer(rules)


@rules.command()
def replay(
    file: Annotated[Path, typer.Argument(help="A history as JSON; - for standard input.")], as_json: Json = False
) -> None:
    """A history in, the decision out. No database is asked."""
    from dialer.replay import replay_file

    answer(replay_file(file), as_json)


async def _agreed_days(settings: Settings, city: str) -> "tuple[tuple[Change, ...], list[str]]":
    """Without a database the profile alone is told, and that it is."""
    from dialer.commands import opened_store
    from dialer.ports import StoreUnavailable

    try:
        async with opened_store(settings, city) as store:
            return tuple(await store.calendar_changes(city)), []
    except StoreUnavailable:
        return (), ["データベースに接続できないため、協議で決めた日は含まれていません。"]
