"""`compare steps`: list, plan, apply, branches."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from compare.errors import UsageError
from compare.steps.branches import Branch, apply, build, walked
from compare.steps.project import Project, settings_in
from compare.steps.repository import around, refuse_dirty
from compare.steps.sequence import STEPS
from compare.trace.model import TRACE

if TYPE_CHECKING:
    from compare.steps.model import Outcome, Step


app = typer.Typer(
    help="Make the branches that lead from a sync app to an async one.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

PathArgument = Annotated[Path, typer.Argument(help="The project's folder.")]
FromOption = Annotated[str, typer.Option("--from", metavar="REF", help="The commit that the first branch stands on.")]
UntilOption = Annotated[int | None, typer.Option("--until", metavar="N", help="The last step that is made.")]


@app.command("list")
def list_command(path: PathArgument = Path()) -> None:
    """Show the sequence, and which of its branches there are."""
    repository = around(path)
    settings = settings_in(path)
    for step in STEPS:
        there = repository.commit(f"refs/heads/{settings.prefix}{step.branch}")
        typer.echo(f"{step.number:2}  {step.name:12} {step.title}{f'  [{there[:10]}]' if there else ''}")


@app.command("plan")
def plan_command(
    path: PathArgument = Path(),
    *,
    json_: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    base: FromOption = "HEAD",
    until: UntilOption = None,
) -> None:
    """Tell what each step would change, and what would be left for a hand; nothing is written."""
    repository = around(path)
    commit = repository.commit(base)
    if not commit:
        raise UsageError(f"{repository.top} has no branch, tag or commit {base!r}.")
    found = []
    for step, _, _, outcome, hands in walked(repository, commit, _until(until), _trace(path)):
        found.append((step, outcome, hands))
        if not json_:
            _show(step, outcome, hands)
    if json_:
        typer.echo(json.dumps([_as_json(*one) for one in found], indent=2))


@app.command("apply")
def apply_command(
    number: Annotated[int, typer.Argument(help="The step's number.")],
    path: PathArgument = Path(),
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the difference, write nothing.")] = False,
    allow_dirty: Annotated[bool, typer.Option("--allow-dirty", help="Though there are changes not committed.")] = False,
) -> None:
    """Do one step to the files as they lie there."""
    step = _step(number)
    repository = around(path)
    if not allow_dirty and not dry_run:
        refuse_dirty(repository)
    project = Project(path, settings_in(path), _trace(path))
    if dry_run:
        outcome = step.transform(project)
        for change in outcome.changes:
            before, after = (
                (change.before or "").splitlines(keepends=True),
                (change.after or "").splitlines(keepends=True),
            )
            typer.echo("".join(difflib.unified_diff(before, after, f"a/{change.path}", f"b/{change.path}")), nl=False)
        return
    outcome, hands = apply(project, step, repository.top)
    _show(step, outcome, hands)


@app.command("branches")
def branches_command(  # noqa: PLR0913 - one parameter an option
    path: PathArgument = Path(),
    *,
    check: Annotated[
        str | None, typer.Option("--check", metavar="COMMAND", help="Has to pass on every branch.")
    ] = None,
    prefix: Annotated[str | None, typer.Option("--prefix", help="What the branches' names begin with.")] = None,
    base: FromOption = "HEAD",
    until: UntilOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be made; the same as `plan`.")] = False,
) -> None:
    """Make the branches, one commit a step, in the repository that the project lies in."""
    if dry_run:
        plan_command(path, json_=False, base=base, until=until)
        return
    repository = around(path)
    refuse_dirty(repository)
    commit = repository.commit(base)
    if not commit:
        raise UsageError(f"{repository.top} has no branch, tag or commit {base!r}.")
    settings = settings_in(path)
    if prefix is not None:
        settings = settings.model_copy(update={"prefix": prefix})
    build(
        repository,
        commit,
        _until(until),
        settings=settings,
        trace=_trace(path),
        check=settings.check if check is None else check,
        told=_tell,
    )


def _trace(path: Path) -> Path | None:
    found = (path / TRACE).absolute()
    return found if found.is_file() else None


def _until(number: int | None) -> tuple[Step, ...]:
    return tuple(step for step in STEPS if number is None or step.number <= number)


def _step(number: int) -> Step:
    for step in STEPS:
        if step.number == number:
            return step
    raise UsageError(f"There is no step {number}. `compare steps list` shows them all.")


def _show(step: Step, outcome: Outcome, hands: int) -> None:
    files = len(outcome.changes)
    typer.echo(f"\n{step.number} {step.name}: {step.title}")
    typer.echo(
        f"  {files} file{'s' if files != 1 else ''}, {outcome.counted.total()} places, {hands} edits by hand, "
        f"{len(outcome.remaining)} left"
    )
    for what, count in outcome.counted.most_common():
        typer.echo(f"  {count:5}  {what}")
    for note in outcome.notes:
        typer.echo(f"  {note}")
    for place in outcome.remaining:
        typer.echo(f"  {place.path}:{place.line}: {place.reason}{f' ({place.code})' if place.code else ''}")


def _tell(branch: Branch) -> None:
    checked = f", check passed in {branch.checked.seconds:.1f} s" if branch.checked else ""
    count = branch.outcome.counted.total()
    typer.echo(
        f"{branch.name}  {branch.commit[:10]}  {branch.state}: {count} places, {branch.by_hand} by hand, "
        f"{len(branch.outcome.remaining)} left{checked}"
    )


def _as_json(step: Step, outcome: Outcome, hands: int) -> dict[str, object]:
    return {
        "number": step.number,
        "name": step.name,
        "title": step.title,
        "files": [str(change.path) for change in outcome.changes],
        "done": dict(outcome.counted),
        "by_hand": hands,
        "notes": list(outcome.notes),
        "left": [
            {"path": str(one.path), "line": one.line, "reason": one.reason, "code": one.code}
            for one in outcome.remaining
        ],
    }
