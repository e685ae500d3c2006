"""People who call us: one call from its arrival to its one outcome."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from dialer.core.call import Call, fold
from dialer.core.city import CallerClass
from dialer.core.events import (
    CallerArrived,
    CallerTold,
    CallerWaits,
    CallerWished,
    ChannelEvent,
)
from dialer.core.values import AttemptId, CallId, CaseId, EndedBy


class Route(StrEnum):
    """Where a call goes when it arrives."""

    WAITING = "waiting"  # to an operator, who is free or will be
    CLOSED = "closed"  # outside the hours: is told so
    GUIDE = "guide"  # outside the hours: the menu
    FULL = "full"  # no place is left
    NOT_OURS = "not_ours"  # a number that nobody has set up


class InboundOutcome(StrEnum):
    """How a call that came in ended. Exactly one for each."""

    TALKED = "talked"
    ABANDONED = "abandoned"  # hung up before anybody had time
    WISHED = "wished"  # asked to be called back
    TRANSFERRED = "transferred"  # waited for long, and was with a department of the city instead
    NOT_TAKEN = "not_taken"  # waited as long as one may, and was told that nobody can come
    CLOSED = "closed"  # outside the hours
    GUIDED = "guided"  # outside the hours, with the menu
    FULL = "full"
    REFUSED = "refused"
    LOST = "lost"  # the exchange died during the call


INBOUND_OUTCOME_NAMES: dict[InboundOutcome, str] = {
    InboundOutcome.TALKED: "通話",
    InboundOutcome.ABANDONED: "放棄",
    InboundOutcome.WISHED: "折り返し希望",
    InboundOutcome.TRANSFERRED: "担当課へ転送",
    InboundOutcome.NOT_TAKEN: "応対できず",
    InboundOutcome.CLOSED: "受付時間外",
    InboundOutcome.GUIDED: "音声案内",
    InboundOutcome.FULL: "満席",
    InboundOutcome.REFUSED: "対象外の番号",
    InboundOutcome.LOST: "不明",
}

LAST = 9
"""The rank of whoever is of no class that comes first, or of whom nothing is known. The dialplan knows it too."""

Order = tuple[int, float]
"""A place in line: rank, then arrival."""

NOT_COUNTED_WITHIN = timedelta(seconds=5)
"""Who hangs up this soon is no abandoned call (002 別紙5: 5秒以内の放棄呼数; exactly 5.0 s is within)."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """Folded from events that may repeat and swap places, as `Call` is."""

    call: Call = field(default_factory=Call)
    dialled: str = ""  # the city's number
    group: str = ""  # of debt kinds, by its key
    rank: int = LAST
    route: Route | None = None  # None: nobody has said yet
    waits_at: datetime | None = None
    wished_at: datetime | None = None
    told: bool = False  # a notice was heard to its end

    @property
    def waited(self) -> timedelta:
        """From the arrival to the operator, or to the end."""
        arrived = self.call.placed_at
        until = self.call.joined_at or self.call.transferred_at or self.call.ended_at
        return max(timedelta(), until - arrived) if arrived and until else timedelta()

    @property
    def waits(self) -> bool:
        """For an operator, now."""
        call = self.call
        is_over = call.ended_at or call.joined_at or call.transferred_at or self.wished_at
        return is_over is None and self.route is Route.WAITING

    @property
    def met_at(self) -> datetime | None:
        """When an operator was there."""
        return None if self.went_over else self.call.joined_at

    @property
    def went_over(self) -> bool:
        """To a department, without having met an operator: it was called while the caller waited."""
        call = self.call
        ordered = next((one.at for one in call.transfers if one.number == call.transferred), None)
        return ordered is not None and (call.joined_at is None or ordered < call.joined_at)


def folded_in(known: Inbound, event: ChannelEvent) -> Inbound:
    match event:
        case CallerArrived() if known.route is None:
            return replace(
                known,
                call=replace(
                    known.call, name=known.call.name or event.name, placed_at=known.call.placed_at or event.at
                ),
                dialled=event.dialled,
                group=event.group,
                rank=event.rank,
                route=Route(event.route),
            )
        case CallerWaits():
            return replace(known, waits_at=min(known.waits_at or event.at, event.at))
        case CallerWished():
            return replace(known, wished_at=min(known.wished_at or event.at, event.at))
        case CallerTold():
            return replace(known, told=True)
        case _:
            return replace(known, call=fold(known.call, event))


def rank_of(classes: Collection[CallerClass], first: Sequence[CallerClass]) -> int:
    """By the best of them, in the city's order."""
    return next((rank for rank, one in enumerate(first) if one in classes), LAST)


