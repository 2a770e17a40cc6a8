"""What the async app gains: `uv run python -m tests.benchmarks speed`, or `… speed FIGURE …` for some of the figures.

Each figure compares apps in one run, in turns, on clones of one database: `legacy` and `async` as they are configured,
`async plain` without its levers, and `limit`, the same routes by hand on raw asyncpg (tests/benchmarks/limit). Where
connections are the question, both have as many, and legacy a thread for each. Behind a ratio stands what it should be.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace

from compare.bench.figures import Round
from compare.bench.script import Script
from compare.bench.sender import Sender, sending
from compare.bench.taking import Taker, machine
from compare.config import Config
from compare.process import scratch
from tests.benchmarks.requests import EXPORTED, RICH, an_order, exported, get, imported, payments, transfers
from tests.benchmarks.stage import PATIENCE, ROUNDS, App, alternating, configured, filled, one_by_one, up
from tests.benchmarks.table import middle, of, ratio, table
from tests.shared.locks import POOL_SIZE

PAID_A_ROUND = 3_000
CONNECTIONS = 90
POOLS = (5, POOL_SIZE, 20, 40)
SWEEP = (1, 4, 16, 64, 256, 512)
BOUNDED = 6.0  # seconds: three times what a request may wait for the pool

COMMON: Mapping[str, Callable[[App], Sequence[Script]]] = {
    "GET /orders/{order_id}": lambda app: [an_order(app)],
    "GET /orders": lambda app: [get(app, "/orders?limit=20")],
    "POST /transfers": transfers,
}

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
        taken = alternating(sender, apps, lambda app, _: [an_order(app)], clients=16)
    table(taken)
    _reading(taken)


def list_orders(config: Config, sender: Sender) -> None:
    """Twenty orders with customer and items, as staff."""
    with filled(config) as server, up(config, server, ("legacy", "async plain", "async", "limit")) as apps:
        taken = alternating(sender, apps, lambda app, _: [get(app, "/orders?limit=20")], clients=16)
    table(taken)
    _reading(taken)


def transfer(config: Config, sender: Sender) -> None:
    """Money between random customers, 64 clients."""
    with filled(config) as server, up(config, server, ("legacy", "async", "limit"), more=RICH) as apps:
        scripts = {name: transfers(app) for name, app in apps.items()}
        taken = alternating(sender, apps, lambda app, _: scripts[app.name], clients=64)
    table(taken)
    _writing(taken)


def pay(config: Config, sender: Sender) -> None:
    """Pending orders by card, each once, 64 clients."""
    with filled(config) as server, up(config, server, ("legacy", "async", "limit"), more=RICH + TO_PAY) as apps:
        scripts = {name: payments(app) for name, app in apps.items()}
        taken = alternating(
            sender,
            apps,
            lambda app, number: scripts[app.name][number * PAID_A_ROUND : (number + 1) * PAID_A_ROUND],
            clients=64,
        )
    table(taken)
    _writing(taken)


def import_items(config: Config, _sender: Sender) -> None:
    """Ten thousand rows in one request."""
    with filled(config) as server, up(config, server, ("legacy", "async plain", "async", "limit")) as apps:
        taken = one_by_one(apps, imported)
    table(taken)
    ratio("requests a second, async to legacy", of(taken, "throughput"), least=2.0)
    ratio("for a CPU second, async to legacy", 1 / of(taken, "cpu"), least=2.0)
    ratio("memory, async to legacy", of(taken, "memory"), most=1.0)


def export(config: Config, _sender: Sender) -> None:
    """A hundred thousand orders, as CSV and as NDJSON."""
    with (
        filled(config) as server,
        up(config, server, ("legacy", "async plain", "async", "limit"), more=TO_EXPORT) as apps,
    ):
        for kind in ("csv", "ndjson"):
            print(f"  {kind}")
            taken = one_by_one(apps, lambda app, _, kind=kind: exported(app, kind))  # type: ignore[misc]
            table(taken)
            ratio("requests a second, async to legacy", of(taken, "throughput"), least=2.0)
            ratio("for a CPU second, async to legacy", 1 / of(taken, "cpu"), least=2.0)
            ratio(
                "MB above idle, async",
                (max(done.memory for done in taken["async"]) - apps["async"].idle) / 1e6,
                most=50.0,
            )


def dashboard(config: Config, sender: Sender) -> None:
    """Four queries that each wait 50 ms."""
    with filled(config) as server, up(config, server, ("legacy", "async plain", "async", "limit")) as apps:
        taken = alternating(
            sender, apps, lambda app, _: [get(app, "/reports/dashboard?effort=0.05")], clients=1, seconds=2.0
        )
    table(taken)
    ratio("latency by that of the slowest query, async", middle(taken["async"], "p50") / 0.05, most=1.3)


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
            lambda app, _: [get(app, "/reports/sales?effort=0.1")],
            clients=256,
            seconds=3.0,
            rounds=ROUNDS,
        )
    table(taken)
    ratio("requests a second, async to legacy", of(taken, "throughput"), least=1.0)
    ratio("threads, async to legacy", of(taken, "threads"), most=0.1)
    ratio("memory, async to legacy", of(taken, "memory"), most=1.0)
    ratio("p99, async to legacy", of(taken, "p99"), most=1.0)


def tuned(config: Config, sender: Sender) -> None:
    """Legacy with other pools and a thread for each connection: how much better it can be than with its default."""
    with filled(config) as server, ExitStack() as stack:
        apps = {}
        for size in POOLS:
            one = up(config, server, ("legacy",), {"POOL_SIZE": str(size)}, more=RICH)
            name = _pool(size)
            apps[name] = replace(stack.enter_context(one)["legacy"], name=name)
        for route, made in COMMON.items():
            print(f"  {route}")
            scripts = {name: made(app) for name, app in apps.items()}
            taken = alternating(sender, apps, lambda app, _, scripts=scripts: scripts[app.name], clients=64)  # type: ignore[misc]
            table(taken)
            best = max(of(taken, "throughput", name, _pool(POOL_SIZE)) for name in apps)
            ratio("requests a second, the best to the default", best)


def stalls(config: Config, sender: Sender) -> None:
    """From 1 client to 512: what is refused is refused in bounded time, and a client alone is served at once after."""
    routes: dict[str, Callable[[App], Sequence[Script]]] = {
        **COMMON,
        "GET /reports/dashboard": lambda app: [get(app, "/reports/dashboard?effort=0.02")],
        "GET /reports/sales": lambda app: [get(app, "/reports/sales?effort=0.1")],
        "GET /items": lambda app: [get(app, "/items")],
    }
    print(f"  {'':<24}{'':<8}{'clients':>8}{'right/s':>10}{'503':>8}{'other':>8}{'longest':>11}{'alone after':>13}")
    stalled, taker = 0, Taker(sender, PATIENCE)
    with filled(config) as server, up(config, server, ("legacy", "async"), more=RICH) as apps:
        for route, made in routes.items():
            for app in apps.values():
                scripts = made(app)
                for clients in SWEEP:
                    stalled += _swept(taker, route if clients == 1 else "", app, scripts, clients)
    ratio("rounds that stalled", float(stalled), most=0.0)


FIGURES: Mapping[str, Callable[[Config, Sender], None]] = {
    one.__name__: one
    for one in (read_order, list_orders, transfer, pay, import_items, export, dashboard, waiting, tuned, stalls)
}


def _pool(size: int) -> str:
    return f"pool {size}"


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


def _reading(taken: Mapping[str, list[Round]]) -> None:
    ratio("requests for a CPU second, async to legacy", 1 / of(taken, "cpu"), least=3.0)
    ratio("requests for a CPU second, async to the limit", 1 / of(taken, "cpu", under="limit"), least=0.5)


def _writing(taken: Mapping[str, list[Round]]) -> None:
    ratio("requests a second, async to legacy", of(taken, "throughput"), least=1.2)
    ratio("requests for a CPU second, async to legacy", 1 / of(taken, "cpu"), least=1.2)
    ratio("p99, async to legacy", of(taken, "p99"), most=1.0)
