"""Reports and the dashboard."""

from datetime import date
from decimal import Decimal

from shared_models.models import OrderStatus
from shared_models.schemas.values import Answer


class SalesDay(Answer):
    """What was sold on one day (UTC)."""

    day: date
    orders: int
    revenue: Decimal


class SalesReport(Answer):
    """Sales by day, newest first."""

    days: list[SalesDay]


class StatusCount(Answer):
    """How many orders stand where."""

    status: OrderStatus
    orders: int


class BestSeller(Answer):
    """An item and how many of it were ordered."""

    sku: str
    name: str
    pieces: int


class Dashboard(Answer):
    """Four answers of four independent queries."""

    customers: int
    orders: list[StatusCount]
    revenue: Decimal
    best_sellers: list[BestSeller]
