"""What a person and a program read of tuning."""

from compare.bench.tune.report.html import as_html
from compare.bench.tune.report.json import as_document
from compare.bench.tune.report.terminal import write_terminal

__all__ = ["as_document", "as_html", "write_terminal"]
