"""What a run on psycopg shows of the strict driver: values and statements that asyncpg will not take."""

import datetime as dt
import decimal
import sys
import uuid

import asyncpg
import pytest

from compare.postgres import Address
from compare.probe.tracing.strict import change, refusal
from compare.trace.model import Refused, Trace
from compare.trace.report import report
from compare.trace.run import traced
from tests.compare.programs import written

UTC = dt.timezone.utc  # noqa: UP017 - as the probe, which runs on 3.10
VALUES = [
    1, True, 0, -1, 2**15, 2**40, 2**70, 1.5, float("nan"), "1", "x", "2020-01-01", b"x", bytearray(b"x"),
    decimal.Decimal("1.5"), decimal.Decimal(2), uuid.UUID(int=7), str(uuid.UUID(int=7)), dt.date(2020, 1, 1),
    dt.datetime(2020, 1, 1), dt.datetime(2020, 1, 1, tzinfo=UTC), dt.time(1), dt.time(1, tzinfo=UTC),  # noqa: DTZ001 - without a zone on purpose
    dt.timedelta(1), [1], ["a"], (1, 2), {1}, {"a": 1}, [[1], [2]], [None], [], memoryview(b"x"), object(), "10.0.0.1",
]  # fmt: skip
TYPES = [
    "smallint", "integer", "bigint", "oid", "text", "varchar", "char", '"char"', "name", "json", "jsonb", "boolean",
    "real", "float8", "bytea", "date", "timestamp", "timestamptz", "time", "timetz", "interval", "numeric", "uuid",
    "inet", "cidr", "integer[]", "text[]", "timestamp[]",
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:__int__ returned non-int")  # asyncpg, of a bool
@pytest.mark.parametrize("pg_type", TYPES)
async def test_the_table_says_what_asyncpg_does(pg_type: str, embedded: Address) -> None:
    connection = await asyncpg.connect(embedded.url())
    try:
        name = await connection.fetchval("SELECT $1::text::regtype::text", pg_type)
        for value in VALUES:
            told = await _refused_by_asyncpg(connection, pg_type, value)
            assert told is None or bool(told) == bool(refusal(name, value)), f"{value!r}: {told}"
    finally:
        await connection.close()


async def _refused_by_asyncpg(connection: asyncpg.Connection, pg_type: str, value: object) -> str | None:
    """What asyncpg says of a value, empty if it takes it; None for what PostgreSQL says, whichever driver brings it."""
    try:
        await connection.execute(f"SELECT $1::{pg_type}", value)
    except asyncpg.DataError as error:
        return str(error) if type(error) is asyncpg.DataError else None
    return ""


async def test_what_changes_silently_does(embedded: Address) -> None:
    connection = await asyncpg.connect(embedded.url())
    try:
        assert await connection.fetchval("SELECT $1::int", 1.7) == 1
    finally:
        await connection.close()
    assert change("integer", 1.7)
    assert not change("integer", 2.0)
    assert change("timestamp with time zone", dt.datetime(2020, 1, 1))  # noqa: DTZ001 - without a zone on purpose
    assert not change("timestamp with time zone", dt.datetime(2020, 1, 1, tzinfo=UTC))


PROGRAM = r"""
import datetime, os
from sqlalchemy import ForeignKey, Integer, String, DateTime, bindparam, create_engine, func, insert, literal, select, text, type_coerce
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

class Base(DeclarativeBase):
    pass

class Thing(Base):
    __tablename__ = "things"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    size: Mapped[int | None]
    made: Mapped[datetime.datetime | None]
    seen: Mapped[datetime.datetime | None] = mapped_column(DateTime(timezone=True))

engine = create_engine(os.environ["TRACED_URL"])
AWARE = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)

def number_as_text(session):
    session.add(Thing(id=1, size="5"))
    session.flush()

def text_as_number(session):
    session.add(Thing(id=2, name=5))
    session.flush()

def key_as_text(session):
    session.get(Thing, "1")

def among_texts(session):
    session.scalars(select(Thing).where(Thing.id.in_(["1", "2"]))).all()

def aware(session):
    session.add(Thing(id=3, made=AWARE))
    session.flush()

def naive(session):
    session.add(Thing(id=4, seen=AWARE.replace(tzinfo=None)))
    session.flush()

def maybe(session):
    session.execute(text("SELECT id FROM things WHERE :x IS NULL OR name = :x"), {"x": None})

def span(session):
    session.execute(text("SELECT now() - interval :x"), {"x": "1 day"})

def joined(session):
    session.execute(text("SELECT 'a' || :x"), {"x": 5})

def several(session):
    session.execute(insert(Thing), [{"id": 10, "size": 1}, {"id": 11, "size": "2"}])

def two_statements(session):
    session.execute(text("SELECT 1; SELECT 2"))

def right(session):
    session.add(Thing(id=20, name="a", size=5, made=AWARE.replace(tzinfo=None), seen=AWARE))
    session.flush()
    session.scalars(select(Thing).where(Thing.id.in_([1, 2]), Thing.name == "a").limit(3)).all()
    session.scalars(select(Thing.size + 1).where(Thing.made > AWARE.replace(tzinfo=None))).all()
    session.execute(text("SELECT id FROM things WHERE name = :name -- ; it's all"), {"name": "a"})
    session.execute(text("SELECT ';', $$;$$, E'\\';' ;"))
    session.execute(select(func.count()).select_from(Thing)).scalar_one()

def fails_anyway(session):
    try:
        with session.begin_nested():
            session.execute(text("SELECT nothing FROM nowhere"))
    except Exception:
        pass

with engine.connect() as connection, connection.begin() as outer:
    Base.metadata.create_all(connection)   # nobody else sees this table
    for each in (number_as_text, text_as_number, key_as_text, among_texts, aware, naive, maybe, span, joined, several,
                 two_statements, right, fails_anyway):
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            each(session)
            session.commit()
    count = connection.scalar(text("SELECT count(*) FROM things"))
    assert count == 7, count
    outer.rollback()
with Session(engine) as session:   # a connection that is cut is told and replaced as it is without a recorder
    try:
        session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    except OperationalError:
        session.rollback()
    assert session.scalar(text("SELECT 1")) == 1
with engine.connect() as connection:
    connection = connection.execution_options(isolation_level="AUTOCOMMIT")
    connection.execute(text("SELECT 'b' || :x"), {"x": 5})
    assert connection.scalar(text("SELECT count(*) FROM pg_prepared_statements")) == 0
"""


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory, embedded: Address) -> Trace:
    folder = written(tmp_path_factory.mktemp("strict"), {"main.py": PROGRAM})
    url = embedded.url("psycopg2")
    status, found = traced([sys.executable, "main.py"], folder, {"TRACED_URL": url, "PATH": ""})
    assert status == 0
    return found


