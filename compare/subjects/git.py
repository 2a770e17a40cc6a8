"""Asking git: the repository around a folder, what a ref stands for, a copy of a commit. Nothing is written to it.

The copy is a repository of its own that borrows the user's objects (`clone --shared`), not a registered work tree: the
user's checkout, HEAD, index, branches and configuration are as before, even after a kill.
"""

import os
import shutil
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from compare.config import redacted
from compare.errors import CouldNotRunError, UsageError
from compare.process import guarded

NEAREST = 3
LAST_LINES = 6
# What a hook or another git in this process's environment would lead to the wrong repository.
_PARTS = ("DIR", "WORK_TREE", "INDEX_FILE", "OBJECT_DIRECTORY", "ALTERNATE_OBJECT_DIRECTORIES", "COMMON_DIR", "PREFIX")
_LEADING = frozenset(f"GIT_{part}" for part in _PARTS)


@dataclass(frozen=True)
class Repository:
    """A repository with a checkout.

    Attributes:
        top: The folder of its checkout, without links.
        common: Where its objects and refs are (`.git`, also for a linked work tree).
    """

    top: Path
    common: Path

    @classmethod
    def around(cls, folder: Path) -> "Repository":
        """The repository that a folder lies in; the folder itself need not be there.

        Raises:
            CouldNotRunError: There is no git on this machine.
            UsageError: The folder lies in no repository.
        """
        while not folder.is_dir():
            folder = folder.parent
        found, answer = _asked(folder, "rev-parse", "--show-toplevel", "--git-common-dir")
        if not found:
            raise UsageError(f"{folder} lies in no git repository with a checkout: {_last(answer)}")
        top, common = answer.splitlines()
        return cls(Path(top).resolve(), (folder / common).resolve())

    def commit(self, ref: str) -> str:
        """The id of the commit that a branch, tag or commit stands for.

        Raises:
            CouldNotRunError: There is none, with the nearest names.
        """
        found, answer = _asked(self.top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        if found:
            return answer.strip()
        _, names = _asked(
            self.top, "for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags", "refs/remotes"
        )
        known = names.split()
        near = [name for name in known if name.endswith(f"/{ref}")] or get_close_matches(ref, known, n=NEAREST)
        told = (
            f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known[:10]) or 'no refs at all'}"
        )
        raise CouldNotRunError(f"the repository in {self.top} has no branch, tag or commit {ref!r}; {told}")

    def copied(self, commit: str, tree: Path) -> None:
        """Make `tree` a checkout of a commit.

        Submodules are left out, and files that LFS keeps stay pointers.

        Raises:
            CouldNotRunError: git fails.
        """
        clone = ("clone", "--quiet", "--shared", "--no-checkout", str(self.common), str(tree))
        for where, arguments in ((tree.parent, clone), (tree, ("checkout", "--quiet", "--detach", commit))):
            done, answer = _asked(
                where, "-c", "core.hooksPath=/dev/null", "-c", "advice.detachedHead=false", *arguments
            )
            if not done:
                raise CouldNotRunError(
                    f"Commit {commit[:12]} of the repository in {self.top} cannot be checked out into {tree}:\n"
                    + "\n".join(f"  {line}" for line in answer.splitlines()[-LAST_LINES:]),
                    details=answer,
                )


def _asked(folder: Path, *arguments: str) -> tuple[bool, str]:
    """Whether git succeeds, and what it says."""
    git = shutil.which("git")
    if git is None:
        raise CouldNotRunError("There is no git on PATH, which a ref needs. Install it, or leave out the ref.")
    environment = {name: value for name, value in os.environ.items() if name not in _LEADING}
    environment |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_LFS_SKIP_SMUDGE": "1", "GIT_OPTIONAL_LOCKS": "0"}
    with guarded((git, *arguments), env=environment, cwd=folder) as process:
        status = process.wait()
        return status == 0, redacted(process.output(1 << 22))


def _last(answer: str) -> str:
    return (answer.strip().splitlines() or ["git said nothing"])[-1]
