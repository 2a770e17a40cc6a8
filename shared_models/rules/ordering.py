"""The life of an order: which step may follow which, and what a step does to the stock."""

from collections.abc import Iterable

from shared_models.errors import InsufficientStockError, OrderStateError
from shared_models.models import Item, Order, OrderStatus, OrderStatusChange

_NEXT = {
    OrderStatus.PENDING: {OrderStatus.PAID, OrderStatus.CANCELLED},
    OrderStatus.PAID: set(),
    OrderStatus.CANCELLED: set(),
}


def advance(order: Order, status: OrderStatus) -> OrderStatusChange:
    """Move an order to its next state and return the step for its history.

    Raises:
        OrderStateError: the step cannot follow the state that the order is in.
    """
    if status not in _NEXT[order.status]:
        raise OrderStateError(f"A {order.status.value} order cannot become {status.value}.", state=order.status.value)
    order.status = status
    return OrderStatusChange(order_id=order.id, status=status)


def take_from_stock(wanted: Iterable[tuple[Item, int]]) -> None:
    """Take pieces of locked items out of the stock.

    Raises:
        InsufficientStockError: an item has fewer pieces than wanted; names the first by SKU.
    """
    for item, quantity in wanted:
        if item.stock < quantity:
            message = f"{item.sku} has {item.stock} in stock, the order needs {quantity}."
            raise InsufficientStockError(message, sku=item.sku, stock=item.stock, needed=quantity)
        item.stock -= quantity
