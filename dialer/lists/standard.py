"""The layout of a list that somebody makes by hand: `dialer import FILE` without a layout."""

from dialer.core.layout import Layout, LayoutColumn, LayoutKind

KEY, NAME, KANA, DEBT, AMOUNT = "宛名番号", "氏名", "カナ", "科目", "金額"
NUMBERS = ("電話番号1", "電話番号2", "電話番号3")

STANDARD = Layout(
    key="standard",
    name="標準の名簿",
    kind=LayoutKind.CASES,
    clause="D-001",
    columns=(
        LayoutColumn("address_key", header=KEY),
        LayoutColumn("name", header=NAME),
        LayoutColumn("kana", header=KANA),
        LayoutColumn("debt", header=DEBT),
        LayoutColumn("amount", header=AMOUNT),
        LayoutColumn("number1", header=NUMBERS[0]),
        LayoutColumn("number2", header=NUMBERS[1], optional=True),
        LayoutColumn("number3", header=NUMBERS[2], optional=True),
    ),
    encodings=("utf-8-sig", "utf-8", "cp932"),
    only_these_columns=True,
)
"""Its first telephone number must be there: who makes a list by hand wants these people called."""
