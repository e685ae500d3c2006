"""Every problem of a profile is told at once, each in one line: file, place, what is wrong, how to mend it."""

from pathlib import Path

import pytest

from dialer.core.rules.happenings import Result
from dialer.profiles import FOLDER, ProfileError, load_city
from dialer.profiles.files import COMMON
from tests.city_profiles import SIXTH

USUAL = 'usual = { weekday = "day" }'
CALLS = 'calls = ["09:00", "17:00"]'
AFTER = 'after = { evening = ["day"] }'
MONTH = 'per = "month"'
LINES = "[lines]"
GROUP = 'group = "tax" '
BUSY = 'busy = { effect = "counted" }'


def problems(folder: Path, text: str) -> list[str]:
    (folder / "mihon.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ProfileError) as told:
        load_city("mihon", folder)
    return str(told.value).split("\n")


def table(header: str, **values: str) -> str:
    """A table as it is added at the end of the example."""
    return "\n".join([f"[[{header}]]", *(f"{name} = {value}" for name, value in values.items()), ""])


def debt(key: str, number: str, group: str) -> str:
    return table("debt", key=f'"{key}"', name='"国保"', department='"x"', caller_id=f'"{number}"', group=f'"{group}"')


def campaign(key: str, **values: str) -> str:
    return table("calendar.campaign", key=f'"{key}"', name='"春"', clause='"x"', **values)


def quota(**values: str) -> str:
    return table("calendar.quota", name='"夜間"', clause='"x"', per='"month"', **values)


def layout(columns: str, **values: str) -> str:
    return table("layout", key='"list"', name='"名簿"', kind='"cases"', clause='"x"', columns=columns, **values)


def band(name: str, begins: str) -> str:
    return table("plan.band", key=f'"b{begins[:2]}"', name=f'"{name}"', begins=f'"{begins}"')


def first(*classes: str) -> str:
    return f"[inbound]\nfirst = {list(classes)}\n\n{LINES}".replace("'", '"')


def overflow(to: str | None = None) -> str:
    named = f'overflow_to = "{to}"\n' if to else ""
    return f'[inbound]\noverflow = "transfer"\n{named}\n{LINES}'


SPRING = '[{ first = "04-01", last = "05-31" }]'

WRONG = [
    # what stands in the example, what is written instead, and how the one line that tells it begins
    ('name = "見本市"', "name = 6", 'name: 「6」 ではなく文字列（"…"）を書いてください'),
    ('department = "納税課"\n', "", "debt[0].department（市税）: ありません。この項目を書いてください"),
    ('"0258009091" ', '"0258-00-9091"', "debt[0].caller_id（市税）: 「0258-00-9091」 は使えません。0 で始まる"),
    (GROUP, 'group = "税"', "debt[0].group（市税）: 「税」 は使えません。英小文字で始まり"),
    (GROUP, f'{GROUP}\nfax = "1"', "debt[0].fax（市税）: 知らない項目です。使えるのは caller_id、"),
    ("outbound = 10", "outbound = 0", "lines.outbound: 「0」 は使えません。1以上を書いてください"),
    ("outbound = 10", "outbound = 1.5", "lines.outbound: 「1.5」 ではなく整数を書いてください"),
    (USUAL, USUAL.replace('day"', 'dya"'), "calendar.usual.weekday: パターン「dya」はありません。あるのは day"),
    (USUAL, USUAL.replace("weekday", "sunday"), "calendar.usual.sunday: パターン「day」の on に sunday がありません"),
    (USUAL, USUAL.replace("weekday", "monday"), "calendar.usual.monday: 「monday」 は使えません。weekday、"),
    (USUAL, f'never_on = ["weekday"]\n{USUAL}', "calendar.usual.weekday: never_on の weekday は開けられません"),
    (USUAL, f'evening_from = "18:00"\n{USUAL}', "calendar.evening_from: 18:00 に始まる plan.band がありません"),
    (USUAL, f'evening_from = "25:00"\n{USUAL}', 'calendar.evening_from: "17:15" のように'),
    (USUAL, f"round_days = [12, 8]\n{USUAL}", "calendar.round_days: 最少が最多より大きい値です"),
    (USUAL, f'exchanged = ["day"]\n{USUAL}', "calendar.exchange_clause: ありません。exchanged の根拠"),
    (USUAL, f'exchanged = ["rest"]\n{USUAL}', "calendar.exchanged: パターン「rest」はありません"),
    (
        "first = 2026-04-01",
        "first = 2029-04-01",
        "calendar.operation[0]: 期間 2029-04-01～2029-03-31 は初日が末日より後",
    ),
    ("last = 2029-03-31", "last = 2039-03-31", "calendar.operation[0]: 祝日が分かるのは 2023～2030 年だけです"),
    ("last = 2029-03-31", 'last = "いつか"', "calendar.operation[0]: { first = 2026-08-17, last"),
    (CALLS, 'calls = ["9", "17"]', 'calendar.pattern[0].calls（平日）: ["09:00", "17:00"] のように'),
    (CALLS, 'calls = ["17:00", "09:00"]', "calendar.pattern[0].calls（平日）: 時間帯 17:00～09:00"),
    (CALLS, 'calls = ["08:00", "17:00"]', "calendar.pattern[0].calls（平日）: limit の外"),
    ('rule = "day_of_month"', 'rule = "monthly"', "due[0]（月報）: rule = 'monthly' は使えません。open_days、"),
    ('rule = "day_of_month"\n', "", "due[0]（月報）: rule がありません。by_agreement、"),
    ("months = 1\n", "month = 1\n", "due[0].month（月報）: 知らない項目です。使えるのは at、clause、day、months、"),
    ('moves = "next"', 'moves = "later"', "due[0].moves（月報）: 「later」 は使えません。stays、next、"),
    ("day = 10", "day = 32", "due[0].day（月報）: 「32」 は使えません。31以下を書いてください"),
    ("attempts = 4", "attempts = true", "completion.attempts: 「True」 ではなく整数を書いてください"),
    (BUSY, 'busy = { effect = "talk" }', 'completion.outcomes.busy.effect: "talk" は talked だけのもの'),
    (BUSY, 'talked = { effect = "counted" }', "completion.outcomes.talked.effect: 通話の結果は会話の内容で"),
    (BUSY, 'buzzy = { effect = "counted" }', "completion.outcomes.buzzy: 「buzzy」 は使えません。no_answer、busy、"),
    (AFTER, 'after = { evening = ["night"] }', "plan.after.evening[0]: 「night」 は使えません。day、evening、holiday"),
    (AFTER, 'after = { day = ["evening"] }', "plan.after.day: day は初回の段です"),
    (
        AFTER,
        'after = { evening = ["holiday"], holiday = ["evening"] }',
        "plan.after.evening: evening が巡り巡って自分自身を待っています",
    ),
    ("at_least = 0.5", "at_least = 50", "target[0].at_least（接触率）: 率は 0 から 1 の数です。50 % なら 0.5"),
    (MONTH, 'per = "week"', "target[0].per（接触率）: 「week」 は使えません。round、month、"),
    (MONTH, f'{MONTH}\ndebts = ["water"]', "target[0].debts（接触率）: 科目「water」はありません。あるのは city_tax"),
    (MONTH, f'{MONTH}\nbetween = ["02-30", "03-31"]', "target[0].between[0]（接触率）: 2月30日は毎年ある日では"),
    (
        LINES,
        first("friends"),
        "inbound.first[0]: 「friends」 は使えません。left_alone、called_back、called、known のいずれか",
    ),
    (LINES, first("known", "known"), "inbound.first[1]: 「known」が二度あります"),
    (LINES, f"[warnings]\ntalk_minutes = 0\n\n{LINES}", "warnings.talk_minutes: 「0」 は使えません。1.0以上を"),
    (LINES, f"[warnings]\nrate = 0.9\n\n{LINES}", "warnings.rate: 知らない項目です。使えるのは abandoned_near、"),
    (
        LINES,
        f"[warnings]\ndisk_gb_left = 6.0\n\n{LINES}",
        "warnings.disk_gb_left: 注意を出す disk_gb（5）以下の数を書いてください",
    ),
    (LINES, overflow(), 'inbound.overflow_to: ありません。overflow = "transfer" では、つなぐ先の key'),
    (LINES, overflow("nowhere"), "inbound.overflow_to: 引継ぎ先「nowhere」はありません。"),
]
BESIDE = [
    # what is added at the end, and how the line that tells it begins
    (debt("city_tax", "0258009092", "nhi"), "debt[1].key（国保）: 「city_tax」が二度あります"),
    (debt("nhi", "0258009092", "tax"), "debt[1].caller_id（国保）: グループ tax の番号は 0258009091 です"),
    (debt("nhi", "0258009091", "nhi"), "debt[1].caller_id（国保）: 同じ番号がグループ tax にもあります"),
    ('\n[[group]]\nkey = "nhi"\nname = "国保"\n', "group[0].key（国保）: グループ「nhi」はありません"),
    (campaign("a", debts='["city_tax"]'), "calendar.campaign[0]（春）: season も round もありません"),
    (
        campaign("a", round="[{ first = 2030-01-01, last = 2030-01-10 }]"),
        "calendar.campaign[0].round[0]（春）: calendar.operation のどの期間にも収まりません",
    ),
    (
        debt("nhi", "0258009092", "nhi") + campaign("a", debts='["nhi"]', season=SPRING),
        "calendar.campaign: 科目「city_tax」の架電期間がありません",
    ),
    (
        campaign("a", season=SPRING) + campaign("b", season=SPRING),
        "calendar.campaign[1].debts（春）: debts のない架電期間は一つだけ置けます",
    ),
    (
        campaign("a", debts='["city_tax"]', season=SPRING) + campaign("b", debts='["city_tax"]', season=SPRING),
        "calendar.campaign[1].debts（春）: 科目「city_tax」は別の架電期間にもあります",
    ),
    (
        quota(patterns='["night"]', at_least="3"),
        "calendar.quota[0].patterns（夜間）: パターン「night」はありません。あるのは day",
    ),
    (quota(at_least="3", at_most="2"), "calendar.quota[0].at_least（夜間）: at_most（2）より大きい値です"),
    (quota(), "calendar.quota[0]（夜間）: at_least も at_most もありません"),
    (
        table("calendar.pattern", key='"shut"', name='"休み"', clause='"x"', on='["sunday"]'),
        "calendar.pattern[1]（休み）: calls も inbound もありません",
    ),
    (band("終日", "09:00"), 'plan.band[0].begins（終日）: 最初の時間帯は "00:00" に始まります'),
    (
        band("一", "00:00") + band("二", "17:00") + band("三", "12:00"),
        "plan.band[2].begins（三）: 前の時間帯（17:00）より後の時刻を書いてください",
    ),
    (
        layout('[{ field = "name", header = "氏名" }]', encodings='["cp932", "sjis-win"]'),
        "layout[0].encodings[1]（名簿）: 「sjis-win」という文字コードはありません",
    ),
    (layout('[{ field = "name" }]'), "layout[0].columns[0].header（name）: ありません。この形式のファイルでは"),
    ("[recordings]\non = true\nkeep_days = 0", "recordings.keep_days: "),
    ('[recordings]\non = "yes"', "recordings.on: "),
    (
        layout('[{ field = "debt", header = "科目", words = { "01" = "water" } }]'),
        "layout[0].columns[0].words（debt）: 科目「water」はありません。あるのは city_tax",
    ),
]


@pytest.mark.parametrize(("good", "bad", "told"), WRONG)
def test_a_wrong_value_is_told_with_its_place_and_how_to_mend_it(
    good: str, bad: str, told: str, tmp_path: Path
) -> None:
    assert SIXTH.count(good) >= 1
    lines = problems(tmp_path, SIXTH.replace(good, bad, 1))
    assert any(line.startswith(f"mihon.toml: {told}") for line in lines), lines


@pytest.mark.parametrize(("more", "told"), BESIDE)
def test_what_contradicts_the_rest_of_the_file_is_told(more: str, told: str, tmp_path: Path) -> None:
    lines = problems(tmp_path, f"{SIXTH}\n{more}")
    assert any(line.startswith(f"mihon.toml: {told}") for line in lines), lines


def test_all_problems_of_a_file_are_told_in_one_go(tmp_path: Path) -> None:
    """One of nearly every table, and one that only shows when two tables are laid side by side."""
    alone = [
        next(row for row in WRONG if row[1] == bad)
        for bad in ("", "outbound = 0", USUAL.replace("weekday", "monday"), 'moves = "later"', "attempts = true")
    ]
    alone += [row for row in WRONG if "巡り巡って" in row[2] or "率は" in row[2]]
    text, (beside, crossed) = SIXTH, BESIDE[8]
    for good, bad, _ in alone:
        text = text.replace(good, bad, 1)
    lines = problems(tmp_path, f"{text}\n{beside}")
    wanted = [*(told for _, _, told in alone), crossed, "plan.after.holiday: holiday が巡り巡って"]
    for told in wanted:
        assert any(line.startswith(f"mihon.toml: {told}") for line in lines), told
    assert len(lines) == len(wanted)


def test_a_wrong_value_of_the_common_file_is_told_with_that_file(tmp_path: Path) -> None:
    common = (FOLDER / COMMON).read_text(encoding="utf-8")
    (tmp_path / COMMON).write_text(common.replace("uncounted_cap = 10 ", "uncounted_cap = 0 "), encoding="utf-8")
    assert problems(tmp_path, SIXTH) == [
        f"{COMMON}: completion.uncounted_cap: 「0」 は使えません。1以上を書いてください"
    ]


def test_an_uncounted_ending_without_a_waiting_time_is_told(tmp_path: Path) -> None:
    common = (FOLDER / COMMON).read_text(encoding="utf-8")
    (tmp_path / COMMON).write_text(common.replace("lost = 30\n", ""), encoding="utf-8")
    (line,) = problems(tmp_path, SIXTH)
    assert line.startswith("mihon.toml: plan.wait_minutes.lost: ありません。架電回数に数えない結果には")


@pytest.mark.parametrize("result", Result)
def test_an_ending_without_a_rule_is_told_before_any_call_can_end_so(result: Result, tmp_path: Path) -> None:
    common = (FOLDER / COMMON).read_text(encoding="utf-8")
    lines = common.splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(f"{result.value} = {{")]
    assert len(kept) == len(lines) - 1
    (tmp_path / COMMON).write_text("".join(kept), encoding="utf-8")
    text = SIXTH.replace('busy = { effect = "counted" }', "")
    assert any(f"completion.outcomes.{result.value}: ありません" in line for line in problems(tmp_path, text))


def test_an_unknown_city_is_told_with_those_that_there_are() -> None:
    with pytest.raises(ProfileError, match="city: osaka という委託者はありません。あるのは kurume、nagaoka、"):
        load_city("osaka")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'name = "x\n', "mihon.toml: TOML として読めません（"),
        ('name = "見本市"'.encode("cp932"), "mihon.toml: UTF-8 ではありません"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_in_one_line(content: bytes, told: str, tmp_path: Path) -> None:
    (tmp_path / "mihon.toml").write_bytes(content)
    with pytest.raises(ProfileError) as wrong:
        load_city("mihon", tmp_path)
    assert str(wrong.value).startswith(told)
    assert "\n" not in str(wrong.value)


def test_an_empty_file_is_told_what_it_lacks(tmp_path: Path) -> None:
    lines = problems(tmp_path, "")
    for place in ("name", "debt", "lines", "calendar.clause", "completion.clauses", "plan.clause"):
        assert f"mihon.toml: {place}: ありません。この項目を書いてください" in lines
