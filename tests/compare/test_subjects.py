"""Subjects: apps in processes of their own, their routes, and how a failed start is explained."""

import ast
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import venv
from pathlib import Path

import httpx
import pytest

from compare.config import SideConfig, load
from compare.errors import CouldNotRunError
from compare.postgres import Server, run_setup
from compare.subjects import started
from compare.subjects.imported import SERVE

from .lamps import BARE, NOWHERE, answer, process, refusal, served
from .test_process import eventually, gone

PAIR = Path(__file__).with_name("pair") / "compare.toml"


def test_a_bare_asgi_function_without_lifespan_is_served(tmp_path: Path) -> None:
    with served(tmp_path, BARE, env={"DB": "{async_url}", "BRACES": "{{x}}"}) as subject:
        found = httpx.get(subject.base_url, trust_env=False).json()

        assert subject.name == "async"
        assert subject.alive
        assert list(subject.routes) == []
        assert found["cwd"] == found["path"][0] == str(tmp_path)
        assert found["argv"] == ["lamp:app"]
        assert (found["env"]["DB"], found["env"]["BRACES"]) == (NOWHERE.url("asyncpg"), "{x}")
        assert str(SERVE.parent) not in found["path"]
    assert gone(process(subject))


def test_env_of_the_caller_goes_before_the_sides_own(tmp_path: Path) -> None:
    (tmp_path / "lamp.py").write_text(textwrap.dedent(BARE))
    side = SideConfig(name="legacy", app="lamp:app", directory=tmp_path, env={"A": "side", "B": "side"})

    with started(side, NOWHERE, env={"A": "{call}"}) as subject:
        env = httpx.get(subject.base_url, trust_env=False).json()["env"]

    assert (env["A"], env["B"]) == ("{call}", "side")


@pytest.mark.parametrize(
    ("app", "factory"),
    [
        ("lamp:make", None),
        ("lamp:make", True),
        ("lamp:Holder.app", None),
        ("lamp:Holder.app", False),
        ("lamp:Own", None),
    ],
)
def test_apps_and_factories_are_told_apart(tmp_path: Path, app: str, factory: bool | None) -> None:  # noqa: FBT001 - a setting
    code = """
        from starlette.applications import Starlette
        from starlette.responses import PlainTextResponse
        from starlette.routing import Route
        routes = [Route("/lamp", lambda request: PlainTextResponse("on"))]
        def make(name="lamp", *args, **kwargs):
            return Starlette(routes=routes)
        class Holder:
            app = make()
        class Own(Starlette):
            def __init__(self):
                super().__init__(routes=routes)
    """
    with served(tmp_path, code, app, factory=factory) as subject:
        assert answer(subject, "/lamp") == "on"


def test_start_up_and_shutdown_of_the_app_are_run(tmp_path: Path) -> None:
    code = """
        from contextlib import asynccontextmanager
        from pathlib import Path
        from starlette.applications import Starlette
        @asynccontextmanager
        async def lifespan(app):
            Path("log").write_text("up ")
            yield
            Path("log").write_text("up down")
        app = Starlette(lifespan=lifespan)
    """
    with served(tmp_path, code):
        assert (tmp_path / "log").read_text() == "up "
    assert (tmp_path / "log").read_text() == "up down"


def test_what_the_app_prints_is_kept(tmp_path: Path) -> None:
    with served(tmp_path, f"{BARE}\n    print('hello from the lamp')") as subject:
        assert "hello from the lamp" in subject.output()


def test_a_side_that_dies_is_not_alive(tmp_path: Path) -> None:
    with served(tmp_path, BARE) as subject:
        os.kill(process(subject), signal.SIGKILL)

        assert eventually(lambda: not subject.alive)


def test_a_side_that_hangs_at_shutdown_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compare.subjects.imported.STOP_SECONDS", 0.3)
    code = """
        import threading, time
        from contextlib import asynccontextmanager
        from starlette.applications import Starlette
        @asynccontextmanager
        async def lifespan(app):
            yield
            time.sleep(60)
        app = Starlette(lifespan=lifespan)
    """
    with served(tmp_path, code) as subject:
        pass
    assert gone(process(subject))


def test_a_module_that_is_not_there_asks_for_the_directory(tmp_path: Path) -> None:
    message = refusal(tmp_path, BARE, "lamps.main:app")

    assert "cannot be imported" in message
    assert "ModuleNotFoundError: No module named 'lamps'" in message
    assert f"Is async.directory right? It is {tmp_path}." in message


