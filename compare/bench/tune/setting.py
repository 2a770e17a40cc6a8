"""One point of what is searched: a pool's size, its overflow, and the threads for sync code."""

from __future__ import annotations

from dataclasses import dataclass

UNBOUNDED = 2**31  # connections of a pool with no end: more than any that has one


@dataclass(frozen=True, order=True)
class Setting:
    """For each pool of each process, and for the threads of each process; None leaves what the app has itself."""

    pool: int | None = None
    overflow: int | None = None
    threads: int | None = None

    @property
    def connections(self) -> int:
        """Most that one pool can have; 0 where it is left as it is."""
        if self.pool == 0 or (self.overflow or 0) < 0:
            return UNBOUNDED
        return (self.pool or 0) + (self.overflow or 0)

    def amounts(self) -> tuple[int, int, int]:
        """All three as numbers."""
        return self.pool or 0, self.overflow or 0, self.threads or 0

    @property
    def spare(self) -> str:
        """The overflow, in words."""
        return "without end" if self.connections == UNBOUNDED else str(self.overflow or 0)

    def __str__(self) -> str:
        """`pool 12, overflow 0, 12 threads`."""
        parts = [] if self.pool is None else [f"pool {self.pool}", f"overflow {self.spare}"]
        if self.threads is not None:
            parts.append(f"{self.threads} thread{'' if self.threads == 1 else 's'}")
        return ", ".join(parts) or "as it is"


AS_IT_IS = Setting()
