"""The list of talk results as people enter it: what a version may say, by itself and beside the scripts in force."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime

from dialer.core.manuals import RESULTS, Document, Manual, ManualKind
from dialer.manual_book import ManualBook
from dialer.profiles.result_versions import normal_results, result_faults
from dialer.profiles.script_versions import LARGEST_BYTES, BadDocument, scripts_in_force
from dialer.store.manuals import NewManual

MOST_RESULTS = 60
LONGEST = {"name": 40, "hint": 200}
PART_NAMES = {"name": "名前", "hint": "説明"}


class ResultBook(ManualBook):
    kinds = (ManualKind.RESULTS,)

    def _checked(self, every: Sequence[Manual], new: NewManual, now: datetime) -> Document:
        if new.kind is not ManualKind.RESULTS or new.key != RESULTS:
            raise BadDocument([f"応対結果の一覧は {RESULTS} だけです"])
        if len(json.dumps(new.document, ensure_ascii=False).encode()) > LARGEST_BYTES:
            raise BadDocument([f"一覧が大きすぎます。{LARGEST_BYTES // 1000} KBまでにしてください"])
        whole = normal_results(new.document)
        scripts = scripts_in_force(self._city, every, now).scripts
        if lines := [*_limits(whole), *result_faults(whole, self._city, scripts)]:
            raise BadDocument(lines)
        return whole


def _limits(document: Document) -> Iterator[str]:
    rows = document["result"]
    if len(rows) > MOST_RESULTS:
        yield f"応対結果は{MOST_RESULTS}までです"
    for key, row in rows.items():
        for part, longest in LONGEST.items():
            if len(row.get(part, "")) > longest:
                yield f"「{row['name'][:20]}」（{key}）: {PART_NAMES[part]}は{longest}文字までです"
