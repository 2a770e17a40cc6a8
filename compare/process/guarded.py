"""The near side of the guard: start a command or make a folder under one, and ask after it."""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from compare.errors import CouldNotRunError

GUARD = Path(__file__).with_name("guard.py")
START_SECONDS = 20.0  # a guard answers within milliseconds; this bounds a machine that is overloaded


class Guarded:
    """A command that runs under a guard. Safe to ask from several threads.

    Attributes:
        pid: The command's process id, which is also its process group.
    """

    def __init__(self, pid: int, reports: "_Reports", output: int) -> None:
        self.pid = pid
        self._reports = reports
        self._output = output

    @property
    def alive(self) -> bool:
        """Whether the command has not ended yet."""
        return self.returncode is None

    @property
    def returncode(self) -> int | None:
        """The command's exit status, negative for a signal; None while it runs."""
        return self.wait(0)

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait at most `timeout` seconds (None: no limit) for the end; the exit status, or None if it still runs."""
        return self._reports.returncode(timeout)

    def output(self, last_bytes: int = 65_536) -> str:
        """The last part of what the command wrote to its standard output and error."""
        size = os.fstat(self._output).st_size
        start = max(0, size - last_bytes)
        return os.pread(self._output, size - start, start).decode(errors="replace")


class _Reports:
    """The guard's report lines, read when somebody asks."""

    def __init__(self, guard: "subprocess.Popen[bytes]") -> None:
        assert guard.stdout is not None  # noqa: S101 - told to the type checker; Popen was given a pipe
        self._fd = guard.stdout.fileno()
        self._pending = b""
        self._lock = threading.Lock()
        self._returncode: int | None = None

    def next(self, timeout: float | None) -> dict[str, object] | None:
        """The next report; None when `timeout` seconds pass; `{"error": ...}` when the guard is gone."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while b"\n" not in self._pending:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not self._readable(left):
                return None
            chunk = os.read(self._fd, 4096)
            if not chunk:
                return {"error": "its guard process was killed", "returncode": -signal.SIGKILL}
            self._pending += chunk
        line, _, self._pending = self._pending.partition(b"\n")
        event: dict[str, object] = json.loads(line)
        return event

    def _readable(self, timeout: float | None) -> bool:
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        return bool(poll.poll(None if timeout is None else timeout * 1000))

    def returncode(self, timeout: float | None) -> int | None:
        """The command's exit status, waited for at most `timeout` seconds; None if there is none yet."""
        with self._lock:
            if self._returncode is None and (event := self.next(timeout)) is not None:
                self._returncode = int(str(event["returncode"]))
            return self._returncode


@contextmanager
def guarded(  # noqa: PLR0913 - what can be said about a process
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: str | None = None,
    stop_signals: Sequence[int] = (signal.SIGTERM,),
    grace: float = 5.0,
    pass_fds: Sequence[int] = (),
) -> Iterator[Guarded]:
    """Run `command` in a session of its own until the block ends, or until this process does, however that happens.

    Args:
        command: Program and arguments; no shell.
        env: Its whole environment; None for this process's.
        cwd: Its working folder; None for this process's.
        user: An account to run it as (root only).
        stop_signals: Sent one after the other to the command's process group at the end, each with `grace` seconds;
            SIGKILL follows, for the group and for every descendant.
        grace: Seconds.
        pass_fds: File descriptors that the command inherits under the same number.

    Raises:
        CouldNotRunError: The command cannot be started.
    """
    with tempfile.TemporaryFile(buffering=0) as output:
        task: dict[str, object] = {
            "command": list(command),
            "env": dict(os.environ if env is None else env),
            "cwd": None if cwd is None else str(cwd),
            "user": user,
            "stop_signals": list(stop_signals),
            "grace": grace,
            "output": output.fileno(),
            "fds": list(pass_fds),
        }
        bound = grace * (len(stop_signals) + 1) + 5
        with _guard(task, (output.fileno(), *pass_fds), bound) as reports:
            event = reports.next(START_SECONDS) or {"error": f"no answer within {START_SECONDS:g} s"}
            if "pid" not in event:
                raise CouldNotRunError(f"The command {command[0]!r} cannot be started: {event['error']}.")
            yield Guarded(int(str(event["pid"])), reports, output.fileno())


@contextmanager
def scratch(parent: Path | None = None) -> Iterator[Path]:
    """A fresh folder for this user alone that is removed when the block ends, or when this process does.

    Args:
        parent: Where to make it; None for the usual folder for temporary files (TMPDIR).

    Raises:
        CouldNotRunError: That place cannot be written to.
    """
    parent = parent or Path(tempfile.gettempdir())
    with _guard({"folder": "compare-", "parent": str(parent)}, (), 20.0) as reports:
        event = reports.next(START_SECONDS) or {"error": f"no answer within {START_SECONDS:g} s"}
        if "folder" not in event:
            raise CouldNotRunError(
                f"No folder can be made in {parent}: {event['error']}. Does TMPDIR name a good place?"
            )
        yield Path(str(event["folder"]))


@contextmanager
def _guard(task: Mapping[str, object], fds: Sequence[int], bound: float) -> Iterator[_Reports]:
    """Start a guard with its task; at the end close its pipe and wait at most `bound` seconds for it."""
    guard = subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, "-I", "-S", str(GUARD)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pass_fds=fds,
        start_new_session=True,  # Ctrl-C in the terminal is ours to handle, not the guard's
        env={},
    )
    assert guard.stdin is not None  # noqa: S101 - told to the type checker; Popen was given pipes
    assert guard.stdout is not None  # noqa: S101
    try:
        guard.stdin.write(json.dumps(task).encode() + b"\n")
        guard.stdin.flush()
        yield _Reports(guard)
    finally:
        with suppress(OSError):
            guard.stdin.close()
        try:
            guard.wait(bound)
        except subprocess.TimeoutExpired:
            guard.kill()
            guard.wait()
        finally:
            guard.stdout.close()
