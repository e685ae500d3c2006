"""What happened to a person, and what is known of the telephone numbers: from rows to the lines of a desk."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from dialer.core.callers import INBOUND_OUTCOME_NAMES, InboundOutcome
from dialer.core.case_view import HistoryLine, NumberShown
from dialer.core.decide import Rulebook
from dialer.core.explain import NUMBER_STATE_NAMES, WAITING, NumberLine
from dialer.core.happened import in_words, talk_in_words
from dialer.core.plan.facts import type_of
from dialer.core.plan.values import NumberType, Slot, SlotDay
from dialer.core.rules.happenings import Callback, Decision, Talk
from dialer.core.rules.reading import Problems, happening_from, talk_from
from dialer.core.values import OUTCOME_NAMES, NumberState, Outcome, PhoneNumber
from dialer.store.case_rows import CaseRows
from dialer.store.claims import reached_somebody

TYPE_NAMES = {NumberType.MOBILE: "携帯電話", NumberType.FIXED: "固定電話", NumberType.IP: "ＩＰ電話"}
SOURCE_NAMES = {"list": "名簿", "person": "聞き取り"}
OTHER_HOME = "他人宅・番号違い"
DAY_NAMES = {
    SlotDay.MON: "月曜",
    SlotDay.TUE: "火曜",
    SlotDay.WED: "水曜",
    SlotDay.THU: "木曜",
    SlotDay.FRI: "金曜",
    SlotDay.SAT: "土曜",
    SlotDay.SUN: "日曜",
    SlotDay.HOLIDAY: "祝日",
}


def numbers(rows: CaseRows, lines: Sequence[NumberLine], book: Rulebook) -> tuple[NumberShown, ...]:
    """In the order in which they are tried; `lines` numbers them alike."""
    best, last = _best_times(rows, book), {row.number: row for row in rows.attempts}
    return tuple(
        _number(row, place, lines, best.get(row.number), last.get(row.number), rows)
        for place, row in enumerate(rows.numbers)
    )


def _number(
    row: Any, place: int, lines: Sequence[NumberLine], best: str | None, last: Any | None, rows: CaseRows
) -> NumberShown:
    kind = type_of(PhoneNumber(row.number))
    line = lines[place] if place < len(lines) else None
    state = NumberState(row.state) if line is None or row.state == NumberState.DEAD else line.state
    waits = line is not None and line.waits
    return NumberShown(
        id=row.id,
        number=row.number,
        place=place + 1,
        type=kind.value,
        type_name=TYPE_NAMES[kind],
        state=state.value,
        state_name=OTHER_HOME if row.other_home else WAITING if waits else NUMBER_STATE_NAMES[state],
        why="" if line is None else line.reason,
        source=row.source,
        source_name=SOURCE_NAMES.get(row.source, row.source),
        obtained_on=row.obtained_on,
        counted=0 if line is None else line.counted_attempts,
        last_at=None if last is None else last.at,
        last_result=None if last is None else last.told or OUTCOME_NAMES[Outcome(last.outcome)],
        best_time=best,
        is_called=rows.call is not None and rows.call.number == row.number,
    )


def _best_times(rows: CaseRows, book: Rulebook) -> dict[str, str]:
    """Of each number the day and band in which somebody was reached most often (001 §9(2))."""
    counted, contact = set(reached_somebody(book.city.rules)), book.city.rules.contact
    bands = {band.key: band.name for band in book.city.plan.bands}
    tried: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for row in rows.attempts:
        if row.slot is None or row.outcome not in counted:
            continue
        talk = _talk(row)
        if row.outcome == Outcome.TALKED and talk is None:
            continue
        tried[row.number][row.slot].append(talk is not None and contact.met_by(talk, inbound=False))
    found: dict[str, str] = {}
    for number, slots in tried.items():
        name, reached = max(slots.items(), key=lambda one: (sum(one[1]) / len(one[1]), sum(one[1]), one[0]))
        if any(reached):
            slot = Slot.from_text(name)
            where = f"{DAY_NAMES[slot.day]}・{bands.get(slot.band, slot.band)}"
            found[number] = f"{where}（{len(reached)}回中{sum(reached)}回）"
    return found


def history(rows: CaseRows, book: Rulebook) -> tuple[HistoryLine, ...]:
    """Newest first."""
    lines = [*_attempts(rows), *_callers(rows), *_events(rows)]
    return tuple(sorted(lines, key=lambda line: line.at, reverse=True))


def _attempts(rows: CaseRows) -> Iterator[HistoryLine]:
    places = {row.number: place for place, row in enumerate(rows.numbers, 1)}
    for row in rows.attempts:
        outcome, talk = Outcome(row.outcome), _talk(row)
        place = places.get(row.number)
        words = [f"番号{place}に架電" if place else "以前の番号に架電", OUTCOME_NAMES[outcome]]
        if outcome is Outcome.MACHINE:
            words.append("伝言あり" if row.message_left == "true" else "伝言なし")
        if outcome is Outcome.TALKED:
            words += [row.told] if row.told else []
            words.append(talk_in_words(talk, amounts=False) if talk else "結果は未入力")
        yield _of_a_call(row, "talk" if talk else "attempt", words, place, talk)


def _callers(rows: CaseRows) -> Iterator[HistoryLine]:
    places = {row.number: place for place, row in enumerate(rows.numbers, 1)}
    for row in rows.callers:
        outcome, talk = InboundOutcome(row.outcome), _talk(row)
        place = places.get(row.number)
        words = [f"番号{place}からの電話" if place else "電話を受けました"]
        match outcome:
            case InboundOutcome.TALKED if talk is not None:
                words.append(f"折り返しの電話。{talk_in_words(talk, amounts=False)}")
            case InboundOutcome.TALKED if row.inquiry is not None:
                words.append(f"お問い合わせ（{row.inquiry}）")
            case InboundOutcome.TALKED:
                words.append("結果は未入力")
            case _:
                words.append(INBOUND_OUTCOME_NAMES[outcome])
        yield _of_a_call(row, "callback" if talk else "caller", words, place, talk)


def _of_a_call(row: Any, kind: str, words: Sequence[str], place: int | None, talk: Talk | None) -> HistoryLine:
    return HistoryLine(
        at=row.at,
        kind=kind,
        what="。".join(words),
        debt=row.debt,
        place=place,
        by=row.talk_by or row.account or row.operator,
        promise_yen=talk.promise.yen if talk and talk.promise else None,
        note=row.note or "",
        attempt=str(row.id),
        result=row.result,
        corrected=(row.records or 1) - 1,
        of_this_case=row.of_this_case,
        has_recording=row.has_recording,
    )


def _events(rows: CaseRows) -> Iterator[HistoryLine]:
    for row in rows.events:
        found = happening_from(row.kind, row.at, row.detail)
        if isinstance(found, Problems):
            continue
        promise = found.talk.promise if isinstance(found, Callback) else None
        what = (
            f"折り返しの電話。{talk_in_words(found.talk, amounts=False)}"
            if isinstance(found, Callback)
            else in_words(found)
        )
        yield HistoryLine(
            at=row.at,
            kind=row.kind,
            what=what,
            debt=row.debt,
            by=row.by,
            promise_yen=promise.yen if promise else None,
            note=found.reason if isinstance(found, Decision) else "",
            of_this_case=row.case_id == rows.person.case_id,
        )


def _talk(row: Any) -> Talk | None:
    """A row that this program did not write is shown as a call without its talk; deciding is what refuses it."""
    talk = None if row.talk is None else talk_from(row.at, row.talk)
    return talk if isinstance(talk, Talk) else None
