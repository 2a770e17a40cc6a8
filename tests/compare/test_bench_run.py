"""`compare bench` as a person runs it, on a pair of apps that nobody wrote for it."""

import json
from pathlib import Path

import pytest

from tests.compare.bench_command import Done, bench, hasty

SHORT = ("--seconds", "0.1", "--clients", "4", "--concurrency", "1,8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this module's own, outside the checkout."""
    return tmp_path_factory.mktemp("bench")


@pytest.fixture(scope="module")
def ran(folder: Path) -> Done:
    """One short run of one route."""
    routes = ("--routes", "GET /watches", "--routes", "POST /entries")
    done = bench(*SHORT, *routes, "--json", "bench.json", cwd=folder, config=hasty(folder, budget=15))
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_it_measures_the_mix_and_the_route_that_was_asked_for(ran: Done, folder: Path) -> None:
    told = json.loads((folder / "bench.json").read_text(encoding="utf-8"))
    assert [target["name"] for target in told["targets"]] == [
        "the mix",
        "GET /watches",
        "POST /entries",
    ]  # that only set-ups ask
    for target in told["targets"]:
        for side in target["sides"].values():
            assert side["throughput"] > 0
            assert side["cpu"] > 0
            assert side["memory"] > 0
            assert side["sweep"]
            assert side["loop_lag"] > 0
    sync = told["targets"][1]["sides"]["legacy"]
    assert sync["statements"] == pytest.approx(1, abs=0.1)  # what is shown is up to a tick old
    assert 1 <= sync["connections"] <= 15
    assert sync["rounds"][0]["gauges"]["threads_limit"] == 40
    assert "the generator reaches" in ran.stdout
    assert "\nthe mix: " in ran.stdout  # what is said depends on what else this machine is at
    assert "\nGET /watches: " in ran.stdout


def test_the_report_has_the_curves(ran: Done, folder: Path) -> None:
    page = (folder / ".compare" / "bench.html").read_text(encoding="utf-8")
    assert "Written: .compare/bench.html" in ran.stdout
    assert page.count("<svg") == 9
    assert "http" + "://" not in page


def test_a_side_behind_https_is_refused_before_anything_starts(folder: Path) -> None:
    done = bench(*SHORT, "--async", "https://example.org", cwd=folder)
    assert done.returncode == 2
    assert "Load goes over plain HTTP, and async is https://example.org" in done.stderr


def test_a_route_that_nothing_asks_is_refused_with_those_there_are(folder: Path) -> None:
    done = bench(*SHORT, "--routes", "GET /nowhere", cwd=folder)
    assert done.returncode == 2
    assert "GET /nowhere: no scenario asks it" in done.stderr
    assert "GET /watches" in done.stderr
