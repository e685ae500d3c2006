"""The form in which a script is written: a version as fields, and fields as a document."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dialer.core.manuals import Document
from dialer.script_book import MOST_BRANCHES, MOST_STEPS
from dialer.web.sign_in import Fields


@dataclass(frozen=True, slots=True)
class BranchField:
    label: str = ""
    to: str = ""
    confirms: bool = False
    result: str = ""

    @property
    def document(self) -> dict[str, Any]:
        said: dict[str, Any] = {"label": self.label, "to": self.to}
        return said | ({"confirms": True} if self.confirms else {}) | ({"result": self.result} if self.result else {})


@dataclass(frozen=True, slots=True)
class StepField:
    key: str
    heading: str = ""
    text: str = ""
    note: str = ""
    completes: bool = False
    clause: str = ""
    branches: tuple[BranchField, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.heading or self.text or self.note or self.branches)

    @property
    def document(self) -> dict[str, Any]:
        return {
            "heading": self.heading,
            "text": self.text,
            "note": self.note,
            "branches": [one.document for one in self.branches],
            "completes": self.completes,
            "clause": self.clause,
        }


@dataclass(frozen=True, slots=True)
class ScriptForm:
    name: str | None  # None: this kind has none
    first: str
    steps: tuple[StepField, ...]
    why: str = ""

    def document(self, rest: Document) -> Document:
        """`rest`: what the form does not ask for stays as it is in the version that it was made from."""
        named = {} if self.name is None else {"name": self.name}
        kept = {name: rest[name] for name in ("debts", "purpose") if name in rest}
        return {**named, "first": self.first, "step": {one.key: one.document for one in self.steps}, **kept}

    @property
    def new_key(self) -> str:
        """For the step that may be added."""
        known = {one.key for one in self.steps}
        return next(key for number in range(1, 1000) if (key := f"step_{number}") not in known)


def form_of_document(document: Document) -> ScriptForm:
    steps = tuple(_step(key, one) for key, one in document["step"].items())
    return ScriptForm(document.get("name"), document["first"], steps)


def form_of_fields(fields: Fields, *, named: bool) -> ScriptForm:
    """What was emptied is left out."""
    typed = [_typed_step(fields, place) for place in range(MOST_STEPS + 1) if fields[f"key-{place}"]]
    steps = tuple(one for one in typed if not one.is_empty)
    return ScriptForm(fields["name"].strip() if named else None, fields["first"], steps, fields["why"].strip())


def _step(key: str, one: Mapping[str, Any]) -> StepField:
    branches = tuple(
        BranchField(each["label"], each["to"], each.get("confirms", False), each.get("result") or "")
        for each in one.get("branches", ())
    )
    text, note = (one.get(part, "").strip() for part in ("text", "note"))
    return StepField(key, one["heading"], text, note, one.get("completes", False), one.get("clause", ""), branches)


def _typed_step(fields: Fields, place: int) -> StepField:
    def said(name: str) -> str:
        return fields[f"{name}-{place}"].replace("\r\n", "\n").strip()

    branches = [
        BranchField(
            said(f"label-{number}"), said(f"to-{number}"), said(f"confirms-{number}") == "yes", said(f"result-{number}")
        )
        for number in range(MOST_BRANCHES + 1)
    ]
    return StepField(
        said("key"),
        said("heading"),
        said("text"),
        said("note"),
        said("completes") == "yes",
        said("clause"),
        tuple(one for one in branches if one.label),
    )
