"""Requests for every operation of an OpenAPI document: valid, at the boundaries and invalid.

Schemathesis and Hypothesis make them, in a process of their own; the same document and seed make the same requests.
What makes an id and what needs one is found here, so that later requests use ids that earlier ones made.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from compare.errors import UsageError
from compare.traffic.openapi.cases import PATIENCE, ask
from compare.traffic.openapi.decimals import followable
from compare.traffic.openapi.document import Document
from compare.traffic.openapi.references import References
from compare.traffic.openapi.sequences import Sequences

if TYPE_CHECKING:
    from collections.abc import Collection

    from compare.traffic.scenario import Scenario

__all__ = ["Generated", "generate"]


@dataclass(frozen=True)
class Generated:
    """What came of a document.

    Attributes:
        scenarios: In the document's order.
        skipped: Operations that nothing could be generated for, with the reason; those left out on purpose are none.
    """

    scenarios: tuple[Scenario, ...]
    skipped: tuple[tuple[str, str], ...] = ()


def generate(  # noqa: PLR0913 - by keyword only; each is a setting of its own
    document: object,
    *,
    examples: int,
    seed: int = 0,
    exclude: Collection[str] = (),
    headers: Collection[str] = (),
    patience: float = PATIENCE,
) -> Generated:
    """Scenarios for every operation of a parsed document, OpenAPI 3 or Swagger 2.

    Args:
        document: As JSON was read; anything else is refused in words.
        examples: How many requests for each operation, where its schema allows for as many.
        seed: The same one makes the same requests, byte for byte.
        exclude: Operations to leave out: `DELETE /everything`, or a glob over such names.
        headers: Names of headers that the configuration sends (`traffic.login.sent`); none of them is generated.
        patience: Seconds that the generator may take for one operation before it is skipped.

    Raises:
        UsageError: the document is none, every operation is excluded, or Schemathesis is not installed.
        CouldNotRunError: the generator died.
    """
    read = Document(document)
    wanted = [one for one in read.operations if not any(fnmatchcase(one.label, glob) for glob in exclude)]
    if not wanted:
        raise UsageError(f"Every operation of the OpenAPI document is excluded: {', '.join(exclude)}.")
    lost = {one.label: f"it refers to {one.lost}, which the document does not hold" for one in wanted if one.lost}
    labels = [one.label for one in wanted if not one.lost]
    cases = ask(followable(read.raw), labels, examples, seed, patience)
    known = {label: cases.found[label] for label in labels if cases.found.get(label)}
    empty = {label: "no request fits its schema" for label in labels if cases.found.get(label) == []}
    withheld = {name.lower() for name in headers}
    scenarios = Sequences(read.operations, known, References(read), withheld).scenarios(examples)
    return Generated(tuple(scenarios), tuple((lost | cases.skipped | empty).items()))
