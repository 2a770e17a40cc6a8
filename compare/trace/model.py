"""What a run showed: the file that `compare trace` writes, and that audit and steps read."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from compare.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

Seen = TypeVar("Seen", bound="Load | Edge | OnLoop | Refused | LeftOpen | Late")
VERSION = 3
FOLDER = ".compare"  # what the kit keeps beside a project
TRACE = Path(FOLDER) / "trace.json"
TESTS = 3  # that are named for one place


@dataclass(frozen=True)
class Place:
    """A place in the project.

    Attributes:
        file: Relative to the project's root.
        function: Its name within the module; `<module>` for the module itself.
        first_line: The function's first line, its decorators included.
        line: Where in it; `column` in bytes from 0, and both ends, 0 where Python (before 3.11) does not tell.
    """

    file: str
    function: str
    first_line: int
    line: int
    column: int = 0
    end_line: int = 0
    end_column: int = 0


@dataclass(frozen=True)
class Load:
    """An implicit load.

    Attributes:
        kind: `lazy`, `expired`, `onupdate`, `deferred`, `polymorphic`.
        owner: The class of the object, with its module.
        name: The attribute; `*` for several columns at once.
        inside: Whether it happens within a call that is awaited in async (flush, delete, …): no trouble there.
        at: The innermost line of the project; None if there was none (an answer that is serialised).
        stack: The project's frames, innermost first.
        root: Where the query ran that the object came by; None for an object that was made here.
        path: The relationships from what the query asked for to the object: `pkg.Order.lines`.
        during: `answer` while FastAPI serialises one, `template` while one is rendered.
        route: The endpoint that it was for, as `module:name`.
        cause: Of an expired object: `commit`, `rollback`, or `expire` where somebody asked for it.
        count: How often.
        tests: Some of the tests that showed it.
    """

    kind: str
    owner: str
    name: str
    inside: bool
    at: Place | None
    stack: tuple[Place, ...]
    root: Place | None
    path: tuple[str, ...]
    during: str = ""
    route: str = ""
    cause: str = ""
    count: int = 1
    tests: tuple[str, ...] = ()


@dataclass(frozen=True)
class Edge:
    """A call on the way to a statement: who calls whom, and whether other people's code is between them."""

    caller: Place
    callee: Place
    foreign: bool
    count: int = 1
    tests: tuple[str, ...] = ()


@dataclass(frozen=True)
class OnLoop:
    """A sync statement that was run on an event loop (T08)."""

    sql: str
    at: Place | None
    count: int = 1
    tests: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refused:
    """A statement, or a value, that psycopg takes and asyncpg does not (T14 to T17, T19, T20).

    Attributes:
        sql: As psycopg got it.
        parameter: The bound value's name; empty where the statement as a whole is refused.
        type: What PostgreSQL says the parameter is: `integer`.
        reason: Why.
        silent: Whether nothing is refused and the value means something else.
        at: The innermost line of the project.
    """

    sql: str
    parameter: str
    type: str
    reason: str
    silent: bool
    at: Place | None
    count: int = 1
    tests: tuple[str, ...] = ()


@dataclass(frozen=True)
class LeftOpen:
    """A connection that nobody gave back (T29).

    Attributes:
        how: `collected` by the garbage collector, or `never` before the process ended.
        at: The line that took it: the first statement of a session's transaction, as a rule.
    """

    how: str
    at: Place | None
    count: int = 1
    tests: tuple[str, ...] = ()


@dataclass(frozen=True)
class Late:
    """A commit of something that was written, after the answer had begun (T37)."""

    route: str
    at: Place | None
    count: int = 1
    tests: tuple[str, ...] = ()


@dataclass(frozen=True)
class Route:
    """A route of an application that answered, and whether any request came to it."""

    method: str
    path: str
    endpoint: str
    called: bool = False


@dataclass(frozen=True)
class Lines:
    """Lines of a file that ran, and that did not."""

    ran: frozenset[int] = frozenset()
    missed: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Trace:
    """What one run, or several, showed.

    Attributes:
        loads: Implicit loads.
        functions: Functions of the project that were on the stack of a statement.
        edges: Calls between them.
        on_loop: Sync statements on the loop.
        refused: What the strict driver would not take.
        left_open: Connections that were not given back.
        late: Commits after the answer.
        routes: Of the applications that answered.
        lines: By file, what ran.
        dialects: The databases that were spoken to: `postgresql`, `sqlite`.
    """

    loads: tuple[Load, ...] = ()
    functions: tuple[Place, ...] = ()
    edges: tuple[Edge, ...] = ()
    on_loop: tuple[OnLoop, ...] = ()
    refused: tuple[Refused, ...] = ()
    left_open: tuple[LeftOpen, ...] = ()
    late: tuple[Late, ...] = ()
    routes: tuple[Route, ...] = ()
    lines: dict[str, Lines] = field(default_factory=dict)
    dialects: tuple[str, ...] = ()


