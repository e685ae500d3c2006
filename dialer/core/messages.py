"""What a city has us say to machines and to people, in versions that the city approves (T-018, I-004).

A version never changes. What changes is what was decided about it: approved from when to when, withdrawn. Which text
is said at a moment follows from the versions, their decisions and the clock alone.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from dialer.core.values import TOKYO
from dialer.core.versions import Decision, VersionState

JAPANESE = "ja"


class MessagePurpose(StrEnum):
    VOICEMAIL = "voicemail"  # left on a machine after its tone
    OPENING = "opening"  # said while one listens who answered
    SCREENING = "screening"  # to a device that asks who calls
    APOLOGY = "apology"  # a person answered and nobody is free
    INBOUND = "inbound"  # to people who call, while nobody can be had
    WAITING = "waiting"  # to people who call and will be connected (I-002)
    CLOSED = "closed"  # outside the hours (I-008)
    SPECIAL = "special"  # whatever the city wants to be said first for some days (I-004)
    FULL = "full"  # no place in the waiting line
    PLACE = "place"  # {place}: how many are before one, and oneself
    EXPECTED = "expected"  # {minutes}
    OFFER = "offer"  # a key for being called back
    WISH_NUMBER = "wish_number"  # {number}: is it right?
    WISHED = "wished"  # will be called back
    WISH_FAILED = "wish_failed"  # could not be written down
    TRANSFER = "transfer"  # after a while: a department is called
    GUIDE = "guide"  # outside the hours, before the menu (I-006)
    GUIDE_KEYS = "guide_keys"  # after an item: again, or back
    GUIDE_WRONG = "guide_wrong"  # a key without an item
    GUIDE_END = "guide_end"
    MENU_1 = "menu_1"  # a line of the menu: which key is for what
    MENU_2 = "menu_2"
    MENU_3 = "menu_3"
    MENU_4 = "menu_4"
    MENU_5 = "menu_5"
    MENU_6 = "menu_6"
    MENU_7 = "menu_7"
    MENU_8 = "menu_8"
    MENU_9 = "menu_9"
    ITEM_1 = "item_1"  # what is said when that key is pressed
    ITEM_2 = "item_2"
    ITEM_3 = "item_3"
    ITEM_4 = "item_4"
    ITEM_5 = "item_5"
    ITEM_6 = "item_6"
    ITEM_7 = "item_7"
    ITEM_8 = "item_8"
    ITEM_9 = "item_9"

    @property
    def is_optional(self) -> bool:
        """A city may do without: nobody waits for such a text."""
        return self in (self.SPECIAL, self.TRANSFER) or self.value.startswith(("guide", "menu", "item"))

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
            case self.PLACE | self.EXPECTED:
                return 10.0
            case _ if self in ITEMS.values():
                return 90.0
            case _:
                return 40.0


ITEM_KEYS = "123456789"
MENU = {key: MessagePurpose(f"menu_{key}") for key in ITEM_KEYS}
ITEMS = {key: MessagePurpose(f"item_{key}") for key in ITEM_KEYS}
"""By the key to press. An item is offered when both its texts may be said."""

PURPOSE_NAMES = {
    MessagePurpose.VOICEMAIL: "留守番電話への伝言",
    MessagePurpose.OPENING: "応答直後の名乗り",
    MessagePurpose.SCREENING: "用件確認装置への応答",
    MessagePurpose.APOLOGY: "担当者につながらないときのお詫び",
    MessagePurpose.INBOUND: "電話に出られないときのご案内",
    MessagePurpose.WAITING: "お待ちいただくときのご案内",
    MessagePurpose.CLOSED: "受付時間外のご案内",
    MessagePurpose.SPECIAL: "委託者からのお知らせ",
    MessagePurpose.FULL: "お待ちの方が多いときのご案内",
    MessagePurpose.PLACE: "お待ちの順番",
    MessagePurpose.EXPECTED: "お待ちいただく時間",
    MessagePurpose.OFFER: "折り返しのご案内",
    MessagePurpose.WISH_NUMBER: "折り返しの番号の確認",
    MessagePurpose.WISHED: "折り返しを承ったお知らせ",
    MessagePurpose.WISH_FAILED: "折り返しを承れないお知らせ",
    MessagePurpose.TRANSFER: "担当課につなぐお知らせ",
    MessagePurpose.GUIDE: "音声案内の冒頭",
    MessagePurpose.GUIDE_KEYS: "音声案内の操作の説明",
    MessagePurpose.GUIDE_WRONG: "音声案内にない番号のお知らせ",
    MessagePurpose.GUIDE_END: "音声案内の終わり",
    **{MENU[key]: f"音声案内のメニュー{key}" for key in ITEM_KEYS},
    **{ITEMS[key]: f"音声案内の項目{key}" for key in ITEM_KEYS},
}


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
    entered_by: str = field(default="", compare=False)

    @property
    def state(self) -> VersionState:
        return self.decision.state if self.decision else VersionState.DRAFT

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
        said = [one for one in meant if one.state is VersionState.APPROVED and one.decision and one.decision.holds(now)]
        if said:
            return max(said, key=_approved_last)
        if drafts and (sketches := [one for one in meant if one.state is VersionState.DRAFT]):
            return max(sketches, key=lambda one: (one.debt is not None, one.version))
    return NoMessage(purpose, _why_none([one for one in known if one.is_for(purpose, debt, JAPANESE)], purpose, now))


def _approved_last(one: Message) -> tuple[bool, datetime, int]:
    assert one.decision is not None
    return one.debt is not None, one.decision.at, one.version


def _why_none(meant: list[Message], purpose: MessagePurpose, now: datetime) -> str:
    name = PURPOSE_NAMES[purpose]
    if not meant:
        return f"{name}: 文面がありません"
    approved = [one for one in meant if one.state is VersionState.APPROVED and one.decision]
    coming = [one for one in approved if one.decision and one.decision.begins > now]
    if coming:
        first = min(coming, key=lambda one: one.decision.begins if one.decision else now)
        assert first.decision is not None
        begins = first.decision.begins.astimezone(TOKYO)
        return f"{name}: 版{first.version}は承認済みですが、有効になるのは {begins:%Y-%m-%d %H:%M} からです"
    if approved:
        return f"{name}: 版{approved[-1].version}の有効期間は終わりました"
    drafts = [one for one in meant if one.state is VersionState.DRAFT]
    if drafts:
        return f"{name}: 版{max(one.version for one in drafts)}は下書きです。承認されていない文面は再生しません"
    return f"{name}: 文面は取り下げられています"


def next_change(messages: Iterable[Message], now: datetime) -> datetime | None:
    """When another text may be due without anybody deciding anything."""
    return min((moment for moment in decision_changes(messages) if moment > now), default=None)


def decision_changes(messages: Iterable[Message]) -> list[datetime]:
    """All moments at which a validity begins or ends."""
    decisions = [one.decision for one in messages if one.decision and one.state is VersionState.APPROVED]
    return [moment for one in decisions for moment in (one.begins, one.valid_until) if moment]


def to_be_ready(messages: Iterable[Message], now: datetime, *, drafts: bool = False) -> list[Message]:
    """What may be said from now on without anybody deciding anything: approved ones; in rehearsals also the newest
    draft of each kind.
    """
    newest: dict[tuple[MessagePurpose, str | None, str], Message] = {}
    ready = []
    for one in messages:
        kind = one.purpose, one.debt, one.language
        if drafts and one.state is VersionState.DRAFT and (kind not in newest or newest[kind].version < one.version):
            newest[kind] = one
        ends = one.decision.valid_until if one.decision else None
        if one.state is VersionState.APPROVED and (ends is None or now < ends):
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

PLACEHOLDERS = {
    "callback": "折り返しの番号",
    "hours": "次の受付の日時",
    "place": "順番",
    "minutes": "分数",
    "number": "確かめる番号",
}
BELONGS_TO = {
    "hours": (MessagePurpose.CLOSED, MessagePurpose.GUIDE),
    "place": (MessagePurpose.PLACE,),
    "minutes": (MessagePurpose.EXPECTED,),
    "number": (MessagePurpose.WISH_NUMBER,),
}
"""Placeholders that only some texts have; each of these needs its own."""


@dataclass(frozen=True, slots=True)
class Fault:
    what: str
    can_be_approved: bool = False  # by a decision that names it


def faults(purpose: MessagePurpose, text: str) -> Iterator[Fault]:
    if not text.strip():
        yield Fault("文面が空です")
    yield from _placeholder_faults(purpose, text)
    for word in ARREARS:
        if word in text:
            yield Fault(f"「{word}」は録音で伝えられません（A-37）。別の言い方にしてください")
    matters = sorted({word for word in MATTERS if word in text}) if purpose.may_be_overheard else []
    if matters:
        words = "」「".join(matters)
        yield Fault(f"「{words}」は用件を第三者に知らせます（A-37）。委託者の承認が要ります", can_be_approved=True)


def placeholders_of(purpose: MessagePurpose) -> dict[str, str]:
    """What may stand between braces in a text for it, each with what is said in its place."""
    return {name: what for name, what in PLACEHOLDERS.items() if purpose in BELONGS_TO.get(name, (purpose,))}


def _placeholder_faults(purpose: MessagePurpose, text: str) -> Iterator[Fault]:
    may, found = placeholders_of(purpose), re.findall(r"\{([^}]*)\}|[{}]", text)
    for name in found:
        if name not in may:
            named = "、".join(f"{{{one}}}（{what}）" for one, what in may.items())
            yield Fault(f"「{{{name}}}」は使えません。使えるのは {named} だけです")
    for name in may:
        if name not in ("callback", "hours") and found.count(name) != 1:
            yield Fault(f"{{{name}}}（{PLACEHOLDERS[name]}）を一度だけ書いてください")
