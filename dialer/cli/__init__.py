"""The command line.

parts    what all commands share
stack    set-up, up, down, status and the programs they start; the demo
cases    import, export, flag, outcomes, callers, cases, explain
rules    calendar, agree, due, mode, group, rules replay
prompts  prompts build, list, say, add, record, approve, withdraw
hearing  amd
pace     pace simulate, replay
shifts   shifts import, list
work_plan  plan import, list, show
accounts account add, list, grant, revoke, suspend, resume, end, end-sessions, code-off, password
audit    audit verify, head, prune
keeping  doctor, backup, restore, database, service
recordings  recordings keys, new-key, add-keys

Exit codes: 0 done, 1 the work failed, 2 wrong use. An error is one line that says how to mend it.
"""

import os
import signal
import sys

import typer

from dialer.bench.commands import bench
from dialer.cli.accounts import account_commands
from dialer.cli.audit import audit_commands
from dialer.cli.cases import case_commands
from dialer.cli.hearing import hearing_commands
from dialer.cli.keeping import keeping
from dialer.cli.pace import pace_commands
from dialer.cli.parts import Failed, say
from dialer.cli.prompts import prompt_commands
from dialer.cli.recordings import recording_commands
from dialer.cli.results import result_commands
from dialer.cli.rules import rule_commands
from dialer.cli.scripts import script_commands
from dialer.cli.shifts import shift_commands
from dialer.cli.stack import stack
from dialer.cli.work_plan import plan_commands
from dialer.config import SettingsError
from dialer.log import set_up_logging

app = typer.Typer(
    name="dialer", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
)
for commands in (
    stack,
    case_commands,
    rule_commands,
    prompt_commands,
    script_commands,
    result_commands,
    hearing_commands,
    pace_commands,
    shift_commands,
    plan_commands,
    account_commands,
    audit_commands,
    keeping,
    recording_commands,
    bench,
):
    app.add_typer(commands)


def main() -> None:
    from dialer.calendar_commands import CannotAnswer
    from dialer.embedded.asterisk import AsteriskError
    from dialer.embedded.postgres_files import PostgresError
    from dialer.ports import StoreFault, StoreUnavailable
    from dialer.profiles import ProfileError
    from dialer.supervisor import ChildFailed

    set_up_logging("INFO" if {"engine", "ear", "web", "supervise"} & set(sys.argv[1:2]) else "WARNING")
    signal.signal(signal.SIGTERM, lambda *_: os.kill(os.getpid(), signal.SIGINT))  # ends like Ctrl-C: tidily
    try:
        app()
    except (SettingsError, ProfileError) as wrong:
        say(f"settings: nothing was started.\n{wrong}")
        sys.exit(2)
    except (Failed, CannotAnswer, StoreFault, AsteriskError, PostgresError, ChildFailed) as failed:
        say(str(failed))
        sys.exit(1)
    except StoreUnavailable as away:
        say(f"Postgres cannot be reached ({away}). Start it with ./run up, or look at DATABASE_URL.")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
