"""What a run found: the catalogue of codes, and the finding that carries one of them."""

from compare.findings.catalogue import CATALOGUE, Entry, Severity
from compare.findings.finding import Exchange, Finding, Reply

__all__ = ["CATALOGUE", "Entry", "Exchange", "Finding", "Reply", "Severity"]
