"""The command line: options in, exit code out. A file a command."""

from compare.cli.commands import app
from compare.cli.program import main

__all__ = ["app", "main"]
