"""What a supervisor has to know of now, before it hurts: from the figures of this moment to the warnings that stand.

A warning that stands goes only when its figure is clearly better than what raised it, so that none flutters. Of what is
not known at the moment nothing is said, neither that it stands nor that it has ended.
"""

from collections.abc import Callable, Iterator

from dialer.core.health import NEEDED, STATE_NAMES, PartState
from dialer.core.values import OperatorState
from dialer.core.warning_values import Figures, Level, ListLeft, Look, WarningKind, WarningNow

GIGABYTE = 1e9


def warnings_now(look: Look) -> tuple[WarningNow, ...]:
    """The worst first."""
    order = list(WarningKind)
    found = [one for of, (_, find) in FINDERS.items() if getattr(look.figures, of) is not None for one in find(look)]
    return tuple(sorted(found, key=lambda one: (one.level is not Level.ALARM, order.index(one.kind), one.subject)))


def known_kinds(figures: Figures) -> frozenset[WarningKind]:
    """Those of which something can be said now."""
    known = (kinds for of, (kinds, _) in FINDERS.items() if getattr(figures, of) is not None)
    return frozenset(kind for kinds in known for kind in kinds)


def _answers(look: Look) -> Iterator[WarningNow]:
    found, rules = look.figures.answers, look.rules
    assert found is not None
    today, lately, before = found.today, found.lately, found.before
    low, falls = WarningKind.ANSWER_RATE_LOW, WarningKind.ANSWER_RATE_FALLS
    enough = today.total >= rules.answer_rate_calls and found.target is not None
    if enough and look.falls_below(today.rate, found.target or 0.0, (low, "", Level.HEED)):
        text = (
            f"本日の応答率は{_share(today.rate)}（{today.answered} / {today.total}件）で、目標の"
            f"{_share(found.target or 0.0)}を下回っています。着信に応対できる担当者を増やしてください。"
        )
        yield WarningNow(low, Level.HEED, text)
    enough = min(before.total, 2 * lately.total) >= rules.answer_rate_calls
    if enough and look.reaches(before.rate - lately.rate, rules.answer_rate_fall, (falls, "", Level.ALARM)):
        text = (
            f"応答率が急に下がりました。直近{rules.answer_rate_minutes:.0f}分は{_share(lately.rate)}"
            f"（{lately.answered} / {lately.total}件）、それまでは{_share(before.rate)}です。"
            "離席中の担当者を戻すか、発信を休止してください。"
        )
        yield WarningNow(falls, Level.ALARM, text)


def _abandoned(look: Look) -> Iterator[WarningNow]:
    found, rules, kind = look.figures.left_alone, look.rules, WarningKind.ABANDONED
    assert found is not None
    if found.persons < rules.abandoned_persons:
        return
    lost = f"、ほかに機械と誤認 推計{found.lost_by_ear:.1f}人" if found.lost_by_ear else ""
    counted = f"{_share(found.share)}（{found.left_alone}人 / {found.persons}人{lost}）"
    said = f"本日の放棄は{counted}で、上限の{_share(found.ceiling)}"
    if found.left_alone and look.reaches(found.share, found.ceiling, (kind, "", Level.ALARM)):
        yield WarningNow(kind, Level.ALARM, f"{said}に達しています。予測発信の科目を自動発信に変えてください。")
    elif found.left_alone and look.reaches(found.share, found.ceiling * rules.abandoned_near, (kind, "", Level.HEED)):
        yield WarningNow(kind, Level.HEED, f"{said}に近づいています。発信は自動で控えています。")


def _waits(look: Look) -> Iterator[WarningNow]:
    found, kind = look.figures.waits, WarningKind.CALLER_WAITS
    assert found is not None
    if found.callers and look.reaches(found.longest_seconds, look.rules.caller_wait_seconds, (kind, "", Level.ALARM)):
        text = (
            f"着信でお待たせしている方がいます（{found.callers}人、最長{_minutes(found.longest_seconds)}）。"
            "休止中や後処理中の担当者に応対を求めてください。"
        )
        yield WarningNow(kind, Level.ALARM, text)


def _operators(look: Look) -> Iterator[WarningNow]:
    rules, talks, writes = look.rules, WarningKind.TALKS_LONG, WarningKind.WRITES_LONG
    for one in look.figures.operators or ():
        if one.state is OperatorState.TALKING and one.seconds >= rules.talk_minutes * 60:
            text = f"{one.phone}の通話が{_minutes(one.seconds)}続いています。助けが要るか、聴取して確かめてください。"
            yield WarningNow(talks, Level.HEED, text, one.phone)
        if one.state is OperatorState.WRAP_UP and one.seconds >= rules.wrap_up_seconds:
            text = f"{one.phone}の後処理が{_minutes(one.seconds)}続いています。入力で困っていないか確かめてください。"
            yield WarningNow(writes, Level.HEED, text, one.phone)


def _lists(look: Look) -> Iterator[WarningNow]:
    for one in look.figures.lists or ():
        key = (WarningKind.LIST_RUNS_DRY, one.debt, Level.HEED)
        if one.minutes is not None and look.runs_below(one.minutes, look.rules.list_minutes, key):
            yield WarningNow(WarningKind.LIST_RUNS_DRY, Level.HEED, _dry(one), one.debt)


def _dry(one: ListLeft) -> str:
    todo = "名簿の追加を市と相談するか、ほかの科目の架電に移ってください。"
    if not one.due:
        return f"{one.name}: いま架電できる案件がありません。{todo}"
    return f"{one.name}: いま架電できる案件は残り{one.due}件（約{max(1, round(one.minutes or 0))}分）です。{todo}"


