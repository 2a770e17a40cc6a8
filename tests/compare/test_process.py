"""Child processes and folders that never outlive compare."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from compare.errors import CouldNotRunError
from compare.process import guarded, interpreter_environment, scratch

SHELL = ("/bin/sh", "-c")


def eventually(condition: Callable[[], bool], within: float = 15.0) -> bool:
    """Whether the condition comes true in time; asked again and again."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def gone(pid: int) -> bool:
    """Whether no process of this id runs; one that is only waiting to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_a_command_runs_with_its_output_kept() -> None:
    with guarded([*SHELL, "echo out; echo err >&2; exit 3"]) as process:
        assert process.wait(10) == 3
        assert process.output() == "out\nerr\n"
        assert not process.alive


def test_a_running_command_is_alive_and_has_no_exit_status() -> None:
    with guarded(["sleep", "60"]) as process:
        assert process.alive
        assert process.wait(0.01) is None
        assert not gone(process.pid)

    assert gone(process.pid)


def test_only_the_last_part_of_a_long_output_is_given() -> None:
    with guarded([*SHELL, "printf 123456789"]) as process:
        process.wait(10)

        assert process.output(last_bytes=4) == "6789"


def test_a_command_that_does_not_exist_is_named() -> None:
    with (
        pytest.raises(CouldNotRunError, match=r"'no-such-program' cannot be started.*No such file"),
        guarded(["no-such-program"]),
    ):
        pass


def test_an_exception_in_the_block_ends_the_command() -> None:
    with pytest.raises(KeyboardInterrupt), guarded(["sleep", "60"]) as process:
        raise KeyboardInterrupt

    assert gone(process.pid)


def test_a_command_that_ignores_the_stop_signal_is_killed() -> None:
    with guarded([*SHELL, "trap '' TERM; echo ready; while :; do sleep 0.1; done"], grace=0.2) as process:
        assert eventually(lambda: "ready" in process.output())

    assert gone(process.pid)


def test_stop_signals_are_sent_one_after_the_other(tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    script = f"exec 3>{heard}; trap 'echo INT >&3' INT; trap 'echo TERM >&3; exit' TERM; echo ready"
    with guarded(
        [*SHELL, f"{script}; while :; do sleep 0.05; done"],
        stop_signals=(signal.SIGINT, signal.SIGTERM),
        grace=0.5,
    ) as process:
        assert eventually(lambda: "ready" in process.output())

    assert heard.read_text() == "INT\nTERM\n"


def test_a_descendant_in_a_session_of_its_own_is_ended_too(tmp_path: Path) -> None:
    daemon = tmp_path / "daemon"
    with guarded([*SHELL, f"(setsid sh -c 'echo $$ > {daemon}; exec sleep 60' &); exec sleep 60"]):
        assert eventually(lambda: daemon.exists() and daemon.read_text().endswith("\n"))
        pid = int(daemon.read_text())
        assert not gone(pid)

    assert gone(pid)


def test_only_the_descriptors_passed_on_are_open_in_the_command() -> None:
    reading, writing = os.pipe()
    with guarded([sys.executable, "-c", f"import os; os.write({writing}, b'hello')"], pass_fds=(writing,)) as process:
        process.wait(10)
        os.close(writing)
        os.set_blocking(reading, False)

        assert os.read(reading, 100) == b"hello"
        assert os.read(reading, 100) == b""  # the end: nobody else, the guard included, holds the other side
    os.close(reading)


def test_a_scratch_folder_is_ours_alone_and_goes_with_the_block(tmp_path: Path) -> None:
    with scratch(tmp_path) as folder:
        (folder / "deep").mkdir()
        (folder / "deep" / "file").touch()
        assert folder.parent == tmp_path
        assert folder.stat().st_mode & 0o077 == 0

    assert not folder.exists()


def test_a_scratch_folder_in_no_place_is_explained(tmp_path: Path) -> None:
    with pytest.raises(CouldNotRunError, match="No folder can be made in"), scratch(tmp_path / "nowhere"):
        pass


HOLDER = """
import os, sys, time
from pathlib import Path
from compare.process import guarded, scratch
command = ["/bin/sh", "-c", "trap '' TERM INT; while :; do sleep 0.1; done"]
with scratch(Path(sys.argv[1])) as folder, guarded(command, grace=0.2) as process:
    (folder / "file").touch()
    print(process.pid, folder, flush=True)
    {end}
"""


@pytest.mark.parametrize(
    "end",
    ["os.kill(os.getpid(), 9)", "os._exit(1)", "os.kill(os.getpid(), 15)", "os.killpg(0, 9)"],
    ids=["SIGKILL", "immediate exit", "SIGTERM", "SIGKILL to the group"],
)
def test_nothing_outlives_us_however_we_end(end: str, tmp_path: Path) -> None:
    holder = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", HOLDER.replace("{end}", end), str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        start_new_session=True,
    )

    pid, folder = holder.stdout.split()
    assert holder.returncode != 0
    assert eventually(lambda: gone(int(pid)))
    assert eventually(lambda: not Path(folder).exists())


def test_a_foreign_interpreter_gets_its_neighbours_and_not_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", "/ours")

    environment = interpreter_environment(("/there/bin/python",), {"KEY": "value"})

    assert "VIRTUAL_ENV" not in environment
    assert environment["PATH"].startswith("/there/bin:")
    assert environment["KEY"] == "value"
    assert interpreter_environment((sys.executable,), {})["VIRTUAL_ENV"] == "/ours"
