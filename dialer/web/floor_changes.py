"""What has changed from one content of the floor to the next: a tenth of it, for pages that had the one before."""

from typing import Any

Told = dict[str, Any]

NOTHING = object()
KEYS = {"operators": "phone", "calls": "call", "callers": "call"}
"""Of lists, what names a row."""


def changes(before: Told, after: Told) -> Told | None:
    """None: the page needs the whole. Of lists the rows that changed, and the order of all where that did."""
    if any(name not in before or name not in after for name in KEYS):
        return None
    told = {name: value for name, value in after.items() if name not in KEYS and before.get(name, NOTHING) != value}
    for name, key in KEYS.items():
        old = {row[key]: row for row in before[name]}
        rows = [row for row in after[name] if old.get(row[key]) != row]
        order = [row[key] for row in after[name]]
        if rows or order != [row[key] for row in before[name]]:
            told[name] = {"rows": rows, "order": order}
    return told
