"""What a trace costs: `python -m tests.benchmarks trace`.

The same small program is run with the recorder and without, in turn: 20,000 statements, each from the same thirty calls
deep, and as many objects loaded. The aim is 5 µs a statement; of the 22 that it adds, the call around the dialect's is
2, walking the thirty frames 8, and what is noted of each object 9.
"""

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

STATEMENTS, ROUNDS = 20_000, 5
PROGRAM = f"""
import time
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

class Base(DeclarativeBase):
    pass

class Thing(Base):
    __tablename__ = "things"
    id: Mapped[int] = mapped_column(primary_key=True)

engine = create_engine("sqlite://")
Base.metadata.create_all(engine)

def deep(session, level):
    if level:
        return deep(session, level - 1)
    began = time.perf_counter()
    for _ in range({STATEMENTS}):
        session.scalars(select(Thing)).all()
    return time.perf_counter() - began

with Session(engine) as session:
    session.add(Thing(id=1))
    session.flush()
    print(deep(session, 30))
"""
SCRIPT = """
import sys
from pathlib import Path
from compare.trace.run import traced
traced([sys.executable, "main.py"], Path())
"""


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "main.py").write_text(PROGRAM, encoding="utf-8")
        plain, watched = [], []
        for _ in range(ROUNDS):
            plain.append(_seconds([sys.executable, "main.py"], folder))
            watched.append(_seconds([sys.executable, "-c", SCRIPT], folder))
    differences = [(two - one) / STATEMENTS * 1e6 for one, two in zip(plain, watched, strict=True)]
    print(f"without {statistics.median(plain) / STATEMENTS * 1e6:8.1f} µs a statement")
    print(f"traced  {statistics.median(watched) / STATEMENTS * 1e6:8.1f} µs a statement")
    print(f"adds    {statistics.median(differences):8.1f} µs ({min(differences):.1f} to {max(differences):.1f})")


def _seconds(command: list[str], folder: str) -> float:
    return float(subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.strip())


if __name__ == "__main__":
    main()
