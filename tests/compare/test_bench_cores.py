"""The apps have cores of their own while they are measured."""

import os
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from compare.bench.cores import apart, cores

pytestmark = pytest.mark.skipif(len(cores()) < 2, reason="one core cannot be shared out")


@pytest.fixture
def program() -> Iterator[int]:
    """A process with a second thread."""
    code = "import threading; threading.Thread(target=input).start(); print(flush=True); threading.Event().wait(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdin=-1, stdout=-1) as process:  # noqa: S603 - as above
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.kill()


def test_an_app_shares_no_core_with_who_sends(program: int) -> None:
    before = cores()
    with apart([program], []):
        theirs = [os.sched_getaffinity(thread.id) for thread in psutil.Process(program).threads()]
        assert len(theirs) == 2
        assert theirs[0] == theirs[1]
        assert theirs[0].isdisjoint(cores())
        assert theirs[0] | cores() == before
    assert cores() == before


def test_the_rest_goes_where_compare_is(program: int) -> None:
    with apart([program], [program]):
        assert os.sched_getaffinity(program) == cores()


def test_nothing_is_moved_where_no_app_runs_here(program: int) -> None:
    before = cores()
    with apart([None, None], [program]):
        assert cores() == os.sched_getaffinity(program) == before
