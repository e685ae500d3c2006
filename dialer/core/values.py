"""The words of the glossary as types: ids, states and outcomes. Same words in Python, SQL, log and screen."""

from enum import StrEnum
from typing import NewType

AttemptId = NewType("AttemptId", str)  # a uuid; also the call's ChannelId in Asterisk
CaseId = NewType("CaseId", int)
PhoneNumber = NewType("PhoneNumber", str)  # national digits, 0258001234; personal: never logged unmasked


class CaseState(StrEnum):
    OPEN = "open"
    COMPLETE = "complete"  # the city's rule says no further call
    STOPPED = "stopped"  # the city asked for it


class NumberState(StrEnum):
    OPEN = "open"
    DEAD = "dead"  # not in use, changed, or a fax line: never dialled again


class OperatorState(StrEnum):
    OFFLINE = "offline"
    CONNECTING = "connecting"  # the audio leg is being brought up
    FREE = "free"
    RESERVED = "reserved"  # a person answered, the join is under way
    TALKING = "talking"
    WRAP_UP = "wrap_up"


class Outcome(StrEnum):
    """How an attempt ended. Exactly one per attempt."""

    TALKED = "talked"  # 通話: joined to an operator
    ABANDONED = "abandoned"  # 放棄: answered, met no operator; heard the apology
    HUNG_UP_EARLY = "hung_up_early"  # 応答後すぐ切断: before an operator could be joined
    NO_ANSWER = "no_answer"  # 応答なし: rang at least the required seconds (T-016)
    SHORT_RING = "short_ring"  # 呼出不足: ended before the required seconds of ringing
    BUSY = "busy"  # 話中
    NOT_IN_USE = "not_in_use"  # 欠番
    NUMBER_CHANGED = "number_changed"  # 番号変更
    REJECTED = "rejected"  # 着信拒否
    BARRED = "barred"  # 発信規制: the network forbids the call
    OFF_OR_OUT_OF_AREA = "off_or_out_of_area"  # 電源断・圏外
    UNREACHABLE = "unreachable"  # 接続不能: no user responding, out of order
    UNCLEAR_REFUSAL = "unclear_refusal"  # the code says nothing; an announcement would (the ear)
    NETWORK_ERROR = "network_error"  # 回線輻輳・網障害: never blamed on the number
    INVALID_NUMBER = "invalid_number"  # 番号不正
    NOT_PLACED = "not_placed"  # 未発信: surely never reached the network
    LOST = "lost"  # 不明: the exchange died during the call; what the person heard is not known


class EndedBy(StrEnum):
    FAR_END = "far_end"
    US = "us"
    OPERATOR = "operator"
    UNKNOWN = "unknown"
