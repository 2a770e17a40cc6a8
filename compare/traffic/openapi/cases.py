"""Asking the generator's process for cases, and stopping it where a schema keeps it busy for ever."""

from __future__ import annotations

import atexit
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compare.errors import CouldNotRunError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

GENERATOR = Path(__file__).with_name("generator.py")
PATIENCE = 60.0  # seconds for one operation; a thousand examples take about five


@dataclass
class Cases:
    """Cases by operation, and why other operations have none."""

    found: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)


def ask(document: dict[str, Any], labels: Sequence[str], examples: int, seed: int, patience: float = PATIENCE) -> Cases:
    """The cases of the operations `labels`, at most `examples` each; `patience` in seconds for one operation.

    Raises:
        UsageError: the document is none that the generator can read, or Schemathesis is not installed.
        CouldNotRunError: the generator's process died.
    """
    if find_spec("schemathesis") is None:
        raise UsageError(
            "Requests are generated with Schemathesis, which is not installed here.\n"
            "Install it with: pip install 'async-migration-kit[openapi]' (or set [tool.compare.openapi] examples = 0)."
        )
    cases = Cases()
    left = list(labels)
    asked = {"document": document, "examples": examples, "seed": seed}
    while left:
        _ask_once(asked, left, patience, cases)
        left = [label for label in left if label not in cases.found and label not in cases.skipped]
    return cases


def _ask_once(asked: dict[str, Any], labels: list[str], patience: float, cases: Cases) -> None:
    """One process: it answers all, or is stopped at the first operation that takes too long."""
    question = json.dumps({**asked, "operations": labels}).encode()
    folder = _folder()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(  # noqa: S603 - our own script in our own interpreter
            [sys.executable, "-P", str(GENERATOR)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=folder,
            env={**os.environ, "PYTHONHASHSEED": "0", "HYPOTHESIS_STORAGE_DIRECTORY": folder},
        )
        try:
            _listen(process, question, labels, patience, cases)
        except CouldNotRunError as error:
            errors.seek(0)
            raise CouldNotRunError(str(error), details=errors.read().decode(errors="replace")) from None
        finally:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()


@cache
def _folder() -> str:
    """Where Hypothesis keeps its tables of characters: it takes seconds to make them. Gone when this process ends."""
    folder = tempfile.mkdtemp(prefix="compare-hypothesis-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _listen(process: subprocess.Popen[bytes], asked: bytes, labels: list[str], patience: float, cases: Cases) -> None:
    """Take the answers in as they come."""
    lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    threading.Thread(target=_converse, args=(process, asked, lines), daemon=True).start()
    waiting = list(labels)
    while True:
        try:
            line = lines.get(timeout=patience)
        except queue.Empty:
            cases.skipped[waiting[0]] = f"generating took longer than {patience:g} s"
            return
        if line is None:
            break
        told = json.loads(line)
        if "failed" in told:
            raise UsageError(f"Schemathesis cannot read the OpenAPI document: {told['failed']}")
        label = told["operation"]
        if "skipped" in told:
            cases.skipped[label] = told["skipped"]
        else:
            cases.found[label] = told["cases"]
        waiting = [name for name in waiting if name != label]
    if process.wait():
        raise CouldNotRunError(
            f"The generator of requests ended with exit status {process.returncode} before {waiting[0]}."
            if waiting
            else f"The generator of requests ended with exit status {process.returncode}."
        )
    for label in waiting:
        cases.skipped[label] = "Schemathesis does not see the operation; is its definition malformed?"


def _converse(process: subprocess.Popen[bytes], asked: bytes, lines: queue.SimpleQueue[bytes | None]) -> None:
    """Ask, and put each line of the answer into the queue; None is the end."""
    assert process.stdin is not None  # noqa: S101 - told to the type checker; Popen was given pipes
    assert process.stdout is not None  # noqa: S101 - as above
    try:
        process.stdin.write(asked)
        process.stdin.close()
        for line in process.stdout:
            lines.put(line)
    except (OSError, ValueError):
        pass  # it died, or was stopped: the exit status tells
    lines.put(None)
