"""The form in which the list of talk results is written: a version as fields, and fields as a document."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dialer.core.manuals import Document
from dialer.core.talk_results import Need
from dialer.result_book import MOST_RESULTS
from dialer.web.sign_in import Fields

KEPT = ("talkers", "identity", "effect", "debts", "clause")
"""What a result does to a case is a rule of the tender: it is not changed in the form."""
MUST, MAY = "needs", "may"


@dataclass(frozen=True, slots=True)
class ResultField:
    key: str
    name: str = ""
    hint: str = ""
    key_press: str = ""
    use: bool = True
    order: str = ""
    asks: tuple[tuple[Need, str], ...] = ()  # `needs`, `may` or nothing
    same_as: str = ""  # of a new one: whose effect it has

    @property
    def document(self) -> dict[str, Any]:
        """Without what is kept of the version that it was made from."""
        asked = {how: [need.value for need, said in self.asks if said == how] for how in (MUST, MAY)}
        key = {"key_press": self.key_press} if self.key_press else {}
        return {"name": self.name, "hint": self.hint, "use": self.use, **key, **asked}


@dataclass(frozen=True, slots=True)
class ResultForm:
    results: tuple[ResultField, ...]
    added: ResultField
    why: str = ""

    def document(self, rest: Document) -> Document:
        """In the order of their numbers; whatever is no number, or was not sent at all, stands last."""
        rows = ((self.added,) if self.added.name else ()) + self.results
        ordered = sorted(rows, key=lambda one: int(one.order) if one.order.isdecimal() else MOST_RESULTS)
        written = {one.key: _kept(one, rest["result"]) | one.document for one in ordered}
        return {"result": {**written, **{key: one for key, one in rest["result"].items() if key not in written}}}


def form_of_document(document: Document) -> ResultForm:
    rows = document["result"]
    fields = tuple(_field(key, one, str(place)) for place, (key, one) in enumerate(rows.items(), start=1))
    return ResultForm(fields, _new(rows))


def form_of_fields(fields: Fields, rest: Document) -> ResultForm:
    rows = rest["result"]
    typed = [_typed(fields, str(place), fields[f"key-{place}"]) for place in range(MOST_RESULTS + 1)]
    return ResultForm(
        tuple(one for one in typed if one.key in rows), _typed(fields, "new", _new(rows).key), fields["why"].strip()
    )


def _field(key: str, one: Mapping[str, Any], order: str) -> ResultField:
    asks = tuple((need, next((how for how in (MUST, MAY) if need.value in one.get(how, ())), "")) for need in Need)
    return ResultField(
        key, one["name"], one.get("hint", ""), one.get("key_press") or "", one.get("use", True), order, asks
    )


def _new(rows: Mapping[str, Any]) -> ResultField:
    key = next(key for number in range(1, 1000) if (key := f"result_{number}") not in rows)
    return ResultField(key, asks=tuple((need, "") for need in Need))


def _typed(fields: Fields, place: str, key: str) -> ResultField:
    def said(name: str) -> str:
        return fields[f"{name}-{place}"].strip()

    asks = tuple((need, said(need.value) if said(need.value) in (MUST, MAY) else "") for need in Need)
    return ResultField(
        key, said("name"), said("hint"), said("press"), said("use") == "yes", said("order"), asks, said("same")
    )


def _kept(one: ResultField, rows: Mapping[str, Any]) -> dict[str, Any]:
    of = rows.get(one.same_as or one.key, {})
    return {name: of[name] for name in KEPT if name in of}
