"""A setting arrives inside an app that nobody wrote for it, and what the app has itself is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from compare.bench.gauge import begun, since
from compare.bench.tune.own import Own, Pool
from compare.bench.tune.session import Opened, opened
from compare.bench.tune.setting import AS_IT_IS, Setting
from compare.config import SideConfig
from compare.postgres import Server

from .test_process import eventually

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def empty(server: Server) -> Server:
    """A server with an empty template."""
    server.build_template(lambda _: None)
    return server


@contextmanager
def running(server: Server, setting: Setting, **how: object) -> Iterator[Opened]:
    """The app under a setting."""
    how = how or {"app": "tests.compare.probed.tuned:app"}
    env = {"DATABASE_URL": "{sync_url}"}
    side = SideConfig.model_validate({"name": "legacy", "directory": ROOT, "env": env, **how})
    with server.clone("tuned") as clone, opened(side, clone, setting, 30.0) as app:
        yield app


def get(app: Opened, path: str) -> object:
    """One answer."""
    return httpx.get(app.side.subject.base_url + path, trust_env=False).raise_for_status().json()


def test_every_pool_and_the_threads_are_as_they_are_set(empty: Server) -> None:
    with running(empty, Setting(7, 1, 6)) as app:
        assert get(app, "/use") == 1
        assert get(app, "/has") == {"pools": [[7, 1], [7, 1]], "threads": 6}


def test_what_the_app_sets_later_does_not_last(empty: Server) -> None:
    with running(empty, Setting(7, 1, 6)) as app:
        get(app, "/late")
        assert get(app, "/has") == {"pools": [[7, 1], [7, 1]], "threads": 6}


def test_as_it_is_nothing_is_changed_and_all_is_told(empty: Server) -> None:
    with running(empty, AS_IT_IS) as app:
        get(app, "/use")
        assert get(app, "/has") == {"pools": [[3, 2], [4, 1]], "threads": 9}
        pools = (
            Pool("QueuePool", 3, 2, awaited=False),
            Pool("Counted", 4, 1, awaited=False),
            Pool("NullPool", None, None, awaited=False),
        )
        assert app.own == Own(pools, 9, 1)
        assert app.own.units == 2


def test_what_the_app_has_itself_is_told_under_another_setting_too(empty: Server) -> None:
    with running(empty, Setting(7, 1, 6)) as app:
        get(app, "/use")
        assert str(app.own) == "pools 3+2, 4+1, NullPool, 9 threads"


def test_the_gauges_show_the_limits_that_were_set(empty: Server) -> None:
    with running(empty, Setting(7, 1, 6)) as app:
        before = begun(app.gauges)

        def limits() -> tuple[int, int] | None:
            get(app, "/use")
            found = since(app.gauges, before)
            return None if found is None else (found.pool_limit, found.threads_limit)

        assert eventually(lambda: limits() == (16, 6))


def test_each_process_of_a_command_gets_the_setting_and_counts(empty: Server) -> None:
    command = "python -m uvicorn tests.compare.probed.tuned:app --port {port} --workers 2 --log-level warning"
    with running(empty, Setting(2, 0, 3), command=command) as app:

        def both() -> bool:
            assert get(app, "/has") == {"pools": [[2, 0], [2, 0]], "threads": 3}
            return app.own.processes == 2

        assert eventually(both)
        assert app.own.units == 4
