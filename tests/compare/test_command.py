"""Sides that a command serves: when they are ready, and how it is told that they are not."""

import os
import shutil
import signal
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from compare.config import SideConfig
from compare.errors import CouldNotRunError
from compare.subjects import Route, Subject, started
from compare.subjects.feed import ProbeSettings, announced

from .lamps import BARE, NOWHERE, process
from .test_process import eventually, gone

SERVER = """
import http.server, json, os, sys, threading

class Lamp(http.server.BaseHTTPRequestHandler):
    started = threading.Event()

    def do_GET(self):
        if self.path == "/slow" and not Lamp.started.is_set():
            threading.Timer(0.3, Lamp.started.set).start()
            self.send_error(503)
            return
        body = json.dumps({
            "env": dict(os.environ), "argv": sys.argv,
            "paths": {"/lamps/{id}": {"get": {}, "parameters": []}, "/lamps": {"post": {}}},
        }).encode()
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

host, _, port = sys.argv[1].rpartition(":")
print("about to listen", flush=True)
http.server.ThreadingHTTPServer((host or "127.0.0.1", int(port)), Lamp).serve_forever()
"""


@contextmanager
def served(folder: Path, command: str, *, probe: ProbeSettings | None = None, **settings: object) -> Iterator[Subject]:
    """What this command serves, run in a folder with a server."""
    (folder / "serve.py").write_text(SERVER)
    (folder / "lamp.py").write_text(textwrap.dedent(BARE))
    side = SideConfig.model_validate({"name": "legacy", "command": command, "directory": folder, **settings})
    with started(side, NOWHERE, probe=probe) as subject:
        yield subject


def refusal(folder: Path, command: str, **settings: Any) -> str:  # noqa: ANN401 - settings of every type
    """The message with which this command does not serve."""
    with pytest.raises(CouldNotRunError) as caught, served(folder, command, **settings):
        pass
    message = str(caught.value)
    assert message.startswith("The legacy command ")
    assert "Traceback" not in message.partition("Its last output:")[0]
    return message


def test_a_command_serves_on_the_port_that_it_is_told(tmp_path: Path) -> None:
    with served(tmp_path, "python serve.py {port}", env={"DB": "{async_url}", "AT": "{serve_port}"}) as subject:
        port = subject.base_url.rpartition(":")[2]
        found = httpx.get(subject.base_url, trust_env=False).json()

        assert subject.base_url == f"http://127.0.0.1:{port}"
        assert found["argv"] == ["serve.py", port]
        assert (found["env"]["DB"], found["env"]["AT"]) == (NOWHERE.url("asyncpg"), port)
        assert list(subject.routes) == [Route("GET", "/lamps/{id}"), Route("POST", "/lamps")]
        assert subject.alive
        assert subject.running == 0
        assert subject.feed is None
        assert "about to listen" in subject.output()
    assert gone(process(subject))


def test_a_port_may_come_in_the_environment_alone(tmp_path: Path) -> None:
    command = """python -c "import os, runpy, sys; sys.argv = ['serve.py', os.environ['PORT']]; \
runpy.run_path('serve.py')" """
    with served(tmp_path, command, env={"PORT": "{serve_port}"}) as subject:
        assert subject.alive


def test_a_command_is_ready_when_the_named_path_answers_well(tmp_path: Path) -> None:
    with served(tmp_path, "python serve.py {port}", ready="/slow") as subject:
        assert httpx.get(subject.base_url + "/slow", trust_env=False).status_code == 200


def test_a_path_that_never_answers_well_is_told(tmp_path: Path) -> None:
    message = refusal(tmp_path, "python serve.py {port}", ready="/missing", start_timeout=1)

    assert "It answered GET /missing with 404" in message


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "there is no program 'lantern'" in refusal(tmp_path, "lantern --port {port}")


