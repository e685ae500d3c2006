"""What an operator has entered after a talk, judged by the city's list: a Talk in the words of the rules, or problems.

Pure: the page's JSON, the profile and the case's circumstances in; what is to be recorded out. Problems are told by
field, all at once, so that the page can show each beside its field.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from dialer.core.plan.words import at_minute, on
from dialer.core.rulebook import Rulebook
from dialer.core.rules.happenings import Round, Talk, Talker
from dialer.core.rules.reading import Problems, talk_from
from dialer.core.talk_form import Entered, FieldProblems
from dialer.core.talk_results import Identity, Json, Need, TalkResult, TalkRules
from dialer.core.values import TOKYO, PhoneNumber

JudgeNumber = Callable[[str], PhoneNumber | str]
"""A number that can be dialled, or why it cannot."""

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
SHORT_TEXT = 100


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Of the talk that is being recorded."""

    book: Rulebook
    debt: str
    round: Round
    began: datetime
    arrears_yen: int  # of all debts of the person that were spoken about
    judge_number: JudgeNumber
    dialled: PhoneNumber | None = field(default=None, repr=False)
    corrects: bool = False  # there is a result already

    @property
    def rules(self) -> TalkRules:
        return self.book.city.talk

    @property
    def departments(self) -> Mapping[str, str]:
        return {one.key: one.name for one in self.book.city.departments_of(self.debt)}

    @property
    def day(self) -> date:
        return self.began.astimezone(TOKYO).date()


@dataclass(frozen=True, slots=True)
class Resolved:
    """What is to be recorded."""

    result: TalkResult
    entered: Entered  # tidied: what the result does not ask for is not kept
    talk: Talk
    detail: Json  # the talk in the words of `rules replay`


def resolved(entered: Entered, of: Circumstances) -> Resolved | FieldProblems:
    result = of.rules.result(entered.result)
    if result is None or not result.is_for(of.debt):
        choice = "、".join(one.name for one in of.rules.results_for(of.debt))
        gone = "選んだ結果は、いまの一覧にありません。" if entered.result else ""
        return FieldProblems({"result": f"{gone}応対結果を選んでください（{choice}）"})
    return _Judging(entered, result, of).judged()


