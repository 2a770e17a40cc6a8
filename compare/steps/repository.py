"""The team's repository: what is asked of it, and how branches come into it without touching the work tree."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from compare.errors import CouldNotRunError, UsageError

# What a hook or another git in this process's environment would lead to the wrong repository.
_LEADING = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_PREFIX"}
MOST = 10  # files that are named one by one
_QUIET = ("-c", "core.hooksPath=/dev/null", "-c", "advice.detachedHead=false", "-c", "gc.auto=0")


def git(folder: Path, *arguments: str) -> tuple[bool, str]:
    """Run git in a folder, without the user's hooks; return whether it succeeds and what it says.

    Raises:
        CouldNotRunError: There is no git on this machine.
    """
    program = shutil.which("git")
    if program is None:
        raise CouldNotRunError("There is no git on PATH. The branches are made with it: install it.")
    environment = {name: value for name, value in os.environ.items() if name not in _LEADING}
    environment |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_LFS_SKIP_SMUDGE": "1"}
    ran = subprocess.run(  # noqa: S603 - git, with arguments that are paths and names
        (program, *_QUIET, *arguments), cwd=folder, env=environment, capture_output=True, check=False
    )
    return ran.returncode == 0, (ran.stdout + (ran.stderr if ran.returncode else b"")).decode(errors="replace")


def must(folder: Path, *arguments: str) -> str:
    """Run git, and return what it says.

    Raises:
        CouldNotRunError: It fails.
    """
    done, answer = git(folder, *arguments)
    if not done:
        raise CouldNotRunError(f"`git {' '.join(arguments[:2])}` failed in {folder}:\n{answer.strip()}")
    return answer.strip()


@dataclass(frozen=True)
class Repository:
    """A repository with a checkout.

    Attributes:
        top: The folder of its checkout.
        inside: The project's folder below it; empty if they are the same.
    """

    top: Path
    inside: Path

    def commit(self, ref: str) -> str:
        """Return the id of the commit that a branch, tag or commit stands for; empty if there is none."""
        done, answer = git(self.top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        return answer.strip() if done else ""

    def dirty(self) -> list[str]:
        """Return the files that differ from the last commit, those that git does not know among them."""
        _, answer = git(self.top, "status", "--porcelain=v1", "--untracked-files=normal", "--ignore-submodules=all")
        return [line[3:] for line in answer.splitlines()]


def around(folder: Path) -> Repository:
    """Return the repository that a folder lies in.

    Raises:
        UsageError: The folder is not there, lies in none, or nothing was committed yet.
    """
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}.")
    done, answer = git(folder, "rev-parse", "--show-toplevel")
    if not done:
        raise UsageError(
            f"{folder} lies in no git repository. The branches need one: `git init`, commit, and ask again."
        )
    top = Path(answer.strip())
    found = Repository(top, Path(os.path.relpath(folder.resolve(), top.resolve())))
    if not found.commit("HEAD"):
        raise UsageError(f"Nothing was committed in {top} yet. Commit what there is: the branches begin there.")
    return found


def refuse_dirty(repository: Repository) -> None:
    """Refuse a work tree with changes that are not committed.

    Raises:
        UsageError: There are such.
    """
    changed = repository.dirty()
    if changed:
        told = "\n".join(f"  {name}" for name in changed[:MOST]) + (
            f"\n  … {len(changed) - MOST} more" if len(changed) > MOST else ""
        )
        raise UsageError(
            f"{repository.top} has changes that are not committed:\n{told}\n"
            "The branches begin at a commit. Commit or stash them, and ask again."
        )
