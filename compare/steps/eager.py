"""Loader options from a trace: what was loaded implicitly is loaded by the query that the object came by.

A trace may have been taken before the steps in front of this one: a query is found again by its function, and where
there are several, by its line.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import libcst as cst

from compare.source import Class, Function, Module, Program, library
from compare.source.values import OBJECT
from compare.steps.model import Remaining
from compare.steps.rewrite import Edit, Edits, expression, keyword_arg

if TYPE_CHECKING:
    from collections.abc import Iterable

    from compare.source.reading import Call
    from compare.trace.model import Load, Place, Trace

_RUNNING = {"execute", "scalars", "scalar", "exec", "get", "get_one"}
_ORM = "sqlalchemy.orm"


@dataclass(frozen=True)
class _Option:
    """One thing to load: relationships from the query's entity on, and what of the last object.

    Attributes:
        path: `module.Class.attribute` each, the last one included unless `kind` says otherwise.
        kind: `lazy`, `deferred`, `polymorphic`.
        owners: The classes that polymorphic columns are of.
    """

    path: tuple[str, ...]
    kind: str
    owners: tuple[str, ...] = ()


def options(program: Program, trace: Trace, edits: dict[str, Edits]) -> list[Remaining]:
    """Put loader options on the queries that a trace points at.

    Args:
        program: As it was read.
        trace: What a run showed.
        edits: Where the edits go, by module.

    Returns:
        Loads for which no option can be put anywhere.
    """
    wanted: dict[tuple[str, ast.Call], list[_Option]] = defaultdict(list)
    left: list[Remaining] = []
    for load in trace.loads:
        if load.inside or load.cause == "commit":  # `expire_on_commit=False` sees to it
            continue
        found = _query(program, load)
        if isinstance(found, str):
            left.append(_remaining(program, load, found))
            continue
        module, call = found
        option = _Option(
            (*load.path, *([f"{load.owner}.{load.name}"] if load.kind != "polymorphic" else [])),
            load.kind,
            (load.owner,) if load.kind == "polymorphic" else (),
        )
        if option not in wanted[module.name, call]:
            wanted[module.name, call].append(option)
    for (name, call), asked in wanted.items():
        _put(program, program.modules[name], call, asked, edits, left)
    return sorted(left, key=lambda one: (one.path, one.line, one.reason))


def _remaining(program: Program, load: Load, reason: str) -> Remaining:
    code = {"lazy": "T01", "expired": "T24", "onupdate": "T25", "deferred": "T28", "polymorphic": "T27"}[load.kind]
    what = f"{load.owner.rpartition('.')[2]}.{load.name}"
    at = load.at or load.root
    if at is not None:
        return Remaining(Path(at.file), at.line, f"{what} is loaded implicitly: {reason}", code)
    where = load.route or next(iter(load.tests), "")
    seen = f" (seen in {where})" if where else ""
    path, line = _declared(program, load.owner)
    told = f"{what} is loaded where no line of the program runs, as when an answer is serialised{seen}: {reason}"
    return Remaining(path, line, told, "T07")


def _declared(program: Program, owner: str) -> tuple[Path, int]:
    """Where a class stands, by its dotted name."""
    module, _, name = owner.rpartition(".")
    for klass in program.classes.values():
        if klass.name == name and f".{klass.module.name}".endswith(f".{module}"):
            return klass.module.path, klass.node.lineno
    return Path(f"{module.replace('.', '/')}.py"), 1


def _query(program: Program, load: Load) -> tuple[Module, ast.Call] | str:
    """The call that runs the query by which the object came, or why there is none."""
    if load.kind == "expired":
        return f"a {load.cause} expired it: read what is needed before, or refresh it there"
    if load.kind == "onupdate":
        return "the database makes it in a flush: `eager_defaults=True` on the class, or refresh the object"
    if load.root is None:
        return "the object was made here, not loaded: load the attribute with `refresh(…, [name])`, or set it"
    function = _function(program, load.root)
    if function is None:
        return f"the function that ran the query, {load.root.function}, is no more"
    entity = (load.path[0] if load.path else f"{load.owner}.").rpartition(".")[0]
    calls = [call for call in program.calls_from.get(function.id, ()) if _runs(call)]
    fitting = [call for call in calls if _gives(program, call, entity)] or calls
    nodes = list({call.node: call for call in fitting if isinstance(call.node, ast.Call)})
    if len(nodes) > 1:
        near = [node for node in nodes if node.lineno <= load.root.line <= (node.end_lineno or node.lineno)]
        nodes = near if len(near) == 1 else nodes
    if len(nodes) != 1:
        return f"{load.root.function} runs {len(nodes)} queries that it may have come by"
    node = nodes[0]
    return function.module, node


def _function(program: Program, place: Place) -> Function | None:
    candidates = [
        one
        for one in program.functions.values()
        if str(one.module.path) == place.file and one.qualname == place.function
    ]
    near = [one for one in candidates if abs(one.node.lineno - place.first_line) < 3]  # noqa: PLR2004 - decorators stand above
    found = near or candidates
    return found[0] if found else None


def _runs(call: Call) -> bool:
    owner, _, method = call.target.rpartition(".")
    return owner in {library.SESSION, library.SCOPED} and method in _RUNNING


def _gives(program: Program, call: Call, entity: str) -> bool:
    name = entity.rpartition(".")[2]
    values = program.of(call.node)
    inner = [value for held in values for args in held.args for value in args] + list(values)
    return any(
        value.kind == OBJECT and value.own
        and any(above.rpartition(":")[2].rpartition(".")[2] == name for above in program.reading.ancestors(value.name))
        for value in inner
    )  # fmt: skip


def _put(  # noqa: PLR0913, PLR0917 - the place, what is asked for, and where it goes
    program: Program,
    module: Module,
    call: ast.Call,
    asked: list[_Option],
    edits: dict[str, Edits],
    left: list[Remaining],
) -> None:
    found = edits.setdefault(module.name, Edits(module))
    names = _Names(program, module, found)
    locked = "with_for_update" in ast.unparse(call)
    written = []
    for option in _together(_longest(sorted(asked, key=_order))):  # in whatever order the tests ran
        code = _code(names, option, locked=locked)
        if code is None:
            left.append(
                Remaining(
                    module.path,
                    call.lineno,
                    f"no loader option for {option.path or option.owners}: its class is not known here",
                    "T01",
                )
            )
        else:
            written.append(code)
    if not written:
        return
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if method in {"get", "get_one"}:
        found.change(call, _get_options(written), "loader option")
    elif call.args:
        found.change(call.args[0], _statement_options(written), "loader option")
    found.what += ["loader option"] * (len(written) - 1)


def _order(option: _Option) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    return option.path, option.kind, option.owners


def _longest(asked: list[_Option]) -> list[_Option]:
    """Without those that lie on the way of another one."""
    return [
        one
        for one in asked
        if not any(
            other is not one and other.path[: len(one.path)] == one.path and one.kind == "lazy" for other in asked
        )
    ]


def _together(asked: list[_Option]) -> list[_Option]:
    """With the subclasses of one place in one option."""
    found: dict[object, _Option] = {}
    for one in asked:
        key = (one.path, one.kind) if one.kind == "polymorphic" else one
        known = found.get(key)
        found[key] = one if known is None else replace(known, owners=tuple(dict.fromkeys((*known.owners, *one.owners))))
    return list(found.values())


class _Names:
    """Makes the names of mapped classes and loader options known in a file."""

    def __init__(self, program: Program, module: Module, edits: Edits) -> None:
        self.program = program
        self.module = module
        self.edits = edits

    def klass(self, dotted: str) -> Class | None:
        """The class of the program that a run called `pkg.module.Class`."""
        module, _, name = dotted.rpartition(".")
        path = self.program.reading.names.find(module, self.module.path)
        for one in self.program.classes.values():
            if one.name == name and (path is None or one.module.path == path):
                return one
        return None

    def written(self, klass: Class) -> str:
        """How a class is named in this file; it is imported if it is not."""
        scope = self.program.symbols.scopes[self.module.name]
        for name in sorted(scope.names):
            values = self.program.members.of_module(self.module.name, name)
            if any(value.kind == "class" and value.name == klass.id for value in values):
                return name
        self.edits.want(self._source(klass), klass.name)
        return klass.name

    def _source(self, klass: Class) -> str:
        """Where this file imports mapped classes from, if the class is to be had there; else where it is defined."""
        for node in self.module.tree.body:
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                path = self.program.reading.names.find(node.module, self.module.path)
                from compare.source.files import dotted  # noqa: PLC0415 - for this one place

                if path is not None and any(
                    value.kind == "class" and value.name == klass.id
                    for value in self.program.members.of_module(dotted(path), klass.name)
                ):
                    return node.module
        return klass.module.name

    def loader(self, name: str) -> str:
        """A loader option's name, imported."""
        self.edits.want(_ORM, name)
        return name


