"""Every route, each of its fields, whatever can be sent: an answer of ours, nothing changed, nothing given away.

A sample is tried; all of it with YOBIKAKE_ATTACKS=all.
"""

import html
import os
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio

from dialer.web.csrf import HARMLESS
from dialer.web.described import description
from tests.attacked_site import NAME, NUMBER, Site, attacked_site
from tests.attacks import SCRIPT, Attack, Attacker
from tests.stores import leading_store
from tests.web_rig import PASSWORD

SEED, SAMPLE = 9, 600
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")


@pytest_asyncio.fixture
async def site(database_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    async with leading_store(database_url) as store, attacked_site(store, database_url, tmp_path) as opened:
        yield opened


def paths_of(site: Site) -> dict[str, Any]:
    paths = description(site.desk.rig.app)["paths"]
    assert isinstance(paths, dict)
    return paths


def attacks_on(site: Site) -> list[Attack]:
    chance = random.Random(SEED)
    every = list(Attacker(paths_of(site), site.known, chance).attacks())
    return every if os.environ.get("YOBIKAKE_ATTACKS") == "all" else chance.sample(every, SAMPLE)


@pytest.mark.timeout(1200)
async def test_nothing_that_is_sent_breaks_changes_or_tells_anything(
    site: Site, capfd: pytest.CaptureFixture[str]
) -> None:
    found: list[str] = []
    for attack in attacks_on(site):
        if site.must_sign_in:
            browser = await site.visitor()
        found += [f"{fault}: {attack}" for fault in await site.faults(browser, attack)]
    assert found == []
    printed = capfd.readouterr()
    told = [word for word in (NAME, NUMBER, "Traceback") if word in printed.out + printed.err]
    assert told == []


async def test_without_session_right_or_token_each_route_refuses_and_changes_nothing(site: Site) -> None:
    """Whatever else would have been right about the question."""
    stranger, nobody = site.desk.rig.browser(), await site.visitor(["assistant"])
    everybody = await site.visitor()
    attacker = Attacker(paths_of(site), site.known, random.Random(SEED))
    rights = {row["may"] for row in site.desk.do("SELECT may FROM role_right WHERE role = 'assistant'")}
    refused = {}
    for path, methods in attacker.paths.items():
        for method, route in methods.items():
            attack = Attack(method.upper(), attacker.usual(path), "plain")
            if not route["security"]:
                continue
            site.touched()
            needs = [set(way["session"]) for way in route["security"]]
            asked = [(stranger, {}, 401), (stranger, {"Accept": "text/html"}, 303)]
            if not any(way <= rights for way in needs):
                asked.append((nobody, {}, 403))
            if attack.method not in HARMLESS:
                asked += [(everybody, {"X-Yobikake-Token": "0" * 64}, 403), (everybody, {"Origin": "null"}, 403)]
            for who, headers, status in asked:
                answer = await site.send(who, attack, **headers)
                if answer.status != status:
                    refused[str(attack)] = (answer.status, status)
                answer.close()
            assert site.touched() == set(), attack
    assert refused == {}


async def test_a_method_that_a_route_does_not_have_is_told_so(site: Site) -> None:
    everybody = await site.visitor()
    attacker = Attacker(paths_of(site), site.known, random.Random(SEED))
    site.touched()
    wrong = {}
    for path, methods in attacker.paths.items():
        for method in METHODS:
            if method.lower() in methods:
                continue
            answer = await site.send(everybody, Attack(method, attacker.usual(path), "method"))
            if (answer.status, "Allow" in answer.headers) != (405, True):
                wrong[f"{method} {path}"] = answer.status
            answer.close()
    assert wrong == {}
    assert site.touched() == set()


SAID = f"見本{SCRIPT}"
TYPED = (
    ("POST", "/accounts", {"login": "taro", "name": SAID, "role": "operator", "reason": SAID, "seen": ""}),
    ("POST", "/accounts/hanako", {"act": "suspend", "reason": SAID, "seen": "0"}),
    ("POST", "/calendar/proposal", {"day": "2026-12-05", "kind": "close", "reason": SAID}),
    ("POST", "/calendar", {"day": "2026-12-04", "kind": "close", "reason": SAID, "seen": "0"}),
    ("POST", "/texts/full", {"act": "add", "text": SAID}),
    ("POST", "/scripts/script/reminder", {"act": "withdraw", "version": "1", "reason": SAID}),
    (
        "POST",
        "/scripts/script/reminder/new",
        {"based_on": "1", "name": SAID, "why": SAID, "key-0": SAID, "text-0": SAID},
    ),
    ("POST", "/people", {"words": SCRIPT, "way": "name"}),
    ("POST", "/recordings", {"by": SCRIPT, "person": SCRIPT, "first": "2026-11-25", "last": "2026-11-25"}),
    ("POST", "/log", {"by": SCRIPT, "case": SCRIPT}),
    ("POST", "/sign-in", {"login": SCRIPT, "password": SCRIPT, "next": SCRIPT}),
)
TOLD = (
    ("/floor/notices", {"text": SAID}),
    ("/floor/special", {"text": SAID, "reason": SAID, "last": "2026-11-25T18:00"}),
    ("/floor/wall-links", {"name": SAID}),
    ("/floor/modes", {"debts": ["city_tax"], "mode": "preview", "reason": SAID}),
)


async def test_what_somebody_typed_stays_text_on_every_page(site: Site) -> None:
    desk, browser = site.desk, await site.visitor()
    await desk.rig.person("mihon", ["operator"], name=SAID)
    desk.do("UPDATE person SET name = %(said)s, kana = %(said)s", said=SAID)
    desk.desk("op02", account="someone1", seat="phone", leg_state="up")  # where somebody talks
    answers = [await browser.ask(method, path, form=form) for method, path, form in TYPED]
    for path, told in TOLD:
        await browser.ask("POST", path, json=told)
    (heard, *_) = (one for one in site.known["id"] if len(str(one)) == 36)
    await browser.ask("POST", f"/recordings/{heard}/hold", form={"act": "hold", "reason": SAID})
    content = f"{SAID},a\n{SAID},b".encode()
    upload = Attack("POST", "/imports", "file", headers={"X-File-Name": quote(SAID)}, body=content)
    id_ = (await (await site.send(browser, upload)).json())["id"]
    attacker = Attacker(paths_of(site), {**site.known, "id": (id_, heard)}, random.Random(SEED))
    pages = [attacker.usual(path) for path, methods in attacker.paths.items() if "get" in methods]
    for path in (*pages, f"/imports/{id_}"):
        if not path.endswith(("/events", "/sound")):
            answers.append(await browser.get(path))
    shown = [(one.url.path, await one.text()) for one in answers if one.content_type == "text/html"]
    assert [path for path, text in shown if SCRIPT in text] == []
    escaped = {path for path, text in shown if html.escape(SCRIPT) in text}
    assert {"/accounts", "/calendar/proposal", "/log", "/people", attacker.usual("/people/{person}")} <= escaped
    assert {"/scripts/script/reminder", "/scripts/script/reminder/new"} <= escaped


async def test_a_clock_that_is_set_back_asks_for_the_password_and_breaks_nothing(site: Site) -> None:
    browser, clock = await site.visitor(), site.desk.rig.clock
    attacker = Attacker(paths_of(site), site.known, random.Random(SEED))
    pages = [attacker.usual(path) for path, methods in attacker.paths.items() if "get" in methods]
    clock.pass_time(days=3)  # rights are of the day on which they were given
    assert (await browser.sign_in("someone1")).status == 200
    for hours in (1, 24):
        clock.pass_time(hours=-hours)
        assert (await browser.get("/visit", headers={"Accept": "*/*"})).status == 401
        assert (await browser.ask("POST", "/unlock", json={"password": PASSWORD})).status == 200
        answers = {path: (await browser.get(path)).status for path in pages if not path.endswith("/events")}
        assert {path: status for path, status in answers.items() if status >= 500 and path != "/health"} == {}
        assert (await browser.ask("POST", "/floor/modes", json=dict(TOLD)["/floor/modes"])).status == 200
        assert (await browser.ask("POST", "/sign-out", json={})).status == 200
        assert (await browser.sign_in("someone1")).status == 200
