"""Runs one command, or keeps one folder, until standard input closes; then ends and removes it.

Run by path as `python -I -S guard.py`, standard library only. The first line on standard input is the task as JSON:

    {"command": [...], "env": {...}, "cwd": "...", "user": null, "stop_signals": [15], "grace": 5.0,
     "output": 7, "fds": []}
    {"folder": "prefix", "parent": "/where"}

What happens is reported as JSON lines on standard output: `{"pid": 1}`, then `{"returncode": 0}`; or
`{"folder": "..."}`; or `{"error": "..."}` when the command cannot be started or the folder cannot be made.
"""

import contextlib
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, NoReturn

PR_SET_CHILD_SUBREAPER = 36  # prctl(2), Linux
REMOVAL_SECONDS = 15.0  # how long a folder may be written to by programs that are being stopped themselves


def main() -> None:
    """Read the task, carry it out, wait for the end of standard input, clean up."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    line = sys.stdin.buffer.readline()
    if not line:
        return
    task = json.loads(line)
    if "folder" in task:
        keep_folder(task)
    else:
        run_command(task)


def _leave(number: int, _: object) -> NoReturn:
    raise SystemExit(128 + number)


def report(**event: object) -> None:
    """Tell compare, if it is still there."""
    with contextlib.suppress(OSError):
        os.write(1, json.dumps(event).encode() + b"\n")


def until_told() -> None:
    """Wait until standard input closes."""
    while os.read(0, 1024):
        pass


def keep_folder(task: dict[str, Any]) -> None:
    """Make a folder and remove it at the end, even while somebody is still writing into it."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=task["folder"], dir=task["parent"]))
    except OSError as error:
        report(error=str(error))
        return
    try:
        report(folder=str(folder))
        until_told()
    finally:
        deadline = time.monotonic() + REMOVAL_SECONDS
        shutil.rmtree(folder, ignore_errors=True)
        while folder.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
            shutil.rmtree(folder, ignore_errors=True)


def run_command(task: dict[str, Any]) -> None:
    """Start the command in a session of its own, report its end, stop it and all that it started."""
    adopt_orphans()
    try:
        child = subprocess.Popen(  # noqa: S603 - running what we are told is this script's purpose
            task["command"],
            env=task["env"],
            cwd=task["cwd"],
            stdin=subprocess.DEVNULL,
            stdout=task["output"],
            stderr=task["output"],
            pass_fds=task["fds"],
            start_new_session=True,
            **account(task["user"]),
        )
    except OSError as error:
        report(error=str(error))
        return
    report(pid=child.pid)  # before anybody can report its end
    exited = threading.Event()
    threading.Thread(target=_watch, args=(child, exited), daemon=True).start()
    try:
        for fd in (task["output"], *task["fds"]):
            os.close(fd)  # only the command's own copies stay open, so that their end can be seen
        until_told()
    finally:
        stop(child.pid, exited, task["stop_signals"], task["grace"])


def account(user: str | None) -> dict[str, Any]:
    """What makes `Popen` run a command as this account and with none of our groups."""
    if user is None:
        return {}
    import pwd  # noqa: PLC0415 - only where an account changes hands

    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def _watch(child: "subprocess.Popen[bytes]", exited: threading.Event) -> None:
    returncode = child.wait()
    exited.set()
    report(returncode=returncode)


def stop(pid: int, exited: threading.Event, signals: list[int], grace: float) -> None:
    """Ask the command's process group to end, at last force it, then end whoever slipped out of the group."""
    for number in signals:
        if exited.is_set():
            break
        _signal_group(pid, number)
        exited.wait(grace)
    _signal_group(pid, signal.SIGKILL)
    exited.wait(grace)
    while orphans := children():
        for orphan in orphans:
            with contextlib.suppress(OSError):
                os.kill(orphan, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(-1, 0)


def _signal_group(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends, so that a daemonised one is still found (Linux)."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children() -> list[int]:
    """The living and the unreaped children of this process (Linux; elsewhere none are known)."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The second field is the program's name in parentheses and may hold anything, so count from its end.
            fields = entry.read_text().rpartition(")")[2].split()
            if int(fields[1]) == os.getpid():
                found.append(int(entry.parent.name))
    return found


if __name__ == "__main__":
    main()
