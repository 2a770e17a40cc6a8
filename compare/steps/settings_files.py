"""Files that are no Python: the dependencies a project names, and what it tells pytest."""

from __future__ import annotations

import configparser
import re
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from compare.steps.model import Change, Remaining

# What an async suite needs of pytest-asyncio: one loop, on which the engine, the fixtures and the tests live (T13). It
# takes the place of what is set: what the strict mode runs, `auto` runs as well, and a loop that lives longer serves.
PYTEST = {
    "asyncio_mode": "auto",
    "asyncio_default_fixture_loop_scope": "session",
    "asyncio_default_test_loop_scope": "session",
}
_LOCKS = ("uv.lock", "poetry.lock", "Pipfile.lock", "pdm.lock")
# Where the app's own dependencies are: a project may keep them in a group or an extra.
_DRIVEN = {"psycopg2", "psycopg2-binary", "psycopg", "sqlalchemy", "sqlmodel"}
_NAME = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


def pytest_settings(root: Path) -> Change | None:
    """Return the change that has pytest run coroutines, in the file that it is configured in; None if it does."""
    pyproject, ini, setup, tox = (root / name for name in ("pyproject.toml", "pytest.ini", "setup.cfg", "tox.ini"))
    if ini.is_file():
        return _in_ini(root, ini, "pytest")
    if pyproject.is_file() and "[tool.pytest.ini_options]" in pyproject.read_text(encoding="utf-8"):
        return _in_toml(root, pyproject)
    if tox.is_file() and _has(tox, "pytest"):
        return _in_ini(root, tox, "pytest")
    if setup.is_file() and _has(setup, "tool:pytest"):
        return _in_ini(root, setup, "tool:pytest")
    if pyproject.is_file():
        return _in_toml(root, pyproject)
    text = "[pytest]\n" + "".join(f"{key} = {value}\n" for key, value in PYTEST.items())
    return Change(Path("pytest.ini"), None, text, ("pytest told to run coroutines",))


def _has(path: Path, section: str) -> bool:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read(path, encoding="utf-8")
    except configparser.Error:
        return False
    return parser.has_section(section)


def _in_ini(root: Path, path: Path, section: str) -> Change | None:
    """Put the settings behind the section's head, so that its comments and order stay."""
    text = path.read_text(encoding="utf-8")
    set_ = text
    for key, value in PYTEST.items():
        set_ = re.sub(rf"^{key}\s*=.*$", f"{key} = {value}", set_, flags=re.MULTILINE)
    have = set(re.findall(r"^(asyncio_\w+)\s*=", text, re.MULTILINE))
    lines = "".join(f"{key} = {value}\n" for key, value in PYTEST.items() if key not in have)
    if not lines and set_ == text:
        return None
    head = f"[{section}]\n"
    after = set_.replace(head, head + lines, 1) if head in set_ else f"{set_.rstrip()}\n\n{head}{lines}"
    return Change(path.relative_to(root), text, after, ("pytest told to run coroutines",))


def _in_toml(root: Path, path: Path) -> Change | None:
    text = path.read_text(encoding="utf-8")
    try:
        document: Any = tomlkit.parse(text)
    except TOMLKitError:
        return None
    tool = document.setdefault("tool", tomlkit.table(is_super_table=True))
    pytest = tool.setdefault("pytest", tomlkit.table(is_super_table=True))
    options = pytest.setdefault("ini_options", tomlkit.table())
    other = {key: value for key, value in PYTEST.items() if options.get(key) != value}
    if not other:
        return None
    options.update(other)
    return Change(path.relative_to(root), text, tomlkit.dumps(document), ("pytest told to run coroutines",))


def dependencies(root: Path, runtime: dict[str, str], testing: dict[str, str]) -> tuple[list[Change], list[Remaining]]:
    """Return the changes that name packages among a project's dependencies, where they are missing.

    Args:
        root: The project's folder.
        runtime: Packages that the app needs: name, and what is written.
        testing: Packages that its tests need.
    """
    changes: list[Change] = []
    pyproject = root / "pyproject.toml"
    requirements = [
        path
        for path in (*sorted(root.glob("requirements*.txt")), *sorted(root.glob("requirements/*.txt")))
        if path.is_file()
    ]
    found = _named_in_toml(root, pyproject, runtime, testing) if pyproject.is_file() else None
    found = found or _named_in_setup(root, runtime, testing)
    if found is not None:
        changes.append(found)
    elif requirements:
        changes += _named_in_requirements(root, requirements, runtime, testing)
    locks = [name for name in _LOCKS if changes and (root / name).is_file()]
    left = [Remaining(Path(lock), 1, f"lock the dependencies anew: {lock} is not touched") for lock in locks]
    if not changes and not _names_all(root, runtime):
        wanted = ", ".join((*runtime.values(), *testing.values()))
        left.append(
            Remaining(Path("pyproject.toml"), 1, f"no list of dependencies was found: see that {wanted} are installed")
        )
    return changes, left


def _names_all(root: Path, runtime: dict[str, str]) -> bool:
    texts = [
        path.read_text(encoding="utf-8", errors="replace")
        for path in (root / "pyproject.toml", root / "setup.cfg")
        if path.is_file()
    ]
    brought = {"greenlet": "[asyncio]"}  # SQLAlchemy's extra
    return any(all(name in text.lower() or brought.get(name, name) in text for name in runtime) for text in texts)


