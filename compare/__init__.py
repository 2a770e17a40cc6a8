"""Tells whether two web applications over PostgreSQL behave the same, request by request and row by row.

The two sides are called *legacy* and *async* everywhere. The package knows no particular application: what it
compares is named in the configuration (`compare.config`).
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("async-migration-kit")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0+unknown"

__all__ = ["__version__"]
