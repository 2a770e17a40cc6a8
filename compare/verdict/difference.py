"""A difference between two values, before it is tied to a request or a table."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare.findings import CATALOGUE

if TYPE_CHECKING:
    from compare.findings import Severity
    from compare.verdict.matching import Claim, Refusal

Row = tuple[str | None, ...]  # PostgreSQL's own text of each column

CODES = {"value": "RES003", "broken": "RES010", "shift": "RES015"}
SHOWN = 300  # characters of a value that a finding keeps


@dataclass(frozen=True)
class Difference:
    """`code`, where, both values as text. With `claims` it is one only if these keys do not belong together.

    `rows` are the whole rows that differ, of legacy and of async, where the difference was found in a table. `level` is
    a severity other than the catalogue's, `label` the id of a known trap, and `cause` a text that two differences of
    one code share if one cause stands behind both; '' leaves that to `where`.
    """

    code: str
    where: str
    legacy: str
    async_: str
    note: str = ""
    claims: tuple[Claim, ...] = ()
    rows: tuple[Row | None, Row | None] = (None, None)
    level: Severity | None = None
    label: str | None = None
    cause: str = ""

    @classmethod
    def of(cls, refusal: Refusal, where: str, legacy: str, async_: str, plain: str = "RES003") -> Difference:
        """What a refusal of the matching means; `plain` is the code for two values that are simply not the same."""
        code = plain if refusal.kind == "value" else CODES[refusal.kind]
        return cls(code, where, shown(legacy), shown(async_), refusal.note)

    def under(self, prefix: str) -> Difference:
        """The same difference, one level further out."""
        return dataclasses.replace(self, where=prefix + self.where)

    def named(self, code: str, cause: str = "") -> Difference:
        """The same difference by another layer's code; its own title becomes the note."""
        return dataclasses.replace(self, code=code, note=self.note or CATALOGUE[self.code].title, cause=cause)


def shown(text: str) -> str:
    """A value cut to what a person reads."""
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}… ({len(text)} characters)"
