"""What is different between two lists of talk results, and what a result does, in words."""

from collections.abc import Iterator, Sequence

from dialer.core.manuals import Change
from dialer.core.rules.happenings import TALKER_NAMES, Script
from dialer.core.talk_results import Identity, Need, Said, TalkResult

NEED_NAMES = {
    Need.PROMISE: "納付の約束",
    Need.APPOINTMENT: "再架電の日時",
    Need.NEW_NUMBER: "別の電話番号",
    Need.DEPARTMENT: "引継ぎ先の課",
    Need.RELATION: "本人との続柄",
    Need.NOTE: "メモ",
}
IDENTITY_NAMES = {
    Identity.REQUIRED: "本人等の確認が必要",
    Identity.ASKED: "確認できたかを記録",
    Identity.NONE: "確認は尋ねない",
}
SCRIPT_NAMES = {Script.COMPLETED: "台本の完了", Script.PARTIAL: "台本の途中まで"}
SAID_NAMES = {
    "offered_to_hear": "用件を聞くとの申出",
    "absent": "本人は不在",
    "absent_all_period": "期間中ずっと不在",
    "not_living_there": "居住していない",
    "declined": "話すことを断られた",
    "other_home": "他人宅",
    "handed_over": "市へ引継ぎ",
}
NOTHING = "なし"


def result_changes(before: Sequence[TalkResult], after: Sequence[TalkResult]) -> Iterator[Change]:
    """First the results of the later list, in its order, then those that it has not; then the order."""
    old, new = ({one.key: one for one in results} for results in (before, after))
    for key, result in new.items():
        said = result_parts(old[key]) if key in old else {}
        for part, text in result_parts(result).items():
            if text != said.get(part, ""):
                yield Change(result.name, part, said.get(part, ""), text)
    for key, result in old.items():
        if key not in new:
            yield Change(result.name, "使用", "使う", "使わない")
    orders = [[key for key in results if key in old and key in new] for results in (old, new)]
    if orders[0] != orders[1]:
        names = ["、".join(of[key].name for key in order) for of, order in zip((old, new), orders, strict=True)]
        yield Change("一覧", "順番", *names)


def result_parts(result: TalkResult) -> dict[str, str]:
    return {
        "名前": result.name,
        "キー": result.key_press or "",
        "応対者": "、".join(TALKER_NAMES[one] for one in result.talkers),
        "確認": IDENTITY_NAMES[result.identity],
        "必ず入力": "、".join(NEED_NAMES[one] for one in result.needs),
        "入力できる": "、".join(NEED_NAMES[one] for one in result.may),
        "案件への働き": effect_in_words(result.said),
        "科目": "、".join(result.debts),
        "説明": result.hint,
    }


def effect_in_words(said: Said) -> str:
    flags = [name for key, name in SAID_NAMES.items() if getattr(said, key)]
    script = [SCRIPT_NAMES[said.script]] if said.script in SCRIPT_NAMES else []
    return "、".join([*script, *flags]) or NOTHING
