"""What keeps an event loop."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from compare.probe.witness import Reading, kept, place

from .probed.alone import told

# The app's own code: one file in a folder, so that its lines have numbers.
APP = """\
import asyncio, time

def keep(seconds):
    time.sleep(seconds)

async def sleeping():
    keep(0.6)

async def computing(seconds=0.6):
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass

async def in_c():
    sum(range(40_000_000))

async def yielding():
    await asyncio.sleep(0.6)

async def in_a_child():
    await asyncio.gather(asyncio.sleep(0.05), sleeping())

async def after_a_wait():
    await asyncio.sleep(0.3)
    await sleeping()
    await asyncio.sleep(0.3)

async def many():
    await asyncio.gather(*(computing(0.01) for _ in range(60)))
"""

SCRIPT = """
import os, signal, threading, time
sys.path.insert(0, os.getcwd())
import service

blocked.install(settings)


async def handled(call, identity="r"):
    # As the probe serves a request; what was noted by the moment that it ends.
    request, loop = Request(identity), asyncio.get_running_loop()
    token = current.current.set(request)
    blocked.watch(loop, request)
    try:
        await call()
    finally:
        blocked.unwatch(loop, request)
        current.current.reset(token)
    return noted(request)


async def alone(call):
    return await asyncio.create_task(handled(call))


run = asyncio.run
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder with the app's code."""
    (tmp_path / "service.py").write_text(APP)
    return tmp_path


def served(folder: Path, script: str, loop: str = "asyncio", **settings: object) -> Any:  # noqa: ANN401 - any JSON value
    """What a script says that serves requests."""
    run = "import uvloop\nrun = uvloop.run\n" if loop == "uvloop" else ""
    return told(SCRIPT + run + script, cwd=folder, **settings)


LOOPS = [
    "asyncio",
    pytest.param(
        "uvloop",
        marks=pytest.mark.skipif(importlib.util.find_spec("uvloop") is None, reason="uvloop is not installed"),
    ),
]


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize(
    ("call", "line"),
    [
        ("sleeping", 4),
        ("in_a_child", 4),
        ("after_a_wait", 4),
        ("in_c", 15),
        ("computing", None),
    ],
)
def test_code_that_keeps_the_loop_is_named(folder: Path, loop: str, call: str, line: int | None) -> None:
    ((kind, fields),) = served(folder, f"said(run(alone(service.{call})))", loop)

    assert kind == "Blocked"
    assert 0.2 < fields["seconds"] < 30
    assert fields["place"] in ({f"service.py:{line}"} if line else {"service.py:11", "service.py:12"})


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("call", ["yielding", "many"])
def test_a_loop_that_gets_around_to_other_things_is_not_blocked(folder: Path, loop: str, call: str) -> None:
    assert served(folder, f"said(run(alone(service.{call})))", loop) == []


@pytest.mark.parametrize(("seconds", "times"), [(0.4, 0), (1.2, 1)])
def test_what_no_code_of_the_app_does_takes_longer_before_it_counts(folder: Path, seconds: float, times: int) -> None:
    script = f"""
async def waiting():
    asyncio.get_running_loop().call_soon(time.sleep, {seconds})
    await asyncio.sleep({seconds} + 0.2)
said(run(alone(waiting)))
"""
    noted = served(folder, script)
    assert [kind for kind, _ in noted] == ["Blocked"] * times


def test_a_process_that_is_stopped_is_not_blocked(folder: Path) -> None:
    script = """
async def stopped():
    pid = os.getpid()
    if os.fork() == 0:
        for _ in range(3):
            os.kill(pid, signal.SIGSTOP)
            time.sleep(0.6)
            os.kill(pid, signal.SIGCONT)
            time.sleep(0.05)
        os._exit(0)
    await asyncio.to_thread(os.wait)
said(run(alone(stopped)))
"""
    assert served(folder, script) == []


