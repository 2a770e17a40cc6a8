"""Use cases of reports."""

from collections.abc import Callable, Generator, Sequence
from datetime import timedelta
from typing import TypeVar

from sqlalchemy.orm import Session, sessionmaker

from legacy_app.reports import repository
from shared_models.models import AuditedSession
from shared_models.rules import documents
from shared_models.schemas.reports import BestSeller, Dashboard, SalesDay, SalesReport, StatusCount

T = TypeVar("T")
Sessions = sessionmaker[AuditedSession]
Lines = Generator[str, None, None]

#: Orders read from the cursor, and sent to the client, at a time.
BATCH = 500


def sales(session: Session, effort: float, limit: timedelta) -> SalesReport:
    """Return sales by day, unless the database needs longer than the limit."""
    repository.limit_statements(session, limit)
    repository.toil(session, effort)
    days = repository.sales_by_day(session)
    return SalesReport(days=[SalesDay.model_validate(day) for day in days])


def dashboard(sessions: Sessions, effort: float) -> Dashboard:
    """Return the answers of four queries that have nothing to do with one another."""
    with sessions() as session:
        customers = _answer(session, repository.count_customers, effort)
        orders = _answer(session, repository.count_orders, effort)
        revenue = _answer(session, repository.sum_revenue, effort)
        best_sellers = _answer(session, repository.list_best_sellers, effort)
    return Dashboard(
        customers=customers,
        orders=[StatusCount.model_validate(count) for count in orders],
        revenue=revenue,
        best_sellers=[BestSeller.model_validate(item) for item in best_sellers],
    )


def export_csv(sessions: Sessions) -> Lines:
    """Return all orders as CSV, piece by piece. The query runs already: what fails at once, fails here."""
    return _started(_export(sessions, documents.export_csv, documents.export_header()))


def export_ndjson(sessions: Sessions) -> Lines:
    """Return all orders as newline-delimited JSON, piece by piece. The query runs already, as in `export_csv`."""
    return _started(_export(sessions, documents.export_ndjson))


def price_list(session: Session) -> str:
    """Return the price list as HTML."""
    items = repository.list_items(session)
    session.close()  # rendering takes long and needs no connection
    return documents.price_list(items)


def _answer(session: Session, query: Callable[[Session], T], effort: float) -> T:
    repository.toil(session, effort)
    return query(session)


def _export(sessions: Sessions, line: Callable[[Sequence[object]], str], header: str = "") -> Lines:
    """Yield nothing once the cursor is open, then the header, then orders."""
    with sessions() as session:
        batches = repository.stream_orders(session, BATCH)
        yield ""
        if header:
            yield header
        for rows in batches:
            yield "".join(line(row) for row in rows)


def _started(lines: Lines) -> Lines:
    next(lines)
    return lines
