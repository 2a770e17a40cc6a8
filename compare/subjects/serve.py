"""Serves one app on a loopback port, in the app's own interpreter.

Run by path, as `python serve.py TASK`, where compare is not installed: standard library and the app's own uvicorn only,
Python 3.10 and newer. TASK is JSON:

    {"app": "module:attribute", "factory": null, "directory": "...", "fd": 5, "running_fd": 6}


The file behind `running_fd` shows how many requests the app is at work on, background tasks included (see COUNT). What
happens is reported as one JSON line on the file descriptor `fd`:

    {"event": "ready", "port": 1, "routes": [{"method": "GET", "path": "/orders/{id}", "docs": false}], "file": "..."}
    {"event": "failed", "stage": "uvicorn", "message": "...", "traceback": "..."}

The stages are uvicorn, import, attribute, factory and startup.
"""

import importlib
import importlib.util
import inspect
import json
import mmap
import os
import socket
import struct
import sys
import traceback
from collections.abc import Awaitable, Callable
from operator import attrgetter
from pathlib import Path
from typing import Any

PROBE_VARIABLES = ("COMPARE_PROBE", "COMPARE_GAUGES", "COMPARE_TUNING")  # any wants the probe inside
COUNT = "q"  # struct format of the number of requests in work
DRAIN_SECONDS = 2  # how long a request may still run when the server is told to stop

Asgi = Callable[..., Awaitable[None]]
Report = Callable[[dict[str, object]], None]


class FailedStage(Exception):  # noqa: N818 - it names a stage, the error is its cause
    """The app cannot be served: the stage that failed, what to say, and the traceback."""

    def __init__(self, stage: str, message: str, trace: str = "") -> None:
        super().__init__(message)
        self.stage = stage
        self.trace = trace


def main() -> None:
    """Serve until SIGTERM, and report."""
    task = json.loads(sys.argv[1])
    fd: int = task["fd"]
    os.set_inheritable(fd, False)  # noqa: FBT003 - the signature is the standard library's
    sys.argv = [task["app"]]
    sys.path[:] = [task["directory"], *(place for place in sys.path if Path(place) != Path(__file__).parent)]

    def report(event: dict[str, object]) -> None:
        event["file"] = getattr(sys.modules.get(task["app"].partition(":")[0]), "__file__", None)
        os.write(fd, json.dumps(event).encode() + b"\n")

    try:
        probe = probing() if any(map(os.environ.get, PROBE_VARIABLES)) else None
        app = loaded(task["app"], factory=task["factory"])
        serve(app, report, task["running_fd"], probe)
    except FailedStage as failed:
        report({"event": "failed", "stage": failed.stage, "message": str(failed), "traceback": failed.trace})
        raise SystemExit(1) from None


def because(stage: str, error: BaseException) -> FailedStage:
    """An exception of the app as the reason for a failed stage."""
    message = "".join(traceback.format_exception_only(type(error), error)).strip()
    return FailedStage(stage, message, "".join(traceback.format_exception(type(error), error, error.__traceback__)))


def loaded(app: str, *, factory: bool | None) -> Asgi:
    """Import the app; call it if it is a factory."""
    module_name, _, attribute = app.partition(":")
    try:
        found: Any = importlib.import_module(module_name)
    except BaseException as error:  # the app's code may raise anything, SystemExit included
        raise because("import", error) from error
    try:
        found = attrgetter(attribute)(found)
    except AttributeError as error:
        raise because("attribute", error) from error
    if is_factory(found) if factory is None else factory:
        try:
            found = found()
        except BaseException as error:
            raise because("factory", error) from error
        if inspect.iscoroutine(found):
            found.close()
            raise FailedStage("factory", "the factory is async, and uvicorn awaits none: let it return the app itself")
    if not callable(found):
        raise FailedStage("attribute", f"{app} is no app but a {type(found).__name__}: {found!r:.100}")
    checked: Asgi = found
    return checked