class _Judging:
    """One form; collects what is wrong, by field."""

    def __init__(self, entered: Entered, result: TalkResult, of: Circumstances) -> None:
        self._entered, self._result, self._of = entered, result, of
        self._wrong: dict[str, str] = {}

    def judged(self) -> Resolved | FieldProblems:
        talker = self._talker()
        detail: Json = {} if talker is None else {"talker": talker.value}
        detail |= self._result.said.words | self._identity()
        detail |= self._promise() | self._appointment(talker) | self._new_number()
        self._department()
        self._relation(talker)
        self._texts()
        if not self._wrong and talker is not None:
            talk = talk_from(self._of.began, detail)
            if isinstance(talk, Talk):
                return Resolved(self._result, self._tidied(talker), talk, detail)
            self._refused(talk)
        return FieldProblems(self._wrong)

    def _say(self, name: str, what: str) -> None:
        self._wrong.setdefault(name, what)

    def _refused(self, found: Problems) -> None:
        """What only the rules' own reading sees."""
        for line in found.lines:
            place, _, what = line.partition(": ")
            self._say(place.partition(".")[0], what or line)

    def _missing(self, need: Need, *names: str) -> bool:
        """Whether nothing is there to be judged; told when the result needs it."""
        filled = any(getattr(self._entered, name) is not None for name in names)
        if not self._result.asks_for(need):
            if filled:
                self._say(names[0], f"「{self._result.name}」では入力できません。空にしてください")
            return True
        return not filled and need not in self._result.needs

    def _talker(self) -> Talker | None:
        asked = self._result.talkers
        if len(asked) == 1 and self._entered.talker in (None, asked[0]):
            return asked[0]
        if self._entered.talker in asked:
            return self._entered.talker
        self._say("talker", f"「{self._result.name}」の応対者を選んでください")
        return None

    def _identity(self) -> Json:
        confirmed, how = self._entered.identity_confirmed, self._entered.identity_how
        if self._result.identity is Identity.NONE:
            return {}  # whoever it was, nothing was told
        if confirmed and how not in self._of.rules.identity:
            self._say("identity_how", f"確認の方法を選んでください（{'、'.join(self._of.rules.identity.values())}）")
        match self._result.identity:
            case Identity.REQUIRED if not confirmed:
                self._say("identity_confirmed", f"「{self._result.name}」には、応対者の確認が済んでいることが必要です")
            case Identity.ASKED if confirmed is None:
                self._say("identity_confirmed", "応対者を確認できたかどうかを選んでください")
        return {} if confirmed is None else {"identity_confirmed": confirmed}

    def _promise(self) -> Json:
        if self._missing(Need.PROMISE, "promise_day", "promise_yen", "promise_way"):
            return {}
        entered, rules = self._entered, self._of.rules
        day, yen = entered.promise_day, entered.promise_yen
        if day is None:
            self._say("promise_day", "納付の約束日を入れてください")
        elif why := promise_day_problem(day, self._of):
            self._say("promise_day", why)
        if yen is None or yen < 1:
            self._say("promise_yen", "約束の金額を1円以上で入れてください")
        elif yen > self._of.arrears_yen and not entered.note:
            what = f"未納額（{self._of.arrears_yen:,}円）を超えています。金額を直すか、備考に理由を書いてください"
            self._say("promise_yen", what)
        if entered.promise_way not in rules.ways:
            self._say("promise_way", f"納付の方法を選んでください（{'、'.join(rules.ways.values())}）")
        return {"promise": {"date": day.isoformat(), "yen": yen}} if day is not None else {}

    def _appointment(self, talker: Talker | None) -> Json:
        if self._missing(Need.APPOINTMENT, "appointment_at"):
            return {}
        at, of = self._entered.appointment_at, self._of
        if at is None:
            self._say("appointment_at", "再架電の日時を入れてください")
            return {}
        years = of.book.calendar.holidays
        if not years.first_year <= at.year <= years.last_year:
            self._say("appointment_at", "年を確かめてください")
            return {}
        if at <= of.began:
            self._say("appointment_at", "通話より後の日時を入れてください")
        elif not of.book.days.may_call_at(of.debt, of.round, at):
            rules = of.book.city.rules
            may_be_told = rules.escalate_outside_round and talker is not Talker.SELF
            if not (may_be_told and self._entered.note):
                what = f"{at_minute(at)}は架電できる日時の外です。別の日時を選んでください"
                noted = "。ほかにないときは、聞き取った内容を備考に書けば記録できます（市へ引き継ぎます）"
                self._say("appointment_at", f"{what}{noted if may_be_told else ''}")
        return {"home_at": at.astimezone(TOKYO).isoformat()}

    def _new_number(self) -> Json:
        if self._missing(Need.NEW_NUMBER, "new_number"):
            return {}
        written = self._entered.new_number
        found = self._of.judge_number(written) if written else "番号を入れてください"
        if not written or not _is_digits(found):
            self._say("new_number", found)
            return {}
        if found == self._of.dialled:
            self._say("new_number", "いま架電した番号と同じです")
        return {"new_number": str(found)}

    def _department(self) -> None:
        names = self._of.departments
        if self._missing(Need.DEPARTMENT, "department") or not (names or self._entered.department):
            return
        if self._entered.department not in names:
            self._say("department", f"引継ぎ先を選んでください（{'、'.join(names.values())}）")

    def _relation(self, talker: Talker | None) -> None:
        needed = Need.RELATION in self._result.needs and talker not in (Talker.SELF, Talker.UNKNOWN)
        relation, known = self._entered.relation, self._of.rules.relations
        if (relation is not None and relation not in known) or (relation is None and needed):
            self._say("relation", f"本人との続柄を選んでください（{'、'.join(known.values())}）")

    def _texts(self) -> None:
        entered, longest = self._entered, self._of.rules.note_longest
        if Need.NOTE in self._result.needs and not entered.note:
            self._say("note", f"「{self._result.name}」では、聞き取った内容を備考に書いてください")
        if len(entered.note) > longest:
            self._say("note", f"備考は{longest:,}文字までです（いま{len(entered.note):,}文字）")
        if CONTROL.search(entered.note):
            self._say("note", "使えない制御文字があります。取り除いてください")
        if self._of.corrects and not entered.why:
            self._say("why", "訂正の理由を書いてください")
        if entered.why and (len(entered.why) > longest or CONTROL.search(entered.why)):
            self._say("why", f"訂正の理由は、制御文字のない{longest:,}文字までで書いてください")

    def _tidied(self, talker: Talker) -> Entered:
        """As it is kept: the talker that the result implies, no reason where nothing is corrected."""
        return self._entered.tidied(talker, keeps_why=self._of.corrects)


def _is_digits(found: str) -> bool:
    return found.isascii() and found.isdigit()


def promise_day_problem(day: date, of: Circumstances) -> str | None:
    """Why somebody cannot promise to pay on that day; None when he can.

    Counted from the day of the talk, so that a result can be corrected later.
    """
    if day < of.day:
        return f"{on(day)}は過ぎています。{on(of.day)}以降の日を選んでください"
    limit = of.rules.promise_within_days
    if limit is not None and day > of.day + timedelta(days=limit):
        return f"約束日は{on(of.day + timedelta(days=limit))}（{limit}日以内）までです"
    if day.year > of.book.calendar.holidays.last_year:
        return "祝日が分かっている年の範囲で選んでください"
    closed = of.book.calendar.office.why_closed(day)
    return f"{on(day)}は閉庁日です（{closed}）。開庁日を選んでください" if closed else None
