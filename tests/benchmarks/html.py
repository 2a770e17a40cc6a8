"""How large the HTML report of 10,000 requests is, and how soon it can be used: `python -m tests.benchmarks.html`.

Prints the size, how long it takes to write, when a headless Chromium has run the page's script, and how long a search
through everything takes there. The issue asks for under 5 MB and under a second.
"""

import dataclasses
import json
import statistics
import tempfile
import time
from pathlib import Path

from compare.findings import CATALOGUE, Exchange, Finding, Group, Reply, Tick
from compare.report import as_html
from compare.verdict import RouteResult, Verdict
from compare.verdict.outcome import Coverage
from tests.compare.browser import CHROMIUM, DRIVER, browser

REQUESTS, ROUTES, CAUSES = 10_000, 60, 200
ROUNDS = 5
READY = "return Number(document.documentElement.dataset.ready)"
SEARCH = """
    const begun = performance.now();
    const search = document.getElementById("search");
    search.value = arguments[0];
    document.getElementById("filter").dispatchEvent(new Event("submit"));
    document.body.getBoundingClientRect();
    return performance.now() - begun;
"""


def main() -> None:
    """Measure and print."""
    subject = run_of_10_000()
    begun = time.perf_counter()
    page = as_html(subject)
    print(f"HTML report of {REQUESTS:,} requests, {CAUSES} causes on {ROUTES} routes")
    print(f"size               {len(page.encode()) / 1e6:8.2f} MB")
    print(f"written in         {time.perf_counter() - begun:8.2f} s")
    if not (CHROMIUM and DRIVER):
        print("no Chromium with chromedriver here: the rest is not measured")
        return
    with tempfile.TemporaryDirectory() as folder, browser() as chromium:
        file = Path(folder) / "report.html"
        file.write_text(page, encoding="utf-8")
        ready, search = [], []
        for number in range(ROUNDS):
            chromium.open(file)
            ready.append(chromium.run(READY))
            search.append(chromium.run(SEARCH, f"sku A-{number}"))
    print(f"interactive after  {statistics.median(ready):8.0f} ms   ({min(ready):.0f} to {max(ready):.0f})")
    print(f"first search takes {statistics.median(search):8.0f} ms   ({min(search):.0f} to {max(search):.0f})")


def run_of_10_000() -> Verdict:
    """A long run that went badly: bodies as long as they are kept, and a time line for each cause."""
    codes = [code for code, entry in CATALOGUE.items() if entry.severity != "information"]
    routes = [f"GET /shops/{{shop_id}}/things-{number}/{{thing_id}}" for number in range(ROUTES)]
    groups = tuple(_group(number, codes[number % len(codes)], routes[number % ROUTES]) for number in range(CAUSES))
    results = tuple(
        RouteResult(route, REQUESTS // ROUTES, ((200, 150), (404, 16)), 12, 1, {"response": 10, "rows": 2})
        for route in routes
    )
    return Verdict(
        apps={"legacy": "shop.sync:app", "async": "shop.aio:app"},
        routes=results,
        total_routes=ROUTES,
        requests=REQUESTS,
        seconds=321.0,
        groups=groups,
        coverage=Coverage({2: 9000, 4: 1000}, tuple(f"{route} 200 /field/{n}" for route in routes for n in range(15))),
    )


def _group(number: int, code: str, route: str) -> Group:
    """One cause with its example, each unlike the others."""
    body = [{"sku": f"A-{number}-{item}", "price": f"{item}.00", "stock": item} for item in range(60)]
    legacy, async_ = (json.dumps([*body, {"total": total}])[: Exchange.LIMIT] for total in ("10.00", "11.00"))
    sql = "SELECT items.id, items.sku FROM items WHERE items.id = $1"
    ticks = tuple(Tick(at / 1000, "statement", f"{sql}  [{number}]", (at + 1) / 1000) for at in range(40))
    exchange = Exchange(
        "GET",
        f"/shops/1/things/{number}",
        (("accept", "application/json"),),
        "",
        Reply(200, (("content-type", "application/json"),), legacy),
        Reply(200, (("content-type", "application/json"),), async_.replace('"stock": 3', '"stock": 4')),
        (ticks, ticks[::2]),
        (("insert orders id=1",), ("insert orders id=2",)),
    )
    first = Finding(code, f"/{number}/total", "10.00", "11.00", route, "a visit", f"{number}. GET /", exchange)
    return Group((first, dataclasses.replace(first, code="RES003")), 50, (route,))


if __name__ == "__main__":
    main()
