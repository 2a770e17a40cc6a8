"""What the async app gains: `uv run python -m tests.benchmarks speed`, or `… speed FIGURE …` for some of the figures.

Each figure compares apps in one run, in turns, on clones of one database: `legacy` and `async` as they are configured,
`async plain` without its levers, and `limit`, the same routes by hand on raw asyncpg (tests/benchmarks/limit). Where
connections are the question, both have as many, and legacy a thread for each. Behind a ratio stands what it should be.
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import httpx

from compare.bench import meter
from compare.bench.figures import Round, median
from compare.bench.script import Script, Step, token
from compare.bench.sender import Sender, sending
from compare.bench.taking import Taker, machine
from compare.config import Config
from compare.process import scratch
from tests.benchmarks.stage import PATIENCE, App, alternating, configured, filled, up

UNIQUE = "unique"
JSON = ("content-type", "application/json")
STAFF = 1
ROUNDS = 5  # of what takes seconds each
ROWS = 10_000
EXPORTED = 100_000
PAID_A_ROUND = 3_000
CONNECTIONS = 90
SWEEP = (1, 4, 16, 64, 256, 512)
BOUNDED = 6.0  # seconds: three times what a request may wait for the pool
FIGURE: dict[str, Callable[[Round], float | None]] = {
    "throughput": lambda done: done.throughput,
    "cpu": lambda done: done.cpu / len(done.good) if done.good else None,
    "p50": lambda done: done.quantile(0.5),
    "p99": lambda done: done.quantile(0.99),
    "memory": lambda done: done.memory,
    "threads": lambda done: done.threads,
}

RICH = "UPDATE accounts SET balance = 1000000; UPDATE items SET stock = 1000000000;"
TO_PAY = f"""
WITH payers AS (
    SELECT customer_id, row_number() OVER (ORDER BY customer_id) - 1 AS number, count(*) OVER () AS total
    FROM payment_methods JOIN customers ON customers.id = customer_id
    WHERE kind = 'card' AND customers.status = 'active' GROUP BY customer_id
), made AS (
    INSERT INTO orders (public_id, customer_id, status)
    SELECT gen_random_uuid(), customer_id, 'pending'
    FROM generate_series(1, {PAID_A_ROUND * 8}) AS n JOIN payers ON payers.number = n % total
    RETURNING id
), begun AS (
    INSERT INTO order_status_changes (order_id, status) SELECT id, 'pending' FROM made
)
INSERT INTO order_lines (order_id, position, item_id, quantity, unit_price)
SELECT id, 1, 1 + id % 4000, 1, 9.99 FROM made;
"""
TO_EXPORT = f"""
WITH made AS (
    INSERT INTO orders (public_id, customer_id, status)
    SELECT gen_random_uuid(), 1 + n % 400, 'paid' FROM generate_series(1, {EXPORTED} - 2000) AS n RETURNING id
)
INSERT INTO order_lines (order_id, position, item_id, quantity, unit_price)
SELECT id, n, 1 + id % 4000, 1, 9.99 FROM made, generate_series(1, 2) AS n;
"""


def main() -> None:
    """Measure what was asked for, and print."""
    chosen = sys.argv[sys.argv.index("speed") + 1 :] or list(FIGURES)
    print(machine())
    config = configured()
    with sending() as sender:
        for name in chosen:
            print(f"\n{name}", flush=True)
            FIGURES[name](config, sender)
    sys.exit(0)  # the names of figures are no benchmarks of their own


def read_order(config: Config, sender: Sender) -> None:
    """One order with lines, a customer's own."""
    with filled(config) as server, up(config, server, ("legacy", "async plain", "async", "limit")) as apps:
        taken = alternating(sender, apps, lambda app, _: [_an_order(app)], clients=16)
    _table(taken)
    _reading(taken)


def list_orders(config: Config, sender: Sender) -> None:
    """Twenty orders with customer and items, as staff."""
    with filled(config) as server, up(config, server, ("legacy", "async plain", "async", "limit")) as apps:
        taken = alternating(sender, apps, lambda app, _: [_get(app, "/orders?limit=20")], clients=16)
    _table(taken)
    _reading(taken)


