"""A command loads what it needs, and nothing that only another one needs: nobody waits for that."""

import subprocess
import sys

import pytest

LOADED = """
import sys
from compare.cli import app
app([{command!r}, "--help"], standalone_mode=False)
print("Loaded:", *sys.modules)
"""
HEAVY = {"libcst", "httpx", "psycopg2", "compare.steps", "compare.bench", "compare.source", "compare.verdict"}
NEEDED = {
    "init": set[str](),
    "run": {"httpx", "psycopg2", "compare.verdict"},
    "bench": {"httpx", "psycopg2", "compare.verdict", "compare.bench"},
    "audit": {"compare.source"},
    "trace": set[str](),
    "explain": set[str](),
    "selftest": {"httpx", "psycopg2", "compare.verdict"},
    "steps": {"libcst", "psycopg2", "compare.steps", "compare.source"},
}


def loaded(command: str) -> set[str]:
    """The modules of a process that showed a command's help."""
    done = subprocess.run(  # noqa: S603 - this interpreter, and a program written above
        [sys.executable, "-c", LOADED.format(command=command)], capture_output=True, text=True, check=True
    )
    return set(done.stdout.rpartition("Loaded:")[2].split())


@pytest.mark.parametrize("command", NEEDED)
def test_a_command_loads_nothing_that_only_others_need(command: str) -> None:
    assert loaded(command) & HEAVY == NEEDED[command]
