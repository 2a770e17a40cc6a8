"""The program: exit codes, messages, and that nothing is left behind however it ends."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PAIR = Path(__file__).parent / "pair" / "compare.toml"
PATIENCE = 20.0  # seconds for what must end by itself

SLOW = """
scenario: again and again
steps:
- GET /entries: {repeat: 10000}
"""
CONFIG = """
sample = 0
scenarios = ["some.yaml"]
[database]
setup = []
[legacy]
app = "%(legacy)s"
[async]
app = "%(async)s"
"""
APPS = """
import os, signal
from fastapi import FastAPI
good, dies = FastAPI(), FastAPI()

@good.get("/a")
@good.get("/b")
def answer(): return 1

@dies.get("/a")
def first(): return 1

@dies.get("/b")
def last():
    print("the lamp went out", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""

AUTHOR = ("-c", "user.name=a", "-c", "user.email=a@example.org")
STRANGE = """
import json, socketserver, sys, time
kind, port = sys.argv[1], int(sys.argv[2])

class Strange(socketserver.StreamRequestHandler):
    def handle(self):
        first = self.rfile.readline().split()
        if first[1:2] == [b"/b"]:
            time.sleep(60) if kind == "hangs" else self.wfile.write(b"\\x16\\x03\\x01 what?\\r\\n")
            return
        while self.rfile.readline().strip():
            pass
        path = first[1].decode()
        paths = {"/a": {"get": {}}, "/b": {"get": {}}}
        document = {"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": paths}
        body = json.dumps(document if path.endswith("json") else 1).encode()
        head = f"HTTP/1.1 200 OK\\r\\ncontent-type: application/json\\r\\ncontent-length: {len(body)}\\r\\n\\r\\n"
        self.wfile.write(head.encode() + body)

class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True

Server(("127.0.0.1", port), Strange).serve_forever()
"""
STREAMS = """
import asyncio
from fastapi.responses import StreamingResponse
streams = FastAPI()
streams.get("/a")(answer)

@streams.get("/b")
async def pour():
    async def drops():
        while True:
            yield b"drop "
            await asyncio.sleep(0.01)
    return StreamingResponse(drops())
"""


def _heed_interrupts() -> None:
    """A suite that runs in the background of a script ignores SIGINT, and its children would as well."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Program:
    """`python -m compare` in a folder and with a folder for temporary files of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.temporary = Path(os.environ.get("TMPDIR", "/tmp")) / f"cli{os.getpid()}-{time.monotonic_ns() % 10**6}"  # noqa: S108 - a socket's path must be short
        self.temporary.mkdir()
        self.process: subprocess.Popen[str] | None = None

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start it and go on."""
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "compare", *arguments],
            cwd=self.folder,
            env={**os.environ, "TMPDIR": str(self.temporary), "COLUMNS": "80"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=_heed_interrupts,  # noqa: PLW1509 - nothing but a system call, and no thread of ours holds a lock
        )
        return self.process

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, stdout, stderr."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=90)
        return process.returncode, out, err

    def leftovers(self) -> list[str]:
        """Processes that were started with our folder for temporary files, and what stands in it."""
        mark = f"TMPDIR={self.temporary}".encode()
        found = [str(path) for path in self.temporary.iterdir()]
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0") and _lives(entry):
                    found.append((entry / "cmdline").read_text().replace("\0", " "))
            except OSError:
                continue
        return found

    def wait_for(self, condition: Callable[[], bool]) -> bool:
        """Whether the condition came true in time."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def answering(self) -> bool:
        """Whether both apps are up, so that requests are on their way."""
        return sum("serve.py" in found for found in self.leftovers()) >= 2


def _lives(entry: Path) -> bool:
    return (entry / "stat").read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """A program in an empty folder."""
    running = Program(tmp_path)
    yield running
    if running.process is not None and running.process.poll() is None:
        running.process.kill()
        running.process.communicate()
    assert running.wait_for(lambda: running.leftovers() == []), running.leftovers()
    running.temporary.rmdir()


def written(folder: Path, scenario: str = "scenario: a\nsteps: [GET /a, GET /b]\n", **apps: str) -> None:
    """A configuration with apps from a module beside it."""
    names = {"legacy": "apps:good", "async": "apps:good", **apps}
    (folder / "compare.toml").write_text(CONFIG % names)
    (folder / "apps.py").write_text(APPS)
    (folder / "some.yaml").write_text(scenario)


def test_twins_exit_0_and_json_goes_to_stdout(program: Program) -> None:
    code, out, err = program.run("--config", str(PAIR), "--json", "-")
    assert code == 0, err
    assert json.loads(out)["same"] is True
    assert "The same: " in err


def test_options_may_stand_before_and_after_the_command(program: Program) -> None:
    written(program.folder)
    (program.folder / "other.yaml").write_text(
        "- {scenario: one, steps: [GET /a]}\n- {scenario: two, steps: [GET /b]}\n"
    )
    code, out, err = program.run("--only", "one", "run", "--scenarios", "other.yaml", "--json", "out.json")
    assert code == 0, err
    assert "GET /b" in out.partition("Never sent")[2]
    assert json.loads((program.folder / "out.json").read_text())["scenarios"] == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--jsn", "x"], "There is no option --jsn. Did you mean --json?"),
        (["run", "--legcy", "x"], "There is no option --legcy. Did you mean --legacy?"),
        (["rnu"], "There is no command rnu. Did you mean run?"),
        (["--config", "nowhere.toml"], "nowhere.toml"),
        ([], "There is no configuration"),
    ],
)
def test_bad_usage_exits_2_with_one_message(program: Program, arguments: list[str], words: str) -> None:
    code, out, err = program.run(*arguments)
    assert (code, out) == (2, "")
    assert words in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "words", "expected"),
    [
        (["--only", "zzz"], "No scenario has 'zzz' in its name", 2),
        (["--scenarios", "zzz"], "names no YAML file", 2),
        (["--json", "no/such/folder.json"], "cannot be written there", 2),
        (["--async", "apps"], "apps", 2),
        (["--async", "apps:bad"], "bad", 3),
        (["--legacy", "nowhere:app"], "nowhere", 3),
        (["--async-ref", "nowhere"], "async.ref = 'nowhere': ", 2),  # the folder lies in no repository
        (["--legacy", "http://127.0.0.1:9"], "The legacy side at http://127.0.0.1:9 does not answer", 3),
        (["--database-url", "postgresql://nobody@127.0.0.1:9/x"], "127.0.0.1", 3),
    ],
)
def test_bad_input_exits_without_a_traceback(program: Program, arguments: list[str], words: str, expected: int) -> None:
    written(program.folder)
    code, out, err = program.run(*arguments)
    assert (code, out) == (expected, ""), err
    assert words in err
    assert "Traceback" not in err