def transfer(config: Config, sender: Sender) -> None:
    """Money between random customers, 64 clients."""
    with filled(config) as server, up(config, server, ("legacy", "async", "limit"), more=RICH) as apps:
        scripts = {name: _transfers(app) for name, app in apps.items()}
        taken = alternating(sender, apps, lambda app, _: scripts[app.name], clients=64)
    _table(taken)
    _writing(taken)


def pay(config: Config, sender: Sender) -> None:
    """Pending orders by card, each once, 64 clients."""
    with filled(config) as server, up(config, server, ("legacy", "async", "limit"), more=RICH + TO_PAY) as apps:
        scripts = {name: _payments(app) for name, app in apps.items()}
        taken = alternating(
            sender,
            apps,
            lambda app, number: scripts[app.name][number * PAID_A_ROUND : (number + 1) * PAID_A_ROUND],
            clients=64,
        )
    _table(taken)
    _writing(taken)


def import_items(config: Config, _sender: Sender) -> None:
    """Ten thousand rows in one request."""
    with filled(config) as server, up(config, server, ("legacy", "async plain", "async", "limit")) as apps:
        taken = _one_by_one(apps, _imported)
    _table(taken)
    _ratio("requests a second, async to legacy", _of(taken, "throughput"), least=2.0)
    _ratio("for a CPU second, async to legacy", 1 / _of(taken, "cpu"), least=2.0)
    _ratio("memory, async to legacy", _of(taken, "memory"), most=1.0)


def export(config: Config, _sender: Sender) -> None:
    """A hundred thousand orders, as CSV and as NDJSON."""
    with (
        filled(config) as server,
        up(config, server, ("legacy", "async plain", "async", "limit"), more=TO_EXPORT) as apps,
    ):
        for kind in ("csv", "ndjson"):
            print(f"  {kind}")
            taken = _one_by_one(apps, lambda app, _, kind=kind: _exported(app, kind))  # type: ignore[misc]
            _table(taken)
            _ratio("requests a second, async to legacy", _of(taken, "throughput"), least=2.0)
            _ratio("for a CPU second, async to legacy", 1 / _of(taken, "cpu"), least=2.0)
            _ratio(
                "MB above idle, async",
                (max(done.memory for done in taken["async"]) - apps["async"].idle) / 1e6,
                most=50.0,
            )


def dashboard(config: Config, sender: Sender) -> None:
    """Four queries that each wait 50 ms."""
    with filled(config) as server, up(config, server, ("legacy", "async plain", "async", "limit")) as apps:
        taken = alternating(
            sender, apps, lambda app, _: [_get(app, "/reports/dashboard?effort=0.05")], clients=1, seconds=2.0
        )
    _table(taken)
    _ratio("latency by that of the slowest query, async", _middle(taken["async"], "p50") / 0.05, most=1.3)


def waiting(config: Config, sender: Sender) -> None:
    """Queries that wait 100 ms, 256 clients, as many connections on both sides, on a server each."""
    env = {"POOL_SIZE": str(CONNECTIONS)}
    with (
        filled(config) as one,
        filled(config) as other,
        up(config, one, ("legacy",), env) as legacy,
        up(config, other, ("async",), env) as fast,
    ):
        taken = alternating(
            sender,
            legacy | fast,
            lambda app, _: [_get(app, "/reports/sales?effort=0.1")],
            clients=256,
            seconds=3.0,
            rounds=ROUNDS,
        )
    _table(taken)
    _ratio("requests a second, async to legacy", _of(taken, "throughput"), least=1.0)
    _ratio("threads, async to legacy", _of(taken, "threads"), most=0.1)
    _ratio("memory, async to legacy", _of(taken, "memory"), most=1.0)
    _ratio("p99, async to legacy", _of(taken, "p99"), most=1.0)


