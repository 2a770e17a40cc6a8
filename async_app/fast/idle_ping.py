"""A ping for connections that were idle only: it is three round trips, and one that has just answered lives.

SQLAlchemy's pool pings each connection before it hands it out, and the dialect of asyncpg begins and ends a transaction
for it. Of one that was in use a moment ago it is enough that the server has not closed it, which asyncpg knows.
"""

from time import monotonic
from typing import TYPE_CHECKING

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

#: Seconds after which a connection counts as idle: a network that swallows packets is noticed no sooner by a ping.
IDLE = 1.0


def install(engine: AsyncEngine) -> None:
    """Let the engine's pool ping what has been idle."""
    dialect, returned = engine.dialect, dict[int, float]()
    ping = dialect.do_ping

    def checkin(connection: "DBAPIConnection | None", _record: "ConnectionPoolEntry") -> None:
        returned[id(connection)] = monotonic()

    def close(connection: "DBAPIConnection", _record: "ConnectionPoolEntry") -> None:
        returned.pop(id(connection), None)

    def do_ping(connection: "DBAPIConnection") -> bool:
        if monotonic() - returned.get(id(connection), 0.0) < IDLE:
            return not connection.driver_connection.is_closed()
        return ping(connection)

    event.listen(engine.sync_engine, "checkin", checkin)
    event.listen(engine.sync_engine, "close", close)
    dialect.do_ping = do_ping  # type: ignore[method-assign,assignment]  # of this engine's dialect alone
