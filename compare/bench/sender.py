"""The near side of the generator: a process that sends, asked for one round at a time."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from compare.errors import CouldNotRunError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from compare.bench.script import Script

MODULE = "compare.bench.generator"


class Sender:
    """Sends rounds, one after the other."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._rounds = 0

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def send(  # noqa: PLR0913 - what a round is
        self,
        base_url: str,
        scripts: Sequence[Script],
        *,
        clients: int,
        seconds: float,
        rate: float | None = None,
        patience: float,
        at_start: Callable[[], None],
    ) -> dict[str, Any]:
        """One round; `at_start` is called when all connections stand and nothing was sent.

        Raises:
            CouldNotRunError: the generator has ended.
        """
        parts = urlsplit(base_url)
        once = list({id(script): script for script in scripts}.values())  # a mix repeats what comes more often
        places = {id(script): place for place, script in enumerate(once)}
        self._rounds += 1
        task = {
            "host": parts.hostname,
            "port": parts.port or 80,
            "clients": clients,
            "seconds": seconds,
            "rate": rate,
            "patience": patience,
            "prefix": str(self._rounds),  # digits alone, as a SKU, a slug and a number may have them
            "scripts": [script.told() for script in once],
            "deck": [places[id(script)] for script in scripts],
        }
        self._say(json.dumps(task))
        self._hear()
        at_start()
        self._say("")
        return self._hear()

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None  # noqa: S101 - Popen was given a pipe
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except OSError:
            raise self._ended() from None

    def _hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None  # noqa: S101 - as above
        line = self._process.stdout.readline()
        if not line:
            raise self._ended()
        told: dict[str, Any] = json.loads(line)
        return told

    def _ended(self) -> CouldNotRunError:
        code = self._process.wait()
        assert self._process.stderr is not None  # noqa: S101 - as above
        return CouldNotRunError(
            f"The process that sends the load has ended with {code}. --verbose shows what it wrote.",
            details=self._process.stderr.read(),
        )


@contextmanager
def sending() -> Iterator[Sender]:
    """Start a generator, and end it with the block."""
    process = subprocess.Popen(  # noqa: S603 - a module of ours
        [sys.executable, "-m", MODULE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Sender(process)
    finally:
        process.kill()
        process.communicate()
