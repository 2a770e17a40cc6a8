"""Edits of the team's own that belong to a step: patches that are applied each time the stack is made.

A patch is a unified diff that begins with a line `Reason: …`. One whose effect is there already is an error: it is no
longer needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare.errors import CouldNotRunError, UsageError
from compare.steps.repository import git

if TYPE_CHECKING:
    from pathlib import Path

    from compare.steps.model import Step

_REASON = "Reason:"


@dataclass(frozen=True)
class Patch:
    """One edit by hand.

    Attributes:
        path: The file that holds it.
        reason: Why the kit cannot make it.
    """

    path: Path
    reason: str


def patches(folder: Path, step: Step) -> list[Patch]:
    """Return the edits by hand of a step, in the order of their names.

    Raises:
        UsageError: A patch gives no reason.
    """
    found = []
    for path in sorted((folder / step.branch).glob("*.patch")):
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        if not first.startswith(_REASON) or not first.removeprefix(_REASON).strip():
            raise UsageError(
                f"{path} gives no reason. Begin it with a line `{_REASON} …`: why the step cannot make it."
            )
        found.append(Patch(path, first.removeprefix(_REASON).strip()))
    return found


def apply(tree: Path, patch: Patch) -> None:
    """Apply an edit by hand to a folder.

    Raises:
        CouldNotRunError: It does not fit any more, or is there already.
    """
    done, answer = git(tree, "apply", "--whitespace=nowarn", str(patch.path.absolute()))
    if done:
        return
    there, _ = git(tree, "apply", "--reverse", "--check", str(patch.path.absolute()))
    if there:
        raise CouldNotRunError(
            f"{patch.path} is no longer needed: the step makes this edit by itself. Delete the patch."
        )
    raise CouldNotRunError(
        f"{patch.path} does not fit what the step makes:\n{answer.strip()}\n"
        "Apply it by hand on the branch before, commit, and write the new difference into the file."
    )
