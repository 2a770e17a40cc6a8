"""How many statements a request costs: the same however many rows it shows, and never more in async than in legacy."""

from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from compare.config import SideName, expand
from compare.in_process import Statements, application, recorded
from compare.pytest_kit import Kit
from compare.pytest_plugin import Database, only_on
from compare.subjects.routes import Route, Routes
from compare.traffic import Captured, Values, find_files, load_scenarios
from tests.shared.test_orders import order

LAZY = "legacy loads them one by one when they are touched"
EXPIRES = "a commit expires what legacy holds, and it is loaded again"
WHOLE = "async reads who asks and what is answered at once"

CATEGORIES = "INSERT INTO categories (parent_id, slug, name) SELECT n, 'new-' || n, 'New' FROM generate_series(1, 6) n"
IN_ALL_CATEGORIES = "INSERT INTO item_categories SELECT 1, id FROM categories ON CONFLICT DO NOTHING"
ITEMS = (
    "INSERT INTO items (sku, name, price, tags, stock, version)"
    " SELECT 'NEW-' || n, 'New', 1, '{}', 1, 1 FROM generate_series(1, 50) n"
)
LINES = (
    "INSERT INTO order_lines (order_id, position, item_id, quantity, unit_price)"
    " SELECT (SELECT max(id) FROM orders), n, n, 1, 1 FROM generate_series(2, 9) n"
)
STEPS = (
    "INSERT INTO order_status_changes (order_id, status)"
    " SELECT (SELECT max(id) FROM orders), 'pending' FROM generate_series(1, 9)"
)
ORDERS = (
    "INSERT INTO orders (public_id, customer_id, status, created_at)"
    " SELECT gen_random_uuid(), 1 + n % 9, 'paid', now() - n * interval '1 day' FROM generate_series(1, 1100) n"
)
MORE_DAYS = "UPDATE orders SET created_at = created_at + id * interval '1 day'"
ACCOUNTS = (
    "INSERT INTO accounts (public_id, customer_id, currency, balance)"
    " SELECT gen_random_uuid(), 2, one, 1 FROM unnest(ARRAY['CHF', 'GBP', 'SEK', 'NOK']) one"
)
METHODS = (
    "WITH methods AS (INSERT INTO payment_methods (public_id, customer_id, kind, label)"
    " SELECT gen_random_uuid(), 2, 'card', 'More' FROM generate_series(1, 9) RETURNING id)"
    " INSERT INTO card_payments (id, brand, last_four) SELECT id, 'Visa', '0000' FROM methods"
)


async def counted(client: httpx.AsyncClient, path: str, statements: Statements) -> int:
    """The statements of one GET, by a token that was used before: its first use is written down."""
    (await client.get("/accounts")).raise_for_status()
    statements.clear()
    (await client.get(path)).raise_for_status()
    return len(statements)


async def play(kit: Kit, side: SideName) -> tuple[set[Route], dict[str, tuple[Route, int]]]:
    """The routes of a side, and for each step of the project's scenarios its route and the statements that it ran."""
    config = kit.config.side(side)
    played: dict[str, tuple[Route, int]] = {}
    async with AsyncExitStack() as stack:
        clone = stack.enter_context(kit.server.clone(side))
        values = {name: expand(template, clone.address.placeholders()) for name, template in config.env.items()}
        app = await stack.enter_async_context(application(config, values))
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        client = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://testserver"))
        paths: dict[str, dict[str, object]] = (await client.get("/openapi.json")).json()["paths"]
        routes = Routes(Route(method.upper(), path) for path, methods in paths.items() for method in methods)
        statements = stack.enter_context(recorded())
        for scenario in load_scenarios(find_files(["scenarios"], Path(__file__).parents[1])):
            captured: Values = dict(scenario.variables)
            for step in scenario.steps:
                wire = step.render(captured)
                statements.clear()
                response = await client.request(
                    wire.method, wire.target, headers=list(wire.headers), content=wire.content
                )
                assert response.status_code == (step.until or step.status), (scenario.name, str(step), response.text)
                answer = Captured(response.headers.multi_items(), response.content)
                captured |= {capture.name: capture.take(answer) for capture in step.captures}
                if route := routes.match(wire.method, wire.target):
                    played[f"{scenario.name}, step {step}"] = (route, len(statements))
    return set(routes), played


