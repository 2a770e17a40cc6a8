"""The steps, in their order."""

from __future__ import annotations

from compare.steps.model import Step
from compare.steps.transforms import baseline, bridge, loads, peel, select, tests

STEPS: tuple[Step, ...] = (
    Step(
        0,
        "baseline",
        "Name the driver, and what the next steps need",
        "`postgresql://` means another driver from one version of SQLAlchemy to the next. What comes later needs "
        "asyncpg, greenlet, and a test client that is async: they are named among the dependencies now, while nothing "
        "uses them.",
        baseline,
    ),
    Step(
        1,
        "tests",
        "Let the tests speak to the app as an async client does",
        "TestClient runs the app on a loop of its own, in a thread. An async engine that is used there and in a test "
        "belongs to two loops. The suite stays the same, and the app stays sync: what is green before is green after.",
        tests,
    ),
    Step(
        2,
        "select",
        "Write queries as statements, in 2.0 style",
        "AsyncSession has no query API. A statement is the same for both sessions, so this can be done, and tested, "
        "while everything is still sync. The SQL stays the same.",
        select,
    ),
    Step(
        3,
        "loads",
        "Load what is used, and keep it loaded",
        "A sync session loads what is missing when it is touched, and again after each commit. An async one cannot. "
        "Done while the app is sync, this changes which statements are sent, and nothing else.",
        loads,
    ),
    Step(
        7,
        "bridge",
        "Serve the old code through an async engine",
        "Routes, dependencies and whatever else begins a session become async; what they call stays sync and is run "
        "over `await session.run_sync(…)`. The driver changes here, and nothing else does.",
        bridge,
    ),
    Step(
        8,
        "peel",
        "Await the database all the way down",
        "Function after function becomes async and the bridge goes. What cannot await stays behind the bridge, and is "
        "listed.",
        peel,
    ),
)
