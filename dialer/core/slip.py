"""The slip with which a talk is handed over to the city (引継連絡票): what of a case stands on it, in words (I-017).

Its last part is empty: whoever receives it writes there by hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from dialer.core.case_view import CaseView, Named, RecordShown
from dialer.core.rules.happenings import TALKER_NAMES, Talker
from dialer.core.values import TOKYO

WEEKDAYS = "月火水木金土日"
ERAS = (
    (date(2019, 5, 1), "令和"),
    (date(1989, 1, 8), "平成"),
    (date(1926, 12, 25), "昭和"),
    (date(1912, 7, 30), "大正"),
)
MOST_HISTORY = 5  # one sheet
NOT_SHOWN = "（本人確認が済んでいないため、金額は載せていません）"

Line = tuple[str, str]
"""What it is, and the words."""


@dataclass(frozen=True, slots=True)
class Slip:
    number: str  # 管理番号
    city: str
    to: str  # the department
    made_at: str
    made_by: str
    person: tuple[Line, ...] = field(repr=False)
    talk: tuple[Line, ...] = field(repr=False)
    note: str = field(repr=False)
    standing: tuple[Line, ...] = field(repr=False)
    warnings: tuple[str, ...] = field(repr=False)
    history: tuple[Line, ...] = field(repr=False)


def slip_of(view: CaseView, *, now: datetime, by: str, talked_by: str, amounts: bool) -> Slip:
    """Of a talk whose result is in. `amounts`: the talker's identity has been confirmed."""
    record = view.records[-1]
    return Slip(
        number=str(view.case),
        city=view.city_name,
        to=_named(view.form.departments, record.department) or view.this.department,
        made_at=moment(now),
        made_by=by,
        person=tuple(_person(view)),
        talk=tuple(_talk(view, record, talked_by, amounts)),
        note=record.note,
        standing=tuple(_standing(view)),
        warnings=tuple(" ".join(filter(None, (one.name, one.note))) for one in view.warnings),
        history=tuple((shortly(one.at), one.what) for one in view.history[:MOST_HISTORY]),
    )


def _person(view: CaseView) -> Sequence[Line]:
    person = view.person
    household = person.household or "－"
    numbers = [f"{one.place}）{one.number}（{one.type_name}）" for one in view.numbers if one.state != "dead"]
    return [
        ("氏名", f"{person.name}（{person.kana}）"),
        ("宛名番号", person.address_key),
        ("世帯番号", household),
        *((one.key, born(one.name)) for one in person.identifying),
        *([("使用言語", person.language_name)] if person.language != "ja" else []),
        ("連絡先", "　".join(numbers) or "－"),
        ("科目", f"{view.this.name}（{view.this.department}）"),
        ("架電期間", f"{day(view.this.round_first)}〜{day(view.this.round_last)}"),
    ]


def _talk(view: CaseView, record: RecordShown, talked_by: str, amounts: bool) -> Sequence[Line]:
    call = view.call
    found = [
        ("区分", "着信" if call is not None and call.direction == "inbound" else "架電"),
        ("応対日時", _lasted(view)),
        ("応対者", talked_by),
        ("相手方", TALKER_NAMES[Talker(record.talker)]),
        ("本人確認", "済" if record.identity_confirmed else "未"),
        ("結果", record.name),
    ]
    if record.promise_day is not None:
        way = _named(view.form.ways, record.promise_way)
        sum_of_it = f"{record.promise_yen:,}円" if amounts and record.promise_yen is not None else NOT_SHOWN
        found.append(("納付約束", "　".join(filter(None, (day(record.promise_day), sum_of_it, way)))))
    if record.appointment_at is not None:
        found.append(("回答・再架電の希望日時", moment(record.appointment_at)))
    return found


def _lasted(view: CaseView) -> str:
    call = view.call
    if call is None or (began := call.joined_at or call.began) is None:
        return "－"
    return moment(began) + (f"〜{call.ended_at.astimezone(TOKYO):%H:%M}" if call.ended_at is not None else "")


def _standing(view: CaseView) -> Sequence[Line]:
    standing = view.standing
    return [
        ("状態", standing.state_name),
        ("理由", "　".join(filter(None, (standing.reason, standing.clause))) or "－"),
        *([("次の架電", standing.next_call)] if standing.next_call else []),
    ]


def _named(choices: Sequence[Named], key: str | None) -> str | None:
    return next((one.name for one in choices if one.key == key), None)


def day(of: date) -> str:
    return f"{of.year}年{of.month}月{of.day}日（{WEEKDAYS[of.weekday()]}）"


def born(written: str) -> str:
    """People say it by era, lists have it by the western year. Whatever is no day stays as it is."""
    try:
        of = date.fromisoformat(written)
    except ValueError:
        return written
    first, era = next(((first, era) for first, era in ERAS if of >= first), (None, ""))
    if first is None:
        return day(of)
    year = of.year - first.year + 1
    return f"{era}{'元' if year == 1 else year}年{of.month}月{of.day}日（{of.year}年）"


def shortly(at: datetime) -> str:
    here = at.astimezone(TOKYO)
    return f"{here.month}月{here.day}日 {here:%H:%M}"


def moment(at: datetime) -> str:
    here = at.astimezone(TOKYO)
    return f"{day(here.date())}{here:%H:%M}"