def test_a_command_that_ends_early_shows_its_last_output(tmp_path: Path) -> None:
    message = refusal(tmp_path, "python -c \"print('no oil {port}'); exit(3)\"")

    assert "ended with exit status 3 before it answered" in message
    assert "  no oil " in message


def test_a_command_that_goes_into_the_background_is_told_to_stay(tmp_path: Path) -> None:
    command = "python -c \"import subprocess; print({port}); subprocess.Popen(['sleep', '60'])\""

    assert "It must stay in the foreground." in refusal(tmp_path, command)


def test_a_command_that_never_listens_is_given_up(tmp_path: Path) -> None:
    message = refusal(tmp_path, 'python -c "import time; {port}; time.sleep(60)"', start_timeout=1)

    assert "did not answer on 127.0.0.1:" in message
    assert "instead" not in message
    assert "legacy.start_timeout" in message


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="where a process listens is known on Linux only")
@pytest.mark.parametrize("place", ["127.0.0.1:0", "127.0.0.2:{port}"])
def test_a_command_that_listens_elsewhere_is_told_where(tmp_path: Path, place: str) -> None:
    message = refusal(tmp_path, f"python serve.py {place} {{port}}", start_timeout=1.5)

    assert f"It listens on {place.partition(':')[0]}:" in message
    assert "instead" in message


def test_a_port_that_speaks_no_http_is_told(tmp_path: Path) -> None:
    code = (
        "import socket; s = socket.create_server(('127.0.0.1', {port}))\nwhile True: s.accept()[0].send(b'220 hello')"
    )

    message = refusal(tmp_path, f'python -c "{code}"', start_timeout=1)

    assert "accepts connections there, but gives no HTTP answer" in message


def test_the_password_of_the_database_is_not_shown(tmp_path: Path) -> None:
    code = "import os, sys; sys.exit('cannot log in with ' + os.environ['DB'] + ' or ' + os.environ['DB_KEY_PART'])"
    env = {"DB": "{url}", "DB_KEY_PART": "{password}", "PORT": "{serve_port}"}

    with pytest.raises(CouldNotRunError) as caught, served(tmp_path, f'python -c "{code}"', env=env):
        pass

    assert "cannot log in with postgresql://user:***@127.0.0.1" in str(caught.value)
    assert "the-password" not in str(caught.value) + caught.value.details


def test_a_command_may_stand_for_the_interpreter(tmp_path: Path) -> None:
    with served(tmp_path, "python serve.py {port}", python=f"env LAMP=on {sys.executable}") as subject:
        assert httpx.get(subject.base_url, trust_env=False).json()["env"]["LAMP"] == "on"


@pytest.mark.skipif(shutil.which("uv") is None, reason="there is no uv on PATH")
def test_other_programs_are_run_as_the_interpreters_command_runs_them(tmp_path: Path) -> None:
    python = f"uv run --no-project --offline --python {sys.executable} python"
    with served(tmp_path, "uvicorn --port {port} lamp:app", python=python) as subject:
        assert subject.alive


def test_a_probe_reports_from_a_python_server(tmp_path: Path) -> None:
    (tmp_path / "star.py").write_text("from starlette.applications import Starlette\napp = Starlette()\n")
    with served(tmp_path, "python -m uvicorn --port {port} star:app", probe=ProbeSettings()) as subject:
        assert subject.feed is not None
        httpx.get(subject.base_url, headers=dict([announced("mine")]), trust_env=False)
        assert subject.feed.trace("mine", 10).at_rest


def test_no_probe_reports_from_what_is_no_python(tmp_path: Path) -> None:
    with served(tmp_path, "python -I serve.py {port}", probe=ProbeSettings()) as subject:
        assert subject.feed is None


def test_a_command_that_dies_is_not_alive(tmp_path: Path) -> None:
    with served(tmp_path, "python serve.py {port}") as subject:
        os.kill(process(subject), signal.SIGKILL)

        assert eventually(lambda: not subject.alive)