def stalls(config: Config, sender: Sender) -> None:
    """From 1 client to 512: what is refused is refused in bounded time, and a client alone is served at once after."""
    routes: dict[str, Callable[[App], Sequence[Script]]] = {
        "GET /orders/{order_id}": lambda app: [_an_order(app)],
        "GET /orders": lambda app: [_get(app, "/orders?limit=20")],
        "POST /transfers": _transfers,
        "GET /reports/dashboard": lambda app: [_get(app, "/reports/dashboard?effort=0.02")],
        "GET /reports/sales": lambda app: [_get(app, "/reports/sales?effort=0.1")],
        "GET /items": lambda app: [_get(app, "/items")],
    }
    print(f"  {'':<24}{'':<8}{'clients':>8}{'right/s':>10}{'503':>8}{'other':>8}{'longest':>11}{'alone after':>13}")
    stalled, taker = 0, Taker(sender, PATIENCE)
    with filled(config) as server, up(config, server, ("legacy", "async"), more=RICH) as apps:
        for route, made in routes.items():
            for app in apps.values():
                scripts = made(app)
                for clients in SWEEP:
                    stalled += _swept(taker, route if clients == 1 else "", app, scripts, clients)
    _ratio("rounds that stalled", float(stalled), most=0.0)


FIGURES: Mapping[str, Callable[[Config, Sender], None]] = {
    one.__name__: one
    for one in (read_order, list_orders, transfer, pay, import_items, export, dashboard, waiting, stalls)
}


def _get(app: App, target: str, customer: int = STAFF) -> Script:
    return Script(f"GET {target}", (Step("GET", target, app.asking(customer), status=200),))


def _an_order(app: App) -> Script:
    (row,) = app.fetch(
        "SELECT orders.public_id, customer_id FROM orders JOIN customers ON customers.id = customer_id"
        " WHERE customers.status = 'active' AND payment_method_id IS NOT NULL"
        " ORDER BY (SELECT count(*) FROM order_lines WHERE order_id = orders.id) DESC, orders.id LIMIT 1"
    )
    return _get(app, f"/orders/{row['public_id']}", int(str(row["customer_id"])))


def _transfers(app: App) -> list[Script]:
    rows = app.fetch(
        "SELECT customer_id, public_id, lead(public_id, 7) OVER (ORDER BY id) AS target FROM accounts"
        " WHERE currency = 'EUR'"
    )
    return [
        _post(
            "/transfers",
            app.asking(int(str(row["customer_id"]))),
            {"source": str(row["public_id"]), "target": str(row["target"]), "amount": "0.01"},
            status=201,
            key=True,
        )
        for row in rows
        if row["target"] and row["customer_id"] in app.tokens
    ]


def _payments(app: App) -> list[Script]:
    rows = app.fetch(
        "SELECT orders.public_id, orders.customer_id, max(method.public_id::text) AS method FROM orders"
        " JOIN payment_methods AS method ON method.customer_id = orders.customer_id AND method.kind = 'card'"
        " WHERE orders.status = 'pending' GROUP BY orders.id ORDER BY orders.id DESC"
    )
    return [
        _post(
            f"/orders/{row['public_id']}/pay",
            app.asking(int(str(row["customer_id"]))),
            {"payment_method": row["method"]},
            status=200,
        )
        for row in rows
        if row["customer_id"] in app.tokens
    ]


def _post(target: str, headers: tuple[tuple[str, str], ...], body: object, *, status: int, key: bool = False) -> Script:
    own = (("idempotency-key", token(UNIQUE)),) if key else ()
    names = (UNIQUE,) if key else ()
    return Script(
        f"POST {target}", (Step("POST", target, (JSON, *headers, *own), json.dumps(body), names, (), status),)
    )


def _imported(app: App, number: int) -> None:
    rows = [
        {
            "sku": f"R{number}-{row}",
            "name": f"Item {row}",
            "price": f"{row % 900}.{row % 100:02}",
            "weight": round(row / 7, 2),
            "tags": ["new", "sale"],
            "stock": row % 50,
        }
        for row in range(ROWS)
    ]
    answer = httpx.post(
        f"{app.subject.base_url}/items/import", json={"rows": rows}, headers=list(app.asking(STAFF)), timeout=60
    )
    assert answer.json()["imported"] == ROWS, answer.text


def _exported(app: App, kind: str) -> None:
    lines = 0
    headers = list(app.asking(STAFF))
    with httpx.stream("GET", f"{app.subject.base_url}/reports/orders.{kind}", headers=headers, timeout=60) as answer:
        for piece in answer.iter_raw():
            lines += piece.count(b"\n")
    assert lines >= EXPORTED


