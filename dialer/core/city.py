"""A municipality's profile as values, and its calling window."""

from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from dialer.core.values import PhoneNumber

TOKYO = ZoneInfo("Asia/Tokyo")
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class DebtKind:
    key: str
    name: str
    department: str
    caller_id: PhoneNumber  # shown on every call of this kind, and where calls come back (T-004)


@dataclass(frozen=True, slots=True)
class Hours:
    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class City:
    key: str
    name: str
    weekday: Hours
    weekend: Hours | None  # None: no calls on Saturday and Sunday
    debts: tuple[DebtKind, ...]


def why_not_now(city: City, now: datetime) -> str | None:
    """None when the city may call now (T-034); otherwise the reason an operator reads."""
    local = now.astimezone(TOKYO)
    hours = city.weekend if local.weekday() >= SATURDAY else city.weekday
    if hours is None:
        return f"{city.name}は土曜日・日曜日に架電しません"
    if not hours.opens <= local.time() < hours.closes:
        return f"架電時間（{hours.opens:%H:%M}～{hours.closes:%H:%M}）の外です"
    return None
