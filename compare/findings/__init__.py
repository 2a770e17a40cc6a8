"""What a run found: the catalogue of codes, the finding that carries one of them, the group of one cause."""

from compare.findings.catalogue import CATALOGUE, COMPARED, Entry, Layer, Severity, layer_of
from compare.findings.finding import Exchange, Finding, Group, Lane, Reply, Tick

__all__ = [
    "CATALOGUE",
    "COMPARED",
    "Entry",
    "Exchange",
    "Finding",
    "Group",
    "Lane",
    "Layer",
    "Reply",
    "Severity",
    "Tick",
    "layer_of",
]
