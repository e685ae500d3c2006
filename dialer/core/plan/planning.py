"""The plan of a case: which number, in which window, how urgently, and why; or why there is none.

The order of thought: is anything holding the case back; has somebody named a time; where may each of its numbers be
called at all; and of that, where is somebody most likely to be reached, soon and not where it was tried before.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from dialer.core.calendar.values import ONE_DAY, Rung
from dialer.core.plan import words
from dialer.core.plan.facts import Called, NumberFacts, PlanFacts
from dialer.core.plan.outlook import Choice, Outlook, Ranking, Relaxed, Seen
from dialer.core.plan.values import Held, HeldBecause, NumberType, Plan, PlanKind, Priority, Slot, SlotCount
from dialer.core.rulebook import Rulebook
from dialer.core.rules.happenings import Round
from dialer.core.values import TOKYO, Clause

ONE_CALL_MORE = 1.5
"""A number that has been called once more than the other must promise so many times as much to go first."""
OTHER_NUMBER_AFTER = timedelta(hours=2)
"""The other number may be called on the same day, but the telephone does not ring from one to the next."""


class Candidate(NamedTuple):
    """Where one number would be called."""

    place: int  # of the number in the case
    number: NumberFacts
    kind: PlanKind
    choice: Choice
    score: float
    relaxed: Relaxed
    not_before: datetime

    def rank(self, fewest: int) -> tuple[int, float, bool, int, int]:
        """The smallest is called: fewer counted calls first, then the list's order, unless chances say otherwise."""
        counted = len(self.number.calls)
        worth = self.score / ONE_CALL_MORE ** (counted - fewest)
        return self.relaxed, -worth, self.kind is not PlanKind.AGAIN, counted, self.place


def plan_of(facts: PlanFacts, debt: str | None, book: Rulebook, now: datetime) -> Plan | Held:
    return Planner(book, now).plan(facts, debt)