def _known(requirement: str) -> str:
    found = _NAME.match(requirement)
    return found[1].lower().replace("_", "-") if found else ""


def _named_in_toml(root: Path, path: Path, runtime: dict[str, str], testing: dict[str, str]) -> Change | None:
    text = path.read_text(encoding="utf-8")
    try:
        document: Any = tomlkit.parse(text)
    except TOMLKitError:
        return None
    project = document.get("project", {})
    have = project.get("dependencies")
    if have is None:
        return None
    groups = document.get("dependency-groups", {})
    extras = project.get("optional-dependencies", {})
    homes = [listed for listed in (have, *extras.values(), *groups.values()) if _names(listed, _DRIVEN)] or [have]
    named = {key for key in runtime for listed in homes if _names(listed, {key})}
    named |= {"greenlet"} if any("[asyncio]" in str(each) for listed in homes for each in listed) else set()
    added = _added(homes[0], {key: value for key, value in runtime.items() if key not in named})
    name = next((name for name in ("test", "tests", "testing", "dev") if name in groups), None)
    extra = next((name for name in ("test", "tests", "testing", "dev") if name in extras), None)
    target = groups[name] if name else extras[extra] if extra else have
    known = {_known(str(each)) for each in (*have, *target) if isinstance(each, str)}
    added += _added(target, {key: value for key, value in testing.items() if key not in known})
    if not added:
        return None
    return Change(path.relative_to(root), text, tomlkit.dumps(document), tuple(f"dependency {each}" for each in added))


def _names(listed: list[Any], packages: set[str]) -> bool:
    """Whether a list of requirements names one of these packages."""
    return any(_known(each) in packages for each in listed if isinstance(each, str))


def _added(listed: list[str], wanted: dict[str, str]) -> list[str]:
    known = {_known(each) for each in listed}
    missing = [value for key, value in wanted.items() if key not in known]
    listed.extend(missing)
    return missing


def _named_in_setup(root: Path, runtime: dict[str, str], testing: dict[str, str]) -> Change | None:
    """Put packages behind the heads of setup.cfg's lists: `install_requires`, and the extra `test` or `dev`."""
    path = root / "setup.cfg"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    known = {_known(line) for line in text.splitlines()}
    after, added = text, []
    for heads, packages in (("install_requires",), runtime), (("test", "tests", "testing", "dev"), testing):
        lines = [value for key, value in packages.items() if key not in known]
        head = next(
            (found for name in heads if (found := re.search(rf"^{name} *=\n( +|\t)", after, re.MULTILINE))), None
        )
        if head and lines:
            after = after[: head.start(1)] + "".join(f"{head[1]}{line}\n" for line in lines) + after[head.start(1) :]
            added += lines
    return Change(Path("setup.cfg"), text, after, tuple(f"dependency {each}" for each in added)) if added else None


def _named_in_requirements(
    root: Path, paths: list[Path], runtime: dict[str, str], testing: dict[str, str]
) -> list[Change]:
    testish = next((path for path in paths if "test" in path.name or "dev" in path.name), paths[0])
    main = next((path for path in paths if path.name == "requirements.txt"), paths[0])
    texts = {path: path.read_text(encoding="utf-8") for path in paths}
    known = {_known(line) for text in texts.values() for line in text.splitlines()}
    found = []
    wanted: dict[Path, list[str]] = {}
    for path, packages in ((main, runtime), (testish, testing)):
        wanted.setdefault(path, []).extend(value for key, value in packages.items() if key not in known)
    for path, lines in wanted.items():
        if lines:
            after = texts[path].rstrip("\n") + "\n" + "".join(f"{line}\n" for line in lines)
            found.append(
                Change(path.relative_to(root), texts[path], after, tuple(f"dependency {line}" for line in lines))
            )
    return found


def without(root: Path, names: frozenset[str]) -> list[Change]:
    """Return the changes that take packages out of a project's dependencies.

    Args:
        root: The project's folder.
        names: Packages, in lower case with hyphens.
    """
    changes = []
    pyproject = root / "pyproject.toml"
    if pyproject.is_file() and (found := _taken_from_toml(root, pyproject, names)):
        changes.append(found)
    for path in (*sorted(root.glob("requirements*.txt")), *sorted(root.glob("requirements/*.txt"))):
        text = path.read_text(encoding="utf-8")
        kept = [line for line in text.splitlines(keepends=True) if _known(line) not in names]
        after = "".join(kept)
        if after != text:
            changes.append(Change(path.relative_to(root), text, after, ("dependency taken out",)))
    return changes


def _taken_from_toml(root: Path, path: Path, names: frozenset[str]) -> Change | None:
    text = path.read_text(encoding="utf-8")
    try:
        document: Any = tomlkit.parse(text)
    except TOMLKitError:
        return None
    project = document.get("project", {})
    lists = [project.get("dependencies", []), *project.get("optional-dependencies", {}).values()]
    lists += document.get("dependency-groups", {}).values()
    taken = []
    for listed in lists:
        for each in [one for one in listed if isinstance(one, str) and _known(one) in names]:
            listed.remove(each)
            taken.append(f"dependency {_known(each)} taken out")
    return Change(path.relative_to(root), text, tomlkit.dumps(document), tuple(taken)) if taken else None
