"""How each layer could be seen on each side, so that silence is not taken for sameness."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compare.findings import COMPARED
from compare.verdict.outcome import Sight

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compare.config import SideName
    from compare.findings import Layer
    from compare.verdict.side import Side
    from compare.verdict.sides import Sides

NO_PROBE = "no probe is inside this side"
NO_SQLALCHEMY = "the app was not seen to use SQLAlchemy"


def sights(sides: Sides, sqlalchemy: Mapping[SideName, bool]) -> Iterator[Sight]:
    """Side by side, layer by layer. `sqlalchemy` says whether the probe met it."""
    names: tuple[SideName, SideName] = ("legacy", "async")
    for name, side in zip(names, sides.both, strict=True):
        for layer in COMPARED:
            means, reason = _seen(layer, side, sides.blind, sqlalchemy=sqlalchemy.get(name, False))
            yield Sight(name, layer, means, reason)


def _seen(layer: Layer, side: Side, blind: str, *, sqlalchemy: bool) -> tuple[str, str]:
    probed = side.subject.feed is not None
    unseen = NO_SQLALCHEMY if probed else NO_PROBE
    full = probed and (sqlalchemy or layer not in {"statements", "transactions"})
    match layer:
        case "response":
            seen = "wire", ""
        case "rows" if side.clone is None:
            seen = "", "nobody knows this side's database"
        case "rows":
            seen = ("digests", blind) if blind else ("log", "")
        case _ if full:
            seen = "probe", ""
        case "error":
            seen = "wire", f"statuses and bodies only: {unseen}"
        case "transactions" if side.clone is not None:
            seen = "activity" if blind else "log", f"commits and open transactions only: {unseen}"
        case _:
            seen = "", unseen
    return seen
