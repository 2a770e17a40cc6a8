"""What was there before the run is learnt from its rows, once, and stands for itself only."""

import random
import secrets
import uuid
from collections.abc import Iterator
from contextlib import closing

import pytest

from compare.postgres import Clone, Server
from compare.verdict import kinds
from compare.verdict.known import Known, Value
from compare.verdict.learned import Template, learn_rows, template
from compare.verdict.matching import WORD, generated

ROWS = """
    CREATE TABLE things (id int PRIMARY KEY, mark uuid, marks uuid[], at timestamptz, day timestamp, words text,
                         packed jsonb, raw bytea);
    INSERT INTO things VALUES
      (1, 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', ARRAY['b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a22']::uuid[],
       '2024-05-06 07:08:09.123456+02', '2024-05-06 07:08:09.5', 'token zQ3xV9kLm2Pw, at 2024-01-02T03:04:05.678901Z',
       '{"key": "c0eebc99-9c0b-4ef8-bb6d-6bb9bd380a33"}', '\\xdeadbeef01'),
      (2, NULL, NULL, 'infinity', '0044-03-15 12:00 BC', 'nothing but plain words', NULL, NULL);
"""


@pytest.fixture
def filled(server: Server) -> Iterator[Clone]:
    """A database whose rows hold generated values in columns of every type that is read."""
    server.build_template(lambda _address: None)
    with server.clone("learned") as clone:
        clone.execute(ROWS)
        yield clone


def token(text: str) -> Value:
    """A value as it is known."""
    return "token", text


def micros(text: str) -> Value:
    """A time as it is known."""
    moment = kinds.moment(text)
    assert moment is not None
    return "time", moment.micros


def test_generated_values_of_every_type_are_learnt(filled: Clone) -> None:
    with closing(Known()) as known:
        learn_rows(known, filled)
        for value in (
            token("a0eebc999c0b4ef8bb6d6bb9bd380a11"),
            token("b0eebc999c0b4ef8bb6d6bb9bd380a22"),
            token("c0eebc999c0b4ef8bb6d6bb9bd380a33"),
            token("zQ3xV9kLm2Pw"),
            micros("2024-05-06T05:08:09.123456Z"),
            micros("2024-05-06 07:08:09.5"),
            micros("2024-01-02T03:04:05.678901Z"),
        ):
            assert value in known, value
        assert token("nothing") not in known


def test_a_template_is_read_once(filled: Clone) -> None:
    with template() as known:
        first = known.known(filled)
        filled.execute("INSERT INTO things (id, words) VALUES (3, 'Yw8rT5nBc1Xd')")
        assert known.known(filled) is first
        assert token("Yw8rT5nBc1Xd") not in first


def test_without_a_database_nothing_is_known() -> None:
    with closing(Template()) as known:
        assert token("Yw8rT5nBc1Xd") not in known.known(None)


def slowly(text: str) -> set[Value]:
    """What a text holds, with every question asked of it."""
    found: set[Value] = set()
    for match in kinds.EMBEDDED.finditer(text):
        if match["uuid"]:
            found.add(("token", kinds.canonical(match["uuid"])))
        elif match["time"] and (moment := kinds.moment(match["time"])):
            found.add(("time", moment.micros))
    words = WORD.findall(kinds.EMBEDDED.sub(" ", text))
    return found | {("token", kinds.canonical(word)) for word in words if kinds.looks_random(word)}


def test_the_cheap_questions_spare_work_and_lose_nothing() -> None:
    chance = random.Random(7)  # noqa: S311 - picks what to test
    pieces = (
        lambda: str(uuid.uuid4()),
        lambda: str(uuid.uuid4()).upper(),
        lambda: f"2024-05-1{chance.randrange(10)}T10:00:00.{chance.randrange(10**6)}+00:00",
        lambda: "Mon, 01 Jan 2024 10:00:00 GMT",
        lambda: secrets.token_urlsafe(chance.randint(4, 30)),
        lambda: secrets.token_hex(chance.randint(2, 20)),
        lambda: ".".join(secrets.token_urlsafe(size) for size in (10, 6, 20)),
        lambda: f"{chance.randrange(999)} ms",
        lambda: str(chance.random()),
        lambda: "abcdefab-cdef-abcd-efab-cdefabcdefab",
        lambda: "Customer",
    )
    for _ in range(2_000):
        text = chance.choice(["", " ", "/", "-", "."]).join(chance.choice(pieces)() for _ in range(3))
        assert set(generated(text)) == slowly(text), text
