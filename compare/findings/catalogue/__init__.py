"""The catalogue: every code a finding can carry, what it means, why it happens and what to do; a module per layer.

Codes are stable: reports, issues and ignore rules refer to them. Trap ids are those of the kit's trap catalogue. A code
is three letters for its layer and three digits.
"""

from __future__ import annotations

from typing import Literal

from compare.findings.catalogue.entry import Entry, Severity
from compare.findings.catalogue.error import ERROR
from compare.findings.catalogue.response import RESPONSE
from compare.findings.catalogue.rows import ROWS
from compare.findings.catalogue.run import RUN
from compare.findings.catalogue.runtime import RUNTIME
from compare.findings.catalogue.statements import STATEMENTS
from compare.findings.catalogue.transactions import TRANSACTIONS

__all__ = ["CATALOGUE", "COMPARED", "LAYERS", "Entry", "Layer", "Severity", "layer_of"]

Layer = Literal["response", "error", "rows", "statements", "transactions", "runtime", "run"]

LAYERS: dict[str, Layer] = {
    "RES": "response",
    "ERR": "error",
    "ROW": "rows",
    "SQL": "statements",
    "TXN": "transactions",
    "RTM": "runtime",
    "RUN": "run",
}
COMPARED: tuple[Layer, ...] = ("response", "error", "rows", "statements", "transactions", "runtime")
"""The six layers in the order in which reports show them; `run` is about the run itself."""

CATALOGUE: dict[str, Entry] = {**RESPONSE, **ERROR, **ROWS, **STATEMENTS, **TRANSACTIONS, **RUNTIME, **RUN}


def layer_of(code: str) -> Layer:
    """The layer that a code belongs to."""
    return LAYERS[code[:3]]
