"""What `[result]` cannot say of itself: keys already taken, and results that would tell strangers or lose something."""

from collections.abc import Iterator
from typing import Any

from dialer.core.rules.happenings import Script, Talker
from dialer.core.talk_results import Identity, Need
from dialer.profiles.document import keys, table, unknown, words
from dialer.profiles.problems import Document, Loc, Problem

STRANGERS = (Talker.OTHER, Talker.UNKNOWN)


def talk_contradictions(document: Document) -> Iterator[Problem]:
    debts = keys(document, "debt")
    used = {
        key: one for key, one in table(document, "result").items() if isinstance(one, dict) and one.get("use", True)
    }
    yield from _keys_pressed(used, debts)
    for key, one in used.items():
        here: Loc = ("result", key)
        for word in words(one.get("debts", [])):
            if word not in debts:
                yield unknown((*here, "debts"), word, debts, "科目")
        yield from _alone(here, one)
    if table(document, "result") and not used:
        yield Problem(("result",), "使う応対結果がありません。use = false を減らしてください")


def _keys_pressed(used: dict[str, Any], debts: list[str]) -> Iterator[Problem]:
    taken: dict[tuple[str, str], str] = {}
    for key, one in used.items():
        pressed = one.get("key_press")
        for debt in words(one.get("debts", [])) or debts:
            if isinstance(pressed, str) and taken.setdefault((pressed, debt), key) != key:
                other = taken[pressed, debt]
                yield Problem(
                    ("result", key, "key_press"), f"キー「{pressed}」は {other} が使っています（科目 {debt}）"
                )
                break


def _alone(here: Loc, one: dict[str, Any]) -> Iterator[Problem]:
    effect = one.get("effect")
    effect = effect if isinstance(effect, dict) else {}
    talkers, needs, may = (words(one.get(name, [])) for name in ("talkers", "needs", "may"))
    identity = one.get("identity")
    told = effect.get("script") == Script.COMPLETED or Need.PROMISE in needs
    if told and identity != Identity.REQUIRED:
        what = 'スクリプトの完了・納付約束には本人等の確認が要ります。"required" と書いてください'
        yield Problem((*here, "identity"), what)
    if told and set(talkers) & set(STRANGERS):
        yield Problem((*here, "talkers"), "スクリプトの完了・納付約束は、本人か同一世帯員との通話だけに書けます")
    if effect.get("other_home") is True and not set(talkers) <= set(STRANGERS):
        yield Problem((*here, "talkers"), "他人宅（other_home）の応対者は other か unknown です")
    if effect.get("handed_over") is True and Need.NOTE not in needs:
        yield Problem((*here, "needs"), '市へ引き継ぐ結果には、聞き取った内容が要ります。"note" を加えてください')
    for need in sorted(set(needs) & set(may)):
        yield Problem((*here, "may"), f"「{need}」は needs にもあります。どちらかにしてください")
    if identity == Identity.NONE and Talker.SELF in talkers:
        yield Problem(
            (*here, "identity"), "本人との通話では、確認できたかどうかを必ず記録します。asked か required です"
        )
