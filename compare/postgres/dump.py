"""A database of the user's, copied into an empty one. It may be in use; it is only ever read.

pg_dump reads it in one read-only transaction, into a file in a folder for temporary files, and pg_restore reads that.
Left behind are owners, privileges, publications and subscriptions: their roles and servers are not here.
"""

import os
import re
import shutil
from contextlib import closing, suppress
from pathlib import Path

import psycopg2

from compare.config import redacted
from compare.errors import CouldNotRunError, UsageError
from compare.postgres.address import Address
from compare.postgres.connection import APPLICATION_NAME, connected, open_connection
from compare.postgres.installation import wheel
from compare.postgres.reset import first_line
from compare.process import guarded, scratch

LOCK_SECONDS = (
    30  # for which pg_dump waits for a table that somebody holds: a queue behind it would stop the user's app
)
JOBS = 4
LAST_LINES = 8
FIRST_WITH_TRANSACTION_TIMEOUT = 17

_DUMP = ["--format=custom", "--compress=1", f"--lock-wait-timeout={LOCK_SECONDS}s", "--no-password"]
_RESTORE = ["--no-owner", "--no-privileges", "--no-tablespaces", "--no-security-labels", "--no-password"]
_LESS = ["--no-publications", "--no-subscriptions"]
# What pg_restore of 17 and newer says on an older server, where it harms nothing.
_HARMLESS = re.compile(r'unrecognized configuration parameter "transaction_timeout"')


def copy(url: str, target: Address, *, embedded: bool) -> None:
    """Copy the database at `url` into an empty one.

    Args:
        url: In any driver's spelling.
        target: The empty database.
        embedded: Whether the target is on the embedded server, for advice.

    Raises:
        UsageError: The URL is no PostgreSQL URL.
        CouldNotRunError: There is no way in, no pg_dump that is new enough, an extension is missing, a program fails.
    """
    try:
        source = Address.parse(url)
    except UsageError as error:
        raise UsageError(f"database.copy_from: {error}") from None
    source_version, wanted = _looked_at(source)
    target_version = _check_extensions(source, target, wanted, embedded=embedded)
    programs = _programs(source, source_version)
    with scratch() as folder:
        file = folder / "dump"
        command = [str(programs / "pg_dump"), *_DUMP, *_LESS, f"--file={file}", f"--dbname={_dsn(source)}"]
        _run(command, _environment(source, PGOPTIONS="-c default_transaction_read_only=on"), source, "read")
        # An older server does not know every setting that the program makes; there each error is looked at.
        tolerant = target_version < FIRST_WITH_TRANSACTION_TIMEOUT
        command = [str(programs / "pg_restore"), *_RESTORE, *_LESS, f"--jobs={JOBS}", f"--dbname={_dsn(target)}"]
        command += [*([] if tolerant else ["--exit-on-error"]), str(file)]
        _run(command, _environment(target), source, "put into compare's own", tolerant=tolerant)
    _settle(target)


def _settle(target: Address) -> None:
    """Gather the statistics that a live database has and a dump leaves out: queries are planned as they are there."""
    # Without them the copy is whole all the same; an index whose function fails where it is computed ends it early.
    with suppress(psycopg2.Error), connected(target) as connection, connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")


def _looked_at(source: Address) -> tuple[int, list[str]]:
    """The major version of the user's server, and the extensions in its database."""
    try:
        with closing(open_connection(source)) as connection, connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = on")
            cursor.execute("SELECT extname FROM pg_extension ORDER BY extname")
            return connection.server_version // 10_000, [name for (name,) in cursor.fetchall()]
    except psycopg2.Error as error:
        raise CouldNotRunError(
            f"The database to copy, {source}, does not let compare in: {first_line(error)}. Check database.copy_from "
            "(host, port, user, password, database).",
        ) from error


def _check_extensions(source: Address, target: Address, wanted: list[str], *, embedded: bool) -> int:
    """Refuse a database whose extensions the target's server has not; that server's major version."""
    with connected(target) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_available_extensions")
        missing = sorted(set(wanted) - {name for (name,) in cursor.fetchall()})
        version = connection.server_version // 10_000
    if missing:
        server = "the embedded PostgreSQL" if embedded else f"the server at {target.host}:{target.port}"
        raise CouldNotRunError(
            f"The database to copy, {source}, uses the extension{'s' * (len(missing) > 1)} {', '.join(missing)}, which "
            f"{server} does not have. Name a server that has {'them' if len(missing) > 1 else 'it'} in database.url.",
        )
    return version


def _programs(source: Address, version: int) -> Path:
    """The folder of a pg_dump that is at least as new as the user's server: of the wheel, else on PATH."""
    found = {}
    with suppress(CouldNotRunError):  # the wheel is missing; PATH may do
        found[wheel().folder / "bin"] = wheel().version
    if (on_path := shutil.which("pg_dump")) is not None:
        found[Path(on_path).parent] = _version(on_path)
    for folder, its_version in found.items():
        if its_version >= version:
            return folder
    newest = f"the newest pg_dump here is of {max(found.values())}" if found else "there is no pg_dump here"
    raise CouldNotRunError(
        f"The database to copy, {source}, is on PostgreSQL {version}, and {newest}. Put a pg_dump of {version} or "
        "newer on PATH.",
    )


def _version(pg_dump: str) -> int:
    with guarded([pg_dump, "--version"]) as process:
        process.wait(10)
        found = re.search(r"\) (\d+)", process.output())
    return int(found[1]) if found else 0


def _run(command: list[str], env: dict[str, str], source: Address, what: str, *, tolerant: bool = False) -> None:
    with guarded(command, env=env) as process:
        status = process.wait()
        output = redacted(process.output(), {env.get("PGPASSWORD", "")})
    lines = output.splitlines()
    if tolerant:
        lines = [line for line in lines if "error: " in line and not _HARMLESS.search(line)]
    if status and (lines or not tolerant):
        told = "\n".join(f"  {line}" for line in lines[:LAST_LINES])
        held = f"\nSomebody held that table for more than {LOCK_SECONDS} s." if "LOCK TABLE" in told else ""
        raise CouldNotRunError(f"The database to copy, {source}, cannot be {what}:\n{told}{held}", details=output)


def _environment(address: Address, **more: str) -> dict[str, str]:
    """The machine's, without what would lead PostgreSQL's programs elsewhere; the password is in no command line."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C", "PGPASSWORD": address.password, "PGAPPNAME": APPLICATION_NAME} | more


def _dsn(address: Address) -> str:
    place = {"host": address.host, "port": str(address.port), "user": address.user, "dbname": address.database}
    return " ".join(f"{name}={_quoted(value)}" for name, value in {**dict(address.options), **place}.items())


def _quoted(value: str) -> str:
    escaped = value.replace("\\", r"\\").replace("'", r"\'")
    return f"'{escaped}'"
