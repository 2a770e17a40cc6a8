"""Loads the probe into a process that a command of the user's own starts: this folder is put on PYTHONPATH.

Python imports `sitecustomize` before anything else. The one that the user may have comes next.
"""

import importlib
import importlib.util
import os
import sys
from pathlib import Path


def load() -> None:
    """Load and install the probe, by path."""
    folder = Path(__file__).resolve().parent.parent
    spec = importlib.util.spec_from_file_location(
        "compare_probe", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        return
    probe = sys.modules["compare_probe"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(probe)
    probe.installed_from_environment()


def give_way() -> None:
    """Take this folder off the path, and run the next `sitecustomize` on it."""
    here = Path(__file__).resolve().parent
    sys.path[:] = [place for place in sys.path if not place or Path(place).resolve() != here]
    this = sys.modules.pop("sitecustomize", None)
    spec = importlib.util.find_spec("sitecustomize")
    if spec is not None:
        importlib.import_module("sitecustomize")
    elif this is not None:
        sys.modules["sitecustomize"] = this


if any(map(os.environ.get, ("COMPARE_PROBE", "COMPARE_TRACE", "COMPARE_GAUGES", "COMPARE_TUNING"))):
    load()
give_way()