class Planner:
    """Plans as of one moment, by one rulebook. Remembers what cases have in common, so that many take little longer."""

    def __init__(self, book: Rulebook, now: datetime) -> None:
        self._now = now.astimezone(TOKYO)
        self._today = self._now.date()
        self._tomorrow = datetime.combine(self._today + ONE_DAY, time.min, TOKYO)
        self._days, self._table = book.days, book.slots
        self._rules, self._completion = book.city.plan, book.city.rules
        self._calendar_clause: Clause = book.city.calendar.clause
        self._band_names = {band.key: band.name for band in book.city.plan.bands}
        self._made: dict[tuple[str | None, str], Plan | Held] = {}
        self._outlooks: dict[tuple[str | None, Round], Outlook] = {}
        self._alike: dict[tuple[object, ...], Outlook] = {}
        self._rungs_of: dict[tuple[Outlook, frozenset[Rung], datetime | None], frozenset[Rung]] = {}
        asked = (rung for below in self._rules.after.values() for rung in below)
        self._asks_for_rungs = any(rung is not Rung.DAY for rung in asked)  # that the rest of a round may not have
        self._rankings: dict[tuple[object, ...], Ranking | None] = {}
        self._plans: dict[tuple[object, ...], Plan] = {}
        self._seen: dict[tuple[tuple[Called, ...], Called | None], Seen] = {}
        self._same: dict[Seen, Seen] = {}

    def plan_of(self, facts: str, debt: str | None) -> Plan | Held:
        """By the text that is kept with the case."""
        made = self._made.get((debt, facts))
        if made is None:
            made = self._made[debt, facts] = self.plan(PlanFacts.from_text(facts), debt)
        return made

    def plan(self, facts: PlanFacts, debt: str | None) -> Plan | Held:
        found = self._found(facts, debt)
        if facts.left_alone is None or isinstance(found, Held):
            return found
        return replace(found, reason=words.reserved(found.reason, facts.left_alone), reserved=True)

    def _found(self, facts: PlanFacts, debt: str | None) -> Plan | Held:
        outlook = self._outlook(debt, facts.round)
        if held := self._held(facts, outlook):
            return held
        if facts.appointment is None:
            return self._chosen(self._candidates(facts, outlook), facts) or self._no_slot(facts, outlook)
        return self._appointed(facts, debt) or self._after_appointment(facts, outlook)

    def _outlook(self, debt: str | None, calling: Round) -> Outlook:
        """Debts with the same hours share one, and with it all that is worked out for it."""
        found = self._outlooks.get((debt, calling))
        if found is None:
            start = max(self._today, calling.first)
            all_days = self._days.calling_days(debt, calling)
            days = [(day, self._days.windows(debt, day)) for day in all_days[bisect_left(all_days, start) :]]
            if days and days[0][1][-1].closes <= self._now:
                del days[0]
            found = self._alike.setdefault((start, *days), Outlook(days, start, self._now))
            self._outlooks[debt, calling] = found
        return found

    # what holds a case back

    def _held(self, facts: PlanFacts, outlook: Outlook) -> Held | None:
        clauses, calling = self._completion.clauses, facts.round
        if facts.awaits_result:
            return Held(HeldBecause.AWAITS_RESULT, words.AWAITS_RESULT, clauses.person, _after(calling))
        if facts.held_until is not None:
            reason = words.promised(facts.held_until - ONE_DAY)
            return Held(HeldBecause.PROMISE, reason, clauses.promise, self._after_promise(facts.held_until, outlook))
        if self._today > calling.last:
            return Held(HeldBecause.ROUND_OVER, words.round_over(calling), self._calendar_clause, None)
        if not any(number.is_callable for number in facts.numbers):
            return Held(HeldBecause.NO_NUMBER, words.NO_NUMBER, clauses.all_numbers, _after(calling))
        if not outlook.days:
            return Held(HeldBecause.ROUND_OVER, words.no_hours_left(calling), self._calendar_clause, _after(calling))
        return None

    def _after_promise(self, day: date, outlook: Outlook) -> datetime:
        """When the case is decided anew: whether the promise was kept, no plan can know."""
        at = outlook.opening_on(day) or datetime.combine(day, time.min, TOKYO)
        return max(at, self._now)

    def _no_slot(self, facts: PlanFacts, outlook: Outlook) -> Held:
        """Calls are made in the rest of the round, but none that this case may get."""
        since = min(self._ready(facts))
        left = outlook.rungs_left(since)
        all_seen = [self._seen_in(number) for number in facts.numbers]
        if left and not left & self._rungs(all_seen, outlook, since):
            reason, clause = words.no_rung_left(facts.round), self._rules.after_clause
        else:
            reason, clause = words.no_slot_left(facts.round), self._rules.clause
        return Held(HeldBecause.NO_SLOT, reason, clause, _after(facts.round))

    # a time that somebody named

    def _appointed(self, facts: PlanFacts, debt: str | None) -> Plan | None:
        """To the minute. None when it has been dialled, its grace is over, or the calendar has closed meanwhile."""
        assert facts.appointment is not None
        at = facts.appointment.at
        number = _number_named(facts)
        window = self._days.window_at(debt, at) if facts.round.holds(at) else None
        if number is None or window is None or _dialled_since(facts, at):
            return None
        until = min(at + self._rules.appointment_grace, window.closes)
        if self._now >= until:
            return None
        clause = self._completion.clauses.appointment
        reason = words.appointed(at, number)
        return Plan(PlanKind.APPOINTMENT, number, at, until, window.slot, Priority.APPOINTMENT, reason, clause)

    def _after_appointment(self, facts: PlanFacts, outlook: Outlook) -> Plan | Held:
        """Dialled without counting (busy): again on the same day, as somebody is expected. Missed: as soon as legal."""
        assert facts.appointment is not None
        at, named = facts.appointment.at, _number_named(facts)
        if again := self._same_day_again(facts, outlook, at):
            return self._plan(again, facts)
        candidates = self._candidates(facts, outlook, as_soon_as_legal=True)
        wanted = [candidate for candidate in candidates if candidate.place == named]
        missed = None if _dialled_since(facts, at) else at
        return self._chosen(wanted or candidates, facts, missed) or self._no_slot(facts, outlook)

    def _same_day_again(self, facts: PlanFacts, outlook: Outlook, at: datetime) -> Candidate | None:
        """Even on a day that had a counted call already, but never in the band of that call."""
        for index, number in enumerate(facts.numbers):
            dial = number.uncounted
            if dial is None or not number.is_callable or dial.at < at:
                continue
            ready = max(self._now, dial.at + self._rules.waits.get(dial.result, ONE_DAY))
            used = {call.band for call in number.calls if call.day == self._today}
            for window in outlook.today() if dial.at.date() == self._today else ():
                if window.closes > ready and window.slot.band not in used:
                    choice = Choice(window, outlook.days_left(window.day), 1.0, 1.0)
                    begins = max(ready, window.opens)
                    return Candidate(index, number, PlanKind.AGAIN, choice, 1.0, Relaxed.NOTHING, begins)
        return None

    # where each number may be called

    def _candidates(self, facts: PlanFacts, outlook: Outlook, *, as_soon_as_legal: bool = False) -> Sequence[Candidate]:
        numbers, all_ready = facts.numbers, self._ready(facts)
        all_seen = [self._seen_in(number) for number in numbers]
        rungs = self._rungs(all_seen, outlook, min(all_ready))
        owed = self._completion.attempts - min([len(number.calls) for number in numbers if number.is_callable])
        found: list[Candidate] = []
        for index, number in enumerate(numbers):
            if not number.is_callable:
                continue
            ready = all_ready[index]
            ranking = self._ranking(outlook, number.type, all_seen[index], rungs, owed, ready)
            if ranking is None:
                continue
            kind = self._kind(number)
            if as_soon_as_legal or kind is PlanKind.AGAIN:
                choice, score = ranking.earliest, ranking.earliest.score
            elif facts.person:
                choice, score = self._best(ranking, number.type, facts.person)
            else:
                choice, score = ranking.best[0], ranking.best[0].score
            begins = max(choice.window.opens, ready)
            found.append(Candidate(index, number, kind, choice, score, ranking.relaxed, begins))
        return found

    def _ranking(
        self, outlook: Outlook, number_type: NumberType, seen: Seen, rungs: frozenset[Rung], owed: int, since: datetime
    ) -> Ranking | None:
        since = outlook.last_change(since)
        key = (outlook, number_type.value, id(seen), rungs, owed, since)  # every Seen is kept, so its id is its own
        if key not in self._rankings:
            found = outlook.ranking(number_type, seen, rungs, owed, since, self._rules, self._table)
            self._rankings[key] = found
        return self._rankings[key]

    def _best(self, ranking: Ranking, number_type: NumberType, person: tuple[SlotCount, ...]) -> tuple[Choice, float]:
        """The person's own experience against what is generally known (C-035)."""
        own = {count.slot: count for count in person}
        best = next((choice for choice in ranking.best if choice.window.slot not in own), None)
        score = best.score if best is not None else 0.0
        for slot, count in own.items():
            choice = ranking.by_slot.get(slot)
            if choice is None:
                continue
            worth = choice.weight * self._table.chance_of_person(number_type, count)
            if best is None or worth > score or (worth == score and choice.window.opens < best.window.opens):
                best, score = choice, worth
        assert best is not None
        return best, score

    def _kind(self, number: NumberFacts) -> PlanKind:
        if number.uncounted is not None and number.uncounted.result in self._rules.waits:
            return PlanKind.AGAIN
        return PlanKind.RETRY if number.calls else PlanKind.FIRST

    def _ready(self, facts: PlanFacts) -> list[datetime]:
        """Before these moments the numbers are not called: now at the earliest."""
        now, last, today = self._now, facts.last, self._today
        found: list[datetime] = []
        for index, number in enumerate(facts.numbers):
            is_callable, last_call, uncounted = number.is_callable, number.last, number.uncounted
            ready = now
            if not is_callable:
                ready = datetime.max.replace(tzinfo=TOKYO)
            elif facts.talked_on == today or (last_call and last_call.day == today):
                ready = self._tomorrow
            if is_callable and uncounted is not None:
                ready = max(ready, uncounted.at + self._rules.waits.get(uncounted.result, timedelta()))
            if last is not None and last.number != index:
                ready = max(ready, last.at + OTHER_NUMBER_AFTER)
            found.append(ready)
        return found

    def _rungs(self, all_seen: Sequence[Seen], outlook: Outlook, since: datetime) -> frozenset[Rung]:
        """The rungs that the case has reached. One that the rest of the round does not have keeps nobody waiting."""
        called = all_seen[0].rungs.union(*[seen.rungs for seen in all_seen[1:]])
        key = (outlook, called, since if self._asks_for_rungs else None)
        found = self._rungs_of.get(key)
        if found is None:
            past = called
            if self._asks_for_rungs:
                past |= frozenset(Rung) - outlook.rungs_left(since) - {Rung.DAY}
            found = frozenset(rung for rung in Rung if past.issuperset(self._rules.after.get(rung, ())))
            self._rungs_of[key] = found
        return found

    def _seen_in(self, number: NumberFacts) -> Seen:
        key = (number.calls, number.before)
        found = self._seen.get(key)
        if found is None:
            calls = number.calls or ((number.before,) if number.before else ())
            days = [self._days.slot_day(call.day) for call in calls]
            last = Slot(days[-1], calls[-1].band) if calls else None
            rungs = frozenset(self._days.rung(call.day, call.band) for call in number.calls)
            seen = Seen(last, frozenset(call.band for call in calls), frozenset(days), rungs)
            found = self._seen[key] = self._same.setdefault(seen, seen)
        return found

    # the plan

    def _chosen(self, candidates: Sequence[Candidate], facts: PlanFacts, missed: datetime | None = None) -> Plan | None:
        if not candidates:
            return None
        if len(candidates) == 1:
            return self._plan(candidates[0], facts, missed)
        fewest = min([len(candidate.number.calls) for candidate in candidates])
        return self._plan(min(candidates, key=lambda candidate: candidate.rank(fewest)), facts, missed)

    def _plan(self, chosen: Candidate, facts: PlanFacts, missed: datetime | None = None) -> Plan:
        place, number, kind, choice, score, _, not_before = chosen
        was_called = any(one.calls for one in facts.numbers)
        percent = None
        if kind is not PlanKind.AGAIN and (self._table.has_learned or facts.person):
            percent = round(100 * score / choice.weight)
        # a choice belongs to one ranking, so it stands for all that the ranking was made for
        key = (choice, place, number.calls, number.last, number.uncounted, not_before, was_called, missed, percent)
        found = self._plans.get(key)
        if found is None:
            found = self._plans[key] = self._written(chosen, missed, percent, was_called=was_called)
        return found

    def _written(self, chosen: Candidate, missed: datetime | None, percent: int | None, *, was_called: bool) -> Plan:
        place, number, kind, choice, _, relaxed, not_before = chosen
        window, last = choice.window, number.last
        is_expiring = choice.days_left <= self._rules.expiring_days
        reason = words.planned(
            kind,
            place,
            window,
            times=len(number.calls) + 1,
            last=None if last is None else (last.day, self._band_names.get(last.band, last.band)),
            after=number.uncounted,
            missed=missed,
            relaxed=relaxed,
            other_weekday=self._rules.other_weekday,
            days_left=choice.days_left if is_expiring else None,
            percent=percent,
        )
        priority = Priority.REPEATED if was_called else Priority.FRESH
        priority = Priority.EXPIRING if is_expiring else priority
        clause = self._clause(kind, number, was_called=was_called)
        return Plan(kind, place, not_before, window.closes, window.slot, priority, reason, clause)

    def _clause(self, kind: PlanKind, number: NumberFacts, *, was_called: bool) -> Clause:
        if kind is PlanKind.AGAIN and number.uncounted is not None:
            return self._completion.outcomes[number.uncounted.result].clause
        if kind is PlanKind.FIRST:
            return self._completion.clauses.all_numbers if was_called else self._rules.first_clause
        return self._rules.clause


def _number_named(facts: PlanFacts) -> int | None:
    """Who calls back names no number: the one with the fewest calls is taken."""
    assert facts.appointment is not None
    named = facts.appointment.number
    open_numbers = [index for index, number in enumerate(facts.numbers) if number.is_callable]
    if named is not None:
        return named if named in open_numbers else None
    return min(open_numbers, key=lambda index: len(facts.numbers[index].calls))


def _dialled_since(facts: PlanFacts, at: datetime) -> bool:
    """What counted would have ended the appointment, so it is a dial that did not count."""
    return any(number.uncounted is not None and number.uncounted.at >= at for number in facts.numbers)


def _after(calling: Round) -> datetime:
    """The round is over: what is decided then concerns the figures and the SMS."""
    return datetime.combine(calling.last + ONE_DAY, time.min, TOKYO)
