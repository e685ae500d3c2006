"""What `[inbound]` alone cannot see."""

from collections.abc import Iterator

from dialer.core.city import Overflow
from dialer.profiles.document import at, keys, unknown, words
from dialer.profiles.problems import Document, Problem


def inbound_contradictions(document: Document) -> Iterator[Problem]:
    first = words(at(document, "inbound", "first"))
    for place, word in enumerate(first):
        if word in first[:place]:
            yield Problem(("inbound", "first", place), f"「{word}」が二度あります。先に来る方だけが数えられます")
    to, departments = at(document, "inbound", "overflow_to"), keys(document, "department")
    if isinstance(to, str) and to not in departments:
        yield unknown(("inbound", "overflow_to"), to, departments, "引継ぎ先")
    if to is None and at(document, "inbound", "overflow") == Overflow.TRANSFER:
        what = 'ありません。overflow = "transfer" では、つなぐ先の key（[[department]]）を書いてください'
        yield Problem(("inbound", "overflow_to"), what)
