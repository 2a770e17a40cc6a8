"""The legacy app."""

from __future__ import annotations

from fastapi import FastAPI

from compare.selftest.apps.errors import AgroundError, refused, register
from compare.selftest.apps.legacy import loads, refusals, responses, rows, runtime, slips, statements, transactions
from compare.selftest.apps.middleware import HarbourHeader

app = FastAPI(title="Harbour")
register(app)
app.add_exception_handler(AgroundError, refused)
app.add_middleware(HarbourHeader)
for module in (rows, statements, transactions, runtime, responses, slips, loads, refusals):
    app.include_router(module.router)


@app.get("/legend")
def legend() -> str:
    """What the signs on the chart mean."""
    return "an anchor is a berth"
