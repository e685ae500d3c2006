"""What a conversation does to a case: whether it completes it, and what it means when it does not."""

from dialer.core.rules.completion import CompletionRules
from dialer.core.rules.happenings import Judgement, Script, Talk, Talker
from dialer.core.rules.ladder import RETRY_ELSEWHEN, Why
from dialer.core.values import TOKYO

NEEDS_DECISION = "完了とするには担当者の判断が必要です"


def completed_by(talk: Talk, rules: CompletionRules, *, inbound: bool) -> Why | None:
    """Why the talk finishes the case, or None.

    A household member finishes it only when all three hold: confirmed to be of the household, offered to hear the
    matter, script finished (000 §10(4)イ). A callback needs the talker confirmed on top (キ).
    """
    finished = _script_finished(talk, rules) or _contact_suffices(talk, rules, inbound=inbound)
    if finished is None or not inbound:
        return finished
    if rules.contact_completes:
        return Why(f"折り返し・{finished.reason}", rules.clauses.callback)
    return Why(f"折り返し・{finished.reason}", rules.clauses.callback) if talk.identity_confirmed else None


def _script_finished(talk: Talk, rules: CompletionRules) -> Why | None:
    if rules.contact_completes or talk.script is not Script.COMPLETED:
        return None
    if talk.talker is Talker.SELF and talk.identity_confirmed is not False:
        return Why("本人応答・スクリプト完了", rules.clauses.person)
    may_hear = talk.offered_to_hear or not rules.household_must_offer
    if talk.talker is Talker.SAME_HOUSEHOLD and talk.identity_confirmed and may_hear:
        return Why("同一世帯員が用件を聞く申出・スクリプト完了", rules.clauses.household)
    return None


def _contact_suffices(talk: Talk, rules: CompletionRules, *, inbound: bool) -> Why | None:
    """Cities that call again only those not reached; a promise there is watched until its day (C-038)."""
    if not rules.contact_completes or not rules.contact.met_by(talk, inbound=inbound):
        return None
    if talk.promise is not None and rules.broken_promise_restarts:
        return None
    if talk.talker is Talker.SELF and talk.home_at is not None and talk.script is not Script.COMPLETED:
        return None  # asked to be called again: that call is owed (C-053)
    if talk.talker is Talker.SELF:
        return Why("本人と通話", rules.clauses.person)
    return Why("同一世帯員と通話", rules.clauses.household)


def decidable(talk: Talk) -> frozenset[Judgement]:
    """The "may" items that this talk allows a person to decide (C-047)."""
    moved = talk.not_living_there and talk.new_number is None
    facts = {Judgement.DECLINED: talk.declined, Judgement.AWAY: talk.absent_all_period, Judgement.MOVED: moved}
    return frozenset(judgement for judgement, holds in facts.items() if holds)


def left_open(talk: Talk, rules: CompletionRules, *, time_outside: bool) -> Why:
    """What an operator reads about a talk after which the case goes on."""
    clauses = rules.clauses
    if talk.declined:
        return Why(f"対話しない旨の意思表示。{NEEDS_DECISION}", clauses.declined)
    if talk.absent_all_period:
        return Why(f"架電期間中は長期不在。{NEEDS_DECISION}", clauses.away)
    if talk.not_living_there and talk.new_number is None:
        return Why(f"架電先に居住しておらず、別の架電先の指定なし。{NEEDS_DECISION}", clauses.moved)
    if talk.home_at is not None and time_outside:
        local = talk.home_at.astimezone(TOKYO)
        return Why(f"指定時刻 {local:%-m月%-d日%H:%M} は架電できる日時の外。{RETRY_ELSEWHEN}", clauses.appointment)
    if talk.talker is Talker.SELF:
        return Why(f"本人応答・スクリプト未完了。{RETRY_ELSEWHEN}", clauses.person)
    if talk.talker is Talker.SAME_HOUSEHOLD and talk.script is Script.COMPLETED:
        missing = "世帯の確認なし" if not talk.identity_confirmed else "用件を聞く申出なし"
        return Why(f"同一世帯員応答・{missing}。{RETRY_ELSEWHEN}", clauses.other_person)
    return Why(f"本人以外が応答・完了に至らず、在宅時間は不明。{RETRY_ELSEWHEN}", clauses.other_person)
