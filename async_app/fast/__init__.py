"""The app with its hot routes made fast: they answer and write the same, by shorter ways.

Everything else is the plain app, which stays the mirror of the sync one; the OpenAPI document is the plain routes' too.
One file is one lever, or one noun that pulls several:

- `idle_ping`: a connection is asked whether it lives where it was idle, and not before every request.
- `autocommit`: a read is one statement on a Core connection. No session, no BEGIN, no ROLLBACK.
- `callers`: who asks is a row and no entity.
- `json_text`: PostgreSQL prints the JSON of an answer, byte for byte as pydantic would; no object is made of it.
- `routes`: a fast route takes only what it can answer; all else, a wrong method too, is the plain ones'.
- `orders`: reading and listing, one statement each where the ORM needs five, as for what is answered to a payment.
- `items`: an import is one statement for all rows and one for their audit trail.
- `reports`: the export's lines come finished from the cursor; the dashboard's queries have connections of their own.

What they gain is in the README: together by `python -m tests.benchmarks speed`, each by itself by `… levers`.
"""

from fastapi import FastAPI

from async_app import main
from async_app.fast import idle_ping, items, orders, reports
from async_app.settings import Settings


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make the app; settings come from the environment unless they are given."""
    app = main.create_app(settings)
    idle_ping.install(app.state.database.engine)
    plain = app.router.routes[:]
    app.router.routes.clear()
    for router in (orders.router, items.router, reports.router):  # the first route that fits is taken
        app.include_router(router, include_in_schema=False)
    app.router.routes.extend(plain)
    return app
