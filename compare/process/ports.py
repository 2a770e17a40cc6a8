"""Ports: a free one for somebody who is about to listen, and those that somebody listens on."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

LISTEN = "0A"  # the state in /proc/net/tcp
_given: set[int] = set()
_lock = threading.Lock()


def free_port() -> int:
    """A loopback port that nobody listens on, and that was not given to anybody else in this process."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        with _lock:
            if port not in _given:
                _given.add(port)
                return port


def listening(session: int) -> list[str]:
    """Where the processes of a session listen, as `address:port`, by port (Linux; elsewhere nothing is known)."""
    inodes = {inode for pid in _members(session) for inode in _sockets(pid)}
    found = set()
    for table, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        with suppress(OSError):
            for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == LISTEN and fields[9] in inodes:
                    found.add(_address(fields[1], family))
    return [f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for port, host in sorted(found)]


def _members(session: int) -> Iterator[int]:
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # The second field is the program's name in parentheses and may hold anything, so count from its end.
            if int(entry.read_text().rpartition(")")[2].split()[3]) == session:
                yield int(entry.parent.name)


def _sockets(pid: int) -> Iterator[str]:
    """The inodes of a process's sockets."""
    with suppress(OSError):
        for entry in os.scandir(f"/proc/{pid}/fd"):
            with suppress(OSError):
                target = os.readlink(entry.path)  # noqa: PTH115 - a scandir entry holds the path already
                if target.startswith("socket:["):
                    yield target[8:-1]


def _address(spelled: str, family: int) -> tuple[int, str]:
    """A port and an address as /proc spells them: hexadecimal, each group of four bytes in this machine's order."""
    host, _, port = spelled.partition(":")
    groups = [bytes.fromhex(host[place : place + 8])[::-1] for place in range(0, len(host), 8)]
    return int(port, 16), socket.inet_ntop(family, b"".join(groups))
