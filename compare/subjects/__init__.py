"""The applications under comparison: each in a process and an interpreter of its own, on a real server."""

from compare.subjects.routes import Route, Routes
from compare.subjects.subject import Subject, started

__all__ = ["Route", "Routes", "Subject", "started"]