def is_factory(found: object) -> bool:
    """Whether this makes an app rather than being one: it can be called with nothing, and it has no routes."""
    if hasattr(found, "routes") and not inspect.isclass(found):
        return False
    try:
        parameters = inspect.signature(found).parameters.values()  # type: ignore[arg-type]  # a TypeError is caught
    except (TypeError, ValueError):
        return False
    return not any(
        parameter.default is parameter.empty and parameter.kind not in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}
        for parameter in parameters
    )


def probing() -> Any:  # noqa: ANN401 - the probe, which is no module of this interpreter's path
    """The probe that lies beside this file, loaded and installed before anything of the app is imported."""
    folder = Path(__file__).parent.parent / "probe"
    spec = importlib.util.spec_from_file_location(
        "compare_probe", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None and spec.loader is not None  # noqa: S101, PT018 - a file's spec has a loader
    probe = sys.modules["compare_probe"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(probe)
    probe.installed_from_environment()
    return probe


def told_routes(app: Asgi) -> list[dict[str, object]]:
    """The app's routes, by the file that lists them: it lies with the probe, and has to be there without it."""
    spec = importlib.util.spec_from_file_location("compare_routes", Path(__file__).parent.parent / "probe/routes.py")
    assert spec is not None and spec.loader is not None  # noqa: S101, PT018 - a file's spec has a loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [{"method": one["method"], "path": one["path"], "docs": one["docs"]} for one in module.routes(app)]


def serve(app: Asgi, report: Report, running_fd: int, probe: Any = None) -> None:  # noqa: ANN401 - as above
    """Run uvicorn on a free loopback port until SIGTERM."""
    try:
        import uvicorn  # noqa: PLC0415 - its absence is a stage of its own
    except ImportError as error:
        raise because("uvicorn", error) from error

    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # asyncio does this itself only for sockets made with an explicit protocol; without it, each answer on a connection
    # that is kept alive waits 40 ms for an acknowledgement.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listening.bind(("127.0.0.1", 0))
    watched = Watched(probe.watched(app) if probe else app, running_fd)
    settings: dict[str, Any] = {"access_log": False, "lifespan": "auto", "interface": "asgi3"}
    if "timeout_graceful_shutdown" in inspect.signature(uvicorn.Config.__init__).parameters:
        settings["timeout_graceful_shutdown"] = DRAIN_SECONDS
    ready = False

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            """Report as soon as requests are answered."""
            nonlocal ready
            await super().startup(sockets=sockets)
            if self.started:
                ready = True
                report({"event": "ready", "port": listening.getsockname()[1], "routes": told_routes(app)})

    try:
        Server(uvicorn.Config(watched, **settings)).run(sockets=[listening])
    except BaseException as error:
        if ready:
            raise
        raise watched.failed or because("startup", error) from error
    if not ready:
        raise watched.failed or FailedStage("startup", "the app ended its start-up without a word")


class Watched:
    """Passes everything on to the app, counts the requests it is at work on, remembers why its start-up failed."""

    def __init__(self, app: Asgi, running_fd: int) -> None:
        self.app = app
        self.failed: FailedStage | None = None
        self._running = 0
        self._shown = mmap.mmap(running_fd, struct.calcsize(COUNT))

    async def __call__(self, scope: dict[str, Any], receive: Asgi, send: Asgi) -> None:
        """The ASGI entry point."""
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
            return
        self._count(1)
        try:
            await self.app(scope, receive, send)
        finally:
            self._count(-1)

    def _count(self, step: int) -> None:
        self._running += step
        struct.pack_into(COUNT, self._shown, 0, self._running)

    async def _lifespan(self, scope: dict[str, Any], receive: Asgi, send: Asgi) -> None:
        async def noted(message: dict[str, Any]) -> None:
            if message["type"] == "lifespan.startup.failed":
                text = str(message.get("message", "")).strip() or "the app reported a failed start-up without a message"
                self.failed = FailedStage("startup", text.splitlines()[-1], text)
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except BaseException as error:
            if self.failed is not None:
                self.failed = because("startup", error)
            raise


if __name__ == "__main__":
    main()
