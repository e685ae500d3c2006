"""When a password is good enough (X-003: long, of letters, digits and symbols, hard to guess)."""

import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import pairwise

LONGEST = 128
GUESSED_FIRST = (
    *("password", "yobikake", "qwerty", "qwertz", "asdfgh", "zxcvbn", "qazwsx", "administrator", "letmein", "welcome"),
    *("nouzei", "noufu", "saikoku", "zeikin", "zeimu", "kokuho", "shiyakusho", "yakusho", "shichou", "sentaa"),
    *("pasuwaado", "pasuwado", "himitsu", "anshou", "aikotoba", "aiueo", "kakikukeko", "sayonara", "konnichiwa"),
    *("arigatou", "ohayou", "nihon", "nippon", "fujisan", "sakura", "reiwa", "heisei", "showa", "watashi", "daisuki"),
    *("tanaka", "suzuki", "satou", "yamada", "takahashi", "doraemon", "pikachu", "pokemon", "kitty"),
    *("パスワード", "ひみつ", "秘密", "納税", "納付", "催告", "市役所", "あいうえお", "さくら", "令和", "よびかけ"),
)
"""What is tried before anything else, in letters and as people write it; also with signs that look like letters."""
GUESSED_SOON = (
    *("satoh", "sato", "watanabe", "itou", "itoh", "nakamura", "kobayashi", "katou", "katoh", "yoshida", "sasaki"),
    *("yamaguchi", "matsumoto", "inoue", "kimura", "hayashi", "shimizu", "yamazaki", "mori", "ikeda", "hashimoto"),
    *("hanako", "tarou", "taro", "ichirou", "jirou", "yuki", "yuuki", "haruto", "himari", "sakurako", "akira"),
    *("hokkaidou", "sapporo", "sendai", "saitama", "chiba", "tokyo", "toukyou", "yokohama", "kawasaki", "niigata"),
    *("nagaoka", "kanazawa", "nagoya", "kyoto", "kyouto", "osaka", "oosaka", "kobe", "koube", "hiroshima", "fukuoka"),
    *("kurume", "kumamoto", "okinawa", "haru", "natsu", "aki", "fuyu", "gatsu", "getsuyoubi", "kinyoubi", "nichiyoubi"),
    *("shimin", "kaigo", "hoken", "hoikuryou", "kyuushoku", "juuminzei", "koteishisan", "jidousha", "denwa", "keiyaku"),
    *("inu", "neko", "tori", "umi", "yama", "kawa", "sora", "hana", "hoshi", "yume", "kazoku", "tomodachi", "kaisha"),
    *("gohan", "ramen", "sushi", "ringo", "momo", "mikan", "ichigo", "sensei", "gakkou", "genki", "ganbatte", "baka"),
)
"""Names and words that somebody who guesses in Japanese tries next: one alone makes no good password."""
LOOKS_LIKE = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"})
Strength = Callable[[str, Collection[str]], int]
"""How hard a password is to guess for somebody who tries these words too, from 0 to 4."""
RUN = 4  # 1234, abcd, aaaa


@dataclass(frozen=True, slots=True)
class PasswordRules:
    """Of the strictest city (Niigata) unless the settings say otherwise."""

    at_least: int = 12
    lower: bool = True
    upper: bool = True
    digit: bool = True
    symbol: bool = True
    strength: int = 4


def normal(password: str) -> str:
    """The same password from every keyboard: full-width letters are those of half width."""
    return unicodedata.normalize("NFKC", password)


def problems(
    password: str, login: str, rules: PasswordRules, strength: Strength, words: Collection[str] = ()
) -> tuple[str, ...]:
    """One line for each reason why this may not be a password; empty when it may."""
    text = normal(password)
    small = text.casefold()
    meant = small.translate(LOOKS_LIKE)
    found = []
    if len(text) < rules.at_least:
        found.append(f"{rules.at_least}文字以上にしてください。")
    if len(text) > LONGEST:
        found.append(f"{LONGEST}文字以内にしてください。")
    found += [f"{name}を入れてください。" for name, wanted, of in _CLASSES if wanted(rules) and not any(map(of, text))]
    if login.casefold() in small:
        found.append("ログインIDを含めないでください。")
    if any(word.casefold() in one for word in (*GUESSED_FIRST, *words) if word for one in (small, meant)):
        found.append("よく使われる語や市の名前を含めないでください。")
    if _has_run(small):
        found.append(f"同じ文字や続き番号を{RUN}文字以上並べないでください。")
    if not found and strength(text, (login, *words, *GUESSED_FIRST, *GUESSED_SOON)) < rules.strength:
        found.append("推測されやすいパスワードです。関係のない語をいくつか組み合わせてください。")
    return tuple(found)


_CLASSES: tuple[tuple[str, Callable[[PasswordRules], bool], Callable[[str], bool]], ...] = (
    ("英小文字", lambda rules: rules.lower, lambda one: "a" <= one <= "z"),
    ("英大文字", lambda rules: rules.upper, lambda one: "A" <= one <= "Z"),
    ("数字", lambda rules: rules.digit, lambda one: "0" <= one <= "9"),
    ("記号", lambda rules: rules.symbol, lambda one: not one.isalnum() and not one.isspace()),
)


def _has_run(text: str) -> bool:
    """Characters that repeat, or count up or down, one after the other."""
    steps = [ord(after) - ord(before) for before, after in pairwise(text)]
    for step in (0, 1, -1):
        length = 1
        for one in steps:
            length = length + 1 if one == step else 1
            if length >= RUN:
                return True
    return False
