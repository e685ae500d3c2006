"""The whole site with something in every table, and what must hold of each of its answers."""

import re
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg
from aiohttp import ClientResponse, web
from yarl import URL

from dialer.config import Trunk, load_settings
from dialer.core.recording_rules import RecordingRules
from dialer.profiles import load_city
from dialer.store.postgres import PostgresStore
from dialer.texts import Texts
from dialer.web.headers import HEADERS
from dialer.web.server import UNREADABLE
from dialer.web.texts import TEXTS
from tests.attacks import SCRIPT, Attack
from tests.desk_rig import DeskRig, desk_rig
from tests.recorded_talks import recorded
from tests.web_rig import Browser, HandClock

NAME, NUMBER = "見本葉月", "0258001234"
EVERY_ROLE = ("operator", "supervisor", "administrator", "auditor", "client_inspector", "data_handler")
KINDS = ("application/json", "text/html")
OF_ITSELF = frozenset(("operation", "sign_in_event", "staff_session", "sign_in_guard", "warning", "outbox", "city"))
"""What is written of everybody who asks, or by nobody: logs, signs of life, tries that failed, the city's name."""

WATCH = """
CREATE TABLE touched (what text NOT NULL);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN
    IF OLD IS DISTINCT FROM NEW THEN INSERT INTO touched VALUES (TG_TABLE_NAME); END IF;
    RETURN NULL;
  END $$;
DO $$ DECLARE one text; BEGIN
  FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'touched' LOOP
    EXECUTE format('CREATE TRIGGER touched AFTER INSERT OR UPDATE OR DELETE ON %I'
                   ' FOR EACH ROW EXECUTE FUNCTION touch()', one);
  END LOOP;
END $$;
"""


@dataclass(slots=True)
class Site:
    desk: DeskRig
    known: Mapping[str, tuple[object, ...]]
    connection: psycopg.Connection
    visitors: list[Browser] = field(default_factory=list)
    made: int = 0
    must_sign_in: bool = True

    async def visitor(self, roles: Collection[str] = EVERY_ROLE) -> Browser:
        """Somebody new, signed in, at a seat."""
        self.made += 1
        self.desk.rig.clock.pass_time(minutes=2)  # one address may try only so often
        return await self.desk.rig.visitor(f"someone{self.made}", list(roles), name=NAME)

    def touched(self) -> set[str]:
        """Tables whose rows have changed since the last look."""
        found = {what for (what,) in self.connection.execute("DELETE FROM touched RETURNING what")}
        return found - OF_ITSELF

    async def send(self, browser: Browser, attack: Attack, **headers: str) -> ClientResponse:
        given = {"Accept": "application/json", "Origin": browser.rig.origin, "X-Yobikake-Token": browser.token}
        address = URL(f"{browser.rig.origin}{attack.path}?{attack.query}", encoded=True)
        return await browser.session.request(
            attack.method,
            address,
            data=attack.body,
            headers={**given, **attack.headers, **headers},
            allow_redirects=False,
            skip_auto_headers=["Content-Type"],
        )

    async def faults(self, browser: Browser, attack: Attack) -> list[str]:
        """What is wrong with how it is answered."""
        self.touched()
        answer = await self.send(browser, attack)
        self.must_sign_in = answer.status == 401 or "Set-Cookie" in answer.headers
        streams = answer.content_type in ("text/event-stream", "audio/wav")
        text = "" if streams else await answer.text(errors="replace")
        answer.close()
        if 400 <= answer.status < 500 and (changed := self.touched()):
            return [f"{answer.status}, and yet changed: {sorted(changed)}", *wrong_with(answer, text)]
        return wrong_with(answer, text)


