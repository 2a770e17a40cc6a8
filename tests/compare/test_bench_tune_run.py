"""`compare bench --tune` as a person runs it, on a pair of apps that nobody wrote for it."""

import json
from pathlib import Path

import pytest

from tests.compare.bench_command import bench, hasty


def test_the_sync_side_is_tuned_within_its_connections(tmp_path: Path) -> None:
    options = ("--connections", "2", "--routes", "GET /watches", "--clients", "3", "--seconds", "0.1")
    done = bench("--tune", "legacy", *options, "--json", "tune.json", cwd=tmp_path, config=hasty(tmp_path, tuning=40))
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads((tmp_path / "tune.json").read_text(encoding="utf-8"))
    assert told["own"]["pools"] == [{"kind": "QueuePool", "size": 5, "overflow": 10, "awaited": False}]
    assert told["own"]["threads"] == 40
    assert (told["clients"], told["load"], told["connections"]) == (3, "GET /watches", 2)
    tried = {(one["pool"], one["overflow"]): one for one in told["tried"] if not one["stopped"]}
    assert (2, 0) in tried
    for (pool, overflow), one in tried.items():
        for taken in one["rounds"]:
            assert taken["gauges"]["pool_limit"] == pool + overflow
            assert taken["gauges"]["threads_limit"] == one["threads"]
        assert one["connections"] <= 2
    assert told["current"]["rounds"][0]["gauges"]["pool_limit"] == 15
    assert "what it has now opens up to 15 connections, and is granted 2" in told["notes"]
    assert told["found"] in done.stdout
    assert "<svg" in (tmp_path / ".compare" / "tune.html").read_text(encoding="utf-8")


def test_a_side_without_a_pool_of_sqlalchemys_is_refused(tmp_path: Path) -> None:
    done = bench("--tune", "async", "--connections", "2", "--routes", "GET /watches", "--seconds", "0.1", cwd=tmp_path)
    assert done.returncode == 2
    assert "Nothing can be tuned: the app has no pool of SQLAlchemy's with a size, and the load" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--tune", "both"), "--tune both: there are two sides, legacy and async."),
        (("--connections", "5"), "--connections is what --tune may use"),
        (("--tune", "legacy", "--connections", "0"), "with less than one connection nothing can be tried"),
        (("--tune", "legacy", "--connections", "9000"), "is more than the database server has to give: 297"),
        (("--tune", "async", "--async", "http" + "://127.0.0.1:9"), "compare tunes only what it starts"),
        (("--tune", "legacy", "--full"), "--tune does not go with --full"),
        (("--tune", "legacy", "--locust", "x.py"), "--tune does not go with --locust"),
    ],
)
def test_what_cannot_be_tuned_is_refused_in_words(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    done = bench(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
