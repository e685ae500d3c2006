"""Every problem of a profile as one line: file, place, what is wrong, how to mend it.

niigata.toml: calendar.quota[0].per（平日夜間催告）: 「day」は使えません。week、month、fiscal_year のいずれか…
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Document = Mapping[str, Any]
Loc = tuple[str | int, ...]

NAMES = ("name", "key", "what", "reason", "field", "language")
"""What an entry of a list is called by, in this order."""

KIND_OF_VALUE = {
    "string_type": '文字列（"…"）',
    "int_type": "整数",
    "int_from_float": "整数",
    "float_type": "数",
    "bool_type": "true か false",
    "tuple_type": "リスト（[…]）",
    "dict_type": "表（{ … }）",
    "model_type": "表（{ … }）",
    "model_attributes_type": "表（{ … }）",
    "date_type": "日付（2026-08-17）",
    "date_parsing": "日付（2026-08-17）",
    "date_from_datetime_parsing": "日付（2026-08-17）",
}
PATTERNS = {
    r"^[a-z][a-z0-9_]*$": "英小文字で始まり、英小文字・数字・_ だけの名前",
    r"^0\d{9,10}$": "0 で始まる10桁か11桁の番号（ハイフンなし）",
    r"^[a-z]{2}$": "2文字の言語コード（ne、vi …）",
}
LIMITS = {"greater_than_equal": "ge", "less_than_equal": "le", "greater_than": "gt", "less_than": "lt"}
LIMIT_WORDS = {"ge": "以上", "le": "以下", "gt": "より大きい数", "lt": "より小さい数"}


class ProfileError(Exception):
    """One line per problem. Nothing is started with such a profile, and a running engine keeps the one before."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Where in the document, and what to do about it."""

    loc: Loc
    what: str

    def line(self, file: str, document: Document) -> str:
        return f"{file}: {_place(self.loc, document)}: {self.what}"


def problems_in(wrong: ValidationError, model: type[BaseModel]) -> Iterator[Problem]:
    errors = [(tuple(step for step in one["loc"] if step != "[key]"), one) for one in wrong.errors()]
    for loc, one in errors:
        deeper = any(other[: len(loc)] == loc and len(other) > len(loc) for other, _ in errors)
        if one["type"] == "too_short" and deeper:
            continue  # a list is called empty when all its entries are wrong; those are told
        yield Problem(loc, _what(one, loc, model))


def exists(loc: Loc, document: Document) -> bool:
    """Whether the document has something there; the tag that a union's error carries is no step."""
    node: Any = document
    for step in loc:
        found = _inside(node, step)
        if found is _NOTHING and not _is_tag(step, node):
            return False
        node = node if found is _NOTHING else found
    return True


_NOTHING = object()


def _inside(node: Any, step: str | int) -> Any:
    if isinstance(node, Mapping):
        return node.get(step, _NOTHING)
    return node[step] if isinstance(node, list) and isinstance(step, int) and step < len(node) else _NOTHING


def _is_tag(step: str | int, node: Any) -> bool:
    return isinstance(node, Mapping) and node.get("rule") == step


def _place(loc: Loc, document: Document) -> str:
    """calendar.quota[2].per（平日夜間催告）: counted from 0, with the name of the entry where it has one."""
    node: Any = document
    text, entry = "", ""
    for step in loc:
        if _is_tag(step, node):
            continue
        found = _inside(node, step)
        node = None if found is _NOTHING else found
        if isinstance(step, int):
            text += f"[{step}]"
            entry = _name_of(node) or entry
        else:
            text += f".{step}" if text else step
    return f"{text}（{entry}）" if entry else text


def _name_of(node: Any) -> str:
    if not isinstance(node, Mapping):
        return ""
    return next((str(node[name]) for name in NAMES if isinstance(node.get(name), str) and node[name]), "")


def _what(one: ErrorDetails, loc: Loc, model: type[BaseModel]) -> str:
    kind, context, value = one["type"], one.get("ctx", {}), _shown(one["input"])
    match kind:
        case "missing":
            return "ありません。この項目を書いてください"
        case "extra_forbidden":
            return f"知らない項目です。使えるのは {'、'.join(_names_at(loc[:-1], model))}"
        case "value_error":
            return str(context["error"])
        case "enum" | "literal_error":
            return f"{value} は使えません。{_alternatives(str(context['expected']))} のいずれかを書いてください"
        case "union_tag_invalid":
            return f"rule = {context['tag']!r} は使えません。{_alternatives(str(context['expected_tags']))} のいずれか"
        case "union_tag_not_found":
            return f"rule がありません。{'、'.join(_tags(model))} のいずれかを書いてください"
        case "string_pattern_mismatch":
            wanted = PATTERNS.get(str(context["pattern"]), str(context["pattern"]))
            return f"{value} は使えません。{wanted}を書いてください"
        case "too_short" | "string_too_short":
            return "空か、足りません。値を書いてください"
        case "too_long" | "string_too_long":
            return f"{value} は長すぎます。減らしてください"
    if kind in KIND_OF_VALUE:
        return f"{value} ではなく{KIND_OF_VALUE[kind]}を書いてください"
    if kind in LIMITS:
        limit = LIMITS[kind]
        return f"{value} は使えません。{context[limit]}{LIMIT_WORDS[limit]}を書いてください"
    return f"{value}: {one['msg']}"


def _alternatives(expected: str) -> str:
    """pydantic's "'week', 'month' or 'fiscal_year'"."""
    return "、".join(word.strip(" '") for word in expected.replace(" or ", ",").split(",") if word.strip())


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return f"「{text[:40]}」"


def _names_at(loc: Loc, model: type[BaseModel]) -> list[str]:
    """The names that the table at this place knows."""
    found = {model}
    for step in loc:
        if isinstance(step, int):
            continue
        tagged = {one for one in found if step in _tag_of(one)}
        found = (
            tagged
            or {
                inner
                for one in found
                if step in one.model_fields
                for inner in _models(one.model_fields[step].annotation)
            }
            or found
        )
    return sorted({name for one in found for name in one.model_fields})


def _models(annotation: Any) -> set[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and get_origin(annotation) is None:
        return {annotation}
    return {model for inner in get_args(annotation) for model in _models(inner)}


def _tag_of(model: type[BaseModel]) -> tuple[str, ...]:
    rule = model.model_fields.get("rule")
    return get_args(rule.annotation) if rule is not None and get_origin(rule.annotation) is Literal else ()


def _tags(model: type[BaseModel]) -> list[str]:
    due = model.model_fields.get("due")
    return sorted(tag for one in _models(due.annotation if due else None) for tag in _tag_of(one))