def test_other_threads_that_keep_the_interpreter_do_not_make_a_blocked_loop(folder: Path) -> None:
    script = """
async def crowded():
    ended = threading.Event()
    def burn():
        while not ended.is_set():
            sum(range(1000))
    threads = [threading.Thread(target=burn) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        await service.computing(0.08)
        await asyncio.sleep(0)
    ended.set()
    for thread in threads:
        await asyncio.to_thread(thread.join)
said(run(alone(crowded)))
"""
    assert served(folder, script) == []


def test_it_is_noted_of_the_request_whose_code_it_is(folder: Path) -> None:
    script = """
async def main():
    async def late():
        await asyncio.sleep(0.1)
        service.keep(0.6)
    return await asyncio.gather(handled(late, "one"), handled(service.yielding, "two"))
said(run(main()))
"""
    one, two = served(folder, script)

    assert [kind for kind, _ in one] == ["Blocked"]
    assert two == []


def test_a_request_blocked_in_its_last_step_is_told_before_it_ends_and_once(folder: Path) -> None:
    script = """
async def main():
    await handled(service.yielding, "first")
    request = []
    async def call():
        request.append(current.current.get())
        service.keep(0.6)
    before = await asyncio.create_task(handled(call, "second"))
    await asyncio.sleep(0.3)
    return [len(before), len(noted(request[0]))]
said(run(main()))
"""
    assert served(folder, script) == [1, 1]


def test_a_forked_process_watches_for_itself(folder: Path) -> None:
    script = """
first = run(alone(service.sleeping))
reading, writing = os.pipe()
if os.fork() == 0:
    os.write(writing, json.dumps(run(alone(service.sleeping))).encode())
    os._exit(0)
os.wait()
said([len(first), len(json.loads(os.read(reading, 10_000)))])
"""
    assert served(folder, script) == [1, 1]


def test_without_a_bound_nobody_watches(folder: Path) -> None:
    script = "said([run(alone(service.sleeping)), threading.active_count()])"

    assert served(folder, script, loop_blocked=None) == [[], 1]


def test_the_watcher_works_for_no_request_and_rests_when_there_is_none(folder: Path) -> None:
    script = """
blocked.LINGERS_SECONDS = 0.05
started = []
original = threading.Thread.start
def start(thread):
    started.append(current.current.get())
    original(thread)
threading.Thread.start = start
async def main():
    await alone(service.yielding)
    watcher = blocked._watchers[0]
    while watcher.loops or watcher.awake.is_set():
        await asyncio.sleep(0.01)
    return await alone(service.sleeping)
said([len(run(main())), started])
"""
    assert served(folder, script) == [1, [None]]


START = Reading(0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("end", "late", "seconds"),
    [
        (Reading(1.0, 0.0, 0.0, 0.0), 0.0, 1.0),  # it slept in a call
        (Reading(1.0, 1.0, 0.0, 1.0), 0.9, 1.0),  # it ran, in C: the watcher could not
        (Reading(1.0, 0.1, 0.9, 0.1), 0.0, 0.1),  # the machine ran something else
        (Reading(1.0, 0.0, 0.0, 0.0), 0.9, 0.1),  # the process was stopped
        (Reading(1.0, 0.1, 0.0, 0.9), 0.0, 0.2),  # other threads of the process ran
        (Reading(1.0, 0.1, 0.4, 2.9), 0.0, 0.1),  # both
        (Reading(1.0, 0.1, 0.0, 0.6), 0.3, 0.2),  # they ran, and the machine did not always run them
    ],
)
def test_what_the_machine_takes_is_taken_off(end: Reading, late: float, seconds: float) -> None:
    assert kept(START, end, late) == pytest.approx(seconds)


def test_the_place_is_the_innermost_line_of_the_apps_own_code(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    app, library = str(folder / "orders" / "service.py"), "/venv/lib/python3.11/site-packages/driver/core.py"
    loops_own = (("/usr/run.py", 1),)

    assert place([(*loops_own, (app, 31), (library, 7))], beneath=1) == "orders/service.py:31"
    assert place([(*loops_own, (library, 5), (library, 7))], beneath=1) == f"{library}:7"
    assert place([loops_own], beneath=1) == ""
    assert place([((app, 1),), ((app, 2),), ((app, 2),)], beneath=0) == "orders/service.py:2"
