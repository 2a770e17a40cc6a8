"""Interpreters with packages of their own, made once by uv and kept outside the project."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

FOLDER = "COMPARE_TEST_ENVIRONMENTS"
"""Names the folder that they are kept in; otherwise that is one of the user's own, below the temporary ones."""


PYTHONS = "COMPARE_TEST_PYTHONS"
"""Names other versions' interpreters, with the mark between them that PATH has; otherwise uv is asked for them."""


def interpreter(*requirements: str, python: str = sys.executable) -> str:
    """The Python of an environment that holds these, made from `python` where there is none yet.

    Skips the test where there is no uv, or where it cannot have the packages.
    """
    made_of = sys.version if python == sys.executable else python
    key = hashlib.sha256("\n".join([made_of, *sorted(requirements)]).encode()).hexdigest()[:16]
    kept = _folder() / key
    if not kept.exists():
        _make(kept, requirements, python)
    return str(kept / "bin" / "python")


def other_python(version: str) -> str:
    """An interpreter of this version, as `3.10`, that is on this machine; skips the test where there is none."""
    for named in filter(None, os.environ.get(PYTHONS, "").split(os.pathsep)):
        if _said(named, "-c", "import sys; print('%d.%d' % sys.version_info[:2])") == version:
            return named
    uv = shutil.which("uv")
    found = uv and _said(uv, "python", "find", "--no-python-downloads", version)
    if not found:
        pytest.skip(f"there is no Python {version} here; {PYTHONS} may name one")
    return found


def _said(*command: str) -> str:
    """What a command prints; nothing where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed, or the person's own
    return done.stdout.strip() if done.returncode == 0 else ""


def _folder() -> Path:
    named = os.environ.get(FOLDER)
    folder = Path(named) if named else Path(tempfile.gettempdir()) / f"compare-environments-{os.getuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        pytest.skip(f"{folder} is another user's; name a folder in {FOLDER}")
    return folder


def _make(kept: Path, requirements: tuple[str, ...], python: str) -> None:
    """Under a name of its own first, so that another process never sees an environment that is half made."""
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("there is no uv on PATH to make an interpreter with")
    new = Path(tempfile.mkdtemp(prefix=f"{kept.name}-", dir=kept.parent))
    install = ["pip", "install", "--quiet", "--compile-bytecode", "--python", str(new / "bin" / "python")]
    try:
        for command in (["venv", "--quiet", "--allow-existing", "--python", python, str(new)], install):
            arguments = [uv, *command, *(requirements if command is install else ())]
            done = subprocess.run(  # noqa: S603 - fixed commands; not in this project, whose constraints uv would heed
                arguments, cwd=kept.parent, capture_output=True, text=True, check=False
            )
            if done.returncode:
                pytest.skip(f"uv cannot make an interpreter here: {done.stderr.strip()[-200:]}")
        if not kept.exists():
            new.rename(kept)
    finally:
        shutil.rmtree(new, ignore_errors=True)  # gone by its name where it was kept
