"""What a person and a program read of a run of load."""

from compare.bench.report.html import as_html
from compare.bench.report.json import as_document
from compare.bench.report.terminal import write_terminal

__all__ = ["as_document", "as_html", "write_terminal"]