def load(path: Path) -> Trace:
    """Read a trace.

    Raises:
        UsageError: There is no such file, or it is none of this version's.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"There is no trace at {path} ({error.strerror}). Make one: compare trace -- pytest") from None
    except ValueError as error:
        raise UsageError(f"{path} is no trace: {error}.") from None
    try:
        if told["version"] == VERSION:
            return from_json(told)
    except (KeyError, TypeError, ValueError, AttributeError):  # half a file, or somebody else's
        pass
    raise UsageError(f"{path} is no trace of this version. Make it anew: compare trace -- pytest")


def save(trace: Trace, path: Path) -> None:
    """Write a trace; what was there is replaced in one go. In the kit's own folder, git is told to leave it alone."""
    told = asdict(trace) | {"version": VERSION}
    told["lines"] = {
        file: {"ran": sorted(one.ran), "missed": sorted(one.missed)} for file, one in sorted(trace.lines.items())
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.parent.name == FOLDER and not (path.parent / ".gitignore").exists():
        (path.parent / ".gitignore").write_text("*\n", encoding="utf-8")
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(told, indent=1), encoding="utf-8")
    beside.replace(path)


def from_json(told: dict[str, Any]) -> Trace:
    """Return the trace that a file, or a process of the run, tells."""
    called = {one["route"] for one in told.get("called", ())}
    return Trace(
        loads=tuple(_seen(Load, one) for one in told.get("loads", ())),
        functions=tuple(_place(one) for one in told.get("functions", ())),
        edges=tuple(_seen(Edge, one) for one in told.get("edges", ())),
        on_loop=tuple(_seen(OnLoop, one) for one in told.get("on_loop", ())),
        refused=tuple(_seen(Refused, one) for one in told.get("refused", ())),
        left_open=tuple(_seen(LeftOpen, one) for one in told.get("left_open", ())),
        late=tuple(_seen(Late, one) for one in told.get("late", ())),
        routes=tuple(
            Route(one["method"], one["path"], one["endpoint"], one.get("called", one["endpoint"] in called))
            for one in told.get("routes", ())
        ),
        lines={
            file: Lines(frozenset(one["ran"]), frozenset(one["missed"])) for file, one in told.get("lines", {}).items()
        },
        dialects=tuple(one if isinstance(one, str) else one["name"] for one in told.get("dialects", ())),
    )


def _place(told: dict[str, Any]) -> Place:
    return Place(**{name: told[name] for name in Place.__dataclass_fields__})


_PLACES = ("at", "root", "caller", "callee")


def _seen(kind: type[Seen], told: dict[str, Any]) -> Seen:
    fields: dict[str, Any] = {}
    for name in kind.__dataclass_fields__:
        value = told[name]
        if name in _PLACES:
            value = _place(value) if value else None
        elif name == "stack":
            value = tuple(_place(one) for one in value)
        fields[name] = tuple(value) if isinstance(value, list) else value
    return kind(**fields)


def merged(traces: Iterable[Trace]) -> Trace:
    """Return what several runs, or processes of one, showed together: places unite, counts add."""
    loads: dict[object, Load] = {}
    edges: dict[object, Edge] = {}
    on_loop: dict[object, OnLoop] = {}
    refused: dict[object, Refused] = {}
    left_open: dict[object, LeftOpen] = {}
    late: dict[object, Late] = {}
    routes: dict[tuple[str, str, str], Route] = {}
    functions: dict[Place, None] = {}
    lines: dict[str, Lines] = {}
    dialects: dict[str, None] = {}
    for trace in traces:
        for one in trace.loads:
            _add(
                loads,
                (one.kind, one.owner, one.name, one.inside, one.cause, one.at, one.stack[:2], one.root, one.path),
                one,
            )
        for edge in trace.edges:
            _add(edges, (edge.caller, edge.callee.file, edge.callee.function, edge.callee.first_line), edge)
        for sql in trace.on_loop:
            _add(on_loop, sql.at, sql)
        for bind in trace.refused:
            _add(refused, (bind.sql, bind.parameter, bind.reason, bind.at), bind)
        for left in trace.left_open:
            _add(left_open, (left.how, left.at), left)
        for commit in trace.late:
            _add(late, (commit.route, commit.at), commit)
        for route in trace.routes:
            key = (route.method, route.path, route.endpoint)
            routes[key] = replace(route, called=route.called or (key in routes and routes[key].called))
        functions |= dict.fromkeys(trace.functions)
        dialects |= dict.fromkeys(trace.dialects)
        for file, seen in trace.lines.items():
            known = lines.get(file, Lines())
            ran = known.ran | seen.ran
            lines[file] = Lines(ran, (known.missed | seen.missed) - ran)
    return Trace(
        loads=tuple(loads.values()),
        functions=tuple(functions),
        edges=tuple(edges.values()),
        on_loop=tuple(on_loop.values()),
        refused=tuple(refused.values()),
        left_open=tuple(left_open.values()),
        late=tuple(late.values()),
        routes=tuple(routes.values()),
        lines=lines,
        dialects=tuple(dialects),
    )


def _add(found: dict[object, Seen], key: object, one: Seen) -> None:
    known: Seen | None = found.get(key)
    if known is None:
        found[key] = one
    else:
        tests = tuple(dict.fromkeys((*known.tests, *one.tests)))[:TESTS]
        found[key] = replace(known, count=known.count + one.count, tests=tests)