@dataclass(frozen=True, slots=True)
class InboundJudged:
    outcome: InboundOutcome
    reason: str
    ended_by: EndedBy


def judge_inbound(one: Inbound) -> InboundJudged:
    call = one.call
    if call.ended_at is None:
        return InboundJudged(InboundOutcome.LOST, "通話中に交換機が停止しました", EndedBy.UNKNOWN)
    ended_by = EndedBy.OPERATOR if call.operator_ended_at else EndedBy.FAR_END if call.far_end_at else EndedBy.US
    outcome, reason = _outcome(one)
    return InboundJudged(outcome, reason, ended_by)


def _outcome(one: Inbound) -> tuple[InboundOutcome, str]:
    if one.went_over:
        return InboundOutcome.TRANSFERRED, "お待ちいただく時間が長くなり、担当課におつなぎしました"
    if one.call.joined_at is not None:
        return InboundOutcome.TALKED, "担当者と通話しました"
    if one.wished_at is not None:
        return InboundOutcome.WISHED, "折り返しの希望を承りました"
    match one.route:
        case Route.CLOSED:
            return InboundOutcome.CLOSED, "受付時間外の案内" + (
                "を最後まで流しました" if one.told else "の途中で切れました"
            )
        case Route.GUIDE:
            return InboundOutcome.GUIDED, "受付時間外の音声案内につなぎました"
        case Route.FULL:
            return InboundOutcome.FULL, "待っている方が多く、お受けできませんでした"
        case Route.NOT_OURS:
            return InboundOutcome.REFUSED, "登録のない番号への着信です"
    if one.told:
        return InboundOutcome.NOT_TAKEN, "お待ちいただける時間を過ぎ、お詫びをして終えました"
    waited = one.waited
    within = "（5秒以内）" if waited <= NOT_COUNTED_WITHIN else ""
    return InboundOutcome.ABANDONED, f"担当者につながる前に切れました。{waited.total_seconds():.1f}秒{within}"


# --- what the engine and the store tell each other


@dataclass(frozen=True, slots=True)
class Arrived:
    """A call that came in, as far as the engine knows it: never the caller's number."""

    call: CallId
    at: datetime
    dialled: str
    group: str
    route: Route
    rank: int = LAST


@dataclass(frozen=True, slots=True)
class Caller:
    """What the store knows of who is calling."""

    case: CaseId | None  # the one that opens on the desk; none: to be searched for
    debt: str | None
    in_the_way: tuple[AttemptId, ...] = ()  # open attempts to the same number or household: need not ring on


@dataclass(frozen=True, slots=True)
class OpenInbound:
    """A call that came in and has no outcome yet, as a (re)started engine finds it."""

    call: CallId
    arrived_at: datetime
    dialled: str
    group: str
    rank: int
    route: Route
    operator: str | None


@dataclass(frozen=True, slots=True)
class Wish:
    """To be called back, with the place in line kept: somebody whose case and number we know."""

    call: CallId
    case: CaseId
    number: int  # its id
    rank: int
    arrived_at: datetime
    debt: str | None = None

    @property
    def order(self) -> Order:
        return self.rank, self.arrived_at.timestamp()


@dataclass(frozen=True, slots=True)
class InboundEnded:
    call: CallId
    outcome: InboundOutcome
    reason: str
    evidence: dict[str, str | int | float | bool | None]
    ended_at: datetime
    ended_by: EndedBy
    answered_at: datetime | None
    waits_at: datetime | None
    joined_at: datetime | None
    operator: str | None
    account: str | None
