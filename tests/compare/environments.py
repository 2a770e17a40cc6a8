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


def interpreter(*requirements: str) -> str:
    """The Python of an environment that holds these, made where there is none yet.

    Skips the test where there is no uv, or where it cannot have the packages.
    """
    key = hashlib.sha256("\n".join([sys.version, *sorted(requirements)]).encode()).hexdigest()[:16]
    kept = _folder() / key
    if not kept.exists():
        _make(kept, requirements)
    return str(kept / "bin" / "python")


def _folder() -> Path:
    named = os.environ.get(FOLDER)
    folder = Path(named) if named else Path(tempfile.gettempdir()) / f"compare-environments-{os.getuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        pytest.skip(f"{folder} is another user's; name a folder in {FOLDER}")
    return folder


def _make(kept: Path, requirements: tuple[str, ...]) -> None:
    """Under a name of its own first, so that another process never sees an environment that is half made."""
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("there is no uv on PATH to make an interpreter with")
    new = Path(tempfile.mkdtemp(prefix=f"{kept.name}-", dir=kept.parent))
    install = ["pip", "install", "--quiet", "--compile-bytecode", "--python", str(new / "bin" / "python")]
    try:
        for command in (["venv", "--quiet", "--allow-existing", "--python", sys.executable, str(new)], install):
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
