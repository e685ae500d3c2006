"""Do the three sources agree? Our attempts, Asterisk's own record, and the log of the telephone network.

They are compared call by call. Attempts and Asterisk share the attempt id. The network knows numbers only; since one
number never has two calls at a time, the n-th placed attempt of a number is the network's n-th call of it. A call to a
department belongs to an attempt, whose history tells of it; departments have as many calls at a time as they like.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from dialer.core.call import Call
from dialer.core.events import ChannelId
from dialer.core.values import AttemptId, Outcome, PhoneNumber

CROSSING = timedelta(seconds=1)
"""An answer may cross our CANCEL on the wire: then the network saw a call of less than this."""


@dataclass(frozen=True, slots=True)
class AttemptSeen:
    attempt: AttemptId
    number: PhoneNumber
    claimed_at: datetime
    outcome: Outcome | None
    answered: bool
    joined: bool
    sip_code: int | None


@dataclass(frozen=True, slots=True)
class TransferSeen:
    """An order to call a department, as it stands in an attempt's history."""

    channel: ChannelId
    number: PhoneNumber


@dataclass(frozen=True, slots=True)
class NetworkCallSeen:
    number: PhoneNumber
    invited_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    final_code: int | None
    heard_ms: int  # sound, not silence


@dataclass(frozen=True, slots=True)
class Mismatch:
    attempt: AttemptId | None
    what: str


def disagreements(
    attempts: Sequence[AttemptSeen],
    witness: Mapping[ChannelId, Call],
    network: Sequence[NetworkCallSeen],
    transfers: Sequence[TransferSeen] = (),
) -> list[Mismatch]:
    departments = {one.number for one in transfers}
    found = [Mismatch(one.attempt, "試行に結果がありません") for one in attempts if one.outcome is None]
    found += _against_witness(attempts, witness, {one.channel for one in transfers})
    found += _against_network(attempts, witness, [call for call in network if call.number not in departments])
    found += _to_departments(transfers, witness, network)
    return found


def _to_departments(
    transfers: Sequence[TransferSeen], witness: Mapping[ChannelId, Call], network: Sequence[NetworkCallSeen]
) -> Iterable[Mismatch]:
    """An order may have come too late to be dialled, and a call may have died with the exchange before its INVITE."""
    seen = Counter(call.number for call in network)
    for number in {one.number for one in transfers}:
        placed = [witness[one.channel] for one in transfers if one.number == number and one.channel in witness]
        surely = sum(call.ended_at is not None for call in placed)
        if not surely <= seen[number] <= len(placed):
            what = f"転送先（末尾{number[-4:]}）への発信{len(placed)}件に対して網の呼は{seen[number]}件です"
            yield Mismatch(None, what)


def _against_witness(
    attempts: Sequence[AttemptSeen], witness: Mapping[ChannelId, Call], transfers: Set[ChannelId]
) -> Iterable[Mismatch]:
    known = {ChannelId(one.attempt) for one in attempts} | transfers
    for stranger in witness.keys() - known:
        yield Mismatch(None, f"交換機の記録 {stranger} に対応する試行がありません")
    for one in attempts:
        call = witness.get(ChannelId(one.attempt))
        if call is None:
            if one.outcome is not Outcome.NOT_PLACED:
                yield Mismatch(one.attempt, "交換機の記録がありません")
            continue
        if one.outcome is Outcome.NOT_PLACED:
            yield Mismatch(one.attempt, "未発信としたが、交換機には記録があります")
        if one.answered != (call.answered_at is not None):
            yield Mismatch(one.attempt, "応答の有無が交換機の記録と違います")
        if one.joined != (call.joined_at is not None):
            yield Mismatch(one.attempt, "通話の有無が交換機の記録と違います")


def _against_network(
    attempts: Sequence[AttemptSeen], witness: Mapping[ChannelId, Call], network: Sequence[NetworkCallSeen]
) -> Iterable[Mismatch]:
    theirs = _grouped(network)
    ours: defaultdict[PhoneNumber, list[AttemptSeen]] = defaultdict(list)
    for one in sorted(attempts, key=lambda one: one.claimed_at):
        if ChannelId(one.attempt) in witness:
            ours[one.number].append(one)
    for number in theirs.keys() - ours.keys():
        yield Mismatch(None, f"網に{len(theirs[number])}件の呼がありますが、試行がありません（末尾{number[-4:]}）")
    for number, made in ours.items():
        yield from _one_number(made, theirs.get(number, []))


def _one_number(made: list[AttemptSeen], seen: list[NetworkCallSeen]) -> Iterable[Mismatch]:
    yield from _at_the_same_time(made[0].attempt, seen)
    if len(made) > len(seen):  # a call that died with the exchange, or was put off, before its INVITE left
        lost = [one for one in made if one.outcome in (Outcome.LOST, Outcome.WITHDRAWN) and not one.answered]
        made = [one for one in made if one not in lost[: len(made) - len(seen)]]
    if len(made) != len(seen):
        yield Mismatch(made[0].attempt, f"試行{len(made)}件に対して網の呼は{len(seen)}件です")
        return
    for one, call in zip(made, seen, strict=True):
        yield from _one_call(one, call)


def _one_call(one: AttemptSeen, call: NetworkCallSeen) -> Iterable[Mismatch]:
    crossed = call.answered_at is not None and call.ended_at - call.answered_at < CROSSING
    if one.answered != (call.answered_at is not None) and not crossed and one.outcome is not Outcome.LOST:
        yield Mismatch(one.attempt, "応答の有無が網の記録と違います")
    if one.sip_code is not None and call.final_code is not None and one.sip_code != call.final_code:
        yield Mismatch(one.attempt, f"終了コード {one.sip_code} が網の {call.final_code} と違います")
    if one.joined and call.answered_at is None:
        yield Mismatch(one.attempt, "通話と記録したが、網では応答していません")


def _at_the_same_time(attempt: AttemptId, seen: list[NetworkCallSeen]) -> Iterable[Mismatch]:
    for before, after in pairwise(seen):
        if after.invited_at < before.ended_at:
            yield Mismatch(attempt, "同じ番号に同時に2つの呼がありました")


def _grouped(network: Sequence[NetworkCallSeen]) -> dict[PhoneNumber, list[NetworkCallSeen]]:
    groups: defaultdict[PhoneNumber, list[NetworkCallSeen]] = defaultdict(list)
    for call in sorted(network, key=lambda call: call.invited_at):
        groups[call.number].append(call)
    return dict(groups)
