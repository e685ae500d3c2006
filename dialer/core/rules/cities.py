"""The completion rules of the five cities as values, until their profiles carry them (same names, same words)."""

from collections.abc import Mapping
from dataclasses import replace

from dialer.core.rules.completion import (
    Clause,
    Clauses,
    CompletionRules,
    ContactRule,
    Effect,
    OutcomeRule,
    SmsRule,
    TwoCalls,
)
from dialer.core.rules.happenings import Result, Talker

RETRY = "別の日時に再架電します"
UNCOUNTED = "架電回数に数えず、再架電します"

WORDS: dict[Result, tuple[Effect, str, str | None]] = {
    Result.NO_ANSWER: (Effect.COUNTED, f"呼び出しましたが応答なし。{RETRY}", "no_answer"),
    Result.MACHINE: (Effect.COUNTED, f"留守番電話。{RETRY}", "machine"),
    Result.UNPAID: (Effect.COUNTED, f"料金未払等で一時的に通話不能。{RETRY}", "unavailable"),
    Result.OFF_OR_OUT_OF_AREA: (Effect.COUNTED, f"電源断・圏外で一時的に通話不能。{RETRY}", "unavailable"),
    Result.TALKED: (Effect.TALK, f"通話しましたが完了に至らず。{RETRY}", None),
    Result.OTHER_HOME: (Effect.DEAD, "他人宅のため、この番号は架電終了", None),
    Result.REMOVED: (Effect.DEAD, "電話取り外しのため、この番号は架電終了", None),
    Result.NOT_IN_USE: (Effect.DEAD, "使用されていない番号のため、この番号は架電終了", None),
    Result.FAX: (Effect.DEAD, "ＦＡＸ回線のため、この番号は架電終了", None),
    Result.BUSY: (Effect.UNCOUNTED, f"話し中。{UNCOUNTED}", None),
    Result.REJECTED: (Effect.UNCOUNTED, f"着信拒否。{UNCOUNTED}", None),
    Result.NETWORK_ERROR: (Effect.UNCOUNTED, f"網の障害。{UNCOUNTED}", None),
    Result.SHORT_RING: (Effect.UNCOUNTED, f"規定の呼出時間に足りず。{UNCOUNTED}", None),
    Result.HUNG_UP_EARLY: (Effect.UNCOUNTED, f"応答後すぐ切断。{UNCOUNTED}", None),
    Result.ABANDONED: (Effect.UNCOUNTED, f"応答されましたが担当者につながらず。{UNCOUNTED}", None),
}


def outcomes(retry: str, dead: str, own: Mapping[Result, str] | None = None) -> dict[Result, OutcomeRule]:
    """The common effects with a city's clauses: `retry` and `dead` in general, `own` where the text is finer."""
    finer = own or {}
    return {
        result: OutcomeRule(
            effect, reason, Clause(finer.get(result, dead if effect is Effect.DEAD else retry)), unreached_as
        )
        for result, (effect, reason, unreached_as) in WORDS.items()
    }


def clauses(general: str, **own: str) -> Clauses:
    """`general` wherever the city's text has no sentence of its own."""
    names = Clauses.__dataclass_fields__
    unknown = own.keys() - names.keys()
    assert not unknown, f"no such clause: {sorted(unknown)}"
    return Clauses(**{name: Clause(own.get(name, general)) for name in names})


PERSON_OR_HOUSEHOLD = ContactRule(frozenset({Talker.SELF, Talker.SAME_HOUSEHOLD}), inbound=True)

