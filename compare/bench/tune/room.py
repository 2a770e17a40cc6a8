"""What there is to choose from: connections for each pool, and whether threads matter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from compare.bench.tune.search import Space
from compare.errors import UsageError

if TYPE_CHECKING:
    from compare.bench.tune.own import Own
    from compare.bench.tune.trial import Trial


def granted_to(own: Own, current: Trial, connections: int | None, room: int) -> int:
    """How many connections there are for all pools together.

    Args:
        own: What the app has itself.
        current: How it does with that.
        connections: What it is granted; None where nobody said so.
        room: What the database server has to give.

    Raises:
        UsageError: There is nothing to be tuned, or not within so many.
    """
    if not own.sized and not current.threads_used:
        has = f" ({own})" if own.pools else ""
        raise UsageError(
            f"Nothing can be tuned: the app has no pool of SQLAlchemy's with a size{has}, and the load needs no thread."
        )
    granted = connections if connections is not None else own.connections
    if granted is None:
        raise UsageError(f"What it has now ({own}) opens any number of connections: say how many, with --connections.")
    if granted > room:
        raise UsageError(
            f"What it has now ({own}) is more than the database server's {room} connections: --connections"
        )
    if granted < own.units:
        raise UsageError(
            f"{granted} connections are not one for each of its {own.units} pools ({len(own.sized)} in each of "
            f"{own.processes} processes)."
        )
    return granted


def space_of(own: Own, current: Trial, granted: int, clients: int) -> Space:
    """What there is to choose from. Threads matter where they hold connections, or where there were too few of them."""
    used = current.threads_used > 0
    threads: Literal["tied", "more", "left"] = "left"
    if used and not own.awaited:
        threads = "tied"
    elif current.queued:
        threads = "more"
    return Space(granted // own.units, bool(own.sized), threads, own.setting, -(-clients // own.processes))