def wrong_with(answer: ClientResponse, text: str) -> list[str]:
    wrong = [f"header {name}" for name in HEADERS if name not in answer.headers]
    if answer.status >= 500 and answer.url.path != "/health":
        wrong.append(f"status {answer.status} {text[:100]}")
    if "Traceback" in text or re.search(r"\w+\.py\b", text.replace("openapi", "")):
        wrong.append("tells of its own code")
    if answer.headers.get("Server") != HEADERS["Server"]:
        wrong.append("tells what it is made of")
    if 400 <= answer.status < 500 and answer.content_type not in KINDS and text != UNREADABLE:
        wrong.append(f"an error as {answer.content_type}")
    if answer.content_type == "text/html" and SCRIPT in text:
        wrong.append("a script in the page")
    where = answer.headers.get("Location", "/")
    if not where.startswith("/") or where.startswith(("//", "/\\")):
        wrong.append(f"leads to {where}")
    if "Set-Cookie" in answer.headers and "a=b" in answer.headers["Set-Cookie"]:
        wrong.append("a header of somebody else")
    if answer.headers.get("Cache-Control") not in ("no-store", "no-cache"):
        wrong.append("may be kept by the terminal")
    return wrong


@asynccontextmanager
async def attacked_site(store: PostgresStore, database_url: str, state: Path) -> AsyncIterator[Site]:
    clock = HandClock()
    rules = RecordingRules(on=True, keep_days=90, recorders=32, own_talks=True, clause="見本")
    city = replace(load_city("nagaoka"), recordings=rules)
    settings = load_settings(state_dir=state, city="nagaoka", database_url=database_url, trunk=Trunk(host="192.0.2.1"))

    def also(app: web.Application) -> None:
        app[TEXTS] = Texts(settings, lambda: city, clock)

    async with desk_rig(store, database_url, state, also=also, city=city, clock=clock, largest_list_mb=1) as desk:
        await desk.rig.app[TEXTS].known()  # those of the profile are taken over at the first look
        await desk.rig.person("hanako", name=NAME)
        heard = await recorded(desk, name=NAME)
        case = desk.person(NAME)
        call = desk.talk(case, "op02")
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(WATCH.encode())
            yield Site(desk, _known(desk, heard, call, int(case)), connection)


def _known(desk: DeskRig, heard: str, call: str, case: int) -> dict[str, tuple[object, ...]]:
    """Right values, by the name of their field."""
    (person,) = desk.do("SELECT person_id FROM cases WHERE id = %(case)s", case=case)
    debt = desk.rig.parts.city.debts[0].key
    return {
        "act": ("add", "approve", "withdraw", "hold", "release", "suspend", "resume", "grant", "revoke", "rename"),
        "accounts": (["hanako"],),
        "attempt": (call, heard),
        "appointment_at": ("2026-11-27T10:00",),
        "call": (call, heard),
        "case": (case,),
        "choice": ("complete", "go_on"),
        "confirmed": (True, False),
        "content": ({"note": "見本"},),
        "day": ("2026-12-03",),
        "debt": (debt,),
        "debts": ([debt],),
        "detail": ({}, {"seat": "phone"}, {"case": case}, {"to": "op02", "how": "blind"}, {"attempt": call}),
        "direction": ("out", "in"),
        "expected_number": (0, 1),
        "first": ("2026-11-25",),
        "from": ("2026-11-25", "0"),
        "group": (None, "tax"),
        "happened": (0, 1),
        "how": ("birth_date", "listen", "whisper"),
        "id": (heard, "1", "0" * 24),
        "identity_confirmed": (True, None),
        "inquiry": ("other",),
        "kind": ("open", "close", "restore", "take_seat", "pause", "dial", "transfer", "give_break", "script"),
        "key": ("reminder",),
        "last": ("2026-11-26",),
        "language": ("ja",),
        "login": ("hanako", "someone1"),
        "mode": ("preview", "progressive"),
        "month": ("2026-12",),
        "name": (NAME,),
        "notice": ("1",),
        "on": (True,),
        "path": ("base.css",),
        "pattern": ("weekday",),
        "person": (person["person_id"],),
        "phone": ("op01", "op02"),
        "purpose": ("full", "closed"),
        "reason": ("見本の理由",),
        "result": ("promised", "refused"),
        "role": ("operator",),
        "seat": ("phone", "browser"),
        "secret": ("x" * 43,),
        "seen": ("0", "1"),
        "state": ("open",),
        "talker": ("self",),
        "target": (0.01, None),
        "text": ("見本の文面です。",),
        "to": ("op02", "hanako", None),
        "until": ("2026-11-30",),
        "version": (1, "1"),
        "way": ("name", "number", "key", "case"),
        "words": ("見本", "0258"),
    }
