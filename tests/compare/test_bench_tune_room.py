"""What tuning may use, by what the app has itself."""

from dataclasses import replace

import pytest

from compare.bench.figures import Gauges, Round
from compare.bench.tune.own import Own, Pool
from compare.bench.tune.room import granted_to, space_of
from compare.bench.tune.setting import Setting
from compare.bench.tune.trial import Trial
from compare.errors import UsageError

SYNC = Pool("QueuePool", 5, 10, awaited=False)
ASYNC = Pool("AsyncAdaptedQueuePool", 5, 0, awaited=True)
UNSIZED = Pool("NullPool", None, None, awaited=False)


def under_load(threads: int = 0, queued: int = 0) -> Trial:
    """What the app has itself, under a load that used so many threads."""
    gauges = Gauges(threads_used=threads, queued=queued)
    return Trial(Setting(), (Round(64, None, 1.0, [0.1], [], 1, taken=1.0, gauges=gauges),), current=True)


def test_what_nobody_grants_is_what_all_its_pools_open_now() -> None:
    assert granted_to(Own((SYNC, ASYNC), 40, 2), under_load(), None, 297) == 40


def test_a_pool_without_end_needs_a_number() -> None:
    with pytest.raises(UsageError, match="opens any number of connections"):
        granted_to(Own((replace(SYNC, overflow=-1),), 40), under_load(), None, 297)


def test_a_connection_for_each_pool_is_the_least() -> None:
    assert granted_to(Own((SYNC, SYNC), 40, 2), under_load(), 4, 297) == 4
    with pytest.raises(UsageError, match=r"3 connections are not one for each of its 4 pools \(2 in each of 2 proc"):
        granted_to(Own((SYNC, SYNC), 40, 2), under_load(), 3, 297)


def test_without_a_pool_or_threads_there_is_nothing() -> None:
    with pytest.raises(UsageError, match="Nothing can be tuned"):
        granted_to(Own((UNSIZED,), 40), under_load(), 20, 297)
    assert granted_to(Own((UNSIZED,), 40), under_load(threads=9), 20, 297) == 20


def test_connections_are_divided_among_the_pools_of_all_processes() -> None:
    space = space_of(Own((SYNC, SYNC), 40, 2), under_load(), 42, 64)
    assert (space.most, space.clients) == (10, 32)


@pytest.mark.parametrize(
    ("pool", "threads", "queued", "expected"),
    [(SYNC, 12, 0, "tied"), (SYNC, 0, 0, "left"), (ASYNC, 2, 0, "left"), (ASYNC, 40, 9, "more")],
)
def test_threads_matter_where_they_hold_connections_or_were_too_few(
    pool: Pool, threads: int, queued: int, expected: str
) -> None:
    assert space_of(Own((pool,), 40), under_load(threads, queued), 20, 64).threads == expected
