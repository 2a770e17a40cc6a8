"""The proof that a query asks the same as a statement: both are compiled, where the program can be imported.

An expression is compiled as it stands, in its own module; what is known only while the program runs is a stand-in, the
same for both. It proves what a chain of calls asks, not how its rows are taken: that is the tests' part.
"""

from __future__ import annotations

import ast
import json
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from compare.process import guarded
from compare.steps.check import environment
from compare.steps.rewrite import parents, texts
from compare.steps.select.families import is_query
from compare.steps.walking import scoped_nodes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from compare.source import Module, Program
    from compare.steps.rewrite import Edits

_COMPILING = Path(__file__).resolve().parents[2] / "probe" / "compiling.py"
SECONDS = 120  # for importing the program


@dataclass(frozen=True)
class Proof:
    """What compiling showed.

    Attributes:
        same: How many queries compile to what they compiled to.
        unknown: How many could not be evaluated by themselves, with the reason of each.
        differing: Those that would ask something else, each with a reason to leave it.
    """

    same: int = 0
    unknown: tuple[str, ...] = ()
    differing: dict[ast.expr, str] = field(default_factory=dict)


def proved(root: Path, program: Program, edits: Mapping[str, Edits], venvs: tuple[str, ...] = ()) -> Proof:
    """Compile each query that was changed, before and after.

    Args:
        root: The project's folder, from which it is imported.
        program: As it was read.
        edits: What is to be done to it, by module.
        venvs: Where its interpreter may be, relative to the root; the kit's own if it is in none.
    """
    nodes: list[ast.expr] = []
    queries = []
    for name, found in edits.items():
        module = program.modules[name]
        chains = list(_chains(program, module))
        after = texts(found, chains) if chains else {}
        for node in chains:
            before = ast.unparse(node)
            if node in after and _flat(after[node]) != _flat(before):
                nodes.append(node)
                queries.append({"module": name, "before": before, "after": after[node], "wants": found.wanted})
    if not queries:
        return Proof()
    answers = _compiled(root, queries, venvs)
    differing = {
        node: f"it would ask something else as a statement: {_difference(one['before'], one['after'])}"
        for node, one in zip(nodes, answers, strict=True)
        if "why" not in one and one["before"] != one["after"]
    }
    unknown = tuple(one["why"] for one in answers if "why" in one)
    return Proof(len(nodes) - len(unknown) - len(differing), unknown, differing)


def _chains(program: Program, module: Module) -> Iterator[ast.expr]:
    """The queries that are begun in one expression, each as far as it is one: `db.query(User).filter(…)`."""
    above = parents(module.tree)
    for node, _ in scoped_nodes(program, module):
        if not isinstance(node, ast.Call) or not is_query(program, program.of(node)) or not _is_begun(node):
            continue
        method = above.get(node)
        further = above.get(method) if isinstance(method, ast.Attribute) else None
        if not (isinstance(further, ast.Call) and is_query(program, program.of(further))):
            yield node


def _is_begun(node: ast.expr) -> bool:
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "query":
            return True
        node = node.func.value
    return False


def _flat(code: str) -> str:
    return "".join(code.split())


def _compiled(root: Path, queries: Sequence[Mapping[str, object]], venvs: tuple[str, ...]) -> list[dict[str, str]]:
    python = next((path for name in venvs if (path := root / name / "bin" / "python").exists()), Path(sys.executable))
    with tempfile.TemporaryDirectory(prefix="compare-proof-") as folder:
        task, answer = Path(folder) / "task.json", Path(folder) / "answer.json"
        task.write_text(json.dumps({"queries": queries}), encoding="utf-8")
        command = [str(python), str(_COMPILING), str(task), str(answer)]
        with guarded(command, env=environment(root), cwd=root) as process:  # an app may start what outlives its import
            process.wait(SECONDS)
        try:
            found: list[dict[str, str]] = json.loads(answer.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            return [{"why": f"the program could not be imported: {type(error).__name__}"}] * len(queries)
    return found


def _difference(before: str, after: str) -> str:
    """The first line that differs, as it was and as it would be."""
    old, new = before.splitlines(), after.splitlines()
    for one, other in zip([*old, ""], [*new, ""], strict=False):
        if one != other:
            return f"`{one.strip()}` is `{other.strip()}`"
    return f"`{old[-1].strip()}` is followed by `{new[-1].strip()}`"
