"""When a password is good enough, as a table."""

from dataclasses import replace

import pytest

from dialer.core.passwords import PasswordRules, normal, problems
from dialer.web.passwords import strength

STRICT = PasswordRules()
LONG_ONLY = PasswordRules(at_least=8, lower=False, upper=False, digit=False, symbol=False, strength=0)


@pytest.mark.parametrize(
    ("password", "rules", "wrong"),
    [
        ("Hanabi!Yoru-2871", STRICT, ""),
        ("Ｈａｎａｂｉ！Ｙｏｒｕ－２８７１", STRICT, ""),
        ("Hanabi!Yo-28", STRICT, ""),
        ("Hanabi!Yo-2", STRICT, "12文字以上"),
        ("", STRICT, "12文字以上"),
        ("Ha!2" * 33, STRICT, "128文字以内"),
        ("HANABI!YORU-2871", STRICT, "英小文字"),
        ("hanabi!yoru-2871", STRICT, "英大文字"),
        ("Hanabi!Yoru-Asa", STRICT, "数字"),
        ("Hanabi5Yoru2871", STRICT, "記号"),
        ("Hanabi Yoru 2871", STRICT, "記号"),
        ("花火Hanabi夜Yoru2871", STRICT, "記号"),
        ("Taro!Hanabi-28715", STRICT, "ログインID"),
        ("TARO!hanabi-28715", STRICT, "ログインID"),
        ("My!Password-28715", STRICT, "よく使われる語"),
        ("Nagaoka!Yoru-28715", STRICT, "市の名前"),
        ("N@ga0ka!Yoru-28715", STRICT, "市の名前"),
        ("My!P4ssw0rd-28715", STRICT, "よく使われる語"),
        ("Pasuwaado!Yo-2871", STRICT, "よく使われる語"),
        ("$akur4!Yoru-28715", STRICT, "よく使われる語"),
        ("Yo!パスワードru-2871A", STRICT, "よく使われる語"),
        ("長岡市Hanabi!Yo-2871", STRICT, "市の名前"),
        ("Hanabi!Yoru-2345", STRICT, "続き番号"),
        ("Hanabi!Yoru-9876", STRICT, "続き番号"),
        ("Hanabi!Yoru-2222", STRICT, "同じ文字"),
        ("Hanabi!Yoru-234", STRICT, ""),
        ("Hanabi!WxYz-2871", STRICT, "続き番号"),
        ("Watanabe-1985!", STRICT, "推測されやすい"),
        ("Hanako#Neko99", STRICT, "推測されやすい"),
        ("aB3$aB3$aB3$", STRICT, "推測されやすい"),
        ("Taroh!Taroh!Taroh1", STRICT, "ログインID"),
        ("Umi-Kujira-2871!", STRICT, ""),
        ("hanabiyoru", LONG_ONLY, ""),
        ("hanabiyoru", replace(LONG_ONLY, strength=3), ""),
        ("hanabiyoru", replace(LONG_ONLY, strength=4), "推測されやすい"),
        ("hanabi", LONG_ONLY, "8文字以上"),
    ],
)
def test_a_password_is_refused_for_one_reason_or_not_at_all(password: str, rules: PasswordRules, wrong: str) -> None:
    found = problems(password, "taro", rules, strength, ("nagaoka", "長岡市"))
    assert len(found) == (1 if wrong else 0) or password == ""
    assert wrong in "".join(found)


def test_every_reason_is_told_at_once() -> None:
    assert len(problems("taro", "taro", STRICT, strength)) == 5


def test_it_is_the_same_password_on_every_keyboard() -> None:
    assert normal("Ｈａｎａｂｉ！２８") == "Hanabi!28"
