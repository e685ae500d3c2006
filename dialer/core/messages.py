"""What a city has us say to machines and to people, in versions that the city approves (T-018, I-004).

A version never changes. What changes is what was decided about it: approved from when to when, withdrawn. Which text
is said at a moment follows from the versions, their decisions and the clock alone.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dialer.core.values import TOKYO

JAPANESE = "ja"


class MessageError(ValueError):
    """A message that cannot be, in words for a person."""


class MessagePurpose(StrEnum):
    VOICEMAIL = "voicemail"  # left on a machine after its tone
    OPENING = "opening"  # said while one listens who answered
    SCREENING = "screening"  # to a device that asks who calls
    APOLOGY = "apology"  # a person answered and nobody is free
    INBOUND = "inbound"  # to people who call, while nobody can be had
    WAITING = "waiting"  # to people who call and will be connected (I-002)
    CLOSED = "closed"  # outside the hours (I-008)

    @property
    def may_be_overheard(self) -> bool:
        """We called: a machine, a colleague or the family may be listening, nobody has said who he is."""
        return self in (self.VOICEMAIL, self.OPENING, self.SCREENING, self.APOLOGY)

    @property
    def longest_seconds(self) -> float:
        """Machines cut off after 20 to 30 s, and nobody is kept from a talk that has begun."""
        match self:
            case self.VOICEMAIL:
                return 20.0
            case self.OPENING:
                return 4.0
            case self.SCREENING | self.APOLOGY:
                return 15.0
            case _:
                return 40.0


PURPOSE_NAMES = {
    MessagePurpose.VOICEMAIL: "留守番電話への伝言",
    MessagePurpose.OPENING: "応答直後の名乗り",
    MessagePurpose.SCREENING: "用件確認装置への応答",
    MessagePurpose.APOLOGY: "担当者につながらないときのお詫び",
    MessagePurpose.INBOUND: "電話に出られないときのご案内",
    MessagePurpose.WAITING: "お待ちいただくときのご案内",
    MessagePurpose.CLOSED: "受付時間外のご案内",
}


class MessageState(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Decision:
    """What the city decided about a version; the latest counts."""

    state: MessageState
    by: str  # a user's id
    at: datetime
    valid_from: datetime | None = None  # none: at once
    valid_until: datetime | None = None  # the first moment that it is no longer said; none: without end
    reason: str = ""
    names_matter: bool = False  # the city agreed to a text that tells third parties what it is about

    def __post_init__(self) -> None:
        moments = (self.at, self.valid_from, self.valid_until)
        if any(moment is not None and moment.tzinfo is None for moment in moments):
            raise MessageError("文面の有効期間には時差が要ります")
        if self.valid_from and self.valid_until and self.valid_from >= self.valid_until:
            raise MessageError("文面の有効期間は開始が終了より前でなければなりません")
        if self.state is MessageState.DRAFT:
            raise MessageError("下書きに戻すことはできません。取り下げてください")

    @property
    def begins(self) -> datetime:
        return max(self.at, self.valid_from) if self.valid_from else self.at

    def holds(self, now: datetime) -> bool:
        return self.begins <= now and (self.valid_until is None or now < self.valid_until)


@dataclass(frozen=True, slots=True)
class Message:
    """One version of a text."""

    city: str
    purpose: MessagePurpose
    debt: str | None  # a debt kind's key; none: for all of them
    language: str  # ISO 639-1
    version: int
    text: str  # {callback}: the number shown for the debt, where people call back
    recording: str | None = None  # sha256 of the sound when a person spoke it; none: spoken by the voice
    decision: Decision | None = None

    @property
    def state(self) -> MessageState:
        return self.decision.state if self.decision else MessageState.DRAFT

    def is_for(self, purpose: MessagePurpose, debt: str | None, language: str) -> bool:
        return self.purpose is purpose and self.debt in (None, debt) and self.language == language


@dataclass(frozen=True, slots=True)
class NoMessage:
    """Nothing may be said, and why."""

    purpose: MessagePurpose
    reason: str


def choose(
    messages: Iterable[Message],
    purpose: MessagePurpose,
    debt: str | None,
    now: datetime,
    language: str = JAPANESE,
    *,
    drafts: bool = False,
) -> Message | NoMessage:
    """The text to say now: in the language asked for or else in Japanese, of the debt kind or else for all of them.

    Of several the one approved last counts: a text for some weeks stands in front of the usual one and gives way to it
    afterwards. `drafts` is for rehearsals, where nobody real is called: a draft then fills a gap.
    """
    known = list(messages)
    for tongue in dict.fromkeys((language, JAPANESE)):
        meant = [one for one in known if one.is_for(purpose, debt, tongue)]
        said = [one for one in meant if one.state is MessageState.APPROVED and one.decision and one.decision.holds(now)]
        if said:
            return max(said, key=_approved_last)
        if drafts and (sketches := [one for one in meant if one.state is MessageState.DRAFT]):
            return max(sketches, key=lambda one: (one.debt is not None, one.version))
    return NoMessage(purpose, _why_none([one for one in known if one.is_for(purpose, debt, JAPANESE)], purpose, now))


def _approved_last(one: Message) -> tuple[bool, datetime, int]:
    assert one.decision is not None
    return one.debt is not None, one.decision.at, one.version


def _why_none(meant: list[Message], purpose: MessagePurpose, now: datetime) -> str:
    name = PURPOSE_NAMES[purpose]
    if not meant:
        return f"{name}: 文面がありません"
    approved = [one for one in meant if one.state is MessageState.APPROVED and one.decision]
    coming = [one for one in approved if one.decision and one.decision.begins > now]
    if coming:
        first = min(coming, key=lambda one: one.decision.begins if one.decision else now)
        assert first.decision is not None
        begins = first.decision.begins.astimezone(TOKYO)
        return f"{name}: 版{first.version}は承認済みですが、有効になるのは {begins:%Y-%m-%d %H:%M} からです"
    if approved:
        return f"{name}: 版{approved[-1].version}の有効期間は終わりました"
    drafts = [one for one in meant if one.state is MessageState.DRAFT]
    if drafts:
        return f"{name}: 版{max(one.version for one in drafts)}は下書きです。承認されていない文面は再生しません"
    return f"{name}: 文面は取り下げられています"


def next_change(messages: Iterable[Message], now: datetime) -> datetime | None:
    """When another text may be due without anybody deciding anything."""
    decisions = [one.decision for one in messages if one.decision and one.state is MessageState.APPROVED]
    moments = [moment for one in decisions for moment in (one.begins, one.valid_until) if moment and moment > now]
    return min(moments, default=None)


def to_be_ready(messages: Iterable[Message], now: datetime, *, drafts: bool = False) -> list[Message]:
    """What may be said from now on without anybody deciding anything: approved ones; in rehearsals also the newest
    draft of each kind.
    """
    newest: dict[tuple[MessagePurpose, str | None, str], Message] = {}
    ready = []
    for one in messages:
        kind = one.purpose, one.debt, one.language
        if drafts and one.state is MessageState.DRAFT and (kind not in newest or newest[kind].version < one.version):
            newest[kind] = one
        ends = one.decision.valid_until if one.decision else None
        if one.state is MessageState.APPROVED and (ends is None or now < ends):
            ready.append(one)
    return [*ready, *newest.values()]


# --- what a text may say

ARREARS = (
    *("滞納", "未納", "未払", "督促", "催告", "催促", "差押", "差し押", "延滞", "滞って", "債権", "債務", "借金"),
    *("取立", "取り立て", "強制", "処分", "納め忘れ", "納付されて", "確認できない", "法的"),
)
"""Never said by a recording, to nobody."""

MATTERS = (
    *("税", "納付", "納入", "納期", "保険料", "保育料", "給食費", "副食費", "料金", "貸付", "年金", "収納", "徴収"),
    *("支払", "請求", "金額", "円", "口座", "還付", "申告", "資格喪失", "返還"),
)
"""What the call is about. Said to a machine or a third party only if the city has approved just that."""

PLACEHOLDERS = ("callback",)


@dataclass(frozen=True, slots=True)
class Fault:
    what: str
    can_be_approved: bool = False  # by a decision that names it


def faults(purpose: MessagePurpose, text: str) -> Iterator[Fault]:
    if not text.strip():
        yield Fault("文面が空です")
    for name in re.findall(r"\{([^}]*)\}|[{}]", text):
        if name not in PLACEHOLDERS:
            yield Fault(f"「{{{name}}}」は使えません。使えるのは {{callback}}（折り返しの番号）だけです")
    for word in ARREARS:
        if word in text:
            yield Fault(f"「{word}」は録音で伝えられません（A-37）。別の言い方にしてください")
    matters = sorted({word for word in MATTERS if word in text}) if purpose.may_be_overheard else []
    if matters:
        words = "」「".join(matters)
        yield Fault(f"「{words}」は用件を第三者に知らせます（A-37）。委託者の承認が要ります", can_be_approved=True)
