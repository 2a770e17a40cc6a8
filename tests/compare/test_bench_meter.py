"""What a process costs is read of all that belong to it."""

import os
import subprocess
import sys
import time

from compare.bench import meter

BURN = "import time\nwhile time.process_time() < 0.3: pass"
PARENT = f"""
import subprocess, sys
subprocess.run([sys.executable, "-c", {BURN!r}])
print("done", flush=True)
sys.stdin.read()
"""


def test_the_time_of_a_child_that_has_ended_counts() -> None:
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603
        assert process.stdout is not None
        process.stdout.readline()
        reading = meter.read(process.pid)
        process.communicate(b"")
    assert reading.cpu >= 0.3
    assert reading.memory > 0
    assert reading.threads >= 1


def test_less_than_a_tick_is_seen() -> None:
    before = meter.read(os.getpid()).cpu
    until = time.process_time() + 0.002
    while time.process_time() < until:
        pass
    assert 0.002 <= meter.read(os.getpid()).cpu - before < 0.5


def test_a_process_that_is_gone_costs_nothing() -> None:
    assert meter.read(None) == meter.Reading()
    assert meter.read(2**22 + 1) == meter.Reading()