def _one_by_one(apps: Mapping[str, App], work: Callable[[App, int], None]) -> dict[str, list[Round]]:
    """One request at a time, of all apps in turns: what takes seconds needs no load to be measured."""
    taken: dict[str, list[Round]] = {name: [] for name in apps}
    for number in range(ROUNDS + 1):
        for name, app in apps.items():
            before, begun = meter.read(app.subject.pid), time.perf_counter()
            with _watched(app) as highest:
                work(app, number)
            seconds, after = time.perf_counter() - begun, meter.read(app.subject.pid)
            if number:
                done = Round(1, None, seconds, [seconds], [], 1, taken=seconds, cpu=after.cpu - before.cpu)
                taken[name].append(replace(done, memory=max([*highest, after.memory]), threads=after.threads))
    return taken


@contextmanager
def _watched(app: App) -> Iterator[list[int]]:
    """The resident bytes of an app while the block runs."""
    seen: list[int] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            seen.append(meter.read(app.subject.pid).memory)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def _swept(taker: Taker, route: str, app: App, scripts: Sequence[Script], clients: int) -> bool:
    """Print one row; whether it stalled."""
    with scratch() as nothing:
        done = taker.round(app.side, nothing, scripts, clients, 1.5)
        alone = taker.round(app.side, nothing, scripts, 1, 0.3)
    full = done.statuses.get("503", 0)
    other = len(done.bad) - full + done.hanging
    longest = max([*done.good, *done.bad], default=0.0)
    after = alone.quantile(0.5)
    stalled = bool(other or alone.bad or after is None or longest > BOUNDED)
    said = "-" if after is None else f"{after * 1e3:.1f} ms"
    print(
        f"  {route:<24}{app.name:<8}{clients:>8}{done.throughput:>10,.0f}{full:>8}{other:>8}{longest:>9.2f} s{said:>13}"
        f"{'   stalls' if stalled else ''}",
        flush=True,
    )
    return stalled


def _of(taken: Mapping[str, list[Round]], what: str, over: str = "async", under: str = "legacy") -> float:
    return _middle(taken[over], what) / _middle(taken[under], what)


def _middle(rounds: Sequence[Round], what: str) -> float:
    """The median of a figure over the rounds that have it."""
    figure = FIGURE[what]
    return median([value for done in rounds if (value := figure(done)) is not None]) or float("nan")


def _reading(taken: Mapping[str, list[Round]]) -> None:
    _ratio("requests for a CPU second, async to legacy", 1 / _of(taken, "cpu"), least=3.0)
    _ratio("requests for a CPU second, async to the limit", 1 / _of(taken, "cpu", under="limit"), least=0.5)


def _writing(taken: Mapping[str, list[Round]]) -> None:
    _ratio("requests a second, async to legacy", _of(taken, "throughput"), least=1.2)
    _ratio("requests for a CPU second, async to legacy", 1 / _of(taken, "cpu"), least=1.2)
    _ratio("p99, async to legacy", _of(taken, "p99"), most=1.0)


def _table(taken: Mapping[str, list[Round]]) -> None:
    print(f"  {'':<12}{'a second':>10}{'CPU each':>12}{'p50':>12}{'p99':>12}{'memory':>10}{'threads':>9}{'bad':>6}")
    for name, rounds in taken.items():
        cpu, p50, p99 = (f"{_middle(rounds, what) * 1e3:,.2f} ms" for what in ("cpu", "p50", "p99"))
        memory = f"{_middle(rounds, 'memory') / 1e6:.0f} MB"
        bad = sum(len(done.bad) + done.hanging for done in rounds)
        print(
            f"  {name:<12}{_middle(rounds, 'throughput'):>10,.1f}{cpu:>12}{p50:>12}{p99:>12}{memory:>10}"
            f"{_middle(rounds, 'threads'):>9.0f}{bad:>6}",
            flush=True,
        )


def _ratio(what: str, value: float, *, least: float | None = None, most: float | None = None) -> None:
    reached = (least is None or value >= least) and (most is None or value <= most)
    wanted = f"at least {least:g}" if least is not None else f"at most {most:g}"
    print(f"  {what:<48}{value:>8.2f}   ({wanted}{'' if reached else ': not reached'})", flush=True)
