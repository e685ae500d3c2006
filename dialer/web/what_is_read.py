"""Which fields a handler reads of what is sent to it, found in its own code: nobody has to write them down again.

Followed are the names under which body, form, address and headers go from function to function; a field is whatever is
then asked of them by a word.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import FunctionType, MethodType

from dialer.web.bodies import form_of
from dialer.web.desk import body_of
from dialer.web.sign_in import fields_of

OURS = "dialer."


class Sent(Enum):
    REQUEST = "request"  # all of it
    JSON = "json"
    FORM = "form"
    QUERY = "query"
    HEADER = "header"
    STREAM = "stream"


READERS: Mapping[object, Sent] = {body_of: Sent.JSON, fields_of: Sent.FORM, form_of: Sent.FORM}
PARTS = {"query": Sent.QUERY, "headers": Sent.HEADER, "content": Sent.STREAM}
Words = tuple[str, ...]  # what a name stands for


@dataclass(slots=True)
class Read:
    """Fields by where they were sent; a body that is read as a stream has none."""

    fields: dict[Sent, set[str]] = field(default_factory=dict)
    _seen: set[tuple[object, ...]] = field(default_factory=set)

    def note(self, sent: Sent, words: Words) -> None:
        self.fields.setdefault(sent, set()).update(words)

    def is_new(self, what: tuple[object, ...]) -> bool:
        new = what not in self._seen
        self._seen.add(what)
        return new


def what_is_read(handler: Callable[..., object]) -> Read:
    found = Read()
    first = next(iter(inspect.signature(handler).parameters))
    _follow(handler, {first: Sent.REQUEST}, {}, found)
    return found


def _follow(function: object, sent: Mapping[str, Sent], words: Mapping[str, Words], found: Read) -> None:
    code = function.__func__ if isinstance(function, MethodType) else function
    if not isinstance(code, FunctionType) or not code.__module__.startswith(OURS):
        return
    if found.is_new((code, *sorted(sent), *sorted(words.items()))):
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(code))).body
        _Follower(code.__globals__, dict(sent), dict(words), found).visit(tree)


@dataclass(slots=True)
class _Follower(ast.NodeVisitor):
    known: Mapping[str, object]  # of the module
    sent: dict[str, Sent]
    words: dict[str, Words]
    found: Read
    chosen: dict[str, tuple[object, ...]] = field(default_factory=dict)  # out of a table of functions

    # --- names

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._named(target, node.value)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._named(node.target, node.value)
        self.generic_visit(node)

    def _named(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for one, its in zip(target.elts, value.elts, strict=False):
                self._named(one, its)
        elif isinstance(target, ast.Name):
            if (sent := self._sent(value)) is not None:
                self.sent[target.id] = sent
            match value:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="get")):
                    table = self.known.get(name)
                    self.chosen[target.id] = tuple(table.values()) if isinstance(table, Mapping) else ()

    def _loops(self, node: ast.GeneratorExp | ast.ListComp | ast.DictComp | ast.SetComp) -> None:
        for one in node.generators:
            said = self._said(one.iter)
            if isinstance(one.target, ast.Name) and said:
                self.words[one.target.id] = said
        self.generic_visit(node)

    visit_GeneratorExp = visit_ListComp = visit_DictComp = visit_SetComp = _loops  # noqa: N815

    # --- what an expression is

    def _sent(self, node: ast.expr) -> Sent | None:
        match node:
            case ast.Await(value=inner) | ast.Lambda(body=ast.Subscript(value=inner)):
                return self._sent(inner)
            case ast.Name(id=name):
                return self.sent.get(name)
            case ast.Attribute(value=whole, attr=part):
                of = self._sent(whole)
                return PARTS.get(part) if of is Sent.REQUEST else of if part in ("get", "items") else None
            case ast.Call(func=ast.Attribute(attr="items") as asked):
                return self._sent(asked)
            case ast.Call(func=called, args=[first, *_]):
                reader = self._object(called)
                return READERS.get(reader) if not isinstance(reader, type) else self._sent(first)
            case ast.DictComp(generators=[one, *_]):
                return self._sent(one.iter)
        return None

    def _said(self, node: ast.expr) -> Words:
        match node:
            case ast.Constant(value=str(word)):
                return (word,)
            case ast.Tuple(elts=several):
                return tuple(word for one in several for word in self._said(one))
            case ast.Name(id=name):
                named = self.known.get(name)
                return self.words.get(name, (named,) if isinstance(named, str) else ())
        return ()

    def _object(self, node: ast.expr) -> object:
        """What the module calls so."""
        found = self.known.get(node.id) if isinstance(node, ast.Name) else None
        return found if callable(found) else None

    # --- what is read of it

    def _note(self, whole: ast.expr, word: ast.expr) -> None:
        sent = self._sent(whole)
        if sent not in (None, Sent.REQUEST, Sent.STREAM):
            assert sent is not None
            self.found.note(sent, self._said(word))

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self._note(node.value, node.slice)
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        if isinstance(node.ops[0], ast.In | ast.NotIn):
            self._note(node.comparators[0], node.left)
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if self._sent(node) is Sent.STREAM:
            self.found.note(Sent.STREAM, ())
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if node.args:
            self._note(node.func.value if isinstance(node.func, ast.Attribute) else node.func, node.args[0])
        chosen = self.chosen.get(node.func.id, ()) if isinstance(node.func, ast.Name) else ()
        for called in chosen or (self._object(node.func),):
            if callable(called) and called not in READERS:
                self._go_into(called, node)
        self.generic_visit(node)

    def _go_into(self, called: object, node: ast.Call) -> None:
        if isinstance(called, type):
            self._go_into_class(called, node.args)
            return
        sents: dict[str, Sent] = {}
        words: dict[str, Words] = {}
        for name, given in _bound(called, node.args, node.keywords):
            if (sent := self._sent(given)) is not None:
                sents[name] = sent
            if said := self._said(given):
                words[name] = said
        if sents:
            _follow(called, sents, words, self.found)

    def _go_into_class(self, called: type, args: Sequence[ast.expr]) -> None:
        """One of ours that is made of what was sent may be asked for it by every method."""
        sent = next((sent for one in args if (sent := self._sent(one)) not in (None, Sent.REQUEST)), None)
        if sent is not None and called.__module__.startswith(OURS):
            for method in vars(called).values():
                _follow(method, {"self": sent}, {}, self.found)


def _bound(called: object, args: Sequence[ast.expr], keywords: Sequence[ast.keyword]) -> Iterator[tuple[str, ast.expr]]:
    """Which parameter gets which expression."""
    if isinstance(called, FunctionType):
        names = called.__code__.co_varnames[: called.__code__.co_argcount]
        yield from zip(names, args, strict=False)
        yield from ((one.arg, one.value) for one in keywords if one.arg is not None)
