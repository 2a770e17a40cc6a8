"""Git repositories that a test makes."""

import os
import subprocess
from pathlib import Path


def git(repository: Path, *arguments: str) -> str:
    """What git answers."""
    names = {f"GIT_{role}_{part}": "lamp@example.org" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    command = ["git", "-c", "init.defaultBranch=main", *arguments]
    done = subprocess.run(  # noqa: S603 - a fixed command
        command, cwd=repository, env=os.environ | names, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()
