"""The environment in which another Python interpreter feels at home."""

import os
import sys
from collections.abc import Mapping


def interpreter_environment(python: str, env: Mapping[str, str]) -> dict[str, str]:
    """This process's environment made fit for the interpreter `python`, with `env` on top.

    The programs installed beside the interpreter (alembic, flask) are found first. What belongs to compare's own
    virtual environment is left out where the interpreter is another one.
    """
    environment: dict[str, str] = dict(os.environ)
    if os.path.abspath(python) != os.path.abspath(sys.executable):  # noqa: PTH100 - resolving links would blur virtual environments
        for name in ("VIRTUAL_ENV", "PYTHONHOME", "__PYVENV_LAUNCHER__"):
            environment.pop(name, None)
    beside = os.path.dirname(os.path.abspath(python))  # noqa: PTH100, PTH120 - as above
    environment["PATH"] = os.pathsep.join((beside, environment.get("PATH", os.defpath)))
    environment["PYTHONUNBUFFERED"] = "1"
    environment.update(env)
    return environment
