"""The words for what taking over a city's list comes to."""

CHANGES = {
    "name": "氏名",
    "household": "世帯",
    "language": "言語",
    "number": "電話番号",
    "amount": "金額",
    "debtor_class": "区分",
    "items": "内訳",
    "round": "架電期間",
    "other": "その他の列",
}
UNSUITED = {
    "stopped_before": "前回は架電停止",
    "paid_before": "前回は納付済み",
    "promised": "納付約束の期日前",
    "decided_before": "前回は担当者の判断で完了",
    "dead_numbers": "使える電話番号なし",
}
COUNT_NAMES = {
    "added": "新規",
    "changed": "変更",
    "unchanged": "変わりなし",
    "closed": "再開しない案件",
    "gone": "名簿からなくなった案件",
    "numbers_added": "追加する電話番号",
    "cases": "反映する案件",
    "reduced": "金額を改める案件",
    "already": "反映済みの行",
    "unknown_people": "登録のない宛名番号の行",
    "without_case": "該当する案件のない行",
    "unknown_numbers": "本人のものでない電話番号の行",
    "rows": "書き出した行",
}
