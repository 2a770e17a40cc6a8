"""The steps, in their order."""

from __future__ import annotations

from compare.steps.model import Step
from compare.steps.transforms import (
    baseline,
    bridge,
    cutover,
    harden,
    loads,
    optimize,
    peel,
    select,
    sessions,
    stopgap,
    strict,
    surroundings,
    tests,
)

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
        traced=True,
    ),
    Step(
        4,
        "strict",
        "Ask nothing of the driver that the strict one refuses",
        "psycopg2 turns values into text, and PostgreSQL takes it for what it likes; asyncpg sends typed values. "
        "What one driver coerces and the other refuses can be mended while both would do.",
        strict,
    ),
    Step(
        5,
        "sessions",
        "Give concurrent and later work sessions of its own",
        "A background task and a streamed answer outlive the request's session, and tasks that run beside each other "
        "cannot share one. Where nothing is uncommitted by then, and only plain values go along, such work begins a "
        "session of its own, on what the other one is bound to. Elsewhere who owns which session is a decision: the "
        "places are listed.",
        sessions,
    ),
    Step(
        6,
        "stopgap",
        "Keep sync SQL off the event loop",
        "An `async def` that asks the database through a sync session blocks everybody who is served on its loop. "
        "Until the session is async, such calls run in the thread pool.",
        stopgap,
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
    Step(
        9,
        "surroundings",
        "See to what stands around the app",
        "Events, start-up, command lines, workers and plug-ins that were handed a sync engine or session. What they "
        "want differs from one to the next, so this step lists the places and changes nothing.",
        surroundings,
    ),
    Step(
        10,
        "harden",
        "Hold out against clients that leave, and against load",
        "A client that goes away cancels what it waited for, sessions included. Middleware that stands in between "
        "has to let the clean-up happen; this step lists the places and changes nothing.",
        harden,
    ),
    Step(
        11,
        "cutover",
        "Take the sync driver out",
        "Where nothing imports it and no sync engine is made any more, the old driver is no dependency. What still "
        "needs it is listed.",
        cutover,
    ),
    Step(
        12,
        "optimize",
        "Make fast what a measurement shows to be slow",
        "Up to here the app does what it did, in the same order, so that a difference has one cause. Only now may a "
        "route take a shorter way. Which one is worth it, a measurement says, and what it becomes is written by hand: "
        "this step changes nothing, and holds such edits.",
        optimize,
    ),
)
