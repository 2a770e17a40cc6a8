"""Which files make a program, and by which names they import each other."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Folders that hold other people's code, or none.
FOREIGN = {
    "__pycache__", "node_modules", "site-packages", "dist-packages", "build", "dist", "venv", "env", "virtualenv",
    "__pypackages__",
}  # fmt: skip
_INSTALLED = {"node_modules", "site-packages", "dist-packages"}
MARKS_OF_AN_ENVIRONMENT = ("pyvenv.cfg", "conda-meta")


def python_files(path: Path) -> list[Path]:
    """Return the Python files of a program, relative to its folder, sorted.

    In a git repository those that git knows or would take up; elsewhere all but what is hidden, a virtual environment
    or built. A path that is a file stands for itself.
    """
    if path.is_file():
        return [Path(path.name)]
    found = _known_to_git(path)
    if found is None:
        return sorted(_walked(path))
    # What a team keeps in git is its own, whatever its folder is called; but for packages that were copied in.
    return sorted(file for file in found if not _INSTALLED & set(file.parts[:-1]))


def _known_to_git(path: Path) -> list[Path] | None:
    command = ["git", "-C", str(path), "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "*.py"]
    try:
        ran = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - git, with a path of the user's
    except OSError:
        return None
    if ran.returncode:
        return None
    names = {os.fsdecode(name) for name in ran.stdout.split(b"\0") if name}
    return [Path(name) for name in names if (path / name).is_file() and not (path / name).is_symlink()]


def _walked(path: Path) -> list[Path]:
    found = []
    for folder, folders, files in os.walk(path):
        here = Path(folder)
        folders[:] = [
            name
            for name in folders
            if not _foreign(name) and not any((here / name / mark).exists() for mark in MARKS_OF_AN_ENVIRONMENT)
        ]
        found += [(here / name).relative_to(path) for name in files if name.endswith(".py")]
    return found


def _foreign(name: str) -> bool:
    return name in FOREIGN or name.startswith(".")


def is_test(path: Path) -> bool:
    """Whether a file holds tests, by pytest's names, or lies in a folder of them."""
    name = path.name
    named = name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"
    return named or any(part in {"tests", "test", "testing"} for part in path.parts[:-1])


def packages_above(root: Path) -> tuple[str, ...]:
    """Return the packages that a folder is itself: a part of a program, which imports itself by its full name."""
    found: list[str] = []
    folder = root.absolute()
    while (folder / "__init__.py").is_file() and folder.name:
        found.insert(0, folder.name)
        folder = folder.parent
    return tuple(found)


def dotted(path: Path) -> str:
    """Return the name that a file is known by here: its whole path, with dots."""
    return ".".join(_parts(path))


class Names:
    """Finds files by the names that imports use.

    The folder that imports start at is a matter of how a program is started (`PYTHONPATH`, `src`, a service's own
    folder), which its source does not say. So a file answers to every end of its path that holds the packages it is
    in; where two do, the one nearest to whoever asks is meant.
    """

    def __init__(self, files: Iterable[Path], above: tuple[str, ...] = ()) -> None:
        known = list(files)
        packages = {file.parent for file in known if file.name == "__init__.py"}
        self.files = set(known)
        self.ends: dict[str, list[Path]] = {}
        for path in known:
            parts = _parts(path)
            if above and _depth(path, packages) == 0:
                whole = above if path == Path("__init__.py") else (*above, *parts)
                self.ends.setdefault(".".join(whole), []).append(path)
            for place in range(_depth(path, packages) + 1):
                self.ends.setdefault(".".join(parts[place:]), []).append(path)

    def find(self, name: str, asking: Path) -> Path | None:
        """Return the file that an import of this name means to the file `asking`, if it is one of the program."""
        candidates = self.ends.get(name, [])
        if "." not in name:  # as likely a library's name: a file of it counts for its neighbours, and from the root
            candidates = [one for one in candidates if len(_parts(one)) == 1 or _beside(one, asking)]
        return max(candidates, key=lambda one: (_shared(one, asking), -len(one.parts)), default=None)

    def relative(self, level: int, name: str, asking: Path) -> Path | None:
        """Return the file that `from ..name import …` means to the file `asking`."""
        folder = asking.parent
        for _ in range(level - 1):
            folder = folder.parent
        target = folder.joinpath(*name.split(".")) if name else folder
        choices = (target / "__init__.py", target.with_suffix(".py")) if name else (target / "__init__.py",)
        return next((one for one in choices if one in self.files), None)


def _parts(path: Path) -> tuple[str, ...]:
    parts = path.with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts


def _depth(path: Path, packages: set[Path]) -> int:
    """How many folders lead to the first package that a file is in."""
    top = path.parent
    while top in packages and top.parts:
        top = top.parent
    return min(len(top.parts), len(_parts(path)) - 1)


def _beside(path: Path, asking: Path) -> bool:
    root = path.parent.parent if path.name == "__init__.py" else path.parent
    return root.parts == asking.parts[: len(root.parts)]


def _shared(path: PurePath, other: PurePath) -> int:
    count = 0
    for mine, theirs in zip(path.parent.parts, other.parent.parts, strict=False):
        if mine != theirs:
            break
        count += 1
    return count
