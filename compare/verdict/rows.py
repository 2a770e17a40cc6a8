"""The rows layer: every committed row of every table on both sides."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from compare.verdict import document
from compare.verdict.difference import Difference, Row, shown
from compare.verdict.kinds import alike_tokens
from compare.verdict.matching import Claim, Matching, Refusal
from compare.verdict.pairing import INTEGERS, Pairing, unequal_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from compare.postgres import Clone, Column, Table
    from compare.verdict.keys import Keys

CODES = {"RES003": "ROW003", "RES010": "ROW005", "RES015": "ROW006"}
PER_TABLE = 20  # findings of one table that are spelled out
EXACT = ("numeric", "boolean", "money", "time ", "time(", "interval")
SHORT_BYTES = 2 + 2 * 64  # longest bytea (as \x and hex digits) that may be a random token
ABSENT = "(no such row)"
REFERENCES = """
    SELECT cn.nspname AS child_schema, c.relname AS child, ca.attname AS child_column,
           pn.nspname AS parent_schema, p.relname AS parent, pa.attname AS parent_column
      FROM pg_constraint k
      JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace cn ON cn.oid = c.relnamespace
      JOIN pg_class p ON p.oid = k.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace
      CROSS JOIN LATERAL unnest(k.conkey, k.confkey) AS pair (child, parent)
      JOIN pg_attribute ca ON ca.attrelid = c.oid AND ca.attnum = pair.child
      JOIN pg_attribute pa ON pa.attrelid = p.oid AND pa.attnum = pair.parent
     WHERE k.contype = 'f'
