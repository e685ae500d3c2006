"""How a call ended that a machine answered, or that the network spoke to: from what the ear heard to one outcome."""

from datetime import timedelta

from dialer.core.call import Call
from dialer.core.ear_events import Answerer, EarHeard
from dialer.core.values import Outcome

REFUSES_WITHIN = timedelta(seconds=2)  # a machine that hangs up so soon after its tone records nothing

ANNOUNCEMENTS: dict[str, tuple[Outcome, str]] = {
    "not_in_use": (Outcome.NOT_IN_USE, "使用されていない電話番号です（案内音声）"),
    "changed": (Outcome.NUMBER_CHANGED, "電話番号が変更されています（案内音声）"),
    "unpaid": (Outcome.UNPAID, "利用者の都合により通話できません（案内音声）"),
    "refused": (Outcome.REJECTED, "相手の希望により着信が拒否されました（案内音声）"),
    "off_or_out_of_area": (Outcome.OFF_OR_OUT_OF_AREA, "電源が入っていないか、電波の届かない場所です（案内音声）"),
}
"""By hearing.values.Announcement. Any other says that the network spoke, not what."""

FOR_GOOD = {Outcome.NOT_IN_USE, Outcome.NUMBER_CHANGED}
"""They end a number for good: somebody whose line is only stopped would never be called again. After an answer the ear
is not believed: networks do not answer such a call.
"""

NEVER_BY_EAR_ALONE = {Outcome.NOT_IN_USE}
"""Nor before one: of these the ear is right too seldom (ear-lab/README.md), and the network's own code soon says it."""

UNKNOWN_ANNOUNCEMENT = (Outcome.UNCLEAR_REFUSAL, "網の案内が流れました（内容は判別できません）")

DOUBTFUL = (Outcome.UNCLEAR_REFUSAL, "欠番または番号変更らしい案内が流れました（番号の確認が必要です）")


def announced(call: Call) -> tuple[Outcome, str] | None:
    """What the network said before any answer; None when nothing was understood."""
    found = ANNOUNCEMENTS.get(call.announced.announcement) if call.announced is not None else None
    return DOUBTFUL if found is not None and found[0] in NEVER_BY_EAR_ALONE else found


def frees_the_line(heard: EarHeard) -> bool:
    """Nothing is to be waited for: what the network says is understood, and its code would add nothing."""
    found = ANNOUNCEMENTS.get(heard.announcement)
    return found is not None and found[0] not in NEVER_BY_EAR_ALONE


def _after_the_answer(kind: str) -> tuple[Outcome, str] | None:
    found = ANNOUNCEMENTS.get(kind)
    return DOUBTFUL if found is not None and found[0] in FOR_GOOD else found


def message_left(call: Call) -> bool:
    """All of it was spoken after the tone, or on the word of an operator who heard the machine."""
    message = call.message
    return bool(message.complete) and (message.after_tone or call.corrected is Answerer.VOICEMAIL)


def with_machine(call: Call) -> tuple[Outcome, str]:
    match call.answerer:
        case Answerer.FAX:
            return Outcome.FAX, "ＦＡＸが応答しました"
        case Answerer.ANNOUNCEMENT:
            kind = call.heard.announcement if call.heard is not None else ""
            return _after_the_answer(kind) or UNKNOWN_ANNOUNCEMENT
        case Answerer.SCREENING if call.message.started_at is None:
            return Outcome.SCREENED, "自動応答に用件を伝えましたが、人の応答はありませんでした"
        case _:
            return Outcome.MACHINE, _message(call)


def _message(call: Call) -> str:
    message, left_at = call.message, call.far_end_at
    if message_left(call):
        return "留守番電話に伝言を残しました"
    if message.complete:
        return "発信音のない留守番電話に伝言を流しました（録音されたかは不明です）"
    if left_at is None:
        return "留守番電話でした（伝言は残していません）"
    if message.tone_at is not None and left_at - message.tone_at < REFUSES_WITHIN:
        return "留守番電話は録音を受け付けませんでした（発信音の後に切断）"
    if message.started_at is not None:
        return "伝言の途中で切断されました（伝言は残っていません）"
    return "留守番電話は録音を受け付けませんでした（発信音の前に切断）"
