"""The query API becomes `select()`: the same rows, and whole families of places or none of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

from compare.steps.rewrite import rewritten
from compare.steps.select import selected
from tests.compare.programs import MODELS, program

HEAD = "from sqlalchemy import func\nfrom sqlalchemy.orm import Session, joinedload\nfrom models import Base, Customer, Order\n"
ONES = {
    "all": ("s.query(Order).filter(Order.total > 2).all()", "s.scalars(select(Order).where(Order.total > 2)).all()"),
    "first": (
        "s.query(Order).order_by(Order.id).first()",
        "s.scalars(select(Order).order_by(Order.id).limit(1)).first()",
    ),
    "one": ("s.query(Order).filter_by(id=1).one()", "s.scalars(select(Order).filter_by(id=1)).one()"),
    "rows": (
        "s.query(Order.id, Order.total).order_by(Order.id).all()",
        "s.execute(select(Order.id, Order.total).order_by(Order.id)).all()",
    ),
    "one column": (
        "s.query(Order.id).order_by(Order.id).all()",
        "s.execute(select(Order.id).order_by(Order.id)).all()",
    ),
    "scalar": ("s.query(func.max(Order.total)).scalar()", "s.scalars(select(func.max(Order.total))).one_or_none()"),
    "count": ("s.query(Order).count()", "s.scalars(select(func.count()).select_from(select(Order).subquery())).one()"),
    "get": ("s.query(Order).get(1)", "s.get(Order, 1)"),
    "get with options": (
        "s.query(Order).options(joinedload(Order.customer)).get(1)",
        "s.get(Order, 1, options=[joinedload(Order.customer)])",
    ),
    "a slice": (
        "s.query(Order).order_by(Order.id)[1:3]",
        "s.scalars(select(Order).order_by(Order.id).slice(1, 3)).all()",
    ),
    "a loop": (
        "[o.id for o in s.query(Order).order_by(Order.id)]",
        "[o.id for o in s.scalars(select(Order).order_by(Order.id))]",
    ),
    "a join that repeats": (
        "s.query(Customer).join(Customer.orders).order_by(Customer.id).all()",
        "s.scalars(select(Customer).join(Customer.orders).order_by(Customer.id)).unique().all()",
    ),
    "a join that does not": (
        "s.query(Order).join(Order.customer).order_by(Order.id).all()",
        "s.scalars(select(Order).join(Order.customer).order_by(Order.id)).all()",
    ),
    "a delete": (
        "s.query(Order).filter(Order.total > 4).delete()",
        "s.execute(delete(Order).where(Order.total > 4)).rowcount",
    ),
    "an update": (
        "s.query(Order).filter(Order.total > 4).update({'total': 9})",
        "s.execute(update(Order).where(Order.total > 4).values({'total': 9})).rowcount",
    ),
    "an option": (
        "s.query(Order).populate_existing().filter_by(id=1).one()",
        "s.scalars(select(Order).execution_options(populate_existing=True).filter_by(id=1)).one()",
    ),
}


def converted(folder: Path, text: str) -> tuple[str, list[str]]:
    """The text of a program of one file beside its models, converted, and the reasons for what is left."""
    edits, left = selected(program(folder, models=MODELS, app=text))
    return rewritten(edits["app"]) if "app" in edits else text, [one.reason for one in left]


@pytest.fixture
def sessions() -> Iterator[tuple[dict[str, Any], sessionmaker[Session]]]:
    names: dict[str, Any] = {}
    exec(MODELS, names)  # noqa: S102 - the models of the programs above
    engine = create_engine("sqlite://")
    names["Base"].metadata.create_all(engine)
    make = sessionmaker(engine)
    with make.begin() as session:
        for customer in (1, 2):
            session.add(names["Customer"](id=customer, name=f"c{customer}"))
        session.flush()
        for number in range(1, 7):
            session.add(names["Order"](id=number, total=number, customer_id=1 + number % 2))
    yield names, make
    engine.dispose()


def plain(found: Any) -> Any:  # noqa: ANN401 - whatever a query gives
    """What a query gave, so that two sessions' answers can be compared."""
    if isinstance(found, list):
        return [plain(one) for one in found]
    return (type(found).__name__, found.id) if hasattr(found, "__tablename__") else found


