"""Histories of cases as Japanese sentences: one line per happening, and a word that is not known here is an error.

    8/20 10:00 番号1 応答なし
    8/21 18:00 番号2 本人 スクリプト完了
    8/22 15:00 折り返し 配偶者 世帯確認 申出あり スクリプト完了

The date may be left out: happenings then follow one another, each on another day at another hour. So may 番号1.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from dialer.core.person_flags import FlagKind
from dialer.core.rules.happenings import (
    Attempt,
    Callback,
    CaseHistory,
    Decision,
    FlagLifted,
    Happening,
    Judgement,
    Paid,
    PreviousRound,
    Promise,
    Result,
    Round,
    Script,
    Stop,
    Talk,
    Talker,
)
from dialer.core.values import TOKYO, PhoneNumber

YEAR = 2026
ROUND = Round(date(YEAR, 8, 17), date(YEAR, 8, 28))
FIRST = datetime(YEAR, 8, 17, 10, tzinfo=TOKYO)
EACH = timedelta(days=1, hours=2)  # another day, another hour
A = PhoneNumber("0258000001")
B = PhoneNumber("09000000002")
NEW = PhoneNumber("09000000003")

RESULTS: dict[str, Result] = {
    "応答なし": Result.NO_ANSWER,
    "話し中": Result.BUSY,
    "留守電": Result.MACHINE,
    "ＦＡＸ": Result.FAX,
    "欠番": Result.NOT_IN_USE,
    "他人宅": Result.OTHER_HOME,
    "取り外し": Result.REMOVED,
    "料金未払": Result.UNPAID,
    "圏外": Result.OFF_OR_OUT_OF_AREA,
    "着信拒否": Result.REJECTED,
    "網障害": Result.NETWORK_ERROR,
    "呼出不足": Result.SHORT_RING,
    "すぐ切断": Result.HUNG_UP_EARLY,
    "放棄": Result.ABANDONED,
}
TALKERS: dict[str, Talker] = {
    "本人": Talker.SELF,
    "配偶者": Talker.SAME_HOUSEHOLD,
    "他人": Talker.OTHER,
    "不明者": Talker.UNKNOWN,
}
SAID: dict[str, Callable[[Talk], Talk]] = {
    "スクリプト完了": lambda talk: replace(talk, script=Script.COMPLETED),
    "途中で切断": lambda talk: replace(talk, script=Script.PARTIAL),
    "本人確認": lambda talk: replace(talk, identity_confirmed=True),
    "本人確認なし": lambda talk: replace(talk, identity_confirmed=False),
    "世帯確認": lambda talk: replace(talk, identity_confirmed=True),
    "世帯確認なし": lambda talk: replace(talk, identity_confirmed=False),
    "申出あり": lambda talk: replace(talk, offered_to_hear=True),
    "申出なし": lambda talk: replace(talk, offered_to_hear=False),
    "不在": lambda talk: replace(talk, absent=True),
    "長期不在": lambda talk: replace(talk, absent=True, absent_all_period=True),
    "居住せず": lambda talk: replace(talk, not_living_there=True),
    "別番号あり": lambda talk: replace(talk, new_number=NEW),
    "他人宅と判明": lambda talk: replace(talk, other_home=True),
    "市へ引継ぎ": lambda talk: replace(talk, handed_over=True),
    "対話拒否": lambda talk: replace(talk, declined=True),
}
JUDGEMENTS: dict[str, Judgement] = {
    "拒否で完了": Judgement.DECLINED,
    "不在で完了": Judgement.AWAY,
    "転居で完了": Judgement.MOVED,
}
FLAGS: dict[str, FlagKind] = {"受任": FlagKind.LAWYER, "死亡": FlagKind.DEATH, "架電禁止": FlagKind.DO_NOT_CALL}

MESSAGES = {"伝言あり": True, "伝言なし": False}
WHEN = re.compile(r"(\d+)/(\d+)(?: (\d+):(\d+))? ")
SECONDS = re.compile(r"(\d+)秒")
HOME = re.compile(r"(\d+)/(\d+)の(\d+)時在宅")
PROMISE = re.compile(r"(\d+)/(\d+)に(\d+)円約束")


def history(text: str, numbers: int = 1, city: str = "nagaoka") -> CaseHistory:
    """The case of a table row; sentences stand on lines of their own or are parted by 、"""
    return CaseHistory(city, "case", ROUND, (A, B)[:numbers], tuple(happenings(text)))


def happenings(text: str) -> Iterator[Happening]:
    at = FIRST - EACH
    for sentence in re.split(r"[、\n]", text):
        words = sentence.strip()
        if not words:
            continue
        when = WHEN.match(words)
        at = at + EACH if when is None else _moment(when)
        yield _happening(words[when.end() :] if when else words, at)


def moment(text: str) -> datetime:
    """8/20 10:00 in the year of the tables."""
    when = WHEN.fullmatch(f"{text} ")
    assert when, f"{text}: not a moment"
    return _moment(when)


def _moment(when: re.Match[str]) -> datetime:
    month, day, hour, minute = (int(part or 0) for part in when.groups())
    return datetime(YEAR, month, day, hour, minute, tzinfo=TOKYO)


def _happening(sentence: str, at: datetime) -> Happening:
    match sentence.split():
        case ["停止指示"]:
            return Stop(at)
        case ["注意事項", word]:
            return Stop(at, FLAGS[word])
        case ["解除", word]:
            return FlagLifted(at, FLAGS[word])
        case ["納付"]:
            return Paid(at)
        case ["判断", word] if word in JUDGEMENTS:
            return Decision(at, JUDGEMENTS[word])
        case ["折り返し", *words]:
            return Callback(at, _talk(words))
        case ["前回", *words]:
            number, rest = _number(words)
            assert len(rest) == 1, f"{sentence}: 前回 takes one result"
            return PreviousRound(at, number, RESULTS[rest[0]])
        case words:
            number, rest = _number(words)
            return _attempt(at, number, rest)


def _number(words: list[str]) -> tuple[int, list[str]]:
    if words and (found := re.fullmatch(r"番号(\d)", words[0])):
        return int(found[1]) - 1, words[1:]
    return 0, words


def _attempt(at: datetime, number: int, words: list[str]) -> Attempt:
    if words and words[0] in RESULTS:
        attempt = Attempt(at, number, RESULTS[words[0]])
        for word in words[1:]:
            if seconds := SECONDS.fullmatch(word):
                attempt = replace(attempt, ring_seconds=float(seconds[1]))
            elif word in MESSAGES:
                attempt = replace(attempt, message_left=MESSAGES[word])
            else:
                raise AssertionError(f"{word}: not a word of an attempt")
        return attempt
    return Attempt(at, number, Result.TALKED, talk=_talk(words))


def _talk(words: list[str]) -> Talk:
    assert words, "a talk without a talker"
    assert words[0] in TALKERS, f"{' '.join(words)}: neither a result nor a talker"
    talk = Talk(TALKERS[words[0]])
    for word in words[1:]:
        if word in SAID:
            talk = SAID[word](talk)
        elif home := HOME.fullmatch(word):
            month, day, hour = map(int, home.groups())
            talk = replace(talk, home_at=datetime.combine(date(YEAR, month, day), time(hour), TOKYO))
        elif promise := PROMISE.fullmatch(word):
            month, day, yen = map(int, promise.groups())
            talk = replace(talk, promise=Promise(date(YEAR, month, day), yen))
        else:
            raise AssertionError(f"{word}: not a word of a talk")
    return talk
