"""A database of this process alone, for what a run of any length has to remember and memory should not.

SQLite makes it in the folder for temporary files, readable by nobody else, and takes its name away at once: it is gone
when it is closed or the process ends, however that comes about. Nothing is journalled or synchronised, since nothing
outlives the run.
"""

from __future__ import annotations

import sqlite3

PAGES = -2_000  # KiB of pages that SQLite may keep in memory


def opened(schema: str) -> sqlite3.Connection:
    """An empty database with these tables. Every statement is a transaction of its own unless BEGIN says otherwise."""
    store = _opened()
    store.executescript(schema)
    return store


def copied(store: sqlite3.Connection) -> sqlite3.Connection:
    """Another database with the same content."""
    copy = _opened()
    store.backup(copy)
    return copy


def _opened() -> sqlite3.Connection:
    store = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    for setting in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = {PAGES}"):
        store.execute(f"PRAGMA {setting}")
    return store
