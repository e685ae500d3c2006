"""What is done for each question of Asterisk: `arrive`, `waiting`, `guide`, `record`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog

from agi.office import Office
from agi.ports import NOBODY, Arrival, CallerStore, NumberGiven, Recognised
from agi.records import Records
from agi.running import Player
from agi.scripts.arrive import Decision, arrive
from agi.scripts.guide import Guide, guide
from agi.scripts.record import record
from agi.scripts.waiting import Waiting, waiting
from agi.session import Session
from agi.steps import Note, Script, Wish
from dialer.core.caller_ids import caller_number, is_withheld
from dialer.core.callers import Route
from dialer.core.channel_ids import channel_id
from dialer.core.messages import ITEM_KEYS, ITEMS, MENU, MessagePurpose
from dialer.core.reception import notice_for, overflow_is_there, route_for, special_for
from dialer.core.values import CallId, PhoneNumber

log = structlog.get_logger()

WRITE_SECONDS = 0.3  # an arrival is written while it rings; nobody waits longer for it
WISH_SECONDS = 1.0  # what is promised must be written down


@dataclass(frozen=True, slots=True)
class Desk:
    office: Office
    store: CallerStore
    records: Records
    now: Callable[[], datetime]
    recognise_seconds: float
    test_numbers: frozenset[str]

    def serve(self, session: Session) -> None:
        """One question, to its end."""
        name = session.env.get("agi_network_script", "")
        call = CallId(channel_id(session.env.get("agi_uniqueid", "")))
        match name:
            case "arrive":
                script = self._arrive(session, call)
            case "waiting":
                script = self._waiting(session)
            case "guide":
                script = self._guide(session)
            case "record":
                script = record()
            case _:
                log.warning("asked for a script that is not there", script=name[:20])
                return
        prompts, tape = session.argument(1), session.argument(2) if name == "record" else ""
        Player(session, prompts, partial(self._note, call), partial(self._wish, call), tape).run(script)

    # --- arrive

    def _arrive(self, session: Session, call: CallId) -> Script:
        dialled, in_line = session.argument(1), _number(session.argument(2))
        rules, now = self.office.rules, self.now()
        city = rules.city
        route = route_for(city, rules.calendar, dialled, in_line, now)
        group, number = city.group_called(dialled) or "", _caller(session)
        who = self._recognised(group, number) if route is not Route.NOT_OURS else NOBODY
        arrival = Arrival(
            call=call,
            at=now,
            dialled=dialled,
            group=group,
            route=route,
            given=_given(session, number),
            number=number,
            is_test=number in self.test_numbers,
            who=who,
        )
        self.records.write(partial(self.store.arrive, arrival), WRITE_SECONDS)
        log.info("a call came in", call=call, group=group, route=route.value, matches=who.matches)
        decision = Decision(
            call=call,
            route=route,
            city=city.key,
            group=group,
            rank=who.rank,
            ring_seconds=city.inbound.ring_seconds,
            longest_seconds=city.inbound.longest_wait_minutes * 60,
            notice=notice_for(city, rules.calendar, self.office.sound, group, route, now),
            special=special_for(self.office.sound, group, route, now),
            known=who.case is not None,
        )
        return arrive(decision)

    def _recognised(self, group: str, number: PhoneNumber | None) -> Recognised:
        if number is None:
            return NOBODY
        return self.records.ask(self.store.recognise(group, number, self.now()), self.recognise_seconds) or NOBODY

    # --- waiting

    def _waiting(self, session: Session) -> Script:
        rules, now = self.office.rules, self.now()
        group = rules.city.group_called(session.argument(2)) or ""
        return waiting(
            Waiting(
                rules=rules.city.inbound,
                sound=lambda purpose, variant: self.office.sound(group, purpose, self.now(), variant),
                number=_caller(session) if session.variable("KNOWN") == "yes" else None,
                seconds_left=max(0.0, _number(session.variable("UNTIL")) - now.timestamp()),
                greeted=session.variable("GREETED") == "yes",
                department_is_there=overflow_is_there(rules.city, rules.calendar, now),
            )
        )

    # --- guide

    def _guide(self, session: Session) -> Script:
        rules, now = self.office.rules, self.now()
        group = rules.city.group_called(session.argument(2)) or ""

        def sound(purpose: MessagePurpose) -> str | None:
            return self.office.sound(group, purpose, now)

        texts = {key: (sound(MENU[key]), sound(ITEMS[key])) for key in ITEM_KEYS}
        return guide(
            Guide(
                special=special_for(self.office.sound, group, Route.GUIDE, now),
                first=notice_for(rules.city, rules.calendar, self.office.sound, group, Route.GUIDE, now),
                items={key: (menu, item) for key, (menu, item) in texts.items() if menu and item},
                keys=sound(MessagePurpose.GUIDE_KEYS),
                wrong=sound(MessagePurpose.GUIDE_WRONG),
                end=sound(MessagePurpose.GUIDE_END),
            )
        )

    # --- what scripts cannot do by themselves

    def _note(self, call: CallId, note: Note) -> None:
        self.records.write(partial(self.store.append, call, self.now(), note.kind, note.detail))

    def _wish(self, call: CallId, wish: Wish) -> bool:
        """Written, or not promised."""
        self.records.flush(WISH_SECONDS)  # the row of the call first
        return self.records.ask(self.store.wish(call, wish.number, self.now()), WISH_SECONDS) is True


def _caller(session: Session) -> PhoneNumber | None:
    return caller_number(session.env.get("agi_callerid", ""), session.env.get("agi_callingpres", "0"))


def _given(session: Session, number: PhoneNumber | None) -> NumberGiven:
    if number is not None:
        return NumberGiven.GIVEN
    told, presentation = session.env.get("agi_callerid", ""), session.env.get("agi_callingpres", "0")
    hidden = is_withheld(presentation) or told.lower() in ("", "anonymous", "unknown")
    return NumberGiven.WITHHELD if hidden else NumberGiven.UNUSABLE


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
