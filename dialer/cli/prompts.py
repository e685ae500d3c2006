"""The texts that a city has us say: `dialer prompts`."""

import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from dialer.cli.parts import Json, OfCity, answer, profile_of, run
from dialer.cli.parts import say as tell
from dialer.config import load_settings
from dialer.core.messages import MessagePurpose

prompt_commands = typer.Typer()
prompts = typer.Typer(
    name="prompts", no_args_is_help=True, help="Texts said to machines and people: entering, approving, listening."
)
prompt_commands.add_typer(prompts)

Purpose = Annotated[str, typer.Option(help="voicemail, apology, waiting, closed, special, item_1 and others.")]
Version = Annotated[int, typer.Option(min=1, help="As `prompts list` numbers them.")]
Debt = Annotated[str | None, typer.Option(help="A text for this debt kind only.")]
Language = Annotated[str, typer.Option(help="ja, vi, ne …")]
By = Annotated[str | None, typer.Option(help="Who enters or decides it; your account unless said.")]
Reason = Annotated[str, typer.Option(help="On what it rests: the number of the agreement …")]
ValidFrom = Annotated[str | None, typer.Option("--from", help="2026-12-01 or 2026-12-01T09:00; else at once.")]
ValidUntil = Annotated[str | None, typer.Option("--until", help="A day counts to its end; else without end.")]


@prompts.command()
def build(
    city: OfCity = None,
    every: Annotated[bool, typer.Option("--all", help="Of every city.")] = False,
    as_json: Json = False,
) -> None:
    """Make the sounds of all texts that may be said. What is there already is not made again."""
    from dialer.profiles import cities
    from dialer.prompt_commands import build_prompts

    if every and city is not None:
        raise typer.BadParameter("say --city or --all, not both")
    settings = load_settings()
    profiles = [profile_of(key) for key in (cities() if every else [city or settings.city])]
    built = run(build_prompts(settings, profiles, datetime.now(UTC)))
    answer(built, as_json)
    if built.failed:
        raise typer.Exit(1)


@prompts.command("list")
def list_texts(city: OfCity = None, as_json: Json = False) -> None:
    """Every text with its state and validity, and what is played now."""
    from dialer.prompt_commands import list_prompts

    settings = load_settings()
    answer(run(list_prompts(settings, profile_of(city or settings.city), datetime.now(UTC))), as_json)


@prompts.command()
def say(
    text: Annotated[
        str | None, typer.Argument(help="Or else --purpose and --version: a text that was entered.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The WAV file to write; in the state folder unless said.")] = None,
    purpose: Annotated[str | None, typer.Option(help="Of the text that was entered.")] = None,
    version: Annotated[int | None, typer.Option(min=1, help="Its version.")] = None,
    debt: Debt = None,
    language: Language = "ja",
    city: OfCity = None,
    as_json: Json = False,
) -> None:
    """Listen before approving: a WAV file as callers will hear it, and how the voice reads it. Nothing is entered."""
    from dialer.prompt_commands import kind_from
    from dialer.prompt_saying import say as speak
    from dialer.prompt_saying import say_version

    settings = load_settings()
    if text is not None and purpose is None and version is None:
        answer(speak(settings, text, out), as_json)
        return
    if text is not None or purpose is None or version is None:
        raise typer.BadParameter("say a TEXT, or --purpose and --version of one that was entered")
    profile = profile_of(city or settings.city)
    kind = kind_from(profile, purpose, debt, language)
    answer(run(say_version(settings, profile, kind, version, out, datetime.now(UTC))), as_json)


@prompts.command()
def add(
    text: Annotated[str, typer.Argument(help="{callback} stands for the number that is shown for the debt kind.")],
    purpose: Purpose,
    recording: Annotated[
        Path | None, typer.Option(help="A WAV file of a person who says just this, in place of the voice.")
    ] = None,
    debt: Debt = None,
    language: Language = "ja",
    by: By = None,
    city: OfCity = None,
    as_json: Json = False,
) -> None:
    """Enter a new version, as a draft: nobody hears it before it is approved."""
    from dialer.prompt_approvals import Wording, add_message

    settings = load_settings()
    wording = Wording(purpose, text, _who(by), debt, language, recording)
    answer(run(add_message(settings, profile_of(city or settings.city), wording, datetime.now(UTC))), as_json)


@prompts.command()
def record(
    text: Annotated[str, typer.Argument(help="What will be spoken, word for word.")],
    phone: Annotated[str, typer.Option(help="The seat whose telephone is called: op01 …")],
    reason: Annotated[
        str | None, typer.Option(help="On what it rests: it is approved at once then. Without it a draft is entered.")
    ] = None,
    valid_from: ValidFrom = None,
    valid_until: ValidUntil = None,
    debt: Debt = None,
    by: By = None,
    city: OfCity = None,
    as_json: Json = False,
) -> None:
    """The city's message (special), spoken into a telephone: it rings, guides whoever takes it, and plays it back."""
    from dialer.main import SystemClock
    from dialer.prompt_approvals import Ruling, Wording
    from dialer.prompt_recording import record_message

    if reason is None and (valid_from or valid_until):
        raise typer.BadParameter("--from and --until belong to an approval: say --reason, too")
    settings, who = load_settings(), _who(by)
    special = MessagePurpose.SPECIAL
    ruling = None if reason is None else Ruling(special, 0, who, reason, debt, "ja", valid_from, valid_until)
    profile, wording = profile_of(city or settings.city), Wording(special, text, who, debt)
    answer(run(record_message(settings, profile, wording, ruling, phone, SystemClock(), tell)), as_json)


@prompts.command()
def approve(
    purpose: Purpose,
    version: Version,
    reason: Reason,
    valid_from: ValidFrom = None,
    valid_until: ValidUntil = None,
    names_matter: Annotated[
        bool, typer.Option("--names-matter", help="The city agreed that third parties may hear what it is about.")
    ] = False,
    debt: Debt = None,
    language: Language = "ja",
    by: By = None,
    city: OfCity = None,
    as_json: Json = False,
) -> None:
    """The city has agreed to this version: it is said from now on, or in the time that is given."""
    from dialer.prompt_approvals import Ruling
    from dialer.prompt_approvals import approve as enter

    settings = load_settings()
    ruling = Ruling(purpose, version, _who(by), reason, debt, language, valid_from, valid_until, names_matter)
    answer(run(enter(settings, profile_of(city or settings.city), ruling, datetime.now(UTC))), as_json)


@prompts.command()
def withdraw(
    purpose: Purpose,
    version: Version,
    reason: Reason,
    debt: Debt = None,
    language: Language = "ja",
    by: By = None,
    city: OfCity = None,
    as_json: Json = False,
) -> None:
    """This version is not said any more, from now on."""
    from dialer.prompt_approvals import Ruling
    from dialer.prompt_approvals import withdraw as enter

    settings = load_settings()
    ruling = Ruling(purpose, version, _who(by), reason, debt, language)
    answer(run(enter(settings, profile_of(city or settings.city), ruling, datetime.now(UTC))), as_json)


def _who(by: str | None) -> str:
    return getpass.getuser() if by is None else by