def _code(names: _Names, option: _Option, *, locked: bool) -> str | None:
    """`selectinload(Order.lines).joinedload(OrderLine.item)`."""
    parts: list[str] = []
    steps = option.path if option.kind == "lazy" else option.path[: -1 if option.kind == "deferred" else None]
    for step in steps:
        owner, _, attribute = step.rpartition(".")
        klass = names.klass(owner)
        if klass is None:
            return None
        loader = "joinedload" if _to_one(names.program, klass, attribute) and not locked else "selectinload"
        loader = loader if parts else names.loader(loader)
        parts.append(f"{loader}({names.written(klass)}.{attribute})")
    if option.kind == "deferred":
        owner, _, attribute = option.path[-1].rpartition(".")
        klass = names.klass(owner)
        if klass is None:
            return None
        parts.append(f"{'undefer' if parts else names.loader('undefer')}({names.written(klass)}.{attribute})")
    if option.kind == "polymorphic":
        classes = [found for owner in option.owners if (found := names.klass(owner)) is not None]
        base = _base(names.program, classes[0]) if classes else None
        if base is None or len(classes) < len(option.owners):
            return None
        name = "selectin_polymorphic"
        last = f"{name}({names.written(base)}, [{', '.join(names.written(one) for one in classes)}])"
        if parts:
            names.loader(name)
            return f"{'.'.join(parts)}.options({last})"
        names.loader(name)
        parts.append(last)
    return ".".join(parts)


