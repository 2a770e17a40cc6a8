"""Which texts must not be shown, and what stands in their place: reports are pasted into tickets.

A name is secret by what it says (`password_hash`, `X-Api-Key`) or because the configuration names it; a value, because
it stood under such a name somewhere in the run. In doubt more is hidden than less.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HINTS = (
    "pass",
    "pwd",
    "secret",
    "token",
    "key",
    "credential",
    "authorization",
    "cookie",
    "bearer",
)  # one in each of WORDS
HIDDEN = "***"
SHORTEST = 8  # characters of a value that is hidden wherever it turns up; a shorter one stands in places by chance
SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key"})
WORDS = (
    r"password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential"
    r"|authorization|cookie"
)
URL = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s:/@'\"]*:)([^\s/'\"]+)(?=@)", re.IGNORECASE)
# What SQLAlchemy's echo and PostgreSQL's error texts say of values: by place, not by name.
PLACED = re.compile(
    r"(\[parameters: )(?:.*)(\])|(\[(?:generated in|cached since|no key|raw sql)[^\]]*\] )(?:.+)()"
    r"|(Failing row contains )(?:\(.*\))()",
    re.IGNORECASE,
)
SENTINEL = re.compile(r"\((?:no such|still|none|at most)[a-z -]*\)")
LITERAL = re.compile(r"'(?:[^']|'')*'?")
BINDS = re.compile(r"(\s(?:--|\|)\s|\s)(?=[\[({][^\[\](){}]*[\])}…]*$)")
SELECTED = re.compile(r"\b(?:SELECT|RETURNING)\b.*?(?=\bFROM\b|\bWHERE\b|;|$)", re.IGNORECASE | re.DOTALL)
CLOSING = {"[": "]", "{": "}"}


@dataclass(frozen=True)
class Secrets:
    """What is secret in one run: `names` beyond those that say so themselves, and `values` that were met."""

    names: tuple[str, ...] = ()
    values: frozenset[str] = frozenset()

    @cached_property
    def _name(self) -> str:
        """A pattern of a secret name."""
        names = [rf"[\w-]*(?:{WORDS})[\w-]*", *map(re.escape, self.names)]
        return f"(?:{'|'.join(names)})"

    @cached_property
    def _hints(self) -> tuple[str, ...]:
        return HINTS + tuple(name.lower() for name in self.names)

    def _may_name(self, text: str) -> bool:
        """Whether a text can name a secret at all; most hold nothing of the kind, and this is quickly seen."""
        lower = text.lower()
        return any(hint in lower for hint in self._hints)

    @cached_property
    def _whole(self) -> re.Pattern[str]:
        return re.compile(self._name, re.IGNORECASE)

    @cached_property
    def _word(self) -> re.Pattern[str]:
        return re.compile(rf"(?<![\w-]){self._name}(?![\w-])", re.IGNORECASE)

    @cached_property
    def _keyed(self) -> re.Pattern[str]:
        """`"password": `, however it is quoted, and in JSON within JSON."""
        return re.compile(rf"""(?P<quote>\\*["']){self._name}(?P=quote)\s*[:=]>?\s*""", re.IGNORECASE)

    @cached_property
    def _assigned(self) -> re.Pattern[str]:
        """`password=… ` of forms, queries and logs; a value may hold blanks."""
        end = r"""(?=[,;]?\s+[\w.-]+=|[&"'\n]|$)"""
        return re.compile(rf"(?<![\w-])({self._name}=)([^\n&\"']*?){end}", re.IGNORECASE)

    @cached_property
    def _column(self) -> re.Pattern[str]:
        """The same of a row's columns, whose values may hold quotes."""
        return re.compile(rf"(?<![\w-])({self._name}=)(.*?)(?=,? [\w.-]+=|$)", re.IGNORECASE | re.DOTALL)

    @cached_property
    def _others(self) -> tuple[re.Pattern[str], ...]:
        """A header in a text, a part of a multipart form, a key in PostgreSQL's words; group 2 is the value."""
        name = self._name
        return (
            re.compile(
                rf"((?:^|[\s'\"]){name}: *)((?:[a-z]+ )?[^\s'\",;{{\[][^\s'\",;]*)", re.IGNORECASE | re.MULTILINE
            ),
            re.compile(
                rf'(\bname="{name}"[^\n]*\n(?:[^\n]*\S[^\n]*\n)*\s*\n)(.*?)(?=\r?\n--|$)', re.IGNORECASE | re.DOTALL
            ),
            re.compile(rf"(\((?:[^()]*[^\w()-])?{name}[^()]*\)=\()([^)]*)", re.IGNORECASE),
            re.compile(r"(\bBearer )([\w.~+/=-]{6,})", re.IGNORECASE),
        )

    @cached_property
    def _known(self) -> re.Pattern[str] | None:
        values = sorted((value for value in self.values if len(value) >= SHORTEST), key=len, reverse=True)
        return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, values))})(?!\w)") if values else None

    def named(self, name: str) -> bool:
        """Whether what has this name is secret."""
        return name.lower() in SECRET_HEADERS or self._whole.fullmatch(name) is not None

    def text(self, text: str) -> str:
        """A body, query, log or sentence without its secrets."""
        text = PLACED.sub(_placed, URL.sub(rf"\1{HIDDEN}", text) if "://" in text else text)
        if not self._may_name(text):
            return self.known(text)
        spans = list(self._values(text))
        for start, end in reversed(spans):
            text = text[:start] + _as_quoted(text[start:end]) + text[end:]
        text = self._assigned.sub(rf"\g<1>{HIDDEN}", text)
        for pattern in self._others:
            text = pattern.sub(rf"\g<1>{HIDDEN}", text)
        return self.known(text)

    def known(self, text: str) -> str:
        """A text without the values that are known to be secret."""
        return self._known.sub(HIDDEN, text) if self._known else text

    def row(self, text: str) -> str:
        """A row as `insert users id=1 password_hash=… name=Ada`."""
        return self.text(self._column.sub(rf"\g<1>{HIDDEN}", text) if self._may_name(text) else text)

    def sql(self, text: str) -> str:
        """A statement, with what it was given: nothing of that where it names a secret column beyond what it reads."""
        if not self.touches(text):
            return self.text(text)
        text = LITERAL.sub(f"'{HIDDEN}'", text)
        found = BINDS.search(text)
        return self.known(f"{text[: found.start()]} [{HIDDEN}]" if found else text)

    def touches(self, sql: str) -> bool:
        """Whether a statement writes or filters by a secret column."""
        return self._may_name(sql) and self._word.search(SELECTED.sub("", sql)) is not None

    def header(self, name: str, value: str) -> str:
        """A header's value, unless it proves who one is; of a cookie that is set, its name and attributes stay."""
        if not self.named(name):
            return self.text(value)
        if name.lower() == "set-cookie":
            key, _, rest = value.partition("=")
            return f"{key}={HIDDEN}{''.join(rest.partition(';')[1:])}"
        scheme, space, _ = value.partition(" ")
        return f"{scheme} {HIDDEN}" if space and "=" not in scheme else HIDDEN

    def place(self, where: str) -> bool:
        """Whether a finding's place is a secret's: a JSON pointer, `table.column`, `header Name`, `cookie name`."""
        if where.startswith("cookie "):
            return True
        parts = re.split(r"[/.,\s]+", where.removeprefix("header "))
        return any(self.named(part) for part in parts if part and part not in {"cookie", "log"})

    def at(self, where: str, value: str) -> str:
        """A single value by the place where it was found; that there is none may be told."""
        if SENTINEL.fullmatch(value):
            return value
        return HIDDEN if self.place(where) else self.row(value)

    def met(self, text: str) -> Iterator[str]:
        """The values that stand under a secret name in a text."""
        if "://" in text:
            yield from (found[2] for found in URL.finditer(text))
        if not self._may_name(text):
            return
        yield from (text[start:end].strip("\\\"'") for start, end in self._values(text))
        for pattern in (self._assigned, self._column, *self._others):
            yield from (found[2].strip() for found in pattern.finditer(text))

    def _values(self, text: str) -> Iterator[tuple[int, int]]:
        """Where the values of secret keys begin and end, lists and objects included."""
        last = 0
        for found in self._keyed.finditer(text):
            if found.start() >= last:
                last = _end_of_value(text, found.end())
                yield found.end(), last


