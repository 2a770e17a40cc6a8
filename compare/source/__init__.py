"""A whole program, read from source: what every name is, who calls whom, which routes there are.

Nothing is imported or run. What an expression may be is found by following annotations, assignments, returns,
attributes, dependencies and calls through all modules, not from what a name sounds like.
"""

from compare.source import library
from compare.source.program import Program, read
from compare.source.symbols import Class, Function
from compare.source.syntax import Broken, Module, Span
from compare.source.values import Value, Values
from compare.source.waiting import Waiting, waiting

__all__ = [
    "Broken",
    "Class",
    "Function",
    "Module",
    "Program",
    "Span",
    "Value",
    "Values",
    "Waiting",
    "library",
    "read",
    "waiting",
]
