"""How an attempt ended: from what is known of the call to exactly one outcome, with its reason.

The codes follow RFC 3398 and JT-Q850 as Japanese carriers use them. A code alone can be ambiguous (480 stands for rang
and nobody came, for off or out of area, and for a line that is stopped), so ringing and early media decide with it, and
what cannot be told apart is called unclear instead of guessed.
"""

from dataclasses import dataclass
from datetime import timedelta

from dialer.core.call import Call, GaveUp
from dialer.core.machine_outcomes import announced, message_left, with_machine
from dialer.core.values import EndedBy, Outcome

Evidence = dict[str, str | int | float | bool | None]


@dataclass(frozen=True, slots=True)
class Judged:
    outcome: Outcome
    reason: str  # what a person reads
    ended_by: EndedBy
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class RingRules:
    min_ring: timedelta  # T-016: shorter ringing is never "no answer"
    meet_within: timedelta  # an answered person who waited longer without an operator was abandoned
    shortest_talk: timedelta  # who hangs up sooner after answering has not talked
    decide_within: timedelta = timedelta()  # so long the ear may listen before it is known that a person answered


REFUSALS: dict[int, tuple[Outcome, str]] = {
    403: (Outcome.BARRED, "網が発信を許可しませんでした"),
    404: (Outcome.NOT_IN_USE, "使用されていない電話番号です"),
    408: (Outcome.UNREACHABLE, "相手先の応答がありません（網の時間切れ）"),
    410: (Outcome.NUMBER_CHANGED, "電話番号が変更されています"),
    484: (Outcome.INVALID_NUMBER, "電話番号の桁数または形式が正しくありません"),
    486: (Outcome.BUSY, "話し中です"),
    500: (Outcome.NETWORK_ERROR, "網の障害です"),
    502: (Outcome.UNREACHABLE, "相手先の設備が故障しています"),
    503: (Outcome.NETWORK_ERROR, "回線が混み合っています"),
    504: (Outcome.NETWORK_ERROR, "網の時間切れです"),
    600: (Outcome.BUSY, "話し中です"),
    603: (Outcome.REJECTED, "相手が着信を拒否しました"),
}
"""SIP code of a refused call → outcome. Codes not listed are judged by their Q.850 cause."""

CAUSES: dict[int, tuple[Outcome, str]] = {
    1: REFUSALS[404],
    17: REFUSALS[486],
    18: REFUSALS[408],
    20: (Outcome.OFF_OR_OUT_OF_AREA, "電源が入っていないか、電波の届かない場所です"),
    21: REFUSALS[603],
    22: REFUSALS[410],
    27: REFUSALS[502],
    28: REFUSALS[484],
    55: REFUSALS[403],
    57: REFUSALS[403],
    87: REFUSALS[403],
}
"""Q.850 cause → outcome, where no SIP code is known (the witness) or the code is not in the table."""

NO_ANSWER_CODES = {480}
NO_ANSWER_CAUSES = {19}


def judge(call: Call, rules: RingRules) -> Judged:
    """The outcome of a call that has ended, or that the exchange no longer knows."""
    outcome, reason = _outcome(call, rules)
    return Judged(outcome, reason, _ended_by(call), _evidence(call))


def _outcome(call: Call, rules: RingRules) -> tuple[Outcome, str]:
    if call.is_with_machine and call.answered_at is not None:
        return _machine(call)
    if call.joined_at is not None and not _left_at_once(call, rules):
        return Outcome.TALKED, "担当者と通話しました"
    if call.answered_at is not None:
        return _answered(call, rules)
    if call.ended_at is None:
        if call.placed_at is None:
            return Outcome.NOT_PLACED, "交換機に届く前に中断し、発信されていません"
        return Outcome.LOST, "呼出中に交換機が停止し、結果を確認できません"
    if call.gave_up is not None or call.timed_out:
        return _we_gave_up(call, rules)
    return _refused(call, rules)


def _answered(call: Call, rules: RingRules) -> tuple[Outcome, str]:
    assert call.answered_at is not None
    if call.apology_complete:
        return Outcome.ABANDONED, "応答されましたが担当者につながらず、おわびの音声を流しました"
    left_at = call.far_end_at or call.ended_at
    if left_at is None:
        return Outcome.LOST, "応答後に交換機が停止し、結果を確認できません"
    waits_since = call.person_since or call.answered_at + rules.decide_within
    if call.joined_at is not None or left_at - waits_since < rules.meet_within:
        return Outcome.HUNG_UP_EARLY, "応答後すぐに切断されました"
    return Outcome.ABANDONED, "応答されましたが、担当者につながる前に切断されました"


def _machine(call: Call) -> tuple[Outcome, str]:
    if call.ended_at is None and call.far_end_at is None and not message_left(call):
        return Outcome.LOST, "応答後に交換機が停止し、結果を確認できません"
    return with_machine(call)


def _left_at_once(call: Call, rules: RingRules) -> bool:
    if call.far_end_at is None or call.answered_at is None:
        return False
    return call.far_end_at - (call.person_since or call.answered_at) < rules.shortest_talk