def _quotas(look: Look) -> Iterator[WarningNow]:
    for one in look.figures.quotas or ():
        if one.days_left <= look.rules.quota_days:
            left = f"残り{one.days_left}日です。" if one.days_left else "きょうが最終日です。"
            text = f"{one.text}。{left}市と協議して実施日を決めてください。"
            yield WarningNow(WarningKind.QUOTA_UNMET, Level.HEED, text, one.key)


def _trunk(look: Look) -> Iterator[WarningNow]:
    found, rules, kind = look.figures.trunk, look.rules, WarningKind.TRUNK_REFUSES
    assert found is not None
    key = (kind, "", Level.ALARM)
    if look.reaches(found.refused, rules.refused_calls, key) and look.reaches(found.share, rules.refused_share, key):
        text = (
            f"直近{rules.refused_minutes:.0f}分の架電のうち{_share(found.share)}（{found.refused} / {found.ended}件）が"
            "回線の輻輳や規制でつながりません。続く場合は発信を休止し、回線事業者に確かめてください。"
        )
        yield WarningNow(kind, Level.ALARM, text)


def _disk(look: Look) -> Iterator[WarningNow]:
    found, rules, kind = look.figures.disk, look.rules, WarningKind.DISK_FILLS
    assert found is not None
    gigabytes = found.free_bytes / GIGABYTE
    limits = (
        (Level.ALARM, rules.disk_hours_left, rules.disk_gb_left),
        (Level.HEED, rules.disk_hours, rules.disk_gb),
    )
    for level, hours, gb in limits:
        key = (kind, "", level)
        few = found.hours is not None and look.runs_below(found.hours, hours, key)
        if few or look.runs_below(gigabytes, gb, key):
            lasts = "" if found.hours is None else f"（全席で通話を録音して約{found.hours:.0f}時間分）"
            todo = "古い録音の移動か、ディスクの増設を手配してください。"
            yield WarningNow(kind, level, f"ディスクの空きは{gigabytes:.1f}GB{lasts}です。{todo}")
            return


def _recordings(look: Look) -> Iterator[WarningNow]:
    found, kind = look.figures.recordings, WarningKind.RECORDINGS_FILL
    assert found is not None
    for level, limit in (
        (Level.ALARM, found.hours_each),
        (Level.HEED, found.hours_each * look.rules.recordings_near),
    ):
        if look.runs_below(found.each, limit, (kind, "", level)):
            text = (
                f"録音は1台あたり{found.each:.0f}時間分しか保存できません（{found.lines}台、必要は{found.hours_each:.0f}時間、"
                f"空きは{found.free_each:.0f}時間分）。保存期間内の録音は自動では削除しません。ディスクの増設を手配してください。"
            )
            yield WarningNow(kind, level, text)
            return


def _parts(look: Look) -> Iterator[WarningNow]:
    for one in look.figures.parts or ():
        if one.state is PartState.WELL:
            continue
        if one.state is PartState.RESTARTED:
            todo = "くり返す場合は、保守の担当に知らせてください。"
        else:
            todo = "自動で復旧しない場合は「./run status」で状況を確かめ、保守の担当に知らせてください。"
        if one.key == "texts":
            yield WarningNow(WarningKind.PART_AWAY, Level.ALARM, f"架電できません。{one.why}。", one.key)
            continue
        level = Level.ALARM if one.key in NEEDED else Level.HEED
        yield WarningNow(WarningKind.PART_AWAY, level, f"{one.name}: {STATE_NAMES[one.state]}。{todo}", one.key)


def _clock(look: Look) -> Iterator[WarningNow]:
    found, kind = look.figures.clock, WarningKind.CLOCK_WRONG
    assert found is not None
    todo = "時刻同期（NTP）の設定を確かめてください。"
    if found.stepped_seconds:
        way = "進み" if found.stepped_seconds > 0 else "戻り"
        text = f"サーバーの時計が{abs(found.stepped_seconds):.0f}秒{way}ました。{todo}"
        yield WarningNow(kind, Level.ALARM, text, "step")
    if found.synchronised is False:
        yield WarningNow(kind, Level.HEED, f"サーバーの時計が標準時に合わされていません。{todo}", "sync")


Find = Callable[[Look], Iterator[WarningNow]]
FINDERS: dict[str, tuple[tuple[WarningKind, ...], Find]] = {
    "answers": ((WarningKind.ANSWER_RATE_LOW, WarningKind.ANSWER_RATE_FALLS), _answers),
    "left_alone": ((WarningKind.ABANDONED,), _abandoned),
    "waits": ((WarningKind.CALLER_WAITS,), _waits),
    "operators": ((WarningKind.TALKS_LONG, WarningKind.WRITES_LONG), _operators),
    "lists": ((WarningKind.LIST_RUNS_DRY,), _lists),
    "quotas": ((WarningKind.QUOTA_UNMET,), _quotas),
    "trunk": ((WarningKind.TRUNK_REFUSES,), _trunk),
    "disk": ((WarningKind.DISK_FILLS,), _disk),
    "recordings": ((WarningKind.RECORDINGS_FILL,), _recordings),
    "parts": ((WarningKind.PART_AWAY,), _parts),
    "clock": ((WarningKind.CLOCK_WRONG,), _clock),
}
"""By the figures that each needs."""


def _share(share: float) -> str:
    return f"{100 * share:.1f}%"


def _minutes(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}分{rest:02}秒" if minutes else f"{rest}秒"