"""


@dataclass(frozen=True)
class TableResult:
    """How many rows each side has in a table, and how many differences stand between them."""

    name: str
    legacy: int
    async_: int
    differences: int = 0


def known_tables(clone: Clone, keys: Keys) -> dict[str, Table]:
    """All tables by name, parents first; `keys` learns which columns refer to keys that a sequence gives."""
    tables = {str(table): table for table in clone.tables()}
    references = _references(clone, tables)
    keys.foreign.update(_foreign_sequences(tables, references))
    return {name: tables[name] for name in _parents_first(sorted(tables), references)}


def compare_tables(
    legacy: Clone, async_: Clone, matching: Matching, keys: Keys, told: Collection[str] = ()
) -> tuple[list[TableResult], list[tuple[str, Difference]]]:
    """Compare all tables. The second part holds each difference with its table's name.

    Differences with claims are differences only if `keys`, complete once this returns, does not hold the claims. In the
    tables of `told` the sides are known to have parted: their rows are counted, and nothing is said of them again.
    """
    ours = {str(table): table for table in legacy.tables()}
    theirs = {str(table): table for table in async_.tables()}
    results: list[TableResult] = []
    found: list[tuple[str, Difference]] = []
    references = _references(legacy, ours)
    keys.foreign.update(_foreign_sequences(ours, references))
    for name in _parents_first(sorted(ours.keys() | theirs.keys()), references):
        if name not in ours or name not in theirs:
            words = ["a table" if name in side else "(no such table)" for side in (ours, theirs)]
            found.append((name, Difference("ROW004", name, words[0], words[1])))
            continue
        here, counts = _compare_table(legacy, async_, (ours[name], theirs[name]), matching, keys)
        here = [] if name in told else here
        results.append(TableResult(name, *counts, sum(not difference.claims for difference in here)))
        found += [(name, difference) for difference in here]
    return results, found


def _compare_table(
    legacy: Clone, async_: Clone, tables: tuple[Table, Table], matching: Matching, keys: Keys
) -> tuple[list[Difference], tuple[int, int]]:
    table = tables[0]
    digests = legacy.digest(tables[0]), async_.digest(tables[1])
    counts = _count(digests[0]), _count(digests[1])
    shapes = [{column.name: column.type for column in one.columns} for one in tables]
    if list(shapes[0].items()) != list(shapes[1].items()):
        return list(_columns(str(table), *shapes)), counts
    if digests[0] == digests[1]:
        return [], counts
    left = unequal_rows(legacy.rows(tables[0]), async_.rows(tables[1]), partial(_note_equal, table, keys))
    found = list(compare_rows(table, *left, matching, keys))
    certain = sum(not difference.claims for difference in found)
    if certain > PER_TABLE:
        kept = [difference for difference in found if not difference.claims][:PER_TABLE]
        more = f"{certain - PER_TABLE} more differences in {table} are not listed"
        kept[-1] = dataclasses.replace(kept[-1], note=f"{kept[-1].note}; {more}".lstrip("; "))
        return kept, counts
    return found, counts


def compare_rows(
    table: Table, legacy: list[Row], async_: list[Row], matching: Matching, keys: Keys
) -> Iterator[Difference]:
    """Differences between the unequal rows of one table; keys of paired rows become known to `keys`."""
    pairs = Pairing(table, matching, keys).pair(legacy, async_)
    for ours, theirs in pairs.paired:
        for difference in compare_pair(table, ours, theirs, matching, keys):
            yield dataclasses.replace(difference, rows=(ours, theirs))
    for row in pairs.legacy:
        yield Difference("ROW001", str(table), shown(described(table, row)), ABSENT, rows=(row, None))
    for row in pairs.async_:
        yield Difference("ROW002", str(table), ABSENT, shown(described(table, row)), rows=(None, row))


def _note_equal(table: Table, keys: Keys, row: Row) -> None:
    """The drawn keys of a row that is the same on both sides stand for themselves."""
    for column, value in zip(table.columns, row, strict=True):
        if (
            column.sequence is not None
            and value is not None
            and keys.drawn(column.sequence, int(value), of_legacy=True)
        ):
            keys.pair(column.sequence, int(value), int(value))


def _references(clone: Clone, tables: dict[str, Table]) -> dict[tuple[str, str], tuple[str, str]]:
    """Foreign keys: (table, column) → (table, column) that it refers to."""
    names = {(table.schema, table.name): name for name, table in tables.items()}
    found = {}
    for row in clone.fetch(REFERENCES):
        child = names.get((str(row["child_schema"]), str(row["child"])))
        parent = names.get((str(row["parent_schema"]), str(row["parent"])))
        if child is not None and parent is not None:
            found[child, str(row["child_column"])] = parent, str(row["parent_column"])
    return found


def _foreign_sequences(
    tables: dict[str, Table], references: dict[tuple[str, str], tuple[str, str]]
) -> Iterator[tuple[tuple[str, str], str]]:
    """For each column that refers to a key drawn from a sequence, by however many steps: that sequence."""
    own = {(name, column.name): column.sequence for name, table in tables.items() for column in table.columns}
    for start in references:
        place, seen = start, {start}
        while place in references and references[place] not in seen:
            place = references[place]
            seen.add(place)
            if sequence := own.get(place):
                yield start, sequence
                break


def _parents_first(names: list[str], references: dict[tuple[str, str], tuple[str, str]]) -> list[str]:
    """Tables in an order in which keys are known before they are referred to, as far as there is one."""
    parents: dict[str, set[str]] = {name: set() for name in names}
    for (child, _), (parent, _) in references.items():
        if child != parent:
            parents[child].add(parent)
    ordered: list[str] = []
    while len(ordered) < len(names):
        left = [name for name in names if name not in ordered]
        ready = [name for name in left if parents[name] <= set(ordered)]
        ordered += ready or left[:1]  # a circle is cut somewhere
    return ordered


def _count(digest: str) -> int:
    """The number of rows, with which a digest begins."""
    return int(digest.partition(" ")[0])


def _columns(table: str, legacy: dict[str, str], async_: dict[str, str]) -> Iterator[Difference]:
    for name in [*legacy, *(name for name in async_ if name not in legacy)]:
        ours, theirs = legacy.get(name, "(no such column)"), async_.get(name, "(no such column)")
        if ours != theirs:
            yield Difference("ROW004", f"{table}.{name}", ours, theirs)
    if list(legacy) != list(async_) and legacy == async_:
        yield Difference("ROW004", table, ", ".join(legacy), ", ".join(async_), "the same columns in another order")


def compare_pair(table: Table, legacy: Row, async_: Row, matching: Matching, keys: Keys) -> Iterator[Difference]:
    """Every difference between two rows that are one and the same; their keys become known to `keys`."""
    label = labelled(table, legacy)
    for column, ours, theirs in zip(table.columns, legacy, async_, strict=True):
        where = f"{table}.{column.name}"
        if column.sequence is not None and ours is not None and theirs is not None:
            if not keys.pair(column.sequence, int(ours), int(theirs)):
                yield Difference("ROW005", where, ours, theirs, f"row {label}: these are keys of two rows")
        elif (sequence := keys.foreign.get((str(table), column.name))) and ours and theirs:
            image = keys.image(sequence, int(ours), of_legacy=True)
            if image is None and ours != theirs:
                yield Difference("ROW003", where, ours, theirs, f"row {label}", ((int(ours), int(theirs)),))
            elif image is not None and image != int(theirs):
                code = "ROW003" if image == int(ours) else "ROW005"
                yield Difference(code, where, ours, theirs, f"row {label}: legacy's {ours} is async's {image}")
        elif ours is None or theirs is None:
            if ours is not theirs:
                yield Difference("ROW003", where, ours or "NULL", theirs or "NULL", f"row {label}")
        else:
            for difference in _value(column, ours, theirs, where, matching):
                note = f"row {label}" + (f": {difference.note}" if difference.note else "")
                yield dataclasses.replace(difference, code=CODES.get(difference.code, "ROW003"), note=note)


def _value(column: Column, legacy: str, async_: str, where: str, matching: Matching) -> Iterator[Difference]:
    """Two values of one column, both PostgreSQL's text of the column's type."""
    claims: list[Claim] = []
    refusal: Refusal | None
    if legacy != async_ and column.type.startswith(EXACT):
        refusal = Refusal("value")
    elif column.type in INTEGERS or column.type in {"real", "double precision"}:
        refusal = matching.number(legacy, async_, where, claims)
    elif column.type in {"json", "jsonb"}:
        documents = document.parse(legacy), document.parse(async_)
        yield from (inner.under(where) for inner in document.compare_documents(*documents, matching))
        return
    elif column.type == "bytea":
        same = legacy == async_ or (len(legacy) <= SHORT_BYTES and alike_tokens(legacy[2:], async_[2:]))
        refusal = None if same else Refusal("value")
    else:
        refusal = matching.text(legacy, async_, where, claims)
    if refusal is not None:
        yield Difference.of(refusal, where, legacy, async_)
    elif claims:
        yield Difference("RES003", where, shown(legacy), shown(async_), claims=tuple(claims))


def labelled(table: Table, row: Row) -> str:
    """A row by its primary key as legacy has it; by its first values where there is none."""
    values = {column.name: value for column, value in zip(table.columns, row, strict=True)}
    names = table.primary_key or tuple(values)[:3]
    return ", ".join(f"{name}={values[name]}" for name in names)


def described(table: Table, row: Row) -> str:
    """A row as a person reads it: `id=5, name=Ada`."""
    return ", ".join(
        f"{column.name}={'NULL' if value is None else value}" for column, value in zip(table.columns, row, strict=True)
    )
