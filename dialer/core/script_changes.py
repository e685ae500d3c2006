"""What is different between two versions of a script, step by step."""

from collections.abc import Iterator, Mapping, Sequence

from dialer.core.manuals import Change
from dialer.core.script import Branch, Step


def step_changes(before: Sequence[Step], after: Sequence[Step], results: Mapping[str, str]) -> Iterator[Change]:
    """`results`: their names. First the steps of the later version, in its order, then those that it has not."""
    old, new = ({one.key: one for one in steps} for steps in (before, after))
    for key, step in new.items():
        was = old.get(key)
        said = _parts(was, old, results) if was else {}
        for part, text in _parts(step, new, results).items():
            if text != said.get(part, ""):
                yield Change(f"{step.heading}（{key}）", part, said.get(part, ""), text)
    for key, step in old.items():
        if key not in new:
            yield Change(f"{step.heading}（{key}）", "ステップ", step.text or step.heading, "")
    if before and after and before[0].key != after[0].key:
        yield Change("台本", "最初のステップ", before[0].heading, after[0].heading)


def _parts(step: Step, steps: Mapping[str, Step], results: Mapping[str, str]) -> dict[str, str]:
    return {
        "見出し": step.heading,
        "話す言葉": step.text,
        "注記": step.note,
        "分岐": "\n".join(branch_in_words(one, steps, results) for one in step.branches),
        "完了": "ここで完了" if step.completes else "",
    }


def branch_in_words(branch: Branch, steps: Mapping[str, Step], results: Mapping[str, str]) -> str:
    to = steps[branch.to].heading if branch.to in steps else branch.to
    more = [
        *(["本人確認"] if branch.confirms else []),
        *([f"結果「{results.get(branch.result, branch.result)}」"] if branch.result else []),
    ]
    return f"{branch.label} → {to}" + (f"（{'、'.join(more)}）" if more else "")
