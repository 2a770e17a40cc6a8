"""Reporters: what a person or a program reads of a run. They listen to the engine's events and render its verdict.

Every one of them takes the verdict through `without_secrets` first.
"""

from compare.report.files import ReportFiles
from compare.report.html import as_html
from compare.report.json import SCHEMA, as_json, schema
from compare.report.junit import as_junit
from compare.report.progress import Progress
from compare.report.redaction import without_secrets
from compare.report.reproductions import write_reproductions
from compare.report.terminal import TerminalReport

__all__ = [
    "SCHEMA",
    "Progress",
    "ReportFiles",
    "TerminalReport",
    "as_html",
    "as_json",
    "as_junit",
    "schema",
    "without_secrets",
    "write_reproductions",
]
