"""Where a database is, in every spelling that a driver wants."""

import getpass
import os
from dataclasses import dataclass, field, replace
from typing import Self
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from compare.errors import UsageError

DEFAULT_PORT = 5432


@dataclass(frozen=True)
class Address:
    """A database on a server, and who connects. Its text never shows the password.

    Attributes:
        host: A host name, an IP address, or the folder of a Unix socket.
        port: The TCP port, or the number in the socket's name.
        user: The role.
        password: Its password; may be empty.
        database: The database's name.
        options: Further libpq options as they stood in the user's URL, such as ("sslmode", "require").
    """

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str
    options: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read a URL of any driver: `postgres://`, `postgresql://`, `postgresql+asyncpg://`; `?host=/socket` too.

        What the URL leaves out is taken as libpq would: PGUSER or the login name, PGPASSWORD, port 5432, localhost.

        Raises:
            UsageError: It is no PostgreSQL URL.
        """
        try:
            parts = urlsplit(url)
            port, host = parts.port, parts.hostname
        except ValueError as error:
            raise UsageError(f"The database URL cannot be read: {error}. {_EXPECTED}") from None
        if parts.scheme.partition("+")[0] not in {"postgres", "postgresql"}:
            raise UsageError(
                f"The database URL starts with {parts.scheme + '://'!r}, which is not PostgreSQL. {_EXPECTED}"
            )
        options = dict(parse_qsl(parts.query))
        if "ssl" in options:  # asyncpg's name for it
            options["sslmode"] = options.pop("ssl")
        user = unquoted(parts.username) or options.pop("user", "") or os.environ.get("PGUSER") or getpass.getuser()
        try:
            port = int(options.pop("port", port or DEFAULT_PORT))
        except ValueError as error:
            raise UsageError(f"The database URL cannot be read: {error}. {_EXPECTED}") from None
        return cls(
            host=options.pop("host", "") or unquoted(host) or "localhost",
            port=port,
            user=user,
            password=unquoted(parts.password) or options.pop("password", "") or os.environ.get("PGPASSWORD", ""),
            database=unquoted(parts.path.removeprefix("/")) or options.pop("dbname", "") or "postgres",
            options=tuple(sorted(options.items())),
        )

    def on(self, database: str) -> Self:
        """The same server and role, another database."""
        return replace(self, database=database)

    def url(self, driver: str | None = None) -> str:
        """The URL for a driver as SQLAlchemy names it ("psycopg2", "asyncpg", "psycopg"); None for plain `postgresql://`."""
        options = dict(self.options)
        if driver == "asyncpg":  # SQLAlchemy hands the query to asyncpg.connect, which knows no libpq option but this
            options = {"ssl": options["sslmode"]} if "sslmode" in options else {}
        if self.host.startswith("/"):
            place = ""
            options = {"host": self.host, "port": str(self.port), **options}
        else:
            place = f"[{self.host}]:{self.port}" if ":" in self.host else f"{quote(self.host)}:{self.port}"
        credentials = quoted(self.user) + (f":{quoted(self.password)}" if self.password else "")
        scheme = f"postgresql+{driver}" if driver else "postgresql"
        query = f"?{urlencode(options, quote_via=quote, safe='/')}" if options else ""
        return f"{scheme}://{credentials}@{place}/{quoted(self.database)}{query}"

    def placeholders(self) -> dict[str, str]:
        """What the braces in an `env` template stand for (`compare.config.PLACEHOLDERS`)."""
        return {
            "sync_url": self.url("psycopg2"),
            "async_url": self.url("asyncpg"),
            "psycopg_url": self.url("psycopg"),
            "url": self.url(),
            "host": self.host,
            "port": str(self.port),
            "user": self.user,
            "password": self.password,
            "database": self.database,
        }

    def __str__(self) -> str:
        return f"{self.user}@{self.host}:{self.port}/{self.database}"


_EXPECTED = "Expected is postgresql://user:password@host:5432/database."


def quoted(text: str) -> str:
    """Percent-encoded so that it can stand anywhere in a URL."""
    return quote(text, safe="")


def unquoted(text: str | None) -> str:
    """The text of a URL's part; a missing part is empty."""
    return unquote(text or "")
