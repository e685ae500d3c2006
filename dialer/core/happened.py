"""What happened to a case, in the words of operators. No telephone number, no name."""

from collections.abc import Iterator

from dialer.core.person_flags import FLAG_NAMES
from dialer.core.plan.words import at_minute, on
from dialer.core.rules.happenings import (
    RESULT_NAMES,
    TALKER_NAMES,
    Attempt,
    Callback,
    Decision,
    FlagLifted,
    Happening,
    Judgement,
    Paid,
    PreviousRound,
    Result,
    Script,
    Stop,
    Talk,
)

SCRIPT_NAMES = {Script.COMPLETED: "スクリプト完了", Script.PARTIAL: "スクリプト途中まで", Script.NONE: ""}
JUDGEMENT_NAMES = {
    Judgement.DECLINED: "再度の架電は困難",
    Judgement.AWAY: "架電期間中は長期不在等",
    Judgement.MOVED: "架電先に居住せず、別の架電先なし",
}


def in_words(happening: Happening) -> str:
    match happening:
        case Attempt():
            return _attempt(happening)
        case Callback():
            return f"折り返しの電話: {_talk(happening.talk)}"
        case Stop(flag=flag):
            return "市から架電停止の指示" if flag is None else f"注意事項の登録: {FLAG_NAMES[flag]}"
        case FlagLifted():
            return f"注意事項の解除: {FLAG_NAMES[happening.flag]}"
        case Paid():
            return "納付の確認"
        case Decision():
            return f"担当者の判断: {JUDGEMENT_NAMES[happening.complete]}"
        case PreviousRound():
            return f"前回の架電期間の結果: 番号{happening.number + 1} {RESULT_NAMES[happening.result]}"


def _attempt(attempt: Attempt) -> str:
    details: list[str] = []
    if attempt.ring_seconds is not None and attempt.result in (Result.NO_ANSWER, Result.SHORT_RING):
        details.append(f"呼出{attempt.ring_seconds:g}秒")
    if attempt.result is Result.MACHINE:
        details.append("伝言あり" if attempt.message_left else "伝言なし")
    told = f"（{'、'.join(details)}）" if details else ""
    where = f"番号{attempt.number + 1}に架電: {RESULT_NAMES[attempt.result]}{told}"
    if attempt.result is not Result.TALKED:
        return where
    return f"{where}。{_talk(attempt.talk) if attempt.talk is not None else '内容は未入力'}"


def _talk(talk: Talk) -> str:
    return talk_in_words(talk)


def talk_in_words(talk: Talk, *, amounts: bool = True) -> str:
    """Without `amounts` no sum is named, for a screen that somebody looks at before it is clear who is on the line."""
    return "、".join(_said(talk, amounts=amounts))


def _said(talk: Talk, *, amounts: bool) -> Iterator[str]:
    confirmed = {True: "（確認済み）", False: "（確認できず）", None: ""}[talk.identity_confirmed]
    yield f"{TALKER_NAMES[talk.talker]}{confirmed}"
    if name := SCRIPT_NAMES[talk.script]:
        yield name
    if talk.offered_to_hear:
        yield "用件を聞く申出あり"
    if talk.absent:
        yield "本人は不在"
    if talk.home_at is not None:
        yield f"在宅時間は{at_minute(talk.home_at)}"
    if talk.absent_all_period:
        yield "架電期間中は長期不在"
    if talk.not_living_there:
        yield "本人は居住していない"
    if talk.new_number is not None:
        yield "別の電話番号の指定あり"
    if talk.declined:
        yield "対話しない意思表示"
    if talk.other_home:
        yield "他人宅と判明"
    if talk.handed_over:
        yield "市へ引継ぎ"
    if talk.promise is not None:
        yen = f"{talk.promise.yen:,}円の" if amounts else ""
        yield f"{on(talk.promise.day)}に{yen}納付約束"
