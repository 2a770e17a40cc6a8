"""How much the generator can send: against a server that does nothing. `python -m compare.bench.ceiling` is it.

What an app is measured at near this figure is the generator's own figure.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvloop

from compare.bench.script import Script, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compare.bench.sender import Sender

NEAR = 0.8
"""Above this share of the ceiling, and above this share of one core of the generator, a figure is the generator's."""
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
CLIENTS, SECONDS = 64, 1.0


class Nothing(asyncio.Protocol):
    """Answers each request without having read it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: it stands."""
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]  # a TCP transport

    def data_received(self, data: bytes) -> None:
        """asyncio: something came."""
        self.transport.write(ANSWER * data.count(b"\r\n\r\n"))


def ceiling(sender: Sender) -> float:
    """Requests a second that the generator reaches here at most."""
    with _served() as url:
        script = Script("GET /", (Step("GET", "/", status=200),))
        told = sender.send(url, [script], clients=CLIENTS, seconds=SECONDS, patience=5.0, at_start=lambda: None)
    return float(len(told["good"]) / told["taken"])


@contextmanager
def _served() -> Iterator[str]:
    command = [sys.executable, "-m", __name__]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - a module of ours
    assert process.stdout is not None  # noqa: S101 - Popen was given a pipe
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(Nothing, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve())
