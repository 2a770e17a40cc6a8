"""What the catalogue knows of a code, for a person; and the list of all codes by layer."""

from __future__ import annotations

import textwrap
from difflib import get_close_matches
from typing import TYPE_CHECKING

from compare.errors import UsageError
from compare.findings.catalogue import CATALOGUE, COMPARED, layer_of

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH = 80
LABEL = 10


def explain(code: str) -> str:
    """Everything about one code, however it is spelled.

    Raises:
        UsageError: There is no such code; the message names the nearest ones.
    """
    known = code.strip().upper()
    entry = CATALOGUE.get(known)
    if entry is None:
        near = get_close_matches(known, CATALOGUE, n=3, cutoff=0.5)
        nearest = f" Near to it: {', '.join(f'{one} ({CATALOGUE[one].title})' for one in near)}." if near else ""
        raise UsageError(f"There is no code {code}.{nearest}\ncompare explain lists all codes.")
    lines = [f"{known} {entry.title}", ""]
    lines += _paragraph("layer", layer_of(known))
    lines += _paragraph("severity", entry.severity)
    lines += _paragraph("why", entry.why)
    lines += _paragraph("help", entry.fix)
    if entry.trap:
        lines += _paragraph("traps", f"{entry.trap} of the kit's trap catalogue")
    return "\n".join(lines)


def listing() -> str:
    """Every code with its title, layer by layer."""
    return "\n".join(_listed()).rstrip()


def _listed() -> Iterator[str]:
    for layer in (*COMPARED, "run"):
        yield layer
        for code, entry in CATALOGUE.items():
            if layer_of(code) == layer:
                severity = "" if entry.severity == "difference" else f" ({entry.severity})"
                yield f"  {code}  {entry.title}{severity}"
        yield ""


def _paragraph(label: str, text: str) -> list[str]:
    return textwrap.wrap(f"  {label:<{LABEL}}{text}", WIDTH, subsequent_indent=" " * (2 + LABEL))
