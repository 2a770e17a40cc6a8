"""Every edit that makes the functions of a plan async."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from compare.source import Function, Module, Program, library
from compare.source.handovers import is_own_task
from compare.source.values import FUNCTION, OBJECT
from compare.source.waiting import is_question
from compare.steps.convert import (
    bridge,
    callables,
    comprehensions,
    forms,
    generators,
    handed,
    holders,
    lent,
    names,
    streams,
    tables,
    types,
)
from compare.steps.rewrite import Edits, awaited, binds_tighter, parents
from compare.steps.walking import is_migration, own_nodes, runs_as_script

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compare.source.reading import Call
    from compare.steps.convert.plan import Plan
    from compare.steps.convert.types import Twin


def converted(
    plan: Plan, twins: Mapping[str, Twin] = types.TWINS, making: names.Making = lambda _call, _edits: False
) -> dict[str, Edits]:
    """Return the edits of each module, by its name, that make the functions of a plan async.

    Args:
        plan: Which functions.
        twins: The async name of each name of a library's that async code sees.
        making: Changes a call that makes such an object, where another name alone would not do.
    """
    conversion = _Conversion(plan)
    for function in plan.program.functions.values():
        if function.id in plan.asyncs:
            conversion.function(function)
        elif function.is_async:
            conversion.body(function)
    conversion.started()
    names.named(plan, twins, making, conversion.of)
    for one in plan.held:
        for module, node, edit in holders.kept(plan.program, one):
            conversion.of(module).change(node, edit, "an object keeps the sync side of its session")
    for module in plan.program.modules.values():
        for node in holders.read_outside(plan, module):
            conversion.of(module).change(node, holders.async_side, "x.session → async_session(x.session)")
            conversion.of(module).want(types.ASYNCIO, "async_session")
    callables.typed(plan, conversion.of)
    generators.typed(plan, conversion.of)
    return {name: edits for name, edits in conversion.edits.items() if edits}


class _Conversion:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.program: Program = plan.program
        self.edits: dict[str, Edits] = {}
        self.parents: dict[str, dict[ast.AST, ast.AST]] = {}
        self.takers: set[ast.AST] = set()
        self.streams = {asks: loop for loop, asks in streams.loops(plan)}

    def of(self, module: Module) -> Edits:
        if module.name not in self.edits:
            self.edits[module.name] = Edits(module)
            self.parents[module.name] = parents(module.tree)
        return self.edits[module.name]

    # -- a function ----------------------------------------------------------------------------------------------

    def function(self, function: Function) -> None:
        """Make one function async."""
        edits = self.of(function.module)
        node = function.node
        if isinstance(node, ast.FunctionDef):
            if function.id in self.plan.shells:
                edits.change(node, forms.shell, "a command runs a coroutine")
                edits.want("asyncio")
            else:
                edits.change(node, forms.async_def(function), "def → async def")
            self._decorated(function, edits)
        self.body(function)

    def body(self, function: Function) -> None:
        """Await what waits in a function that is async, now or before."""
        edits = self.of(function.module)
        for inner in own_nodes(function.node):
            if isinstance(inner, ast.expr):
                self._expression(function, inner, edits)
            elif isinstance(inner, ast.With):
                self._with(inner, edits)
            elif isinstance(inner, ast.For):
                self._for(inner, edits)
            elif isinstance(inner, ast.Expr) and isinstance(inner.value, ast.YieldFrom):
                if self._async_iterated(inner.value.value):
                    edits.change_line(inner, generators.yielded_on, "yield from → async for")
            elif isinstance(inner, ast.comprehension):
                self._comprehension(inner, edits)

    def _decorated(self, function: Function, edits: Edits) -> None:
        for decorator in function.decorators:
            base = decorator.func if isinstance(decorator, ast.Call) else decorator
            for value in self.program.of(base):
                if value.name == "contextlib.contextmanager":
                    types.rename(edits, base, types.Twin("contextlib", "asynccontextmanager"))

    # -- expressions ---------------------------------------------------------------------------------------------

    def _expression(self, function: Function, node: ast.expr, edits: Edits) -> None:
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and function.id in self.plan.asyncs:
            self._property(node, edits)
        if not isinstance(node, ast.Call):
            return
        calls = [*self.plan.waits.asking.get(node, ()), *self.plan.waits.calls.get(node, ())]
        calls = [call for call in calls if call.unit == function.id and not call.target.endswith(".__enter__")]
        if calls and function.id in self.plan.asyncs:
            self._call(node, calls, edits)
        elif function.id in self.plan.asyncs and self._pauses(node):
            edits.change(node, forms.paused, "time.sleep() → await asyncio.sleep()")
            edits.want("asyncio")
            edits.drop("time")
        elif function.id in self.plan.asyncs and not function.is_async and self._starts_a_loop(node):
            tighter = binds_tighter(node, self.parents[edits.module.name].get(node))
            edits.change(node, forms.on_this_loop(parenthesised=tighter), "asyncio.run(f()) → await f()")
        elif function.id in self.plan.asyncs and self._lends(node, edits):
            self._cross(node, edits, tighter=binds_tighter(node, self.parents[edits.module.name].get(node)))
        else:
            self._handed(node, edits)

    def _property(self, node: ast.Attribute, edits: Edits) -> None:
        """A property that waits, and stays sync, is read over the bridge."""
        read = [call for call in self.plan.waits.calls.get(node, ()) if call.how == "property"]
        if read and all(call.target in self.plan.sync for call in read):
            self._taken(node, edits)
            tighter = binds_tighter(node, self.parents[edits.module.name].get(node))
            edits.change(node, bridge.read(parenthesised=tighter), "x.y → await greenlet_spawn(lambda: x.y)")
            edits.want(*bridge.SPAWN)

    def _taken(self, node: ast.expr, edits: Edits) -> None:
        """What waits in a generator expression makes it a list."""
        above = self.parents[edits.module.name]
        whole = comprehensions.around(node, above)
        taker = comprehensions.taker(whole, above) if whole else None
        if taker is not None and taker not in self.takers:
            self.takers.add(taker)
            edits.change(taker, comprehensions.as_lists, "generator expression → list")

    def _pauses(self, node: ast.Call) -> bool:
        return any(value.kind == FUNCTION and value.name == "time.sleep" for value in self.program.of(node.func))

    def _starts_a_loop(self, node: ast.Call) -> bool:
        """Whether a coroutine is run on a loop of its own, where one runs from now on (T55)."""
        if len(node.args) != 1 or node.keywords:
            return False
        runs = any(value.kind == FUNCTION and value.name == "asyncio.run" for value in self.program.of(node.func))
        return runs or (isinstance(node.func, ast.Attribute) and node.func.attr == "run_until_complete")

    def _lends(self, node: ast.Call, edits: Edits) -> bool:
        """Whether a library is lent the session or connection here, and not in a block that is run for it."""
        if not any(lent.lends(call) for call in self.program.calls_at.get(node, ())):
            return False
        above: ast.AST | None = node
        while above is not None:
            if isinstance(above, ast.With) and handed.is_handed(self.program, above):
                return False
            above = self.parents[edits.module.name].get(above)
        return True

    def _call(self, node: ast.Call, calls: list[Call], edits: Edits) -> None:
        above = self.parents[edits.module.name].get(node)
        if isinstance(above, ast.Await):
            return
        self._taken(node, edits)
        if isinstance(above, ast.Expr) and tables.made_through_engine(calls):
            taken = self.program.scope(calls[0].unit).names
            edits.change_line(above, tables.over_connection(taken), f"{ast.unparse(node.func)}(engine) → run_sync()")
            return
        known = [self.program.functions[call.target] for call in calls if call.target in self.program.functions]
        if any(target.generator for target in known):  # entered with `async with`, iterated with `async for`
            driven = [call for call in calls if call.how == library.ITERATED]
            if driven and len(driven) == len(calls) and {call.target for call in driven} <= self.plan.asyncs:
                generators.gone_through(node, edits, tighter=binds_tighter(node, above))
            return
        if isinstance(above, ast.withitem) and any(call.target.endswith(_ENTERED) for call in calls):
            return
        self._awaited(node, calls, known, edits)

    def _awaited(self, node: ast.Call, calls: list[Call], known: list[Function], edits: Edits) -> None:
        above = self.parents[edits.module.name].get(node)
        tighter = binds_tighter(node, above)
        asked = next(holders.sessions(self.program, node), None)
        if not known and asked is not None and self._is_held_connection(asked):
            edits.change(node, bridge.crossed(bridge.NOTHING, parenthesised=tighter), "await greenlet_spawn(f)")
            edits.want(*bridge.SPAWN)
        elif known and all(target.id in self.plan.sync for target in known):
            self._cross(node, edits, tighter=tighter)
        elif not known or all(target.id in self.plan.asyncs - self.plan.shells for target in known):
            name = calls[0].target.rpartition(".")[2].rpartition(":")[2]
            if node in self.streams:
                edits.change(node, streams.as_stream)
            edits.change(node, awaited(parenthesised=tighter), "await of what waits" if known else f"await {name}()")
            if isinstance(above, ast.Expr) and calls[0].target == f"{library.SESSION}.connection":
                edits.change(above, forms.dropped)  # what it gives can be awaited too: say that nobody wants to

    def _is_held_connection(self, node: ast.expr) -> bool:
        """Whether what is asked is the sync side of a connection: of a session there is a way back to the async one."""
        names = {value.name for value in self.program.of(node)}
        return bool(names & {library.CONNECTION, library.ASYNC_CONNECTION}) and holders.is_held(
            self.plan.held, self.program, node
        )

    def _cross(self, node: ast.Call, edits: Edits, *, tighter: bool) -> None:
        found = bridge.crossing(self.program, node.args, node.keywords)
        if not found.session and isinstance(node.func, ast.Attribute):
            found = bridge.method(self.program, node.func)
        if found.session and found.node and holders.is_held(self.plan.held, self.program, found.node):
            found = replace(found, session=f"async_session({found.session})")
        edits.change(node, bridge.crossed(found, parenthesised=tighter), "f() → await session.run_sync(f)")
        if not found.session:
            edits.want(*bridge.SPAWN)

    def _handed(self, node: ast.Call, edits: Edits) -> None:
        """A function that is handed to a thread, or over the bridge, to be run there and awaited here."""
        above = self.parents[edits.module.name].get(node)
        awaited = isinstance(above, ast.Await) or is_own_task(self.program, node, above)
        given = [call for call in self.program.calls_at.get(node, ()) if call.how in {library.THREAD, library.BRIDGE}]
        if given and all(is_question(call.target) for call in given) and isinstance(above, ast.Await):
            self._home(node, given[0], edits)
            return
        closing = any(generators.is_closing(call) for call in given)
        method = node.args[0] if closing and node.args else None
        on = self.program.of(method.value) if isinstance(method, ast.Attribute) else frozenset()
        origins = set(library.generators(on))
        if origins and origins <= self.plan.asyncs and isinstance(above, ast.Await):
            edits.change(node, generators.closed_in_thread, "await run_in_threadpool(f) → await f()")
            self._drop(node.func, edits)
            return
        given = [call for call in given if self._within(call.target) & set(self.plan.waits.functions)]
        if not given or not node.args or not awaited:
            return
        inside = set().union(*(self._within(call.target) for call in given)) & set(self.plan.waits.functions)
        if inside <= self.plan.asyncs:
            self._home(node, given[0], edits)
        elif given[0].how == library.THREAD:
            found = bridge.crossing(self.program, node.args[1:], node.keywords)
            if found.session:
                edits.change(node, bridge.from_thread(found), "run_in_threadpool(f) → session.run_sync(f)")
                self._drop(node.func, edits)
            elif inside <= self.plan.sync and self._goes_by_what_is_held(node.args[0]):
                edits.change(node, bridge.spawned_from_thread, "run_in_threadpool(f) → greenlet_spawn(f)")
                edits.want(*bridge.SPAWN)
                self._drop(node.func, edits)

    def _goes_by_what_is_held(self, node: ast.expr) -> bool:
        """Whether a function that is handed over is given no session: an object's method, or a lambda of such."""
        if isinstance(node, ast.Lambda):
            return not any(bridge.is_session(self.program, self.program.of(each)) for each in ast.walk(node.body))
        return isinstance(node, ast.Attribute)

    def _within(self, target: str) -> set[str]:
        """What a function that is handed over waits through: itself, or what its lambda calls."""
        function = self.program.functions.get(target)
        if function is None or not isinstance(function.node, ast.Lambda):
            return {target}
        return {
            call.target for call in self.program.calls_from.get(target, ()) if call.target in self.program.functions
        }

    def _home(self, node: ast.Call, call: Call, edits: Edits) -> None:
        if call.how == library.THREAD:
            edits.change(node, forms.without_thread, "await run_in_threadpool(f) → await f()")
            self._drop(node.func, edits)
        else:
            session = ast.unparse(node.func.value) if isinstance(node.func, ast.Attribute) else ""
            edits.change(node, bridge.back(session), "await session.run_sync(f) → await f()")

    def _drop(self, node: ast.expr, edits: Edits) -> None:
        if isinstance(node, ast.Name):
            edits.drop(*types.imported_as(edits.module, node.id))

    # -- statements ----------------------------------------------------------------------------------------------

    def _with(self, node: ast.With, edits: Edits) -> None:
        if handed.is_handed(self.program, node):
            edits.change(
                node,
                handed.as_function("do_run_migrations" if is_migration(edits.module) else "work"),
                "block → run_sync()",
            )
            return
        kinds = [self._entered(item.context_expr) for item in node.items]
        if not any(kinds):
            return
        if all(kinds):
            edits.change(node, forms.async_with, "with → async with")
        else:
            edits.change(node, forms.split_with(kinds), "with → async with")

    def _entered(self, node: ast.expr) -> bool:
        if any(call.target.endswith(".__enter__") for call in self.plan.waits.asking.get(node, ())):
            return True
        own = [call.target for call in self.program.calls_at.get(node, ()) if call.target in self.program.functions]
        for value in self.program.of(node):
            if (
                value.kind == OBJECT
                and value.name == library.CONTEXT
                and any(target in self.plan.asyncs for target in own)
            ):
                return True
            if (
                value.kind == OBJECT
                and value.own
                and any(name in self.plan.asyncs for name in self._entering(value.name))
            ):
                return True
        return False

    def _entering(self, klass: str) -> Iterator[str]:
        for above in self.program.reading.ancestors(klass):
            found = self.program.classes.get(above)
            if found is not None:
                for name in ("__enter__", "__exit__"):
                    if name in found.functions:
                        yield found.functions[name].id

    def _for(self, node: ast.For, edits: Edits) -> None:
        if node in self.streams.values():
            edits.change(node, forms.async_for, "for over yield_per → async for over stream()")
        elif self._async_iterated(node.iter):
            edits.change(node, forms.async_for, "for → async for")

    def _comprehension(self, node: ast.comprehension, edits: Edits) -> None:
        if self._async_iterated(node.iter):
            above = self.parents[edits.module.name][node]
            if isinstance(above, ast.expr):
                edits.change(above, forms.async_comprehension(node, above), "for → async for")

    def _async_iterated(self, node: ast.expr) -> bool:
        calls = self.program.calls_at.get(node, ())
        return any(
            call.target in self.plan.asyncs
            and self.program.functions[call.target].generator
            and call.how in {"", library.ITERATED}
            for call in calls
        )

    # -- what starts it all --------------------------------------------------------------------------------------

    def started(self) -> None:
        """What a module calls when it is run as a script is run on an event loop."""
        for node, calls in self.plan.waits.calls.items():
            for call in calls:
                module = self.program.modules.get(call.unit)
                if (
                    module is None
                    or call.target not in self.plan.asyncs - self.plan.shells
                    or self.program.functions[call.target].is_async  # somebody runs it already
                    or not isinstance(node, ast.Call)
                ):
                    continue
                edits = self.of(module)
                if runs_as_script(module, node) or is_migration(module):
                    edits.change(node, forms.run, "asyncio.run() of what a script starts")
                    edits.want("asyncio")


_ENTERED = (".connect", ".begin", ".begin_nested")  # what `async with` awaits itself