@pytest.mark.parametrize(("before", "after"), ONES.values(), ids=ONES.keys())
@pytest.mark.filterwarnings("ignore:.*Query.get.*")
def test_as_a_statement_gives_the_same(
    before: str, after: str, tmp_path: Path, sessions: tuple[dict[str, Any], sessionmaker[Session]]
) -> None:
    text, left = converted(tmp_path, f"{HEAD}def f(s: Session):\n    return {before}\n")
    names, make = sessions
    outcomes = []
    for source in (before, text.rpartition("return ")[2].strip()):
        scope = dict(names)
        exec("from sqlalchemy import delete, func, select, update\nfrom sqlalchemy.orm import joinedload", scope)  # noqa: S102 - the imports of the program
        with make() as session:
            outcomes.append(plain(eval(source, scope, {"s": session})))  # noqa: S307 - the program above

    assert (text.rpartition("return ")[2].strip(), left) == (after, [])
    assert outcomes[0] == outcomes[1]


def test_a_query_that_passes_through_functions_is_changed_in_all_of_them(tmp_path: Path) -> None:
    text, left = converted(
        tmp_path,
        HEAD + "def narrowed(q, least):\n    return q.filter(Order.total > least)\n\n\n"
        "def f(s: Session):\n    q = s.query(Order)\n    q = narrowed(q, 3)\n    return q.all()\n",
    )

    assert not left
    assert "    return q.where(Order.total > least)\n" in text
    assert "    q = select(Order)\n    q = narrowed(q, 3)\n    return s.scalars(q).all()\n" in text


def test_one_place_that_has_no_rule_keeps_the_whole_family(tmp_path: Path) -> None:
    before = (
        HEAD
        + "def narrowed(q):\n    return q.from_self()\n\n\ndef f(s: Session):\n    return narrowed(s.query(Order)).all()\n\n\n"
        "def g(s: Session):\n    return s.query(Order).all()\n"
    )
    text, left = converted(tmp_path, before)

    assert "return q.from_self()\n" in text
    assert "    return narrowed(s.query(Order)).all()\n" in text
    assert "    return s.scalars(select(Order)).all()\n" in text
    assert any("from_self" in reason for reason in left)


def test_what_runs_a_query_without_a_session_is_given_one(tmp_path: Path) -> None:
    text, left = converted(
        tmp_path,
        HEAD
        + "def page(query, size):\n    return query.limit(size).all()\n\n\ndef f(s: Session):\n    return page(s.query(Order), 3)\n",
    )

    assert not left
    assert "def page(session: Session, query, size):\n    return session.scalars(query.limit(size)).all()\n" in text
    assert "    return page(s, select(Order), 3)\n" in text


def test_comments_and_lines_stay_as_they_were(tmp_path: Path) -> None:
    text, _ = converted(
        tmp_path,
        HEAD + "def f(s: Session):\n    return (\n        s.query(Order)  # all of them\n        .filter(\n"
        "            Order.total > 1,  # but small ones\n        )\n        .all()\n    )\n",
    )

    assert (
        "select(Order)  # all of them\n        .where(\n            Order.total > 1,  # but small ones\n        )"
        in text
    )


def test_a_method_called_query_of_something_else_is_left_alone(tmp_path: Path) -> None:
    before = "def f(frame, client):\n    return frame.query('a > 1').filter(1).all(), client.query(2).first()\n"

    assert converted(tmp_path, before) == (before, [])


def test_a_name_that_means_something_else_here_is_left_alone(tmp_path: Path) -> None:
    before = (
        "from sqlalchemy.orm import Session\nfrom models import Order\n\n\ndef func():\n    return 1\n\n\n"
        "def f(s: Session):\n    return s.query(Order).count(), func()\n"
    )
    text, _ = converted(tmp_path, before)

    assert "s.scalars(select(sql_func.count()).select_from(select(Order).subquery())).one(), func()" in text
    assert (
        "from sqlalchemy import func as sql_func, select\n" in text
        or "from sqlalchemy import select, func as sql_func\n" in text
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "from itertools import groupby\ndef f(s: Session):\n    return groupby(s.query(Order))\n",
            "groupby(s.scalars(select(Order)))",
        ),
        ("def f(s: Session):\n    return sum(o.id for o in s.query(Order))\n", "in s.scalars(select(Order)))"),
        ("from lib import page\ndef f(s: Session):\n    return page(s.query(Order))\n", "page(s.query(Order))"),
        ("def f(s: Session):\n    q = s.query(Order)\n    return q.all() if q else []\n", "q.all() if q else []"),
    ],
    ids=["a library that goes through it", "a generator", "a library that nobody knows", "a condition"],
)
def test_a_query_that_is_handed_on(before: str, after: str, tmp_path: Path) -> None:
    assert after in converted(tmp_path, HEAD + before)[0]


