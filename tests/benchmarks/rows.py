"""What the rows layer costs a request: `python -m tests.benchmarks rows`.

50 tables with 100,000 rows. Half of the requests write nothing; the others insert a row and update another, on either
side. Timed is what a run does for its rows: reading both sides' log up to now, and comparing what was committed. Then
300,000 rows are imported into both databases, and it is timed again.
"""

import statistics
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812 - a class, spelled like a function

from compare.postgres import Address, Clone, Log, followed, running_server
from compare.verdict.answer import Answer
from compare.verdict.bindings import Bindings
from compare.verdict.clock import Clock
from compare.verdict.commits import compare_commits
from compare.verdict.evidence import Evidence, Pair
from compare.verdict.keys import Keys
from compare.verdict.matching import Matching
from compare.verdict.rows import known_tables

TABLES, ROWS, IMPORTED, REQUESTS = 50, 100_000, 300_000, 1_000
TABLE = """
    CREATE TABLE things_{number} (
        id serial PRIMARY KEY, parent_id integer {reference},
        name text NOT NULL, price numeric(10, 2) NOT NULL, made_at timestamptz NOT NULL DEFAULT now()
    );
    INSERT INTO things_{number} (parent_id, name, price)
    SELECT n, 'thing ' || n, n / 7.0 FROM generate_series(1, {rows}) n;
"""


def main() -> None:
    """Measure and print."""
    with running_server(None) as server, ExitStack() as stack:
        server.build_template(_fill)
        clones = [stack.enter_context(server.clone(name)) for name in ("legacy", "async")]
        logs = [stack.enter_context(followed(clone)) for clone in clones]
        apps = [stack.enter_context(closing(psycopg2.connect(clone.address.url()))) for clone in clones]
        print(f"{TABLES} tables, {ROWS:,} rows, {REQUESTS:,} requests, milliseconds a request")
        _measure("before the import", clones, logs, apps)
        for app in apps:
            with app, app.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO things_0 (name, price) SELECT 'imported ' || n, n FROM generate_series(1, %s) n",
                    (IMPORTED,),
                )
        begun = time.perf_counter()
        for log in logs:
            log.since()
        print(f"reading the import of {IMPORTED:,} rows {time.perf_counter() - begun:18.2f} s")
        _measure("after the import", clones, logs, apps)


def _fill(address: Address) -> None:
    with closing(psycopg2.connect(address.url())) as connection, connection, connection.cursor() as cursor:
        for number in range(TABLES):
            reference = f"REFERENCES things_{number - 1}" if number else ""
            cursor.execute(TABLE.format(number=number, reference=reference, rows=ROWS // TABLES))


def _measure(name: str, clones: Sequence[Clone], logs: Sequence[Log], apps: Sequence[Connection]) -> None:
    keys = Keys.before_run(clones[0].sequences())
    tables = known_tables(clones[0], keys)
    with closing(Matching(Clock(time.time()), Bindings())) as matching:
        costs: list[list[float]] = [[], []]
        for number in range(REQUESTS):
            writes = number % 2
            for app in apps if writes else ():
                _write(app, number)
            begun = time.perf_counter()
            sides = [Evidence(Answer(200), commits=log.since()) for log in logs]
            found = list(compare_commits(Pair("POST /things", sides[0], sides[1], matching, keys, tables)))
            costs[writes].append((time.perf_counter() - begun) * 1e3)
            assert not found, found
            assert [len(commit.changes) for side in sides for commit in side.commits or ()] == [2, 2] * writes
    for what, ranked in (("all", [*costs[0], *costs[1]]), ("reading", costs[0]), ("writing", costs[1])):
        ranked.sort()
        median, worst = statistics.median(ranked), ranked[len(ranked) * 99 // 100]
        print(f"{name:<20} {what:<8} median {median:6.2f}   99 % below {worst:6.2f}", flush=True)


def _write(app: Connection, number: int) -> None:
    table = f"things_{number % TABLES}"
    with app, app.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} (parent_id, name, price) VALUES (1, 'new', %s)", (number,))
        cursor.execute(f"UPDATE {table} SET price = price + 1 WHERE id = %s", (number % 2_000 + 1,))


if __name__ == "__main__":
    main()
