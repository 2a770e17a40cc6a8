"""The way out: messages to compare over a Unix socket, as JSON lines, without ever holding the app up.

A message goes out at once from the thread that has it, as long as the socket takes it. What it does not take waits
for a thread of the probe's own, which also reads what compare asks. A process that was forked connects anew.
"""

from __future__ import annotations

import json
import os
import select
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

BACKLOG_BYTES = 64 * 1024 * 1024  # more than this is dropped: the app's memory goes first
READ_BYTES = 65_536
_ENCODER = json.JSONEncoder(default=str)  # made once: json.dumps makes one for every call with arguments of its own

Answer = Callable[[str], "dict[str, object]"]  # what there is to say about a request, by its id


class Wire:
    """One process's connection to compare. Once compare is gone it stays silent."""

    def __init__(self, path: str, answer: Answer) -> None:
        self._path = path
        self._answer = answer
        self._reset()
        os.register_at_fork(after_in_child=self._forked)

    def _reset(self) -> None:
        self._lock = threading.RLock()  # the collector may run in the midst of a message, and a finaliser may log
        self._socket: socket.socket | None = None
        self._silent = False
        self._backlog = bytearray()
        self._wake: tuple[int, int] | None = None

    def _forked(self) -> None:
        inherited, wake = self._socket, self._wake
        self._reset()
        if inherited is not None:
            inherited.close()
        for end in wake or ():
            os.close(end)

    def send(self, message: dict[str, object]) -> None:
        """Send one message, now or as soon as compare takes it; nothing is raised."""
        if self._silent:
            return
        try:
            line = _ENCODER.encode(message).encode("ascii") + b"\n"
            with self._lock:
                self._put(line)
        except (OSError, ValueError, RuntimeError):  # gone, unspeakable, or the interpreter is shutting down
            self._silent = True

    def connect(self) -> None:
        """Connect ahead of the first message, so that compare can ask."""
        if self._socket is None and not self._silent:
            try:
                with self._lock:
                    self._connected()
            except (OSError, RuntimeError):
                self._silent = True

    def _connected(self) -> socket.socket:
        if self._socket is None:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._socket.connect(self._path)
            self._socket.setblocking(False)  # noqa: FBT003 - the signature is the standard library's
            self._wake = os.pipe()
            os.set_blocking(self._wake[1], False)
            threading.Thread(target=self._attend, name="compare-probe", daemon=True).start()
        return self._socket

    def _put(self, line: bytes) -> None:
        connection = self._connected()
        sent = 0
        if not self._backlog:
            try:
                sent = connection.send(line)
            except BlockingIOError:
                sent = 0
        if sent < len(line):
            if len(self._backlog) + len(line) > BACKLOG_BYTES and not sent:
                return
            self._backlog += line[sent:]
            if self._wake is not None:
                with suppress(BlockingIOError):  # full of calls already
                    os.write(self._wake[1], b".")

    def _attend(self) -> None:
        """Send what waits, and answer what compare asks, until it goes."""
        connection, wake = self._socket, self._wake
        asked, listening = b"", [connection, *(wake or ())[:1]]
        try:
            while connection is not None and wake is not None:
                waiting: list[Any] = [connection] if self._backlog else []
                readable, writable, _ = select.select(listening, waiting, [])
                if wake[0] in readable:
                    os.read(wake[0], READ_BYTES)
                if writable:
                    with self._lock:
                        del self._backlog[: connection.send(self._backlog[:READ_BYTES])]
                if connection in readable:
                    heard = connection.recv(READ_BYTES)
                    if not heard:
                        break
                    *lines, asked = (asked + heard).split(b"\n")
                    for line in lines:
                        self.send(self._answer(json.loads(line)["ask"]))
        except (OSError, ValueError):
            pass
        self._silent = True
