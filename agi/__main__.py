"""`python -m agi`, which `dialer agi` hands over to."""

import sys

from agi.process import run_agi
from dialer.config import SettingsError, load_settings
from dialer.log import set_up_logging
from dialer.ports import StoreUnavailable
from dialer.profiles import ProfileError
from dialer.stack import database_url


def main() -> int:
    set_up_logging("INFO")
    try:
        settings = load_settings()
        run_agi(settings, database_url(settings))
    except (SettingsError, ProfileError) as wrong:
        print(f"settings: nothing was started.\n{wrong}", file=sys.stderr)  # noqa: T201 (the one line for a person)
        return 2
    except StoreUnavailable as away:
        print(f"Postgres cannot be reached ({away}). Start it with ./run up.", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
