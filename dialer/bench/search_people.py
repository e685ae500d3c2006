"""A town of invented people with their calls: a few common names and many rare ones, numbers that nobody owns."""

import random

import psycopg

from dialer.profiles import load_city

TOLD = ("call", "attempt", "call_case", "cases", "phone_number", "person")
FAMILIES, GIVEN = 3000, 2000
KANJI = (
    "見本仮架空例甲乙丙丁春夏秋冬東西南北上中下大小山川田野原木林森石岩"
    "水火土金月日星空海島谷橋村町里宮寺門戸井泉池沢滝沼浜岸坂道"
)
SYLLABLES = (
    *"アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワ",
    *("ジョ", "ガ", "ボ"),
)

PEOPLE = """
INSERT INTO person (city, address_key, name, kana, household)
SELECT %(city)s, to_char(drawn.place, 'FM0000000000'), family.name || '　' || given.name,
       family.kana || ' ' || given.kana,
       CASE WHEN drawn.place %% 5 <> 0 THEN to_char(drawn.place / 2, 'FM00000000') END
FROM (
    SELECT place, floor(%(families)s * power(random(), 3))::int AS family,
           floor(%(given)s * power(random(), 2))::int AS given
    FROM generate_series(1, %(people)s) AS place
) AS drawn
JOIN bench_name AS family ON family.kind = 'family' AND family.place = drawn.family
JOIN bench_name AS given ON given.kind = 'given' AND given.place = drawn.given
ORDER BY drawn.place
"""
NUMBERS = """
INSERT INTO phone_number (city, person_id, number, position, state, source)
SELECT city, id, '0' || (6 + id %% 3) || '00' || to_char((id * 7919 + %(seed)s) %% 10000000, 'FM0000000'), 1,
       'open', 'list'
FROM person
UNION ALL
SELECT city, id, '025800' || to_char(id * 7919 %% 10000, 'FM0000'), 2, 'open', 'list' FROM person WHERE id %% 10 < 4
"""
CASES = """
INSERT INTO cases (city, person_id, debt_kind_id, amount_yen, state, round_first, round_last, imported_at)
SELECT person.city, person.id, debt_kind.id, 1000 + person.id %% 90000, 'open', '2026-12-01', '2026-12-10', now()
FROM person JOIN debt_kind ON debt_kind.city = person.city
WHERE debt_kind.id = (SELECT min(id) FROM debt_kind) OR person.id %% 10 = 3
"""
ATTEMPTS = """
CREATE TEMPORARY TABLE bench_attempt AS
SELECT gen_random_uuid() AS id, cases.city, cases.id AS case_id, cases.person_id, phone_number.id AS phone_number_id,
       phone_number.number,
       TIMESTAMPTZ '2026-06-01 09:00+09' + (round * 9 + 1) * INTERVAL '1 day' + cases.id * INTERVAL '0.1 s' AS at
FROM (SELECT cases.*, row_number() OVER (ORDER BY id) AS place FROM cases) AS cases
JOIN phone_number ON phone_number.person_id = cases.person_id AND phone_number.position = 1
CROSS JOIN generate_series(0, 15) AS round
WHERE round < CASE WHEN place %% 10 < 4 THEN 8 ELSE 1 END
ORDER BY at LIMIT %(attempts)s
"""
CALLS = (
    "INSERT INTO call SELECT id, city, 'attempt' FROM bench_attempt",
    "INSERT INTO attempt (id, city, case_id, household, phone_number_id, number, caller_id, fence, claimed_at,"
    " placed_at, ended_at, outcome, reason, ended_by, evidence)"
    " SELECT id, city, case_id, 'p' || person_id, phone_number_id, number, '0258009001', 1, at, at,"
    " at + INTERVAL '40 s', 'no_answer', '応答なし', 'us', '{}' FROM bench_attempt",
    "INSERT INTO call_case SELECT id, case_id, city FROM bench_attempt",
)


def fill(url: str, city: str, people: int, attempts: int, seed: int) -> None:
    chance, profile = random.Random(seed), load_city(city)  # noqa: S311 (invented people)
    values = {"city": city, "people": people, "attempts": attempts, "seed": seed, "families": FAMILIES, "given": GIVEN}
    with psycopg.connect(url) as connection:
        for table in TOLD:  # no messages to pages for millions of rows
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
        connection.execute("SELECT setseed(%s)", [(seed % 1000) / 1000])
        connection.execute("CREATE TEMPORARY TABLE bench_name (kind text, place integer, name text, kana text)")
        with connection.cursor().copy("COPY bench_name FROM STDIN") as copy:
            for kind, count in (("family", FAMILIES), ("given", GIVEN)):
                for place in range(count):
                    copy.write_row((kind, place, _name(chance), _kana(chance)))
        connection.execute("INSERT INTO city VALUES (%s, %s)", [city, profile.name])
        for debt in profile.debts[:2]:
            connection.execute(
                "INSERT INTO debt_kind (city, key, name, department, caller_id) VALUES (%s, %s, %s, %s, %s)",
                [city, debt.key, debt.name, debt.department, debt.caller_id],
            )
        for statement in (PEOPLE, NUMBERS, CASES, ATTEMPTS):
            connection.execute(statement.encode(), values)
        for statement in CALLS:
            connection.execute(statement.encode())
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def _name(chance: random.Random) -> str:
    return "".join(chance.choices(KANJI, k=chance.choice((1, 2, 2, 2, 3))))


def _kana(chance: random.Random) -> str:
    return "".join(chance.choices(SYLLABLES, k=chance.choice((2, 3, 3, 4))))
