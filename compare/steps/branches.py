"""The stack of branches: one branch and one commit a step, made beside the team's work tree.

Everything is done in a copy that borrows the repository's objects; what comes of it is brought in as branches. The work
tree, the index, HEAD and the stash of the team are never touched.
"""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from compare.errors import CouldNotRunError, UsageError
from compare.steps import by_hand
from compare.steps.applied import write
from compare.steps.check import Checked, environment, linked, run_check
from compare.steps.message import TRAILER, message
from compare.steps.model import Remaining
from compare.steps.project import Project, StepSettings, settings_in
from compare.steps.repository import Repository, git, must
from compare.trace.model import TRACE, save
from compare.trace.run import traced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from compare.steps.model import Outcome, Step

# Who commits on the branches where the team's git has no name to give.
_NOBODY = ("-c", "user.name=compare steps", "-c", "user.email=compare@localhost")


@dataclass(frozen=True)
class Branch:
    """What became of one step.

    Attributes:
        step: The step.
        name: The branch.
        commit: Its tip.
        outcome: What the step did.
        by_hand: How many edits by hand belong to it.
        state: `made`, `kept` (it was there, and is what would be made), `nothing to do`.
        checked: How its check went, if it was run.
    """

    step: Step
    name: str
    commit: str
    outcome: Outcome
    by_hand: int
    state: str
    checked: Checked | None = None


class RedError(CouldNotRunError):
    """A check failed."""


@contextmanager
def copy_of(repository: Repository, commit: str) -> Iterator[Path]:
    """A checkout of a commit in a folder of its own, gone with the block."""
    with tempfile.TemporaryDirectory(prefix="compare-steps-") as folder:
        tree = Path(folder) / repository.top.name
        common = must(repository.top, "rev-parse", "--git-common-dir")
        must(
            repository.top,
            "clone",
            "--quiet",
            "--shared",
            "--no-checkout",
            str((repository.top / common).resolve()),
            str(tree),
        )
        must(tree, "checkout", "--quiet", "--detach", commit)
        for key in ("user.name", "user.email", "core.autocrlf"):
            known, value = git(repository.top, "config", "--get", key)
            if known:
                must(tree, "config", key, value.strip())
        yield tree


def apply(project: Project, step: Step, tree: Path) -> tuple[Outcome, int]:
    """Do one step in a folder: the step itself, the project's formatter, the edits by hand that belong to it.

    Args:
        project: The project as it lies there.
        step: What to do.
        tree: The checkout that the project lies in.

    Returns:
        What the step did, and how many edits by hand there were.
    """
    outcome = step.transform(project)
    for change in outcome.changes:
        write(project.root, change)
    changed = [change.path for change in outcome.changes if change.after is not None and change.path.suffix == ".py"]
    if changed:
        _formatted(project, changed)
    hands = by_hand.patches(project.root / project.settings.by_hand, step) if project.settings.by_hand else []
    for patch in hands:
        by_hand.apply(tree, patch)
    if hands:  # what was left is what they are for
        outcome = replace(outcome, remaining=step.transform(replace(project)).remaining)
    return outcome, len(hands)


def _formatted(project: Project, changed: Sequence[Path]) -> None:
    for command in project.settings.format:
        words = [*command.split(), *(str(path) for path in changed)]
        try:
            ran = subprocess.run(  # noqa: S603 - the project's own formatter, from its configuration
                words, cwd=project.root, env=environment(project.root), capture_output=True, check=False
            )
        except OSError as error:
            raise UsageError(
                f"The formatter {command!r} cannot be started: {error.strerror}. It stands in [steps] format."
            ) from None
        if ran.returncode:
            told = (ran.stdout + ran.stderr).decode(errors="replace").strip()
            raise CouldNotRunError(f"The formatter {command!r} failed:\n{told}")


def walked(  # noqa: PLR0913, PLR0917 - the steps, what they are done to, and what they may ask
    repository: Repository,
    base: str,
    steps: Sequence[Step],
    trace: Path | None,
    settings: StepSettings | None = None,
    check: str = "",
) -> Iterator[tuple[Step, Path, Path, Outcome, int]]:
    """Do steps one after the other in a copy; yield each with the copy, the project's folder there, and its outcome.

    A step that wants a trace, where none was made, has the check run under the recorder, on what the steps before made.
    """
    with copy_of(repository, base) as tree:
        root = tree / repository.inside
        chosen = settings or settings_in(root)
        linked(repository.top / repository.inside, root, chosen.link)
        for step in steps:
            status = 0
            if step.traced and trace is None and check:
                trace = tree.parent / "trace.json"  # the steps that follow read it as well
                status, shown = traced(shlex.split(check), root, environment(root), quiet=True)
                save(shown, trace)
            outcome, hands = apply(Project(root, chosen, trace), step, tree)
            if status:
                outcome = replace(outcome, remaining=(_red(status), *outcome.remaining))
            yield step, tree, root, outcome, hands


def _red(status: int) -> Remaining:
    reason = f"the check was red under the recorder (exit {status}): what it did not come to was not seen"
    return Remaining(TRACE, 1, reason)


