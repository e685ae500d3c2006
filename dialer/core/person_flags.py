"""What must be known of a person before anybody talks to him, and which of it ends the calls."""

from enum import StrEnum


class FlagKind(StrEnum):
    LAWYER = "lawyer"  # a lawyer has taken over: 受任通知
    DEATH = "death"
    DV = "dv"  # protected from somebody: no word about where they are, to nobody (支援措置)
    DO_NOT_CALL = "do_not_call"
    LANGUAGE = "language"
    HARD_OF_HEARING = "hard_of_hearing"
    OTHER = "other"


FLAG_NAMES: dict[FlagKind, str] = {
    FlagKind.LAWYER: "弁護士等の受任あり（本人へ架電しない）",
    FlagKind.DEATH: "死亡",
    FlagKind.DV: "ＤＶ等支援措置（所在・連絡先を誰にも伝えない）",
    FlagKind.DO_NOT_CALL: "架電禁止",
    FlagKind.LANGUAGE: "日本語以外での対応",
    FlagKind.HARD_OF_HEARING: "聴覚に配慮",
    FlagKind.OTHER: "注意",
}
HOLDS_CALLS = (FlagKind.LAWYER, FlagKind.DEATH, FlagKind.DO_NOT_CALL)
"""With these every open case of the person is stopped, for as long as one of them holds."""