def test_a_package_that_is_not_installed_asks_for_the_interpreter(tmp_path: Path) -> None:
    message = refusal(tmp_path, "import bulb_driver")

    assert "  at lamp.py:1\n" in message
    assert f"Is bulb_driver installed for {sys.executable}?" in message


def test_an_error_while_importing_names_its_place_in_the_teams_own_code(tmp_path: Path) -> None:
    message = refusal(tmp_path, "\nimport json\nsettings = json.loads('{')\n")

    assert "JSONDecodeError: Expecting property name" in message
    assert "  at lamp.py:3\n" in message


def test_a_syntax_error_names_its_place(tmp_path: Path) -> None:
    assert "  at lamp.py:2\n" in refusal(tmp_path, "x = 1\ndef broken(:\n")


def test_an_app_that_exits_while_imported_is_explained(tmp_path: Path) -> None:
    assert "SystemExit: set LAMP_KEY first" in refusal(tmp_path, "raise SystemExit('set LAMP_KEY first')")


def test_an_app_that_leaves_without_a_word_shows_its_last_output(tmp_path: Path) -> None:
    message = refusal(tmp_path, "import os; print('going'); os._exit(4)")

    assert "ended before it was ready" in message
    assert "  going" in message


def test_an_attribute_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "has no attribute 'application'" in refusal(tmp_path, BARE, "lamp:application")


def test_something_that_is_no_app_is_named(tmp_path: Path) -> None:
    assert "is no app but a int: 5" in refusal(tmp_path, "app = 5")


def test_a_factory_that_raises_is_explained(tmp_path: Path) -> None:
    message = refusal(tmp_path, "def make():\n    raise KeyError('LAMP_KEY')\n", "lamp:make")

    assert "its factory failed" in message
    assert "KeyError: 'LAMP_KEY'" in message
    assert "  at lamp.py:2\n" in message
    assert "async.env" in message


def test_an_async_factory_is_refused(tmp_path: Path) -> None:
    assert "the factory is async" in refusal(tmp_path, "async def make():\n    pass\n", "lamp:make")


def test_a_lifespan_that_raises_is_explained(tmp_path: Path) -> None:
    code = """
        from contextlib import asynccontextmanager
        from starlette.applications import Starlette
        @asynccontextmanager
        async def lifespan(app):
            raise ConnectionError("no current\\nat pier 4")
            yield
        app = Starlette(lifespan=lifespan)
    """
    message = refusal(tmp_path, code)

    assert "failed while starting up" in message
    assert "ConnectionError: no current\n  at pier 4\n" in message
    assert "  at lamp.py:6\n" in message


def test_an_app_that_never_gets_ready_is_given_up(tmp_path: Path) -> None:
    message = refusal(tmp_path, "import time; time.sleep(60)", start_timeout=0.5)

    assert "did not become ready" in message
    assert "It had 0.5 s. If it needs longer, set async.start_timeout." in message


@pytest.fixture(scope="module")
def empty_interpreter(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Python in which nothing is installed."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, symlinks=True)
    return str(folder / "bin" / "python")


def test_an_interpreter_without_uvicorn_is_told_what_to_install(tmp_path: Path, empty_interpreter: str) -> None:
    message = refusal(tmp_path, BARE, python=empty_interpreter)

    assert "its interpreter has no uvicorn" in message
    assert f"{empty_interpreter} -m pip install uvicorn" in message


def test_an_interpreter_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(CouldNotRunError, match=r"there is no interpreter /no/python\. Is async\.python right"),
        served(tmp_path, BARE, python="/no/python"),
    ):
        pass


def test_a_command_may_stand_for_the_interpreter(tmp_path: Path) -> None:
    with served(tmp_path, BARE, python=f"env LAMP=on {sys.executable}") as subject:
        assert httpx.get(subject.base_url, trust_env=False).json()["env"]["LAMP"] == "on"


def interpreter(folder: Path, body: str) -> str:
    """A program that this shell script makes."""
    path = folder / "interpreter"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def test_an_interpreter_that_is_too_old_is_told_its_version(tmp_path: Path) -> None:
    says = f"{sys.executable} -c \"print('compare found Python 3 8')\""
    old = interpreter(tmp_path, f'[ "$1" = -c ] && exec {says}; exit 1')

    message = refusal(tmp_path, BARE, python=old)

    assert f"{old} is Python 3.8; compare needs 3.10 or newer to serve an app" in message
    assert "async.command" in message