def build(  # noqa: PLR0913 - what can be said about a stack
    repository: Repository,
    base: str,
    steps: Sequence[Step],
    *,
    settings: StepSettings,
    trace: Path | None = None,
    check: str = "",
    told: Callable[[Branch], None] = lambda _: None,
) -> list[Branch]:
    """Make the branches, or keep those that are there and are what would be made.

    Args:
        repository: The team's.
        base: The commit that the first branch stands on.
        steps: In their order.
        settings: What the project says about the steps.
        trace: What a run of its tests showed.
        check: Run on the base, and on each branch before it is committed.
        told: Called with each branch as it is done.

    Raises:
        UsageError: A branch of such a name holds other commits.
        RedError: The check fails: on the base, or after a step; the branches before it stay.
    """
    found: list[Branch] = []
    parent = base
    if check:
        _check_base(repository, base, settings, check)
    for step, tree, root, outcome, hands in walked(repository, base, steps, trace, settings, check):
        name = f"{settings.prefix}{step.branch}"
        must(tree, "add", "--all", "--", ".")
        contents = must(tree, "write-tree")
        if contents == must(tree, "rev-parse", f"{parent}^{{tree}}"):
            branch = Branch(step, name, parent, outcome, hands, "nothing to do")
            _point(repository, tree, name, parent, steps)
        else:
            branch = _committed(
                repository, tree, Branch(step, name, "", outcome, hands, "made"), parent, contents, steps
            )
            if check and branch.state == "made":
                branch = _checked(repository, root, branch, settings, check)
            _point(repository, tree, name, branch.commit, steps)
        parent = branch.commit
        must(tree, "reset", "--quiet", "--soft", parent)
        found.append(branch)
        told(branch)
    return found


def _check_base(repository: Repository, base: str, settings: StepSettings, check: str) -> None:
    with copy_of(repository, base) as tree:
        root = tree / repository.inside
        linked(repository.top / repository.inside, root, settings.link)
        went = run_check(check, root, settings.timeout)
    if not went.passed:
        raise RedError(
            f"`{check}` fails before anything was changed, at {base[:12]}. Mend that first: a step that is checked by "
            f"it could not be told from what was broken before. Its last lines:\n\n{went.output}"
        )


def _committed(  # noqa: PLR0913, PLR0917 - the step's commit, and all that it stands on
    repository: Repository, tree: Path, branch: Branch, parent: str, contents: str, steps: Sequence[Step]
) -> Branch:
    """The commit of a step: the one that the branch has already, if it is the same."""
    there = repository.commit(f"refs/heads/{branch.name}")
    if there and _same(repository, there, parent, contents):
        return replace(branch, commit=there, state="kept")
    _refuse_foreign(repository, branch.name, there, steps)
    named = () if git(tree, "config", "--get", "user.email")[0] else _NOBODY
    commit = must(
        tree, *named, "commit-tree", contents, "-p", parent, "-m", message(branch.step, branch.outcome, branch.by_hand)
    )
    return replace(branch, commit=commit)


def _same(repository: Repository, commit: str, parent: str, contents: str) -> bool:
    told = must(repository.top, "show", "--no-patch", "--format=%T %P", commit).split()
    return told == [contents, parent]


def _refuse_foreign(repository: Repository, name: str, there: str, steps: Sequence[Step]) -> None:
    """A branch of that name that the kit did not make, or that somebody went on from, is not written over."""
    if not there:
        return
    trailer = must(repository.top, "show", "--no-patch", f"--format=%(trailers:key={TRAILER},valueonly)", there)
    if trailer not in {f"{step.number} {step.name}" for step in steps}:
        raise UsageError(
            f"The branch {name} ends in a commit that is not the kit's ({there[:12]}). Rename it, or keep its edits as "
            "a patch under [steps] by_hand, and ask again; --prefix names other branches."
        )


def _checked(repository: Repository, root: Path, branch: Branch, settings: StepSettings, check: str) -> Branch:
    went = run_check(check, root, settings.timeout)
    if went.passed:
        return replace(branch, checked=went)
    kept = repository.top / repository.inside / ".compare" / "steps" / f"{branch.step.branch}.diff"
    kept.parent.mkdir(parents=True, exist_ok=True)
    (kept.parent / ".gitignore").write_text("*\n", encoding="utf-8")
    kept.write_text(must(root, "diff", "--cached", "HEAD") + "\n", encoding="utf-8")
    raise RedError(
        f"`{check}` fails after step {branch.step.number}, {branch.step.name}: {branch.step.title}. The branches "
        f"before it stand; what the step changed is in {kept}. Its last lines:\n\n{went.output}"
    )


def _point(repository: Repository, tree: Path, name: str, commit: str, steps: Sequence[Step]) -> None:
    there = repository.commit(f"refs/heads/{name}")
    if there == commit:
        return
    if there and not _is_on_the_way(repository, there, commit):
        _refuse_foreign(repository, name, there, steps)
    head, current = git(repository.top, "symbolic-ref", "--quiet", "HEAD")
    if head and current.strip() == f"refs/heads/{name}":
        raise UsageError(
            f"{name} is checked out in {repository.top}, and would change. Check another branch out, and ask again."
        )
    must(tree, "update-ref", "refs/made", commit)
    must(repository.top, "fetch", "--quiet", "--no-tags", "--force", str(tree), f"refs/made:refs/heads/{name}")


def _is_on_the_way(repository: Repository, there: str, commit: str) -> bool:
    return git(repository.top, "merge-base", "--is-ancestor", there, commit)[0]