def test_a_route_of_one_side_exits_1(program: Program) -> None:
    written(program.folder, "scenario: a\nsteps: [GET /a]\n", **{"async": "apps:dies"})
    (program.folder / "apps.py").write_text(APPS.replace('@dies.get("/b")', ""))
    code, out, _ = program.run()
    assert code == 1
    assert "RES012 route exists on one side only" in out
    assert "GET /b" in out


def test_a_side_that_dies_exits_3_with_what_it_printed_and_what_was_found(program: Program) -> None:
    written(program.folder, **{"async": "apps:dies"})
    code, out, err = program.run()
    assert code == 3
    assert "The async side died" in err
    assert "the lamp went out" in err
    assert "GET /a" in out


def test_a_ref_that_does_not_exist_exits_3(program: Program) -> None:
    written(program.folder)
    for arguments in (["init", "-q"], ["add", "."], [*AUTHOR, "commit", "-qm", "all"]):
        subprocess.run(["git", *arguments], cwd=program.folder, check=True)  # noqa: S603, S607 - git of this machine
    code, out, err = program.run("--async-ref", "mian")
    assert (code, out) == (3, "")
    assert "no branch, tag or commit 'mian'" in err.replace("\n", " ")
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("app", "words", "where"),
    [
        ("hangs", "no answer within 0.5 s", "/b"),
        ("garbage", "no HTTP answer", "/b"),
    ],
)
def test_a_side_that_answers_nothing_any_more_exits_3_with_what_was_found(
    program: Program, app: str, words: str, where: str
) -> None:
    written(program.folder, "scenario: a\nsteps: [GET /a, GET /b, GET /b, GET /b, GET /b, GET /b]\n")
    (program.folder / "strange.py").write_text(STRANGE)
    side = f'command = "{sys.executable} strange.py {app} {{port}}"'
    config = (program.folder / "compare.toml").read_text().replace('[async]\napp = "apps:good"', f"[async]\n{side}")
    (program.folder / "compare.toml").write_text(f"limits = {{ request = 0.5 }}\n{config}")
    code, out, err = program.run()
    assert code == 3, out + err
    flat = " ".join(err.split())
    assert "The async side has answered none of the last 3 requests" in flat
    assert words in flat
    assert "RES011 no HTTP answer on one side" in out
    assert f"GET {where}" in out
    assert "Traceback" not in err


def test_a_stream_without_an_end_is_a_difference_and_ends_the_waiting(program: Program) -> None:
    written(program.folder, **{"async": "apps:streams"})
    (program.folder / "apps.py").write_text(APPS + STREAMS)
    config = (program.folder / "compare.toml").read_text()
    (program.folder / "compare.toml").write_text(f"limits = {{ request = 0.5, idle = 0.5 }}\n{config}")
    code, out, err = program.run()
    assert code == 1, out + err
    assert "did not end within 0.5 s" in " ".join(out.split())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_exits_130_and_leaves_nothing(program: Program, number: signal.Signals) -> None:
    (program.folder / "slow.yaml").write_text(SLOW)
    process = program.start("--config", str(PAIR), "--scenarios", "slow.yaml")
    assert program.wait_for(program.answering)
    process.send_signal(number)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, err
    assert "Interrupted" in err
    assert program.leftovers() == []


def test_a_killed_run_leaves_nothing_after_a_moment(program: Program) -> None:
    (program.folder / "slow.yaml").write_text(SLOW)
    process = program.start("--config", str(PAIR), "--scenarios", "slow.yaml")
    assert program.wait_for(program.answering)
    process.kill()
    process.communicate()
    assert program.wait_for(lambda: program.leftovers() == []), program.leftovers()


def test_the_version_is_told(program: Program) -> None:
    code, out, _ = program.run("--version")
    assert code == 0
    assert out.startswith("compare ")
