"""Figures as a person reads them."""

from __future__ import annotations

NOTHING = "-"


def milliseconds(seconds: float | None) -> str:
    """`1.84 ms`, `12 ms`, `2.1 s`."""
    if seconds is None:
        return NOTHING
    value = seconds * 1000
    if value >= 1000:  # noqa: PLR2004 - from a second on
        return f"{seconds:.1f} s"
    return f"{value:.0f} ms" if value >= 10 else f"{value:.2f} ms"  # noqa: PLR2004 - two figures are enough


def rate(value: float | None) -> str:
    """`1,234/s`."""
    return NOTHING if value is None else f"{value:,.0f}/s"


def megabytes(value: float | None) -> str:
    """`123 MB`."""
    return NOTHING if not value else f"{value / 1e6:,.0f} MB"