BULKS = {
    "rows with a name": (
        "    s.bulk_insert_mappings(Order, rows)\n",
        "    if rows:\n        s.execute(insert(Order), rows)\n",
    ),
    "an option": (
        "    s.bulk_insert_mappings(Order, rows, render_nulls=True)\n",
        "    if rows:\n        s.execute(insert(Order).execution_options(render_nulls=True), rows)\n",
    ),
    "rows made on the spot": (
        "    s.bulk_insert_mappings(Order, [dict(one) for one in rows])\n",
        "    if mappings := [dict(one) for one in rows]:\n        s.execute(insert(Order), mappings)\n",
    ),
    "an update": (
        "    s.bulk_update_mappings(Order, rows)\n",
        "    if rows:\n        s.execute(update(Order), rows)\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), BULKS.values(), ids=BULKS.keys())
@pytest.mark.parametrize(
    "rows", [[], [{"id": 7, "total": 7, "customer_id": 1}, {"id": 8, "total": 8, "customer_id": 2}]]
)
def test_many_rows_are_a_statement_and_none_are_none(
    before: str,
    after: str,
    rows: list[dict[str, Any]],
    tmp_path: Path,
    sessions: tuple[dict[str, Any], sessionmaker[Session]],
) -> None:
    text, left = converted(tmp_path, f"{HEAD}def f(s: Session, rows):\n{before}")
    assert text.endswith(f"def f(s: Session, rows):\n{after}")
    assert not left

    names, make = sessions
    found = []
    for body in (before, after):
        scope = dict(names)
        exec(f"from sqlalchemy import insert, update\ndef f(s, rows):\n{body}", scope)  # noqa: S102 - the program above
        with make() as session:
            if "update" in before and rows:
                session.add_all([names["Order"](id=number, total=1, customer_id=1) for number in (7, 8)])
                session.flush()
            scope["f"](session, rows)
            found.append([(one.id, one.total) for one in session.query(names["Order"]).order_by(names["Order"].id)])
    assert found[0] == found[1]
    assert len(found[0]) == 6 + len(rows)


def test_many_rows_in_the_middle_of_an_expression_are_left(tmp_path: Path) -> None:
    before = HEAD + "def f(s: Session, rows):\n    return s.bulk_insert_mappings(Order, rows, return_defaults=True)\n"

    text, left = converted(tmp_path, before)

    assert text == before
    assert len(left) == 1


def test_a_helper_that_is_given_objects_and_rows_tells_them_by_their_length(
    tmp_path: Path, sessions: tuple[dict[str, Any], sessionmaker[Session]]
) -> None:
    before = (
        "from sqlalchemy.orm import Query\n" + HEAD + "def page(q: Query, s: Session):\n"
        "    return {'count': q.order_by(None).count(), 'rows': q.limit(2).all()}\n\n\n"
        "def f(s: Session):\n    return page(s.query(Order).order_by(Order.id), s)\n\n\n"
        "def g(s: Session):\n    return page(s.query(Order.id, Order.total).order_by(Order.id), s)\n"
    )
    text, left = converted(tmp_path, before)
    assert not left
    assert "'rows': [row[0] if len(row) == 1 else row for row in s.execute(q.limit(2))]" in text

    names, make = sessions
    outcomes = []
    for program_ in (before, text):
        scope = dict(names)
        exec(program_.replace("from models import Base, Customer, Order\n", ""), scope)  # noqa: S102 - the program above
        with make() as session:
            for name in ("f", "g"):
                found = scope[name](session)
                outcomes.append((found["count"], plain(found["rows"])))
    assert outcomes[:2] == outcomes[2:]
