"""A side inside the test process: for a suite that can name an app factory and the place where sessions are made.

SQLAlchemy is the team's own and is imported only where a session is actually touched.
"""

from compare.in_process.application import application, importable
from compare.in_process.savepoint import Outer, rolled_back
from compare.in_process.statements import Statements, recorded

__all__ = ["Outer", "Statements", "application", "importable", "recorded", "rolled_back"]
