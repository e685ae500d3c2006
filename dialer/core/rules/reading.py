"""From the JSON of `dialer rules replay` to a history of values, or to every problem in it with its place."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from dialer.core.person_flags import FlagKind
from dialer.core.rules.fields import Fields, as_day
from dialer.core.rules.happenings import (
    Attempt,
    Callback,
    CaseHistory,
    Decision,
    FlagLifted,
    Happening,
    Judgement,
    Paid,
    PreviousRound,
    Promise,
    Result,
    Round,
    Script,
    Stop,
    Talk,
    Talker,
)
from dialer.core.values import TOKYO, CaseId, PhoneNumber

TOKYO_OFFSET = timezone(timedelta(hours=9))  # of one kind, so that equal moments are written alike

TALK = (
    *("talker", "identity_confirmed", "offered_to_hear", "script", "absent", "home_at", "absent_all_period"),
    *("not_living_there", "new_number", "declined", "other_home", "handed_over", "promise"),
)
FLAGS = (
    *("offered_to_hear", "absent", "absent_all_period", "not_living_there", "declined"),
    *("other_home", "handed_over"),
)
EVENT_FIELDS: dict[str, tuple[str, ...]] = {
    "attempt": ("number", "result", "ring_seconds", "message_left", *TALK),
    "callback": TALK,
    "stop": ("flag",),
    "flag_lifted": ("flag",),
    "paid": (),
    "decision": ("complete", "reason"),
    "previous_round": ("number", "result"),
}


@dataclass(frozen=True, slots=True)
class Problems:
    """Why the input is no history. Every line says where, what and how to mend it."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AgreedDay:
    """A day of the round on which, as the city agreed, another pattern holds."""

    day: date
    pattern: str


@dataclass(frozen=True, slots=True)
class Replay:
    history: CaseHistory
    now: datetime
    agreed: tuple[AgreedDay, ...] | None = None  # None: nothing is known of agreements


def replay_from(document: object) -> Replay | Problems:
    """The whole input of `rules replay`: the history and the moment to decide for."""
    problems: list[str] = []
    fields = Fields(document, "", problems)
    now = fields.moment("now")
    history = _history(fields, problems)
    agreed = _agreed(fields)
    if problems or history is None or now is None:
        return Problems(tuple(problems))
    return Replay(history, now.astimezone(TOKYO), agreed)


def history_from(document: object) -> CaseHistory | Problems:
    """The history alone; `now` may stand there and is not looked at."""
    problems: list[str] = []
    history = _history(Fields(document, "", problems), problems)
    return Problems(tuple(problems)) if problems or history is None else history


def happening_from(kind: str, at: datetime, detail: object) -> Happening | Problems:
    """One event as the store keeps it: its words without `at` and `kind`."""
    problems: list[str] = []
    fields = Fields(detail, "", problems)
    if kind not in EVENT_FIELDS:
        return Problems((f"{kind}: 知らない種類です。{'、'.join(EVENT_FIELDS)} のいずれか",))
    fields.only(*EVENT_FIELDS[kind])
    found = _of_kind(kind, at.astimezone(TOKYO_OFFSET), fields)
    return Problems(tuple(problems)) if problems or found is None else found


def talk_from(at: datetime, detail: object) -> Talk | Problems:
    """What was said in a call that began at that moment."""
    problems: list[str] = []
    fields = Fields(detail, "", problems)
    fields.only(*TALK)
    talk = _talk(at.astimezone(TOKYO_OFFSET), fields)
    return Problems(tuple(problems)) if problems or talk is None else talk


def _history(fields: Fields, problems: list[str]) -> CaseHistory | None:
    fields.only("city", "round", "case", "events", "now")
    city = fields.text("city")
    calling = _round(fields.inner("round"))
    case = fields.inner("case")
    case.only("id", "debt", "class", "numbers", "language")
    numbers = [_number(number, case.at(f"numbers[{place}]"), problems) for place, number in _placed(case, "numbers")]
    happenings = [_happening(Fields(event, f"events[{place}]", problems)) for place, event in _placed(fields, "events")]
    case_id = case.whole("id") if not isinstance(case.raw("id"), str) else case.text("id")
    debt, debtor_class, language = (case.optional_text(name) for name in ("debt", "class", "language"))
    if problems or city is None or calling is None or case_id is None:
        return None
    history = CaseHistory(
        city=city,
        case=CaseId(case_id) if isinstance(case_id, int) else case_id,
        round=calling,
        numbers=tuple(number for number in numbers if number is not None),
        happenings=tuple(happening for happening in happenings if happening is not None),
        debt=debt,
        debtor_class=debtor_class,
        language=language,
    )
    problems += _contradictions(history)
    return history


def _placed(fields: Fields, name: str) -> list[tuple[int, object]]:
    return list(enumerate(fields.items(name)))


def _round(fields: Fields) -> Round | None:
    fields.only("from", "to", "excluded", "agreed")
    first, last = fields.day("from"), fields.day("to")
    days = [
        as_day(day, fields.at(f"excluded[{place}]"), fields.problems)
        for place, day in enumerate(fields.items("excluded", required=False))
    ]
    if first is None or last is None:
        return None
    if last < first:
        fields.wrong("to", f"終わりの日が始まりの日（{first}）より前です")
    return Round(first, last, frozenset(day for day in days if day is not None))


