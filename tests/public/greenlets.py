"""A pytest plug-in that writes down each MissingGreenlet as it is made, also those that somebody swallows.

Of one object and attribute only the first: where it is swallowed, as pydantic does, the next line that reads the same
raises as well, while in sync code the first one loaded it.

Loaded by `PYTEST_PLUGINS=greenlets` into the suite of the application: standard library and its own SQLAlchemy alone.
Of each it tells the class and attribute that was to be loaded (none where a statement was run by hand), and the
application's innermost function.
"""

import atexit
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc

if TYPE_CHECKING:
    from types import FrameType

ROOT = str(Path.cwd().resolve()) + os.sep
FRAMEWORK = os.path.join("fastapi", "routing.py")  # noqa: PTH118 - the end of a path, not a path
found: dict[str, dict[str, Any]] = {}
made = exc.MissingGreenlet.__init__


def noted(self: exc.MissingGreenlet, *args: Any, **named: Any) -> None:  # noqa: ANN401 - the exception's own
    """Note where the exception comes from, and make it."""
    made(self, *args, **named)
    told: dict[str, Any] = {"owner": "", "name": "", "file": "", "function": ""}
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the stack of an exception that is not raised yet
    while frame is not None:
        code, path = frame.f_code, frame.f_code.co_filename
        if path.endswith(FRAMEWORK):  # what lies further out is who sent the request, a test in the same task
            break
        if not told["name"]:
            told |= loading(code.co_name, path, frame.f_locals)
            if told["name"] and not first(frame.f_locals["state"], told["name"]):
                return
        if not told["file"] and path.startswith(ROOT) and "site-packages" not in path:
            told |= {"file": path.removeprefix(ROOT), "function": getattr(code, "co_qualname", code.co_name)}
        frame = frame.f_back
    found[json.dumps(told)] = told


def first(state: Any, name: str) -> bool:  # noqa: ANN401 - SQLAlchemy's InstanceState
    """Whether an attribute of an object was not told of before."""
    known = state.info.setdefault("greenlets", set())
    if name in known:
        return False
    known.add(name)
    return True


def loading(name: str, path: str, variables: dict[str, Any]) -> dict[str, str]:
    """What SQLAlchemy loads in one of its own frames; nothing in any other."""
    state = variables.get("state")
    if state is None:
        return {}
    owner = f"{state.class_.__module__}.{state.class_.__qualname__}"
    if path.endswith("strategies.py") and name == "_load_for_state":
        return {"owner": owner, "name": variables["self"].key}
    if path.endswith("loading.py") and name == "load_scalar_attributes":
        return {"owner": owner, "name": "*"}
    return {}


def write() -> None:
    """Write what was seen, at the end of the process."""
    folder = Path(os.environ["GREENLETS"])
    (folder / f"{os.getpid()}.json").write_text(json.dumps(list(found.values())), encoding="utf-8")


exc.MissingGreenlet.__init__ = noted  # type: ignore[method-assign,assignment] # every one comes by here
atexit.register(write)
