"""Child processes and folders that never outlive compare, however it ends (SIGKILL included).

A small guard process (`guard.py`) stands between compare and what it starts. It holds a pipe from compare: when the
pipe closes, because compare asked for it or because compare is gone, the guard ends everything that it started.
"""

from compare.process.commands import run_commands
from compare.process.guarded import Guarded, guarded, scratch
from compare.process.interpreter import interpreter_environment, located, words
from compare.process.ports import free_port, listening

__all__ = [
    "Guarded",
    "free_port",
    "guarded",
    "interpreter_environment",
    "listening",
    "located",
    "run_commands",
    "scratch",
    "words",
]