def refused(trace: Trace, function: str) -> list[Refused]:
    return [one for one in trace.refused if one.at and one.at.function == function]


@pytest.mark.parametrize(
    ("function", "parameter", "words"),
    [
        ("number_as_text", "size", "an int is expected, not str"),
        ("text_as_number", "name", "a str is expected, not int"),
        ("key_as_text", "pk_1", "an int is expected, not str"),
        ("among_texts", "", "operator does not exist: integer = character varying"),
        ("aware", "made", "a datetime without a time zone is expected"),
        ("naive", "seen", "it has no time zone"),
        ("maybe", "", "could not determine data type"),
        ("span", "", "syntax error"),
        ("joined", "x", "a str is expected, not int"),
        ("two_statements", "", "more than one statement"),
        ("several", "size", "an int is expected, not str"),
    ],
)
def test_a_refusal_is_told_with_its_line(function: str, parameter: str, words: str, trace: Trace) -> None:
    found = refused(trace, function)
    assert words in found[0].reason, found
    assert found[0].parameter == parameter
    assert found[0].silent == (function == "naive")
    assert words in report(trace)


def test_what_is_right_is_not_told(trace: Trace) -> None:
    assert not refused(trace, "right")
    assert not refused(trace, "fails_anyway")


def test_a_connection_in_autocommit_is_asked_as_well(trace: Trace) -> None:
    assert [one.parameter for one in refused(trace, "<module>")] == ["x"]
