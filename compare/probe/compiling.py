"""Compiles queries of a program as they were and as they are now, in the program's own interpreter, and compares.

Run by path, as `python compiling.py TASK ANSWER`: standard library, and SQLAlchemy where the program brings it. TASK is
a file with JSON:

    {"queries": [{"module": "app.crud", "before": "db.query(User)", "after": "select(User)",
                  "wants": [["sqlalchemy", "select", "select"]]}]}

ANSWER is written: a list with one entry for each query, `{"before": "SELECT …", "after": "SELECT …"}`, or
`{"why": "…"}` where it cannot be evaluated by itself. Modules of the program are imported; nothing is executed.
"""

from __future__ import annotations

import builtins
import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Unknown:
    """Stands for what is known only while the program runs: a session, an argument, an attribute of one."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Unknown()

    def __call__(self, *_args: object, **_named: object) -> Any:
        """Return what nobody knows either."""
        return Unknown()

    def query(self, *entities: Any) -> Any:
        """Begin a query, as a session does."""
        from sqlalchemy.orm import Session  # noqa: PLC0415 - the program's

        return Session().query(*entities)

    def __iter__(self) -> Iterator[int]:
        return iter((1, 2))

    def __len__(self) -> int:
        return 2

    def __getitem__(self, _key: object) -> Any:
        return Unknown()

    def __index__(self) -> int:
        return 7

    __int__ = __index__


class Names(dict[str, Any]):
    """The names of a module; any other is one that is known only while the program runs."""

    def __init__(self, module: dict[str, Any], wants: list[list[str]]) -> None:
        super().__init__()
        self.module = module
        for source, name, called in wants:
            self[called or name] = getattr(importlib.import_module(source), name)

    def __missing__(self, name: str) -> Any:
        if name in self.module or hasattr(builtins, name):
            raise KeyError(name)
        return Unknown()


def sql(code: str, module: dict[str, Any], wants: list[list[str]]) -> str:
    """Return the SQL that an expression compiles to on PostgreSQL."""
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - the program's
    from sqlalchemy.sql import selectable  # noqa: PLC0415 - the program's

    found = eval(f"({code}\n)", module, Names(module, wants))  # noqa: S307 - the team's own expression
    if isinstance(found, Unknown):
        raise TypeError("it begins with something that is known only while the program runs")
    statement = getattr(found, "statement", found)
    # Query names its columns after their tables, a statement does not: the same names for both
    named = statement.set_label_style(selectable.LABEL_STYLE_TABLENAME_PLUS_COL)
    return str(named.compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call] # SQLAlchemy gives it no types


def compared(query: dict[str, Any]) -> dict[str, str]:
    """Return a query's SQL before and after, or why there is none."""
    try:
        module = vars(importlib.import_module(query["module"]))
        return {"before": sql(query["before"], module, []), "after": sql(query["after"], module, query["wants"])}
    except BaseException as error:  # noqa: BLE001 - whatever the program raises as it is imported, SystemExit included
        return {"why": f"{type(error).__name__}: {error}".splitlines()[0][:200]}


def main() -> None:
    """Do the task."""
    task, answer = map(Path, sys.argv[1:])
    queries = json.loads(task.read_text(encoding="utf-8"))["queries"]
    sys.path[0] = str(Path.cwd())
    answer.write_text(json.dumps([compared(one) for one in queries]), encoding="utf-8")


if __name__ == "__main__":
    main()
