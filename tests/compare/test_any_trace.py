"""No trace, however odd, makes the layers that read traces fail: a run must not end because an app is strange."""

import random
from typing import TYPE_CHECKING

import pytest

from compare.subjects.moments import (
    Answering,
    Blocked,
    Boundary,
    BoundaryKind,
    ImplicitLoad,
    Logged,
    Moment,
    Outbound,
    Pooled,
    PoolKind,
    Raised,
    Statement,
    Trace,
    Unfinished,
    Worked,
)
from compare.verdict.runtime import compare_runtime
from compare.verdict.statements import compare_statements
from compare.verdict.ticks import ticks
from compare.verdict.transactions import compare_transactions
from tests.compare.traces import pair, side

if TYPE_CHECKING:
    from collections.abc import Callable

SQL = (
    "",
    "'",
    "SELECT 1",
    "SELECT id FROM orders WHERE id = %(a)s FOR UPDATE",
    "SELECT id FROM orders WHERE id = $1 ORDER BY id LIMIT $2",
    "SELECT id FROM orders WHERE id IN ($1, $2)",
    "INSERT INTO orders (a) VALUES (%s), (%s)",
    "SELECT set_config($1, $2, $3)",
    "SELECT extra ? 'a' FROM orders WHERE extra ? $1",
    "UPDATE orders SET a = a + $1 WHERE id = $2 RETURNING id",
    "WITH x AS (DELETE FROM orders RETURNING *) SELECT * FROM x",
)
BINDS = (
    ("int", "1"),
    ("None", ""),
    ("str", "{"),
    ("datetime", "never"),
    ("Decimal", "NaN"),
    ("list", "[1, "),
    ("more", "9"),
)
BOUNDARIES: tuple[BoundaryKind, ...] = ("begin", "commit", "rollback", "savepoint", "release", "rollback_to")
POOL: tuple[PoolKind, ...] = ("checkout", "checkin", "invalidate", "held")


def moments(chance: random.Random) -> tuple[Moment, ...]:
    """Up to thirty of all kinds, in the order of time and in no other."""

    def at() -> float:
        return chance.random() * 10

    def number() -> int:
        return chance.randrange(3)

    makers: tuple[Callable[[], Moment], ...] = (
        lambda: Statement(
            at(),
            chance.choice(SQL),
            tuple(chance.choices(BINDS, k=number())),
            sets=number(),
            seconds=chance.random(),
            sqlstate=chance.choice(("", "40001")),
            error=chance.choice(("", "Error")),
            connection=number(),
            task=number(),
        ),
        lambda: Boundary(at(), chance.choice(BOUNDARIES), number(), chance.choice(("", "odd"))),
        lambda: Pooled(at(), chance.choice(POOL), number()),
        lambda: Answering(at(), chance.choice(("start", "end")), 200),
        lambda: ImplicitLoad(at(), "lazy", "Order.lines", refused=chance.random() > 1 / 2),
        lambda: Raised(at(), chance.choice(("app", "background", "task")), ()),
        lambda: Logged(at(), "ERROR", "", ""),
        lambda: Blocked(at(), chance.random()),
        lambda: Outbound(at(), ""),
        lambda: Worked(at(), "pool"),
        lambda: Unfinished(at(), (), number(), number()),
    )
    made = (chance.choice(makers)() for _ in range(chance.randrange(30)))
    return tuple(sorted(made, key=lambda moment: moment.at))


@pytest.mark.parametrize("seed", range(300))
def test_any_two_traces_can_be_compared(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a sample, no secret
    ours, theirs = moments(chance), moments(chance)
    both = pair(side(ours), side(theirs, status=chance.choice((200, 404, 500, None))))
    for layer in (compare_statements, compare_transactions, compare_runtime):
        assert all(difference.code for difference in layer(both))
    assert len(ticks(Trace(ours))) == len(ours)


@pytest.mark.parametrize("seed", range(100))
def test_a_trace_never_differs_from_itself(seed: int) -> None:
    """Whatever a side does, the same on the other is no difference."""
    same = moments(random.Random(seed))  # noqa: S311 - as above
    both = pair(side(same), side(same))
    found = [one for layer in (compare_statements, compare_transactions, compare_runtime) for one in layer(both)]
    assert [one for one in found if one.level not in {"hazard", "information"}] == []