def _to_one(program: Program, klass: Class, attribute: str) -> bool:
    for above in program.reading.ancestors(klass.id):
        values = program.members.of_class(above, attribute)
        related = [value for value in values if value.name == library.RELATIONSHIP]
        if related:
            leads = [each.name for value in related for each in (value.args[0] if value.args else ())]
            return bool(leads) and "list" not in leads
    return False


def _base(program: Program, klass: Class) -> Class | None:
    found = None
    for above in program.reading.ancestors(klass.id)[1:]:
        other = program.classes.get(above)
        if other is not None and program.reading.is_mapped(other.id) and "__mapper_args__" in other.names:
            found = other
    return found


def _statement_options(codes: Iterable[str]) -> Edit:
    def edit(node: cst.CSTNode) -> cst.CSTNode:
        args = [cst.Arg(cst.parse_expression(code)) for code in codes]
        return cst.Call(cst.Attribute(expression(node), cst.Name("options")), args)

    return edit


def _get_options(codes: Iterable[str]) -> Edit:
    def edit(node: cst.CSTNode) -> cst.CSTNode:
        call = cst.ensure_type(node, cst.Call)
        listed = cst.List([cst.Element(cst.parse_expression(code)) for code in codes])
        return call.with_changes(args=[*call.args, keyword_arg("options", listed)])

    return edit
