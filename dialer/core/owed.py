"""Calls to people who answered us and met no operator: one is kept for them before the telephone rings again."""

from dataclasses import dataclass
from datetime import datetime

from dialer.core.values import CaseId


@dataclass(frozen=True, slots=True)
class OwedCall:
    case: CaseId
    number: int  # its id
    debt: str
    due_at: datetime
