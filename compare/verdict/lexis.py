"""The text of a statement in one shape, whichever driver it was written for.

psycopg2 has `%(name)s`, asyncpg `$1::VARCHAR`, psycopg 3 `%(name)s::VARCHAR`; a batch has a group of values a row, an
IN as many places as there are values. What is left when all this is folded is the statement that was meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Kind = Literal["bind", "string", "number", "name", "word", "mark"]

TOKEN = re.compile(
    r"""
      (?P<comment>--[^\n]*|/\*.*?\*/)
    | (?P<dollar>\$(?P<tag>(?:[A-Za-z_]\w*)?)\$.*?\$(?P=tag)\$)
    | (?P<string>[eE]'(?:[^'\\]|''|\\.)*'|[bBxXnN]?'(?:[^']|'')*')
    | (?P<name>"(?:[^"]|"")*")
    | (?P<bind>\$\d+|%\([^)]+\)s|%s)
    | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+)
    | (?P<word>[^\W\d][\w$]*)
    | (?P<mark>::|%%|->>?|[<>=!|&@\#~^?]+|\S)
    """,
    re.VERBOSE | re.DOTALL,
)
PLAIN_NAME = re.compile(r'"[a-z_][a-z0-9_]*"')
LONGER_TYPES = {"double": "precision", "character": "varying", "bit": "varying"}
SENTINEL = "sen_counter"
WRITING = frozenset({"insert", "upsert", "update", "delete", "merge", "truncate", "copy"})


@dataclass(frozen=True)
class Token:
    """A piece of a statement. `binds` are the numbers, from 0, of all places in the original that a bind stands for.

    `unordered` marks the places of an IN list, whose order means nothing.
    """

    kind: Kind
    text: str
    binds: tuple[int, ...] = ()
    unordered: bool = False


Tokens = tuple[Token, ...]


def folded(sql: str) -> tuple[Tokens, int]:
    """The statement in its one shape, and for how many rows it had values."""
    tokens = _without_casts(_tokens(sql))
    tokens = _without_sentinel(_in_lists(tokens))
    return _rows(tokens)


def written(tokens: Iterable[Token]) -> str:
    """The tokens as one text, a space between any two."""
    return " ".join(token.text for token in tokens)


def _tokens(sql: str) -> list[Token]:
    found = [match for match in TOKEN.finditer(sql) if match.lastgroup != "comment"]
    binds = [match[0] for match in found if match["bind"]]
    numbered = any(bind.startswith("$") for bind in binds)  # then % is an operator, and %% stays as it is
    tokens: list[Token] = []
    count = 0
    for match in found:
        kind, text = match.lastgroup, match[0]
        if kind == "bind" and not (numbered and text.startswith("%")):
            tokens.append(Token("bind", "?", (count,)))
            count += 1
        elif kind == "bind":  # `a %s` on asyncpg: modulo a column s
            tokens += [Token("mark", "%"), *_tokens(text[1:])]
        else:
            tokens.append(_plain(match, text if numbered else text.replace("%%", "%")))
    return tokens


def _plain(match: re.Match[str], text: str) -> Token:
    if match["word"]:
        return Token("word", text.lower())
    if match["name"]:
        return Token("word", text[1:-1]) if PLAIN_NAME.fullmatch(text) else Token("name", text)
    if match["number"]:
        return Token("number", text)
    return Token("mark" if match["mark"] else "string", text)


def _texts(tokens: Sequence[Token], start: int, count: int) -> tuple[str, ...]:
    return tuple(token.text for token in tokens[start : start + count])


def _without_casts(tokens: list[Token]) -> list[Token]:
    """Take off the casts that drivers need on binds, and CAST(bind AS type), which an author writes for them."""
    kept: list[Token] = []
    at = 0
    while at < len(tokens):
        kept.append(tokens[at])
        at += 1
        if kept[-1].kind == "bind":
            while _texts(tokens, at, 1) == ("::",):
                at = _type_end(tokens, at + 1)
        elif _texts(kept, len(kept) - 1, 1) == ("cast",) and _texts(tokens, at, 2) == ("(", "?"):
            after = at + 2
            while _texts(tokens, after, 1) == ("::",):
                after = _type_end(tokens, after + 1)
            end = _type_end(tokens, after + 1)
            if _texts(tokens, after, 1) == ("as",) and _texts(tokens, end, 1) == (")",):
                kept[-1] = tokens[at + 1]
                at = end + 1
    return kept


def _type_end(tokens: Sequence[Token], at: int) -> int:
    """Where the name of a type that begins here is over."""
    first = tokens[at].text if at < len(tokens) else ""
    at += 1
    while _texts(tokens, at, 1) == (".",):
        at += 2
    if first in LONGER_TYPES and _texts(tokens, at, 1) == (LONGER_TYPES[first],):
        at += 1
    if _texts(tokens, at, 1) == ("(",):
        at = _close(tokens, at) + 1
    if first in {"timestamp", "time"} and _texts(tokens, at, 3)[1:] == ("time", "zone"):
        at += 3
    while _texts(tokens, at, 1) == ("[",):
        at = next((place for place in range(at, len(tokens)) if tokens[place].text == "]"), len(tokens)) + 1
    return at


def _close(tokens: Sequence[Token], at: int) -> int:
    """Where the parenthesis that opens here is closed; the last token if it never is."""
    depth = 0
    for place in range(at, len(tokens)):
        depth += (tokens[place].text == "(") - (tokens[place].text == ")")
        if depth == 0:
            return place
    return len(tokens) - 1


def items(tokens: Sequence[Token]) -> list[list[Token]]:
    """What stands between the commas of a list."""
    found: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        if token.text == "," and depth == 0:
            found.append([])
        else:
            found[-1].append(token)
    return found


def _merged(groups: Sequence[Sequence[Token]], *, unordered: bool) -> list[Token]:
    """One group for all of them: each bind stands for those of every group."""
    merged = []
    for column in zip(*groups, strict=True):
        binds = tuple(bind for token in column for bind in token.binds)
        merged.append(replace(column[0], binds=binds, unordered=unordered))
    return merged


def _alike(groups: Sequence[Sequence[Token]]) -> bool:
    """Whether groups of values differ in nothing but numbers: those of a sentinel that counts the rows."""
    shapes = {tuple("0" if token.kind == "number" else token.text for token in group) for group in groups}
    return len(shapes) == 1


def _in_lists(tokens: list[Token]) -> list[Token]:
    """One place for all places of each IN list. SQLAlchemy's list of nothing is `IN (NULL) AND (1 != 1)`."""
    kept: list[Token] = []
    at = 0
    while at < len(tokens):
        kept.append(tokens[at])
        at += 1
        if kept[-1].text != "in" or _texts(tokens, at, 1) != ("(",):
            continue
        end = _close(tokens, at)
        listed = items(tokens[at + 1 : end])
        if any(token.kind == "bind" for token in listed[0]) and _alike(listed):
            kept += [tokens[at], *_merged(listed, unordered=True), tokens[end]]
            at = end + 1
        elif _texts(tokens, at, 9) == ("(", "null", ")", "and", "(", "1", "!=", "1", ")"):
            kept += [tokens[at], Token("bind", "?", (), unordered=True), tokens[end]]
            at += 9
    return kept


def _without_sentinel(tokens: list[Token]) -> list[Token]:
    """SQLAlchemy's `INSERT … SELECT p0 FROM (VALUES …) AS imp_sen(…)` as the `INSERT … VALUES` that it stands for."""
    texts = [token.text for token in tokens]
    if SENTINEL not in texts or texts[:1] != ["insert"] or not {"select", "values"} <= set(texts):
        return tokens
    values, rest = texts.index("values"), len(texts) - texts[::-1].index(SENTINEL)
    listed: list[Token] = []
    for item in items(tokens[values + 1 : _outer_end(tokens, values)]):
        row = item[: max((place for place, token in enumerate(item) if token.text == ","), default=-1)]
        listed += [*([Token("mark", ",")] if listed else []), *row, Token("mark", ")")]
    return [*tokens[: texts.index("select")], tokens[values], *listed, *tokens[rest:]]


def _outer_end(tokens: Sequence[Token], at: int) -> int:
    """Where the parenthesis is closed in which this token stands."""
    depth = 0
    for place in range(at, len(tokens)):
        depth += (tokens[place].text == "(") - (tokens[place].text == ")")
        if depth < 0:
            return place
    return len(tokens)


def _rows(tokens: list[Token]) -> tuple[Tokens, int]:
    """One group of values for all rows of an INSERT."""
    texts = [token.text for token in tokens]
    if "values" not in texts or texts[:1] == ["select"]:
        return tuple(tokens), 1
    start = end = texts.index("values") + 1
    groups = []
    while _texts(tokens, end, 1) == ("(",):
        close = _close(tokens, end)
        groups.append(tokens[end + 1 : close])
        end = close + (2 if _texts(tokens, close + 1, 2) == (",", "(") else 1)
    if len(groups) < 2 or not _alike(groups):  # noqa: PLR2004 - one row is one row
        return tuple(tokens), max(len(groups), 1)
    merged = _merged(groups, unordered=False)
    return (*tokens[: start + 1], *merged, Token("mark", ")"), *tokens[end:]), len(groups)
