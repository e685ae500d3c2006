"""Rows of operators."""

from typing import Any

from dialer.core.events import ChannelId
from dialer.core.values import AttemptId, CaseId, Ear, LegState, OperatorState, PauseReason, Seat
from dialer.ports import Operator


def operator_of(row: Any) -> Operator:
    return Operator(
        phone=row.phone,
        state=OperatorState(row.state),
        leg=ChannelId(row.leg) if row.leg else None,
        since=row.since,
        seat=Seat(row.seat) if row.seat else None,
        account=row.account,
        leaving=row.leaving,
        leg_state=LegState(row.leg_state),
        attempt=AttemptId(str(row.call_id)) if row.call_id else None,
        pause_reason=PauseReason(row.pause_reason) if row.pause_reason else None,
        wrap_up_until=row.wrap_up_until,
        extended=row.extended,
        on_hold=row.on_hold,
        muted=row.muted,
        help=row.help,
        consulting=row.consulting,
        preview=CaseId(row.preview_case) if row.preview_case else None,
        listens_to=row.listens_to,
        listens_how=Ear(row.listens_how) if row.listens_how else None,
        group=row.group_key,
    )
