"""Which functions wait for the database: by a call of their own, or by what they call.

In the async twin each of them is a coroutine, and each call that leads to one is awaited.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from compare.source import library

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Mapping

    from compare.source.program import Program
    from compare.source.reading import Call

# How a function may be called so that its caller waits for it in turn.
IN_LINE = {"", "property", "construct", library.ITERATED}


@dataclass(frozen=True, eq=False)
class Waiting:
    """What waits in a program.

    Attributes:
        asking: Calls that ask the database themselves, by the node that stands for them.
        calls: Calls in line of functions that wait, by node; one node may call several functions.
        functions: Every function (and module, for what runs at import) that waits, by id, with the call through
            which it does.
    """

    asking: dict[ast.AST, list[Call]] = field(default_factory=dict)
    calls: dict[ast.AST, list[Call]] = field(default_factory=dict)
    functions: dict[str, Call] = field(default_factory=dict)

    def chain(self, function: str) -> list[Call]:
        """Return the calls from a function down to the one that asks the database."""
        found: list[Call] = []
        seen: set[str] = set()
        while function in self.functions and function not in seen:
            seen.add(function)
            call = self.functions[function]
            found.append(call)
            function = call.target
        return found


def asks(call: Call) -> bool:
    """Whether a call asks the database, through a sync session, connection, engine or query."""
    return not call.how and is_question(call.target)


def is_question(target: str) -> bool:
    """Whether this is a method of a sync session, connection, engine or query that asks the database."""
    owner, _, method = target.rpartition(".")
    return method in library.IO.get(owner, ())


def waiting(
    program: Program, asking: Callable[[Call], bool] = asks, besides: Mapping[str, Call] = MappingProxyType({})
) -> Waiting:
    """Find what waits.

    What is called in one place, or overrides one another, has to be awaited alike: where one of several functions
    waits, the others are taken to wait as well.

    Args:
        program: As it was read.
        asking: Which calls are waited for in the first place.
        besides: Functions that are taken to wait, by id, each with the call because of which they are.
    """
    alike: dict[str, Call] = dict(besides)
    while True:
        found = _waiting(program, asking, alike)
        more = {name: call for name, call in _alike(program, found).items() if name not in alike}
        if not more:
            return found
        alike |= more


def families(program: Program) -> list[set[str]]:
    """Return the methods that stand for one another, by id: of one name, in classes that derive from one another."""
    found: dict[str, set[str]] = {}
    for klass in program.classes.values():
        for name, function in klass.functions.items():
            if name.startswith("__"):
                continue
            for above in program.reading.ancestors(klass.id)[1:]:
                other = program.classes.get(above)
                if other is not None and name in other.functions:
                    family = found.get(function.id, {function.id}) | found.get(
                        other.functions[name].id, {other.functions[name].id}
                    )
                    for member in family:
                        found[member] = family
    return list({id(family): family for family in found.values()}.values())


def _alike(program: Program, found: Waiting) -> dict[str, Call]:
    more: dict[str, Call] = {}
    for family in families(program):
        because = next((found.functions[name] for name in sorted(family) if name in found.functions), None)
        if because is not None:
            more |= {name: because for name in family if name not in found.functions}
    for calls in found.calls.values():
        for call in program.calls_at.get(calls[0].node, ()):
            function = program.functions.get(call.target)
            if function is not None and call.how == "" and call.target not in found.functions:
                more[call.target] = calls[0]
    return more


def _only_makes(program: Program, unit: str) -> bool:
    """Whether a call of a function makes a generator and runs nothing of it yet."""
    function = program.functions.get(unit)
    return function is not None and function.generator and not program.reading.is_context(function)


def _waiting(program: Program, asking: Callable[[Call], bool], alike: dict[str, Call]) -> Waiting:
    found = Waiting(functions=dict(alike))
    queue: deque[str] = deque(alike)
    for call in program.calls:
        if asking(call):
            found.asking.setdefault(call.node, []).append(call)
            if call.unit not in found.functions:
                found.functions[call.unit] = call
                queue.append(call.unit)
    while queue:
        unit = queue.popleft()
        for call in program.calls_to.get(unit, ()):
            if call.how not in IN_LINE or (not call.how and _only_makes(program, unit)):
                continue
            found.calls.setdefault(call.node, []).append(call)
            if call.unit not in found.functions:
                found.functions[call.unit] = call
                queue.append(call.unit)
    return found