NAGAOKA = CompletionRules(
    city="nagaoka",
    outcomes=outcomes(
        "000 §10(4)カ",
        "000 §10(4)オ",
        {
            Result.NO_ANSWER: "000 §10(5)ア",
            Result.SHORT_RING: "000 §10(5)ア",
            Result.MACHINE: "000 §10(5)イ",
            Result.UNPAID: "000 §10(5)ウ",
            Result.OFF_OR_OUT_OF_AREA: "000 §10(5)ウ",
        },
    ),
    clauses=clauses(
        "000 §10(4)",
        attempts="000 §10(4)カ",
        person="000 §10(4)ア",
        household="000 §10(4)イ",
        callback="000 §10(4)キ",
        other_person="000 §10(5)エ",
        appointment="000 §10(5)エ",
        escalation="000 §10(5)エ",
        declined="000 §10(4)ウ",
        away="000 §10(4)エ",
        moved="000 §10(4)エ",
        dead="000 §10(4)オ",
        uncounted="000 §10(4)カ",
        two_calls="000 §10(4)ク",
        stop="000 §10(4)ケ",
        paid="000 §10(2)",
    ),
    contact=PERSON_OR_HOUSEHOLD,  # not defined in 000: read as 001 and 004 do
    sms=SmsRule(after_round=True, needs_mobile=False, unanswered=0),
    attempts=3,
    uncounted_cap=10,
    min_ring_seconds=35,
    max_open_numbers=2,
    same_day_counts=False,
    two_calls=TwoCalls.ACROSS_ROUNDS,
    contact_completes=False,
    household_must_offer=True,
    appointed_extra_call=True,
    escalate_outside_round=True,
    broken_promise_restarts=False,
)

NIIGATA = replace(
    NAGAOKA,
    city="niigata",
    outcomes=outcomes("001 §9(1)", "001 §9(4)"),
    clauses=clauses(
        "001 §9(1)", dead="001 §9(4)", paid="001 §7(1)ウ(キ)", stop="001 §7(1)ウ(キ)", promise="001 §8(1)カ"
    ),
    contact=PERSON_OR_HOUSEHOLD,  # 001 §15(2): a recorded message is none
    sms=SmsRule(after_round=False, needs_mobile=True, unanswered=2),  # 001 §8(2)ア, A-21
    max_open_numbers=None,  # every number found by 宛名番号 (C-064)
    same_day_counts=True,
    two_calls=TwoCalls.OFF,
    contact_completes=True,  # only people not reached are called again
    household_must_offer=False,
    escalate_outside_round=False,
    broken_promise_restarts=True,  # C-038
)

SAITAMA = replace(
    NIIGATA,
    city="saitama",
    outcomes=outcomes("002 §6(2)", "002 §6(2)"),
    clauses=clauses("002 §6(2)", paid="002 別紙4 2②", stop="002 別紙4 2②"),
    contact=PERSON_OR_HOUSEHOLD,  # not defined in 002
    sms=None,  # the prefecture draws up the list itself (S-005)
)

KURUME = replace(
    NIIGATA,
    city="kurume",
    outcomes=outcomes("003 §9(4)キ", "003 §9(4)コ"),
    clauses=clauses(
        "003 §10(4)", attempts="003 §9(4)キ", dead="003 §9(4)コ", stop="003 §12(4)ウ", promise="003 §12(4)イ"
    ),
    contact=PERSON_OR_HOUSEHOLD,  # inbound talks are named outright: 003 §12(4)
    sms=None,  # on the city's request only (S-010)
    broken_promise_restarts=False,  # once reached, out of the month's targets (C-054); the next month's list renews it
)

SENDAI = replace(
    NIIGATA,
    city="sendai",
    outcomes=outcomes("004 §5(1)エ(イ)", "004 §5(1)エ(イ)"),
    clauses=clauses("004 §5(1)エ(イ)", appointment="004 §5(1)エ(ウ)", paid="004 §7(3)ア", stop="004 §7(3)ア"),
    contact=PERSON_OR_HOUSEHOLD,  # 004 §5(1)エ(イ): 本人又は同一世帯員と通話
)

RULES: dict[str, CompletionRules] = {rules.city: rules for rules in (NAGAOKA, NIIGATA, SAITAMA, KURUME, SENDAI)}
