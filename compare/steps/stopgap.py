"""Step 6: no sync SQL on the event loop. What an `async def` calls and that waits for the database runs in a thread.

The next steps take the threads away again. Until then a session is used by one thread at a time, as before.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import libcst as cst

from compare.source import library, waiting
from compare.source.files import is_test
from compare.steps.model import Remaining
from compare.steps.rewrite import Edits, beside, binds_tighter, parents
from compare.steps.walking import own_nodes

if TYPE_CHECKING:
    from compare.source import Program
    from compare.source.reading import Call
    from compare.steps.rewrite import Edit

_THREAD = ("starlette.concurrency", "run_in_threadpool")


def off_the_loop(program: Program, edits: dict[str, Edits]) -> list[Remaining]:
    """Have what blocks the event loop run in threads.

    Args:
        program: As it was read.
        edits: Where the edits go, by module.

    Returns:
        Places that block the loop, and stay: generators and blocks cannot be handed to a thread.
    """
    waits = waiting(program)
    left: list[Remaining] = []
    for function in program.functions.values():
        if not function.is_async or is_test(function.module.path):
            continue
        above = parents(function.module.tree)
        for node in own_nodes(function.node):
            calls = [
                call for call in (*waits.asking.get(node, ()), *waits.calls.get(node, ())) if call.unit == function.id
            ]
            if not calls or isinstance(above.get(node), ast.Await) or any(_is_async(program, call) for call in calls):
                continue
            if isinstance(node, ast.Call) and not _is_entered(program, node, calls, above.get(node)):
                found = edits.setdefault(function.module.name, Edits(function.module))
                found.change(
                    node,
                    _in_thread(parenthesised=binds_tighter(node, above.get(node))),
                    "f() → await run_in_threadpool(f)",
                )
                found.want(*_THREAD)
            elif isinstance(node, ast.expr):
                reason = (
                    f"`{function.name}` enters or goes through something on the event loop that waits for the database"
                )
                left.append(Remaining(function.module.path, node.lineno, reason, "T08"))
    return left


def _is_async(program: Program, call: Call) -> bool:
    function = program.functions.get(call.target)
    return function is not None and (function.is_async or function.generator)


def _is_entered(program: Program, node: ast.Call, calls: list[Call], above: ast.AST | None) -> bool:
    """Whether a call is that of a block: what `with` enters, and leaves, on the loop."""
    del program
    return isinstance(above, ast.withitem) or any(
        call.target.endswith((".__enter__", f"{library.QUERY}.__iter__")) for call in calls if call.node is node
    )


def _in_thread(*, parenthesised: bool) -> Edit:
    def edit(node: cst.CSTNode) -> cst.CSTNode:
        call = cst.ensure_type(node, cst.Call)
        handed = cst.Call(cst.Name("run_in_threadpool"), [cst.Arg(call.func), *beside(call.args)])
        if call.lpar:
            return cst.Await(handed, lpar=call.lpar, rpar=call.rpar)
        if parenthesised:
            return cst.Await(handed, lpar=(cst.LeftParen(),), rpar=(cst.RightParen(),))
        return cst.Await(handed)

    return edit