def _we_gave_up(call: Call, rules: RingRules) -> tuple[Outcome, str]:
    if call.gave_up is GaveUp.WITHDRAWN:
        return Outcome.WITHDRAWN, "呼出中に架電停止の指示または納付が届いたため、呼び出しを取りやめました"
    if call.gave_up is GaveUp.GAVE_WAY:
        return Outcome.WITHDRAWN, "お電話をくださった方が先に担当者につながったため、呼び出しを取りやめました"
    if call.gave_up is GaveUp.NOT_RUNG:
        return Outcome.WITHDRAWN, "応対できる担当者が足りなくなる見込みのため、呼出音が鳴る前に取りやめました"
    if call.gave_up is GaveUp.NO_OPERATOR:
        return Outcome.WITHDRAWN, "応対できる担当者がいなくなったため、呼び出しを取りやめました"
    if call.gave_up is GaveUp.OPERATOR:
        return Outcome.SHORT_RING, "担当者が呼び出しを取りやめました"
    if (heard := announced(call)) is not None and (call.ringing_at is None or call.gave_up is GaveUp.ANNOUNCED):
        return heard
    if call.ringing_at is None and call.gave_up is not GaveUp.RANG_ENOUGH:
        return Outcome.UNREACHABLE, "呼出音が始まらないまま時間切れになりました"
    return _rang(call, rules)


def _refused(call: Call, rules: RingRules) -> tuple[Outcome, str]:
    if call.sip_code in NO_ANSWER_CODES or (call.sip_code is None and call.cause in NO_ANSWER_CAUSES):
        return announced(call) or _rang(call, rules)
    by_code = REFUSALS.get(call.sip_code) if call.sip_code is not None else None
    if by_code is not None:
        return by_code
    if (heard := announced(call)) is not None and call.cause not in CAUSES:
        return heard
    return CAUSES.get(call.cause or 0, (Outcome.NETWORK_ERROR, f"網の障害です（原因 {call.cause}）"))


def _rang(call: Call, rules: RingRules) -> tuple[Outcome, str]:
    """Nobody came, or the line could not ring: T-016 allows "no answer" only after the required ringing."""
    if call.ringing_at is None:
        if call.gave_up is GaveUp.RANG_ENOUGH:  # only a 183 came; the wait counted from it
            return Outcome.NO_ANSWER, "案内音または呼出音が続き、応答がありませんでした"
        return Outcome.UNCLEAR_REFUSAL, "呼出音なしで切断されました（電源断・圏外・停止のいずれか）"
    rang = timedelta(seconds=call.ring_seconds or 0)
    seconds = f"{rang.total_seconds():.0f}秒"
    if rang >= rules.min_ring:
        return Outcome.NO_ANSWER, f"{seconds}呼び出しましたが応答がありませんでした"
    return Outcome.SHORT_RING, f"{seconds}で呼び出しが終わりました（規定の呼出時間に足りません）"


def _ended_by(call: Call) -> EndedBy:
    if call.ended_at is None:
        return EndedBy.UNKNOWN
    if call.operator_ended_at is not None and not (call.far_end_at and call.far_end_at < call.operator_ended_at):
        return EndedBy.OPERATOR
    return EndedBy.FAR_END if call.far_end_at is not None and call.gave_up is None else EndedBy.US


def _evidence(call: Call) -> Evidence:
    """A code that shows when we ended the call was sent by nobody, also when the engine that ended it is gone."""
    ring = call.ring_seconds
    return {
        "sip_code": call.sip_code if _ended_by(call) is EndedBy.FAR_END and not call.timed_out else None,
        "cause": call.cause,
        "ring_seconds": None if ring is None else round(ring, 3),
        "progressed": call.progressed_at is not None,
        "gave_up": call.gave_up.value if call.gave_up else None,
        "dial_reason": call.dial_reason,
        "apology_complete": call.apology_complete,
        **_heard(call),
        **_handled(call),
    }


def _handled(call: Call) -> Evidence:
    """Only of a talk that was held or handed over: how it was ended says nothing of that."""
    found: Evidence = {}
    if call.holding.waited:
        found["held_seconds"] = round(call.holding.waited.total_seconds(), 1)
    if call.transfers:
        found["transfers_tried"] = len(call.transfers)
    if call.passed_to is not None:
        found["passed_to"] = call.passed_to
    if call.transferred_at is not None:
        found["transferred_to"] = call.transferred_to
        if call.answered_at is not None:
            found["transferred_after_seconds"] = round((call.transferred_at - call.answered_at).total_seconds(), 1)
    return found


def _heard(call: Call) -> Evidence:
    """Only of a call that the ear heard, or an operator put right."""
    heard, message = call.heard or call.announced, call.message
    found: Evidence = {}
    if heard is not None:
        found = {
            "heard": heard.what,
            "heard_ms": heard.decided_ms,
            "heard_early": heard.early,
            "heard_reason": heard.reason,
            "announcement": heard.announcement or None,
        }
    if call.corrected is not None:
        found["corrected"] = call.corrected.value
    if call.is_with_machine:
        found |= {
            "tone_heard": message.tone_at is not None,
            "message_started": message.started_at is not None,
            "message_complete": bool(message.complete),
            "message_left": message_left(call),
        }
    return found
