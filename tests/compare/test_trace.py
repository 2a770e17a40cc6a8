"""What a run shows: every implicit load, by its kind, its line and the query that its object came by."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from compare.cli import app as cli
from compare.errors import UsageError
from compare.trace.model import Lines, Load, Place, Trace, load, merged, save
from compare.trace.report import report
from compare.trace.run import traced
from tests.compare.programs import written

INSIDE = False
MODELS = """
from sqlalchemy import ForeignKey, create_engine, func
from sqlalchemy.orm import DeclarativeBase, Mapped, deferred, mapped_column, relationship, sessionmaker

class Base(DeclarativeBase):
    pass

class Customer(Base):
    __tablename__ = "customers"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    note: Mapped[str] = mapped_column(default="", deferred=True)
    changed: Mapped[str | None] = mapped_column(onupdate=func.current_timestamp())
    orders: Mapped[list["Order"]] = relationship(back_populates="customer", cascade="all, delete-orphan")

class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    customer: Mapped[Customer] = relationship(back_populates="orders")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "plain"}

class Gift(Order):
    __tablename__ = "gifts"
    id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    card: Mapped[str]
    __mapper_args__ = {"polymorphic_identity": "gift"}

engine = create_engine("sqlite://")
make = sessionmaker(engine)
Base.metadata.create_all(engine)
with make.begin() as session:
    session.add(Customer(id=1, name="a", orders=[Order(id=1), Gift(id=2, card="x")]))
"""
SHOP = """
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from models import Customer, Order, make

def find(session):
    return session.scalars(select(Customer)).one()

def lazy():
    with make() as session:
        return [order.id for order in find(session).orders]

def beneath():
    with make() as session:
        order = session.scalars(select(Order).where(Order.id == 1)).one()
        customer = order.customer
        return customer.orders

def expired():
    with make() as session:
        customer = find(session)
        session.commit()
        return customer.name

def held():
    with make() as session:
        customer = Customer(id=7, name="c", orders=[Order(id=70)])
        session.add(customer)
        session.commit()
        return customer.orders

def held_and_expired():
    with make() as session:
        customer = session.get(Customer, 7)
        customer.orders
        session.commit()
        session.expire(customer)
        found = customer.orders
        session.delete(customer)
        session.commit()
        return found

def put_off():
    with make() as session:
        return find(session).note

def subclass():
    with make() as session:
        return session.scalars(select(Order).where(Order.id == 2)).one().card

def updated():
    with make() as session:
        customer = find(session)
        customer.name = "b"
        session.flush()
        return customer.changed

def removed():
    with make() as session:
        session.delete(find(session))
        session.rollback()

def asked_for():
    with make() as session:
        customer = session.scalars(select(Customer).options(selectinload(Customer.orders))).one()
        session.refresh(customer, ["name"])
        return customer.orders

def orders_of(customer):
    return customer.orders

def first(session):
    return session.scalars(select(Customer).limit(1)).one()

def two_ways():
    with make() as session:
        orders_of(find(session))
    with make() as session:
        orders_of(first(session))

def never():
    return find(None)

for each in (lazy, beneath, expired, held, held_and_expired, put_off, subclass, updated, removed, asked_for, two_ways):
    each()
