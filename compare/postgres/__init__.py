"""PostgreSQL: the server (embedded, or the user's own), a template, its clones, and what is committed in them."""

from compare.postgres.address import Address
from compare.postgres.clone import Clone
from compare.postgres.server import Server, running_server
from compare.postgres.setup import fill, run_setup
from compare.postgres.stream import Log, followable, followed
from compare.postgres.tables import Column, Table

__all__ = [
    "Address",
    "Clone",
    "Column",
    "Log",
    "Server",
    "Table",
    "fill",
    "followable",
    "followed",
    "run_setup",
    "running_server",
]
