"""What is sent to the pages to harm them, made from the description of the routes: one wrong thing at a time."""

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, quote_plus

FORM, JSON, STREAM = "application/x-www-form-urlencoded", "application/json", "application/octet-stream"
SCRIPT = "<script>window.hit=1</script>"
TEXTS = (
    *("", " ", "0", "-1", "1.5", "1e309", "NaN", "9" * 25, "9223372036854775808", "null", "٣", "１２"),
    *("2026-02-30", "0000-01-01", "0001-01-01", "9999-12-31", "2026-12-01T25:00", "25:99"),
    *("\0", "a\0b", "\ud800", "a\udfffb", "𠮷葛󠄀", "\u202e見本", "\ufeff", "\x1b[2J", "a\r\nSet-Cookie: a=b"),
    *("' OR '1'='1", "'; DROP TABLE person;--", "\\", "%", "_", "100%'", "(", "[a-", "${7*7}", "{{7*7}}", "%s%n%x"),
    *(SCRIPT, '"><img src=x onerror=alert(1)>', "javascript:alert(1)", "../../../../etc/passwd", "..\\..\\boot.ini"),
    *("=1+1", "//elsewhere.example", "https://elsewhere.example/", "|id", "$(id)", "x" * 300, "見" * 20_000),
)
VALUES: tuple[object, ...] = (
    *TEXTS,
    *(None, True, False, 0, -1, 1, 1.5, -0.0, 2**31, 2**63, 10**30, float("nan"), float("inf")),
    *([], {}, [[]], [None], [{}], {"a": {}}, {"": None}, list(range(1000)), ["\0"], {"\0": 1}, {"\ud800": "\ud800"}),
)
NO_JSON = (b"", b"{", b"[1]", b"null", b'"a"', b"\xff\xfe{}", b"[" * 100_000, b"{" * 3 + b"\0", b"9" * 5000)
NO_FORM = (b"", b"\xff\xfe=\xff", b"&&&===", b"%ED%A0%80=%00", b"a=" + b"%41" * 40_000, b"=&" * 30_000)
TYPES = (*(f"{JSON}; charset={name}" for name in ("utf-16", "none", "\xff")), f"{FORM}; charset=utf-7", "text/plain")
TYPES += ("multipart/form-data", "multipart/form-data; boundary=x", "application/xml", "x", "")
PLACES = ("0", "9" * 18, "٣", "%00", "%2e%2e%2f", "a%00b", "%ff", "%ED%A0%80", "x" * 3000, "%3Cscript%3E", "'--", "*")


@dataclass(frozen=True, slots=True)
class Attack:
    method: str
    path: str
    why: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None

    def __str__(self) -> str:
        """As a failed test tells it: short, and to be sent again."""
        sent = "" if self.body is None else f" {self.body[:200]!r}"
        return f"{self.method} {self.path[:120]}?{self.query[:200]} {self.why} {dict(self.headers)}{sent}"


@dataclass(slots=True)
class Attacker:
    """`known`: values that are right for this name, so that what is wrong in other fields is looked at too."""

    paths: Mapping[str, Any]
    known: Mapping[str, Sequence[object]]
    chance: random.Random

    def attacks(self) -> Iterator[Attack]:
        for path, methods in self.paths.items():
            for method, one in methods.items():
                yield from self._in_the_path(method.upper(), path)
                yield from self._beside(method.upper(), path, one)
                for kind, content in one.get("requestBody", {}).get("content", {}).items():
                    yield from self._in_the_body(method.upper(), path, one, kind, content["schema"])

    def usual(self, path: str, wrong: Mapping[str, str] = {}) -> str:
        """A path that leads somewhere, but for what is given as it is."""
        place = {name: quote(str(self._right(name, looks)), safe="/") for name, looks in self._placed(path)}
        return re.sub(r"\{(\w+)\}", lambda name: {**place, **wrong}[name[1]], path)

    def _placed(self, path: str) -> list[tuple[str, str]]:
        (first, *_) = self.paths[path].values()
        return [(one["name"], one["schema"]["pattern"]) for one in first["parameters"] if one["in"] == "path"]

    def _right(self, name: str, looks: str = "") -> object:
        return self.chance.choice([one for one in self.known.get(name, ("1",)) if re.search(looks, str(one))])

    def _in_the_path(self, method: str, path: str) -> Iterator[Attack]:
        for name, _ in self._placed(path):
            for wrong in PLACES:
                yield Attack(method, self.usual(path, {name: wrong}), f"path {wrong[:20]}")

    def _beside(self, method: str, path: str, one: Mapping[str, Any]) -> Iterator[Attack]:
        names = [parameter["name"] for parameter in one["parameters"] if parameter["in"] == "query"]
        for name in (*names, "unknown"):
            rest = {other: str(self._right(other)) for other in names if other != name}
            for text in TEXTS:
                yield Attack(method, self.usual(path), f"query {name}", query=_encoded({**rest, name: text}))
        for parameter in one["parameters"]:
            if parameter["in"] == "header":
                for text in TEXTS:
                    yield Attack(method, self.usual(path), "header", headers={parameter["name"]: quote(_plain(text))})

    def _in_the_body(
        self, method: str, path: str, one: Mapping[str, Any], kind: str, schema: Mapping[str, Any]
    ) -> Iterator[Attack]:
        names, there = tuple(schema.get("properties", ())), self.usual(path)
        for name in names:
            for value in VALUES if kind == JSON else TEXTS:
                right = {other: self._right(other) for other in names if other != name}
                yield self._sends(method, there, kind, {**right, name: value}, f"field {name}")
            left_out = {other: self._right(other) for other in names if other != name}
            yield self._sends(method, there, kind, left_out, f"without {name}")
        for body in NO_JSON if kind == JSON else NO_FORM:
            yield Attack(method, there, "no body of its kind", headers={"Content-Type": kind}, body=body)
        for other in TYPES:
            yield Attack(method, there, f"sent as {other}", headers={"Content-Type": other}, body=b'{"a": "b"}')

    def _sends(self, method: str, path: str, kind: str, fields: Mapping[str, object], why: str) -> Attack:
        body = json.dumps(fields).encode() if kind == JSON else _encoded(fields).encode()
        return Attack(method, path, why, headers={"Content-Type": kind}, body=body)


def _encoded(fields: Mapping[str, object]) -> str:
    texts = {name: str(value).encode("utf-8", "surrogatepass") for name, value in fields.items()}
    return "&".join(f"{quote_plus(name)}={quote_plus(text)}" for name, text in texts.items())


def _plain(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