async def ada_is(database: Database) -> str:
    (row,) = await database.fetch("SELECT public_id::text AS id FROM customers WHERE name = 'Ada'")
    return f"/customers/{row['id']}"


@pytest.mark.in_process
@pytest.mark.parametrize("path", ["/items", "/customers", "/orders", "/orders?status=paid"])
async def test_a_page_costs_the_same_however_long_it_is(
    grace: httpx.AsyncClient, statements: Statements, path: str
) -> None:
    sign = "&" if "?" in path else "?"
    short = await counted(grace, f"{path}{sign}limit=1", statements)
    assert await counted(grace, f"{path}{sign}limit=100", statements) == short, str(statements)


@pytest.mark.in_process
@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/items/ITEM-00001", IN_ALL_CATEGORIES),
        ("/items?limit=100", IN_ALL_CATEGORIES),
        pytest.param("/categories", CATEGORIES, marks=only_on("async", reason=LAZY)),
        ("/accounts", ACCOUNTS),
        ("{ada}", ACCOUNTS),
        pytest.param("{ada}/payment-methods", METHODS, marks=only_on("async", reason=LAZY)),
        ("{order}", LINES),
        ("{order}", STEPS),
        ("/orders?limit=1", LINES),
    ],
)
async def test_a_customers_answer_costs_the_same_however_much_is_in_it(
    ada: httpx.AsyncClient, database: Database, statements: Statements, path: str, more: str
) -> None:
    made = await order(ada, {"ITEM-00001": 1})
    path = path.format(ada=await ada_is(database), order=made.headers["Location"])
    before = await counted(ada, path, statements)
    length = len((await ada.get(path)).content)
    await database.execute(more)
    assert await counted(ada, path, statements) == before, str(statements)
    assert len((await ada.get(path)).content) > length


@pytest.mark.in_process
@pytest.mark.parametrize(
    ("path", "count"),
    [
        pytest.param("{order}", 6, marks=only_on("legacy", reason=EXPIRES)),
        pytest.param("{order}", 1, marks=only_on("async", reason=WHOLE)),
        pytest.param("/orders", 5, marks=only_on("legacy", reason=EXPIRES)),
        pytest.param("/orders", 1, marks=only_on("async", reason=WHOLE)),
    ],
)
async def test_orders_cost_as_many_statements_as_they_need(
    ada: httpx.AsyncClient, statements: Statements, path: str, count: int
) -> None:
    made = await order(ada, {"ITEM-00001": 1, "ITEM-00002": 1})
    assert await counted(ada, path.format(order=made.headers["Location"]), statements) == count, str(statements)


@pytest.mark.in_process
@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/reports/sales", MORE_DAYS),
        ("/reports/orders.csv", ORDERS),
        ("/reports/orders.ndjson", ORDERS),
        ("/reports/price-list", ITEMS),
    ],
)
async def test_a_report_costs_the_same_however_much_is_in_it(
    grace: httpx.AsyncClient, database: Database, statements: Statements, path: str, more: str
) -> None:
    before = await counted(grace, path, statements)
    length = len((await grace.get(path)).content)
    await database.execute(more)
    assert await counted(grace, path, statements) == before, str(statements)
    assert len((await grace.get(path)).content) > length


async def test_no_route_runs_more_statements_in_async_than_in_legacy(
    compare_kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Request by request, over the scenarios, which reach every route; paying includes the receipt behind it."""
    monkeypatch.setenv("REPORT_TIMEOUT", "PT0.2S")
    routes, legacy = await play(compare_kit, "legacy")
    _, async_ = await play(compare_kit, "async")
    assert routes == {route for route, _ in legacy.values()}
    assert legacy.keys() == async_.keys()
    more = {step: (count, async_[step][1]) for step, (_, count) in legacy.items() if async_[step][1] > count}
    assert more == {}