def test_an_interpreter_that_is_no_python_is_told_so(tmp_path: Path) -> None:
    assert "is no Python" in refusal(tmp_path, BARE, python=interpreter(tmp_path, "echo '{\"app\"'; exit 2"))


def test_no_secret_of_its_environment_stands_in_a_message(tmp_path: Path) -> None:
    code = "import os\nprint(os.environ['KEY_OF_DB'])\nraise ValueError(f'bad key {os.environ[\"API_KEY\"]}')"

    env = {"API_KEY": "hunter22", "KEY_OF_DB": "{url}"}
    with pytest.raises(CouldNotRunError) as caught, served(tmp_path, code, env=env):
        pass

    assert "ValueError: bad key ***" in str(caught.value)
    assert "postgresql://user:***@127.0.0.1" in caught.value.details
    for secret in ("hunter22", "the-password"):
        assert secret not in str(caught.value) + caught.value.details


def test_no_secret_of_its_environment_stands_in_its_output(tmp_path: Path) -> None:
    with served(tmp_path, f"{BARE}\n    print('key', os.environ['API_KEY'])", env={"API_KEY": "hunter22"}) as subject:
        assert "key ***" in subject.output()


def test_a_failed_start_keeps_the_traceback_for_verbose(tmp_path: Path) -> None:
    with pytest.raises(CouldNotRunError) as caught, served(tmp_path, "print('before')\nraise ValueError('x')"):
        pass

    assert "Traceback (most recent call last)" in caught.value.details
    assert "before" in caught.value.details


def test_the_serve_script_parses_on_the_oldest_supported_python() -> None:
    ast.parse(SERVE.read_text(), feature_version=(3, 10))


@pytest.fixture(scope="module")
def pair_server(server: Server) -> Server:
    """A server whose template is the pair's database."""
    config = load(PAIR)
    server.build_template(
        lambda address: run_setup(
            config.database.setup,
            config.database.env,
            python=config.legacy.interpreter,
            directory=config.directory,
            address=address,
        ),
    )
    return server


@pytest.mark.parametrize("name", ["legacy", "async"])
def test_each_app_of_the_pair_serves_and_writes_to_its_own_clone(pair_server: Server, name: str) -> None:
    side = load(PAIR).side("legacy" if name == "legacy" else "async")
    with pair_server.clone(name) as clone, started(side, clone.address) as subject:
        entry = {"keeper": 1, "visibility_km": "2.50", "remark": "dusk"}
        created = httpx.post(f"{subject.base_url}/entries", json=entry, trust_env=False)
        assert created.status_code == 201
        assert created.headers["location"] == f"/entries/{created.json()['id']}"
        assert clone.wait_until_idle(5)
        assert clone.fetch("SELECT remark FROM entries WHERE id = 3") == [{"remark": "dusk"}]

        clone.reset()
        listed = httpx.get(f"{subject.base_url}/entries", trust_env=False).json()
        assert (len(listed["entries"]), listed["visibility_km"]) == (2, "12.80")


def test_both_apps_of_the_pair_have_the_same_routes(pair_server: Server) -> None:
    config = load(PAIR)
    with (
        pair_server.clone("routes") as clone,
        started(config.legacy, clone.address) as legacy,
        started(config.async_, clone.address) as async_,
    ):
        assert list(legacy.routes) == list(async_.routes)
        assert len([route for route in legacy.routes if not route.docs]) == 6


def test_neither_process_nor_folder_of_a_side_outlives_a_killed_run(tmp_path: Path) -> None:
    (tmp_path / "lamp.py").write_text(textwrap.dedent(BARE))
    script = f"""
import os
from pathlib import Path
from compare.config import SideConfig
from compare.postgres import Address
from compare.subjects import ProbeSettings, started
side = SideConfig(name="async", app="lamp:app", directory=Path({str(tmp_path)!r}))
with started(side, Address("h", 1, "u", "p", "d"), probe=ProbeSettings()) as subject:
    print(subject.pid, flush=True)
    os.kill(os.getpid(), 9)
"""
    temporary = Path(tempfile.mkdtemp(dir="/tmp"))
    try:
        killed = subprocess.run(  # noqa: S603 - our own script
            [sys.executable, "-c", script],
            env=os.environ | {"TMPDIR": str(temporary)},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )

        assert eventually(lambda: gone(int(killed.stdout)))
        assert eventually(lambda: not list(temporary.iterdir()))
    finally:
        shutil.rmtree(temporary)