def _agreed(fields: Fields) -> tuple[AgreedDay, ...] | None:
    calling = fields.raw("round")
    inner = Fields(calling, "round", fields.problems) if isinstance(calling, dict) else None
    if inner is None or not inner.has("agreed"):
        return None
    found: list[AgreedDay] = []
    for place, one in enumerate(inner.items("agreed")):
        entry = Fields(one, inner.at(f"agreed[{place}]"), fields.problems)
        entry.only("date", "pattern")
        day, pattern = entry.day("date"), entry.text("pattern")
        if day is not None and pattern is not None:
            found.append(AgreedDay(day, pattern))
    return tuple(found)


def _number(value: object, place: str, problems: list[str]) -> PhoneNumber | None:
    digits = value.replace("-", "") if isinstance(value, str) else ""
    if digits.isascii() and digits.isdigit() and digits.startswith("0") and len(digits) in (10, 11):
        return PhoneNumber(digits)
    problems.append(f"{place}: 0 で始まる10桁か11桁の電話番号が必要です")  # never shown: it is personal
    return None


def _happening(fields: Fields) -> Happening | None:
    kind = fields.text("kind")
    at = fields.moment("at")
    if kind is None:
        return None
    if kind not in EVENT_FIELDS:
        fields.wrong("kind", f"知らない種類です。{'、'.join(EVENT_FIELDS)} のいずれか")
        return None
    fields.only("at", "kind", *EVENT_FIELDS[kind])
    local = (at or datetime.min.replace(tzinfo=TOKYO_OFFSET)).astimezone(TOKYO_OFFSET)
    found = _of_kind(kind, local, fields)
    return found if at is not None else None


def _of_kind(kind: str, at: datetime, fields: Fields) -> Happening | None:
    match kind:
        case "attempt":
            return _attempt(at, fields)
        case "callback":
            talk = _talk(at, fields)
            return None if talk is None else Callback(at, talk)
        case "stop":
            return Stop(at, fields.word("flag", FlagKind) if fields.has("flag") else None)
        case "flag_lifted":
            flag = fields.word("flag", FlagKind)
            return None if flag is None else FlagLifted(at, flag)
        case "paid":
            return Paid(at)
        case "decision":
            judgement = fields.word("complete", Judgement)
            reason = fields.optional_text("reason")
            return None if judgement is None else Decision(at, judgement, reason or "")
        case _:
            number, result = fields.whole("number"), fields.word("result", Result)
            return None if number is None or result is None else PreviousRound(at, number, result)


def _attempt(at: datetime, fields: Fields) -> Attempt | None:
    number, result = fields.whole("number"), fields.word("result", Result)
    rang, left = fields.seconds("ring_seconds"), fields.flag("message_left")
    if result is Result.TALKED:
        talk = _talk(at, fields)
    else:
        talk = None
        for name in TALK:
            if result is not None and fields.raw(name) not in (None, False, Script.NONE.value):
                fields.wrong(name, "result が talked の架電にだけ書けます")
    if number is None or result is None or (result is Result.TALKED and talk is None):
        return None
    return Attempt(at, number, result, rang, bool(left), talk)


def _talk(at: datetime, fields: Fields) -> Talk | None:
    talker = fields.word("talker", Talker)
    script = fields.word("script", Script) if fields.has("script") else Script.NONE
    home_at = fields.moment("home_at") if fields.has("home_at") else None
    if home_at is not None and home_at <= at:
        fields.wrong("home_at", "通話より後の日時が必要です")
    number = fields.raw("new_number")
    said = {name: bool(fields.flag(name)) for name in FLAGS}
    confirmed, promise = fields.flag("identity_confirmed"), _promise(fields)
    new_number = None if number is None else _number(number, fields.at("new_number"), fields.problems)
    if said["other_home"] and talker in (Talker.SELF, Talker.SAME_HOUSEHOLD):
        fields.wrong("other_home", "本人・同一世帯員との通話には書けません")
    if talker is None or script is None:
        return None
    return Talk(
        talker,
        script,
        identity_confirmed=confirmed,
        offered_to_hear=said["offered_to_hear"],
        absent=said["absent"],
        home_at=home_at and home_at.astimezone(TOKYO_OFFSET),
        absent_all_period=said["absent_all_period"],
        not_living_there=said["not_living_there"],
        new_number=new_number,
        declined=said["declined"],
        other_home=said["other_home"],
        handed_over=said["handed_over"],
        promise=promise,
    )


def _promise(fields: Fields) -> Promise | None:
    if not fields.has("promise"):
        return None
    inner = fields.inner("promise")
    inner.only("date", "yen")
    day, yen = inner.day("date"), inner.whole("yen", least=1)
    return None if day is None or yen is None else Promise(day, yen)


def _contradictions(history: CaseHistory) -> list[str]:
    """What each event may say alone, but not in this history: a call to a number that nobody knew yet."""
    problems: list[str] = []
    known = set(history.numbers)
    count = len(history.numbers)
    if len(known) < count:
        problems.append("case.numbers: 同じ電話番号が二度あります")
    for happening in history.ordered:
        if isinstance(happening, Attempt | PreviousRound) and happening.number >= count:
            place = history.happenings.index(happening)
            problems.append(f"events[{place}].number: {happening.number} 番の電話番号はその時点でまだありません")
        talk = happening.talk if isinstance(happening, Attempt | Callback) else None
        if talk is not None and talk.new_number is not None and talk.new_number not in known:
            known.add(talk.new_number)
            count += 1
    return problems
