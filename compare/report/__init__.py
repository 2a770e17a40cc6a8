"""Reporters: what a person or a program reads of a run. They listen to the engine's events and render its verdict."""

from compare.report.json import SCHEMA, as_json
from compare.report.progress import Progress
from compare.report.terminal import TerminalReport

__all__ = ["SCHEMA", "Progress", "TerminalReport", "as_json"]
