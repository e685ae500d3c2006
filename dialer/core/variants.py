"""One text, many sounds: what is said in the place of {place}, {minutes}, {number} and {hours}, made ahead of time.

A sound is known by its variant, a short word: the place, the minutes, a digit, the next opening. A text without such a
placeholder has one sound, whose variant is the empty word.
"""

from collections.abc import Iterable, Mapping

from dialer.core.calendar.openings import NextOpening, opening_in_words, opening_key

PLAIN = ""
MOST_PLACES = 20
MINUTES = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20, 30)
BEFORE, AFTER = "before", "after"  # what is said around a number
NO_OPENING = "none"
ANY_VARIANTS = (PLAIN, NO_OPENING, BEFORE, "1")  # every text has a sound for one of these
EXAMPLES = {
    "place": "3",
    "minutes": "5",
    "number": "1、2、3、4、5、6、7、8、9、0",
    "hours": "次の受付は、12月1日、火曜日、午前9時から、午後8時までです。",
}


def variants(text: str, openings: Iterable[NextOpening] = ()) -> Mapping[str, str]:
    """By variant, what has to be spoken."""
    if "{place}" in text:
        return {str(place): text.replace("{place}", str(place)) for place in range(1, MOST_PLACES + 1)}
    if "{minutes}" in text:
        return {str(minutes): text.replace("{minutes}", str(minutes)) for minutes in MINUTES}
    if "{number}" in text:
        before, _, after = text.partition("{number}")
        around = {name: said for name, said in ((BEFORE, before), (AFTER, after)) if speaks(said)}
        return {**around, **{str(digit): f"{digit}。" for digit in range(10)}}
    if "{hours}" in text:
        known = {opening_key(one): text.replace("{hours}", opening_in_words(one)) for one in openings}
        return {NO_OPENING: text.replace("{hours}", ""), **known}
    return {PLAIN: text}


def example_of(text: str) -> str:
    """As it may sound, to listen to before it is approved and to see how long it takes."""
    for name, said in EXAMPLES.items():
        text = text.replace(f"{{{name}}}", said)
    return text


def speaks(text: str) -> bool:
    return any(letter.isalnum() for letter in text)


def minutes_said(minutes: int) -> str | None:
    """Rounded up to what can be said; None: longer than anybody should be told."""
    return next((str(known) for known in MINUTES if minutes <= known), None)


def place_said(place: int) -> str | None:
    return str(place) if 1 <= place <= MOST_PLACES else None