NAMED = Secrets()
"""Where no run has named or met anything: names that say so themselves."""


def hide(text: str) -> str:
    """A body, query or row with the values of password-like names replaced by ***."""
    return NAMED.row(text)


def hide_header(name: str, value: str) -> str:
    """A header's value, unless it proves who one is."""
    return NAMED.header(name, value)


def hide_at(where: str, value: str) -> str:
    """A single value, by the place where it was found."""
    return NAMED.at(where, value)


def _placed(found: re.Match[str]) -> str:
    before, after = next((found[i], found[i + 1]) for i in (1, 3, 5) if found[i] is not None)
    return f"{before}{HIDDEN}{after}"


def _end_of_value(text: str, start: int) -> int:
    """Where the value that begins here ends; of one that was cut off, where the text does."""
    scalar = re.compile(
        r"""(?P<quote>\\*["'])(?:(?!(?P=quote)).|(?<=\\)["'])*(?:(?P=quote)|$)|[^\s,;}\])\[{]+""", re.DOTALL
    )
    closing = CLOSING.get(text[start : start + 1])
    if closing is None:
        found = scalar.match(text, start)
        return found.end() if found else start
    place = start + 1
    while place < len(text) and text[place] != closing:
        if text[place] in CLOSING:
            place = _end_of_value(text, place)
        elif (found := scalar.match(text, place)) is not None:
            place = found.end()
        else:
            place += 1
    return min(place + 1, len(text))


def _as_quoted(value: str) -> str:
    """*** in the quotes that stood around the value, so that JSON stays JSON."""
    found = re.match(r"""\\*["']""", value)
    return f"{found[0]}{HIDDEN}{found[0]}" if found else f'"{HIDDEN}"'
