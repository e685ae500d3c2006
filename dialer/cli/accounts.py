"""Who may sign in: `dialer account`."""

import getpass
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dialer.cli.parts import Failed, Json, OfCity, answer, profile_of, run
from dialer.config import load_settings

if TYPE_CHECKING:
    from dialer.staffing import Actor

account_commands = typer.Typer()
accounts = typer.Typer(
    name="account", no_args_is_help=True, help="Accounts of the pages: who may sign in and what they may do."
)
account_commands.add_typer(accounts)

Login = Annotated[str, typer.Argument(help="Of one person, and never of another one later.")]
Role = Annotated[str, typer.Argument(help="operator, supervisor, administrator, auditor, client_viewer …")]
By = Annotated[str | None, typer.Option(help="Who orders it; your account of this machine unless said.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept.")]
PasswordFile = Annotated[
    Path | None, typer.Option(help="Its first line is the password; else it is asked for on the terminal.")
]
TheirOwn = Annotated[
    bool,
    typer.Option("--their-own", help="The person typed it: it need not be changed at the first sign-in."),
]


@accounts.command()
def add(
    login: Login,
    name: Annotated[str, typer.Option(help="The person's name.")],
    role: Annotated[list[str] | None, typer.Option(help="What they are in this city; also several.")] = None,
    password_file: PasswordFile = None,
    their_own: TheirOwn = False,
    by: By = None,
    city: OfCity = None,
    as_json: Json = False,
) -> None:
    """Make an account. There is no default password."""
    from dialer.account_commands import add_account
    from dialer.staffing import NewAccount

    settings = load_settings()
    new = NewAccount(login, name, tuple(role or ()), _password(password_file), their_own)
    answer(run(add_account(settings, profile_of(city or settings.city), new, _actor(by))), as_json)


@accounts.command("list")
def list_all(as_json: Json = False) -> None:
    """Everybody, with what they may do."""
    from dialer.account_commands import list_accounts

    settings = load_settings()
    answer(run(list_accounts(settings, profile_of(settings.city), _now())), as_json)


@accounts.command()
def grant(
    login: Login,
    role: Role,
    valid_from: Annotated[str | None, typer.Option("--from", help="2026-12-01 or 2026-12-01T09:00; else now.")] = None,
    valid_until: Annotated[str | None, typer.Option("--until", help="A day counts to its end; else no end.")] = None,
    group: Annotated[
        list[str] | None, typer.Option(help="Only for this group of debt kinds; also several. Else the whole city.")
    ] = None,
    reason: Reason = "",
    by: By = None,
    city: OfCity = None,
    as_json: Json = False,
) -> None:
    """Give a role in a city, also for a time or for some groups only.

    The last word about a role counts; the earlier ones are kept.
    """
    from dialer.account_commands import grant_role
    from dialer.calendar_commands import moment_from
    from dialer.store.staff_grants import GrantOrder

    settings, now = load_settings(), _now()
    profile = profile_of(city or settings.city)
    starts, ends = moment_from(valid_from) or now, moment_from(valid_until, to_the_end=True)
    order = GrantOrder(profile.key, role, _who(by), reason, starts, ends, groups=tuple(dict.fromkeys(group or ())))
    answer(run(grant_role(settings, profile, login, order, _actor(by, reason))), as_json)


@accounts.command()
def revoke(
    login: Login, role: Role, reason: Reason = "", by: By = None, city: OfCity = None, as_json: Json = False
) -> None:
    """Take a role in a city back, from now on."""
    from dialer.account_commands import grant_role
    from dialer.store.staff_grants import GrantOrder

    settings, now = load_settings(), _now()
    profile = profile_of(city or settings.city)
    order = GrantOrder(profile.key, role, _who(by), reason, now, granted=False)
    answer(run(grant_role(settings, profile, login, order, _actor(by, reason))), as_json)


@accounts.command()
def suspend(login: Login, reason: Reason = "", by: By = None, as_json: Json = False) -> None:
    """Nobody signs in with it any more; who is signed in is out at once."""
    from dialer.account_commands import suspend as order

    settings = load_settings()
    answer(run(order(settings, profile_of(settings.city), login, _actor(by, reason), suspended=True)), as_json)


@accounts.command()
def resume(login: Login, reason: Reason = "", by: By = None, as_json: Json = False) -> None:
    """Let a suspended account in again, or one that is locked out by wrong passwords."""
    from dialer.account_commands import suspend as order

    settings = load_settings()
    answer(run(order(settings, profile_of(settings.city), login, _actor(by, reason), suspended=False)), as_json)


@accounts.command()
def end(login: Login, reason: Reason = "", by: By = None, as_json: Json = False) -> None:
    """Somebody has left: no right, no sign-in any more, and nobody gets this login again."""
    from dialer.account_commands import end as order

    settings = load_settings()
    answer(run(order(settings, profile_of(settings.city), login, _actor(by, reason))), as_json)


@accounts.command("end-sessions")
def end_sessions(login: Login, reason: Reason = "", by: By = None, as_json: Json = False) -> None:
    """Sign somebody out wherever they are: a lost terminal."""
    from dialer.account_commands import end_sessions as order

    settings = load_settings()
    answer(run(order(settings, profile_of(settings.city), login, _actor(by, reason))), as_json)


@accounts.command("code-off")
def code_off(login: Login, reason: Reason = "", by: By = None, as_json: Json = False) -> None:
    """Let somebody sign in with the password alone again: the device that shows their codes is lost."""
    from dialer.account_commands import turn_code_off as order

    settings = load_settings()
    answer(run(order(settings, profile_of(settings.city), login, _actor(by, reason))), as_json)


@accounts.command()
def password(
    login: Login,
    password_file: PasswordFile = None,
    their_own: TheirOwn = False,
    by: By = None,
    city: OfCity = None,
    as_json: Json = False,
) -> None:
    """Set a new password for somebody who has lost theirs, and sign them out."""
    from dialer.account_commands import set_password

    settings = load_settings()
    profile, typed = profile_of(city or settings.city), _password(password_file)
    answer(run(set_password(settings, profile, login, typed, _actor(by), their_own=their_own)), as_json)


def _password(file: Path | None) -> str:
    """Never from the command line: others could read it in the list of processes."""
    if file is not None:
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as unread:
            reason = unread.strerror if isinstance(unread, OSError) else "not UTF-8"
            raise Failed(f"--password-file {file}: cannot be read ({reason})") from None
        return lines[0] if lines else ""
    if not sys.stdin.isatty():
        raise Failed("There is no terminal to type the password on; name a file with --password-file.")
    first = getpass.getpass("パスワード: ")
    if getpass.getpass("もう一度: ") != first:
        raise Failed("2回の入力が違います。変更は行っていません。")
    return first


def _who(by: str | None) -> str:
    return getpass.getuser() if by is None else by


def _actor(by: str | None, reason: str = "") -> "Actor":
    from dialer.staffing import Actor

    return Actor(_who(by), _now(), reason=reason)


def _now() -> datetime:
    return datetime.now(UTC)
