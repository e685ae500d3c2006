"""What the dialplan goes by when it answers people alone, for today and, at midnight, tomorrow."""

from datetime import datetime, timedelta
from pathlib import Path

from dialer.core.values import TOKYO


def put_days(folder: Path, number: str, lines: str) -> None:
    """`folder`: settings.caller_files."""
    days = folder / number
    days.mkdir(parents=True, exist_ok=True)
    today = datetime.now(TOKYO).date()
    for day in (today, today + timedelta(days=1)):
        (days / day.isoformat()).write_text(lines)
