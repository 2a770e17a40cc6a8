"""What a statement is, read from its text, once for each distinct one: what it does, to which tables, how it locks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from compare.verdict.lexis import Token, Tokens, folded, items, written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from compare.verdict.syntax import Call, Facts

KEPT = 4096  # distinct texts that are remembered
STRENGTHS = ("key share", "share", "no key update", "update")  # PostgreSQL's row locks, from weak to strong
LATE = frozenset({"order", "limit", "offset", "fetch", "for"})  # clauses that end a SELECT
ENDS_COLUMNS = LATE | {"from", "where", "group", "having", "union", "intersect", "except"}
RUN_FOR_EFFECT = re.compile(r"pg_(?:try_)?advisory_\w+|pg_(?:cancel|terminate)_backend|setval|lo_\w+")
HARMLESS = re.compile(
    r"pg_\w+|current_\w+|gen_random_\w+|uuid_\w+|has_\w+|txid_\w+|inet_\w+|\w+_timestamp|version|nextval"
)
# Commands that are run for what they do, with how many words name it; 0 is all.
COMMANDS = {"lock": 0, "notify": 2, "listen": 2, "unlisten": 2, "call": 2, "do": 1, "refresh": 0, "vacuum": 0}
NAMED_BY_ARGUMENT = {"set_config": "set", "pg_notify": "notify"}


@dataclass(frozen=True)
class Lock:
    """A row lock: its strength (an index of STRENGTHS), how it waits ('' for as long as it takes), on which tables."""

    strength: int
    wait: str = ""
    of: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"FOR {STRENGTHS[self.strength]} {self.wait}".strip().upper()


@dataclass(frozen=True)
class Slot:
    """A place for a value: what it is for (a column, `limit`), and the binds of the original that stand there."""

    name: str
    binds: tuple[int, ...]
    unordered: bool = False


@dataclass(frozen=True)
class Effect:
    """What a statement is run for when not for its rows: `set statement_timeout`, `pg_advisory_xact_lock`.

    `bind` is the bind that has the rest of the name; None where the text has it.
    """

    name: str
    bind: int | None = None


@dataclass(frozen=True)
class Query:
    """A statement, read.

    Attributes:
        shape: The text that two executions of one statement share, whatever the driver; without RETURNING.
        core: The shape without the clauses that end a SELECT: ORDER BY, LIMIT, FOR UPDATE.
        unlocked: The shape without its row lock.
        blind: The shape with every value that stands in the text as if it were bound.
        verb: In lower case; `upsert` for an INSERT with ON CONFLICT.
        reads: Tables that are read and not written.
        rows: For how many rows an INSERT has values.
        limited: Whether there is a LIMIT anywhere; `ordered` likewise an ORDER BY, `counted` an aggregate or EXISTS.
    """

    shape: str
    core: str
    unlocked: str
    blind: str
    verb: str
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    lock: Lock | None = None
    slots: tuple[Slot, ...] = ()
    rows: int = 1
    limited: bool = False
    ordered: bool = False
    counted: bool = False
    returning: bool = False
    effects: tuple[Effect, ...] = ()
    literals: int = 0

    @property
    def tables(self) -> frozenset[str]:
        """Every table that it touches."""
        return self.reads | self.writes

    @property
    def settles(self) -> bool:
        """Whether it sets a parameter of the session or transaction, and does nothing else."""
        return self.verb == "set" or (bool(self.effects) and all(one.name[:3] == "set" for one in self.effects))

    @property
    def name(self) -> str:
        """`SELECT orders`, for a person."""
        return f"{self.verb.upper()} {', '.join(sorted(self.writes or self.reads))}".strip()


@lru_cache(maxsize=KEPT)
def read(sql: str) -> Query:
    """Read a statement. Never fails: what is no SQL has its first word for a verb, and no tables."""
    from compare.verdict.syntax import facts_of  # noqa: PLC0415 - sqlglot takes a third of a second to import

    tokens, rows = folded(sql)
    tokens, returning = _without_returning(tokens)
    tokens = _columns(tokens)
    verb = next((token.text for token in tokens if token.kind == "word"), "")
    facts = facts_of(tokens, verb)
    late = _late(tokens) if facts.verb == "select" else len(tokens)
    binds = [token for token in tokens if token.kind == "bind"]
    return Query(
        shape=written(tokens),
        core=written(tokens[:late]),
        unlocked=written(tokens[: _locked_from(tokens)]),
        blind=written(Token("bind", "?") if token.kind in {"string", "number"} else token for token in tokens),
        verb=facts.verb,
        reads=facts.reads,
        writes=facts.writes,
        lock=_lock(tokens),
        slots=tuple(
            Slot(facts.purposes.get(at, "value"), bind.binds, bind.unordered) for at, bind in enumerate(binds, 1)
        ),
        rows=rows,
        limited=facts.limited,
        ordered=facts.ordered,
        counted=facts.counted,
        returning=returning,
        effects=tuple(_effects(tokens, facts)),
        literals=sum(token.kind in {"string", "number"} for token in tokens),
    )


def _depths(tokens: Tokens) -> Iterator[tuple[int, Token]]:
    depth = 0
    for token in tokens:
        depth -= token.text == ")"
        yield depth, token
        depth += token.text == "("


def _without_returning(tokens: Tokens) -> tuple[Tokens, bool]:
    """What a write gives back is no part of what it does: which columns are fetched is up to the mapper."""
    for at, (depth, token) in enumerate(_depths(tokens)):
        if depth == 0 and token.text == "returning" and token.kind == "word":
            return tokens[:at], True
    return tokens, False


def _columns(tokens: Tokens) -> Tokens:
    """A SELECT whose columns have no names of their own, in an order of ours.

    Query says `orders.id AS orders_id`, select() says `orders.id`; which columns of an object are loaded again is a
    set, in another order in each process.
    """
    if not tokens or tokens[0].text != "select":
        return tokens
    places = (at for at, (depth, token) in enumerate(_depths(tokens)) if depth == 0 and token.text in ENDS_COLUMNS)
    end = next(places, len(tokens))
    columns = [_unnamed(column) for column in items(tokens[1:end])]
    if not any(token.kind == "bind" for column in columns for token in column):
        columns.sort(key=written)
    joined = [token for column in columns for token in (Token("mark", ","), *column)]
    return (tokens[0], *joined[1:], *tokens[end:])


def _unnamed(column: Sequence[Token]) -> Sequence[Token]:
    """A column without its `AS name`."""
    return column[:-2] if len(column) > 2 and column[-2].text == "as" else column  # noqa: PLR2004 - AS and the name


def _late(tokens: Tokens) -> int:
    """Where the clauses begin that end a SELECT."""
    places = (at for at, (depth, token) in enumerate(_depths(tokens)) if depth == 0 and token.text in LATE)
    return next(places, len(tokens))


def _locked_from(tokens: Sequence[Token]) -> int:
    """Where the row lock begins, at any depth; the end where there is none."""
    texts = [token.text for token in tokens]
    for at, text in enumerate(texts[:-1]):
        if text == "for" and texts[at + 1] in {"update", "no", "share", "key"}:
            return at
    return len(texts)


def _lock(tokens: Sequence[Token]) -> Lock | None:
    texts = [token.text for token in tokens]
    rest = texts[_locked_from(tokens) + 1 :]
    if not rest:
        return None
    strength = next((at for at, name in enumerate(STRENGTHS) if rest[: len(name.split())] == name.split()), 0)
    after = rest[len(STRENGTHS[strength].split()) :]
    wait = "nowait" if "nowait" in after else "skip locked" if "skip" in after else ""
    listed = after[1:] if after[:1] == ["of"] else []
    stop = next((at for at, text in enumerate(listed) if text in {"nowait", "skip", ")", "limit"}), len(listed))
    return Lock(strength, wait, frozenset(text for text in listed[:stop] if text != ","))


def _effects(tokens: Tokens, facts: Facts) -> Iterator[Effect]:
    """What the statement is run for, beyond its rows."""
    texts = [token.text for token in tokens]
    first = texts[0] if texts else ""
    if first == "set":
        names = [text for text in texts[1:] if text not in {"local", "session"}]
        if names[:1] not in (["transaction"], ["characteristics"]):  # the isolation level is looked at as such
            end = next((at for at, text in enumerate(names) if text in {"=", "to"}), len(names))
            yield Effect(f"set {' '.join(names[:end])}")
    elif first in COMMANDS:
        yield Effect(" ".join(texts[: COMMANDS[first] or len(texts)]))
    alone = not facts.reads and facts.verb == "select"
    for call in facts.calls:
        if call.name in NAMED_BY_ARGUMENT:
            yield _named(call, [token for token in tokens if token.kind == "bind"])
        elif RUN_FOR_EFFECT.fullmatch(call.name) or (alone and not HARMLESS.fullmatch(call.name)):
            yield Effect(call.name)  # where it is all that a SELECT has, any function that nobody knows


def _named(call: Call, binds: Sequence[Token]) -> Effect:
    """A function that does what a command does to the thing that its first argument names."""
    word = NAMED_BY_ARGUMENT[call.name]
    return Effect(word, binds[call.bind - 1].binds[0]) if call.bind else Effect(f"{word} {call.text}")
