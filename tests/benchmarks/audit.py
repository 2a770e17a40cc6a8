"""What reading 100,000 lines costs, and changing 20,000: `python -m tests.benchmarks audit`.

The program is generated: packages of a model, a repository, a service and a router that call one another, each with
names of its own, and as much code again that has nothing to do with a database.
The issue asks for an audit of 100,000 lines under 60 s and 1 GB, and for one step on 20,000 lines under 30 s.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LINES = {"audit": 100_000, "apply": 20_000}
MODEL = '''"""Model {n}."""
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base{n}(DeclarativeBase):
    """Base."""


class Owner{n}(Base{n}):
    __tablename__ = "owners_{n}"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    things: Mapped[list["Thing{n}"]] = relationship(back_populates="owner")


class Thing{n}(Base{n}):
    __tablename__ = "things_{n}"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("owners_{n}.id"))
    owner: Mapped[Owner{n}] = relationship(back_populates="things")
'''
REPOSITORY = '''

def find_{k}(session, key):
    """Return one."""
    return session.query(Thing{n}).filter(Thing{n}.id == key + {k}).one_or_none()


def search_{k}(session: Session, text: str, limit: int = 10):
    """Return some."""
    query = session.query(Owner{n}).filter(Owner{n}.name.contains(text))
    if limit > {k}:
        query = query.order_by(Owner{n}.id)
    return query.limit(limit).all()
'''
SERVICE = '''

class Service{k}:
    """Use cases."""

    def __init__(self, session: Session):
        self.session = session

    def read(self, key: int):
        found = repository.find_{k}(self.session, key)
        return {{"id": found.id, "owner": found.owner.name}} if found else None

    def change(self, key: int, name: str):
        for owner in repository.search_{k}(self.session, name):
            owner.name = name
        self.session.commit()
        return self.read(key)
'''
ROUTER = '''

@router.get("/{k}/{{key}}")
def read_{k}(key: int, session: Session = Depends(get_session)):
    """Read one."""
    return service.Service{k}(session).read(key)
'''
OTHER = '''

def calculated_{k}(values: list[int], factor: int = {k}) -> dict[str, float]:
    """Return figures."""
    total = 0
    for place, value in enumerate(values):
        if value % 2:
            total += value * factor
        else:
            total -= place
    return {{"total": total, "mean": total / max(1, len(values)), "text": f"{{total:>10}}"}}
'''


def generated(folder: Path, lines: int) -> int:
    """Write a program of at least so many lines; return how many it has."""
    written = number = 0
    while written < lines:
        package = folder / f"part_{number}"
        package.mkdir(parents=True)
        head = f'"""Part {number}."""\nfrom sqlalchemy.orm import Session\n\n'
        files = {
            "__init__": "",
            "models": MODEL.format(n=number),
            "repository": head
            + f"from part_{number}.models import Owner{number}, Thing{number}\n"
            + "".join(REPOSITORY.format(n=number, k=k) for k in range(6)),
            "service": head
            + f"from part_{number} import repository\n"
            + "".join(SERVICE.format(k=k) for k in range(6)),
            "router": head
            + f"from fastapi import APIRouter, Depends\nfrom part_{number} import service\n\nrouter = APIRouter()\n\n\n"
            + "def get_session():\n    with Session() as session:\n        yield session\n"
            + "".join(ROUTER.format(k=k) for k in range(6)),
            "figures": '"""Figures."""\n' + "".join(OTHER.format(k=k) for k in range(25)),
        }
        for name, text in files.items():
            (package / f"{name}.py").write_text(text, encoding="utf-8")
            written += text.count("\n")
        number += 1
    return written


def main() -> None:
    """Measure and print."""
    for what, command in (("audit", ["audit", "--json"]), ("apply", ["steps", "apply", "2", "--allow-dirty"])):
        with tempfile.TemporaryDirectory() as folder:
            lines = generated(Path(folder), LINES[what])
            for arguments in (
                ["init", "-q"],
                ["add", "."],
                ["-c", "user.name=b", "-c", "user.email=b@b", "commit", "-qm", "b"],
            ):
                subprocess.run(["git", *arguments], cwd=folder, check=True)
            begun = time.perf_counter()
            ran = subprocess.run(
                [sys.executable, "-m", "compare", *command], cwd=folder, capture_output=True, text=True, check=False
            )
            seconds = time.perf_counter() - begun
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            found = ran.stdout.count('"code"') if what == "audit" else ran.stdout.splitlines()[2].strip()
            print(f"{what:<6} {lines:>8,} lines {seconds:8.1f} s {peak:8.0f} MB   {found}")


if __name__ == "__main__":
    main()
