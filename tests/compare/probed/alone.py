"""Modules of the probe, installed in a Python process of their own: what they patch is the whole interpreter."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

PROBE = Path(__file__).parents[3] / "compare" / "probe"

PREAMBLE = """
import asyncio, contextvars, importlib.util, json, sys
spec = importlib.util.spec_from_file_location(
    "compare_probe", {init!r}, submodule_search_locations=[{folder!r}])
probe = sys.modules["compare_probe"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(probe)
from compare_probe import blocked, chance, clock, current, outbound
from compare_probe.current import Request

notes = []
current.drain_into(lambda request, event: notes.append([event[0], event[2]]))
settings = json.loads({settings!r})


def entered(identity="r", **given):
    request = Request(identity, **given)
    current.current.set(request)
    return request


def within(call, identity="r", **given):
    # What `call` returns within a request.
    def run():
        entered(identity, **given)
        return call()
    return contextvars.copy_context().run(run)


def noted(request):
    return [[kind, fields] for kind, _, fields in request.events]


def said(value):
    print(json.dumps(value))
"""


def told(script: str, *, cwd: Path | None = None, **settings: object) -> Any:  # noqa: ANN401 - any JSON value
    """What a script says that runs with the probe's modules at hand, and `settings`; it must warn of nothing."""
    given = {"prevent": True, "allow_outbound": [], "loop_blocked": 0.2, **settings}
    preamble = PREAMBLE.format(init=str(PROBE / "__init__.py"), folder=str(PROBE), settings=json.dumps(given))
    done = subprocess.run(  # noqa: S603 - the tests' own scripts
        [sys.executable, "-W", "error", "-c", preamble + script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=cwd,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout.splitlines()[-1])
