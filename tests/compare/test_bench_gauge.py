"""What the apps show of themselves: counters since the round began, and the highest of the round alone."""

from pathlib import Path

from compare.bench.gauge import begun, since
from compare.probe.gauges import FIELDS, LAYOUT


def show(folder: Path, process: str, **fields: float) -> None:
    """As a process of the app does it."""
    (folder / process).write_bytes(LAYOUT.pack(*(fields.get(name, 0.0) for name in FIELDS)))


def test_a_counter_tells_what_came_since_the_round_began(tmp_path: Path) -> None:
    show(tmp_path, "1", statements=100, pool_wait=2.0)
    before = begun(tmp_path)
    show(tmp_path, "1", statements=130, pool_wait=2.5)
    found = since(tmp_path, before)
    assert found is not None
    assert (found.statements, found.pool_wait) == (30, 0.5)


def test_the_highest_of_an_earlier_round_is_forgotten_and_a_limit_is_not(tmp_path: Path) -> None:
    show(tmp_path, "1", connections=9, loop_lag=1.5, threads_used=40, queued=7, pool_limit=10, threads_limit=40)
    found = since(tmp_path, begun(tmp_path))
    assert found is not None
    assert (found.connections, found.loop_lag, found.threads_used, found.queued) == (0, 0.0, 0, 0)
    assert (found.pool_limit, found.threads_limit) == (10, 40)


def test_processes_add_up_but_for_the_longest_lag(tmp_path: Path) -> None:
    before = begun(tmp_path)
    show(tmp_path, "1", statements=3, connections=2, loop_lag=0.1)
    show(tmp_path, "2", statements=4, connections=3, loop_lag=0.3)
    found = since(tmp_path, before)
    assert found is not None
    assert (found.statements, found.connections, found.loop_lag) == (7, 5, 0.3)


def test_where_nobody_shows_anything_nothing_is_told(tmp_path: Path) -> None:
    assert since(tmp_path, begun(tmp_path)) is None
