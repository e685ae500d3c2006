"""Two functions of the database by which persons are found: a migration makes them, a column and an index rest on them.

They are never changed, only replaced by others with other names: what rests on them would be wrong without a word.

An index over pairs of letters, and none of the extension for trigrams: names have two letters or three, and a family
name of two is what is looked for most.
"""

from sqlalchemy import Connection, Index, event, func, literal_column, text

from dialer.store.tables.columns import metadata

SMALL = dict(zip("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ", strict=True))
HIRAGANA = {chr(code): chr(code + 0x60) for code in range(0x3041, 0x3097)}
DASHES = dict.fromkeys("-‐‑‒–—―−", "ー")
OLD_FORMS = dict(  # of kanji that families write one way and lists the other
    zip(
        "髙﨑嵜邊邉齋齊斎澤廣櫻國德瀨眞惠濵濱嶋島渕淵栁桺會榮壽藏條",
        "高崎崎辺辺斉斉斉沢広桜国徳瀬真恵浜浜島島淵淵柳柳会栄寿蔵条",
        strict=True,
    )
)
SAME = {
    **{letter: SMALL.get(large, large) for letter, large in HIRAGANA.items()},
    **SMALL,
    **DASHES,
    **{old: new for old, new in OLD_FORMS.items() if old != new},
}
WITHOUT = " ・"  # between family and given name
MARKS = "\u309b\u309c"  # voiced marks that stand alone, as some systems write them
JOINED_MARKS = "\u3099\u309a"

LETTERS_OF = f"""
CREATE FUNCTION letters_of(words text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN translate(
    lower(normalize(translate(words, '{MARKS}', '{JOINED_MARKS}'), NFKC) COLLATE "C"),
    '{"".join(SAME)}{WITHOUT}', '{"".join(SAME.values())}')
"""
"""A name as it is compared: kana, width, voiced marks, small kana, old forms of kanji and blanks make no difference."""

PAIRS_OF = """
CREATE FUNCTION pairs_of(letters text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    found text[] = '{}';
BEGIN
    FOR place IN 1 .. length(letters) - 1 LOOP
        found = found || substr(letters, place, 2);
    END LOOP;
    RETURN found;
END $$
"""
"""Each two letters that stand side by side."""

SEARCH_LETTERS = "letters_of(name) || ' '::text || letters_of(kana)"


def from_its_end(name: str, column: str) -> Index:
    """For who knows the last digits of a number."""
    reversed_ = func.reverse(literal_column(column)).label("reversed")
    return Index(name, "city", reversed_, postgresql_ops={"reversed": "text_pattern_ops"})


@event.listens_for(metadata, "before_create")
def make_functions(_: object, connection: Connection, **_more: object) -> None:
    """For tables that are made from their description, without the migrations."""
    for function in (LETTERS_OF, PAIRS_OF):
        connection.execute(text(function))