"""


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    folder = written(tmp_path_factory.mktemp("traced"), {"models.py": MODELS, "shop.py": SHOP})
    status, found = traced([sys.executable, "shop.py"], folder)
    assert status == 0
    # shop.py runs as a script, whose lines are not compiled through an import; models.py is imported.
    return found


def told(trace: Trace, function: str) -> list[tuple[str, str, bool]]:
    """The loads that a function triggered: kind, attribute, whether inside a call that is awaited."""
    return [
        (one.kind, f"{one.owner.rpartition('.')[2]}.{one.name}", one.inside)
        for one in trace.loads
        if one.at and one.at.function.partition(".")[0] == function
    ]


@pytest.mark.parametrize(
    ("function", "loads"),
    [
        ("lazy", [("lazy", "Customer.orders", False)]),
        ("beneath", [("lazy", "Order.customer", False), ("lazy", "Customer.orders", False)]),
        ("expired", [("expired", "Customer.*", False)]),
        ("put_off", [("deferred", "Customer.note", False)]),
        ("subclass", [("polymorphic", "Gift.card", False)]),
        ("updated", [("onupdate", "Customer.changed", False)]),
        ("asked_for", []),
    ],
)
def test_loads_are_told_apart(function: str, loads: list[tuple[str, str, bool]], trace: Trace) -> None:
    assert told(trace, function) == loads


def test_a_relationship_that_a_commit_expired_is_told_from_one_that_never_was_loaded(trace: Trace) -> None:
    """`expire_on_commit=False` keeps it: no loader option is wanted."""

    def causes(function: str) -> list[str]:
        found = [one for one in trace.loads if one.at and one.at.function == function and one.kind == "lazy"]
        return [one.cause for one in found if not one.inside]

    assert causes("held") == ["commit"]
    assert causes("held_and_expired") == [""] * 2  # what nobody had loaded, and what somebody had expired
    assert causes("lazy") == [""]


def test_what_a_delete_loads_by_itself_is_no_trouble(trace: Trace) -> None:
    assert told(trace, "removed")
    assert all(inside for _, _, inside in told(trace, "removed"))


def test_a_load_knows_the_query_that_its_object_came_by(trace: Trace) -> None:
    one = next(one for one in trace.loads if one.at and one.at.function.startswith("lazy"))

    assert one.root is not None
    assert (one.root.file, one.root.function, one.path) == ("shop.py", "find", ())


def test_one_line_that_touches_objects_of_two_queries_names_both(trace: Trace) -> None:
    roots = {one.root.function for one in trace.loads if one.at and one.at.function == "orders_of" and one.root}

    assert roots == {"find", "first"}


def test_and_the_way_from_there(trace: Trace) -> None:
    one = next(one for one in trace.loads if one.name == "orders" and one.at and one.at.function == "beneath")

    assert one.root is not None
    assert (one.root.function, one.path) == ("beneath", ("models.Order.customer",))


def test_all_functions_on_the_way_to_a_statement_are_known_with_their_calls(trace: Trace) -> None:
    assert {"find", "lazy", "beneath"} <= {one.function for one in trace.functions}
    assert "never" not in {one.function for one in trace.functions}
    edge = next(one for one in trace.edges if one.caller.function == "expired" and one.callee.function == "find")
    line = SHOP.splitlines()[edge.caller.line]  # the text begins with an empty line, which is not written
    assert line[edge.caller.column : edge.caller.end_column] == "find(session)"


def test_a_suite_on_sqlite_is_told_to_be_one(trace: Trace) -> None:
    assert trace.dialects == ("sqlite",)
    assert "The suite runs on SQLite" in report(trace)


def test_lines_that_did_not_run_are_named(tmp_path: Path) -> None:
    written(
        tmp_path,
        {"part.py": "def f(x):\n    if x:\n        return 1\n    return 2\n", "main.py": "import part\npart.f(1)\n"},
    )
    _, found = traced([sys.executable, "main.py"], tmp_path)

    assert found.lines["part.py"] == Lines(frozenset({2, 3}), frozenset({4}))


def test_a_dialect_that_somebody_calls_without_a_context_is_left_alone(tmp_path: Path) -> None:
    code = (
        "from sqlalchemy import create_engine\nengine = create_engine('sqlite://')\nraw = engine.raw_connection()\n"
        "cursor = raw.cursor()\nengine.dialect.do_execute(cursor, 'SELECT 1', ())\n"
        "engine.dialect.do_execute(cursor, 'SELECT 2', (), context=None)\nassert cursor.fetchone() == (2,)\n"
    )
    written(tmp_path, {"main.py": code})
    status, found = traced([sys.executable, "main.py"], tmp_path)

    assert status == 0
    assert found.functions == ()


def test_a_test_module_that_a_process_imports_is_left_alone(tmp_path: Path) -> None:
    written(tmp_path, {"test_part.py": "def f():\n    pass\n", "main.py": "import test_part\ntest_part.f()\n"})
    _, found = traced([sys.executable, "main.py"], tmp_path)

    assert found.lines == {}


def test_what_is_traced_behaves_as_it_did(tmp_path: Path) -> None:
    text = (
        '"""Doc."""\nfrom __future__ import annotations\nimport inspect\n\n\nclass A:\n    """Of A."""\n\n    x: int = 1\n\n\n'
        "def f(n):\n    global g\n    g = n\n    try:\n        raise ValueError(n)\n    except ValueError as error:\n"
        "        return error.__traceback__.tb_lineno, inspect.getsource(f).count('\\n')\n"
    )
    written(
        tmp_path,
        {"part.py": text, "main.py": "import part\nprint(part.__doc__, part.A.__doc__, part.A.x, part.f(3), part.g)\n"},
    )
    plain = subprocess.run([sys.executable, "main.py"], cwd=tmp_path, capture_output=True, text=True, check=True)
    script = f"import sys\nfrom pathlib import Path\nfrom compare.trace.run import traced\ntraced([sys.executable, 'main.py'], Path({str(tmp_path)!r}))"
    watched = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert watched.stdout == plain.stdout


def test_several_runs_are_one(tmp_path: Path) -> None:
    place = Place("a.py", "f", 1, 2)
    one = Trace(
        (Load("lazy", "m.A", "b", INSIDE, place, (place,), None, ()),),
        lines={"a.py": Lines(frozenset({1}), frozenset({2, 3}))},
    )
    two = Trace(
        (Load("lazy", "m.A", "b", INSIDE, place, (place,), None, ()),),
        lines={"a.py": Lines(frozenset({2}), frozenset({1, 3}))},
    )
    together = merged((one, two))
    save(together, tmp_path / "trace.json")

    assert [load_.count for load_ in together.loads] == [2]
    assert together.lines == {"a.py": Lines(frozenset({1, 2}), frozenset({3}))}
    assert load(tmp_path / "trace.json") == together


def test_a_command_that_runs_no_python_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["trace", "--", "true"])

    assert "nothing was seen of it" in str(result.exception)


def test_a_trace_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["trace", "--show"])

    assert "There is no trace at .compare/trace.json" in str(result.exception)


def test_a_trace_beside_a_project_is_none_of_its_changes(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    save(Trace(), tmp_path / ".compare" / "trace.json")

    told = subprocess.run(
        ["git", "-C", str(tmp_path), "status", "--porcelain"], capture_output=True, text=True, check=True
    )
    assert told.stdout == ""


@pytest.mark.parametrize(
    "text", ["[]", "{}", '{"version": 1}', '{"version": 3, "loads": [{"kind": "lazy"}]}', "null", "nothing"]
)
def test_what_is_no_trace_of_this_version_is_told_so(text: str, tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(UsageError, match="is no trace"):
        load(path)
