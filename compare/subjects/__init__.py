"""The applications under comparison: each in a process and an interpreter of its own, on a real server.

An app is had as an import string, as a command that serves it, or where it runs already; the first two from the files
as they lie there or from a git ref, which is checked out into a folder of compare's own.
"""

from compare.subjects.feed import Feed, ProbeSettings, announced
from compare.subjects.launch import started
from compare.subjects.remote import refuses
from compare.subjects.routes import Route, Routes
from compare.subjects.subject import Subject
from compare.subjects.worktree import checked_out

__all__ = [
    "Feed",
    "ProbeSettings",
    "Route",
    "Routes",
    "Subject",
    "announced",
    "checked_out",
    "refuses",
    "started",
]
