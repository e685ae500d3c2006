"""What `[inbound]` alone cannot see."""

from collections.abc import Iterator

from dialer.profiles.document import at, words
from dialer.profiles.problems import Document, Problem


def inbound_contradictions(document: Document) -> Iterator[Problem]:
    first = words(at(document, "inbound", "first"))
    for place, word in enumerate(first):
        if word in first[:place]:
            yield Problem(("inbound", "first", place), f"「{word}」が二度あります。先に来る方だけが数えられます")
