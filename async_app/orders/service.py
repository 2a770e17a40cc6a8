"""Use cases of orders, and the task that writes their receipts."""

import logging
from typing import TypeVar
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from async_app.database import Database, retried
from async_app.orders import repository
from async_app.wallets import repository as wallets
from shared_models.errors import ConflictError, ForbiddenError, NotFoundError, UnprocessableError
from shared_models.models import (
    Customer,
    Item,
    Order,
    OrderLine,
    OrderStatus,
    OrderStatusChange,
    PaymentMethod,
    Receipt,
    ReceiptStatus,
    Transfer,
    WalletPayment,
)
from shared_models.rules import cursors, documents, ordering, transfers
from shared_models.schemas.orders import OrderCreate, OrderPage, OrderPay, OrderRead, OrderSummary, ReceiptRead

logger = logging.getLogger(__name__)

T = TypeVar("T")


async def create(session: AsyncSession, asking: Customer, payload: OrderCreate) -> OrderRead:
    """Take an order at the prices of this moment; the stock stays as it is until the order is paid."""
    transfers.check_active(asking)
    items = await _on_sale(session, [line.sku for line in payload.lines])
    order = Order(customer=asking, history=[OrderStatusChange(status=OrderStatus.PENDING)])
    for position, (item, line) in enumerate(zip(items, payload.lines, strict=True), start=1):
        order.lines.append(OrderLine(position=position, item=item, quantity=line.quantity, unit_price=item.price))
    session.add(order)
    await session.commit()
    return OrderRead.model_validate(await repository.find(session, order.public_id))


async def read(session: AsyncSession, asking: Customer, public_id: UUID) -> OrderRead:
    """Return an order to its customer, or to staff."""
    return OrderRead.model_validate(_visible(asking, await repository.find(session, public_id)))


async def list_orders(
    session: AsyncSession, asking: Customer, status: OrderStatus | None, cursor: str | None, limit: int
) -> OrderPage:
    """Return one page of one's own orders, newest first; staff sees everybody's."""
    after = int(cursors.decode(cursor, int)[0]) if cursor else None
    orders = await repository.list_orders(session, None if asking.is_staff else asking.id, status, after, limit + 1)
    page = orders[:limit]
    following = cursors.encode(page[-1].id) if len(orders) > limit else None
    return OrderPage(orders=[OrderSummary.model_validate(order) for order in page], next=following)


@retried
async def pay(session: AsyncSession, asking: Customer, public_id: UUID, payload: OrderPay) -> OrderRead:
    """Pay an order, all of it or nothing."""
    await settle(session, asking, public_id, payload)
    await session.flush()
    paid = OrderRead.model_validate(await repository.find(session, public_id))  # T25: and its new updated_at
    await session.commit()  # gives the connection back: the receipt is written before this session is closed
    return paid


async def settle(session: AsyncSession, asking: Customer, public_id: UUID, payload: OrderPay) -> None:
    """Write what paying changes: the order's state, the stock, the money and an empty receipt, on one snapshot."""
    _ = await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    transfers.check_active(asking)
    order = _visible(asking, await repository.lock(session, public_id))
    if order.customer_id != asking.id:
        raise ForbiddenError("Only the customer of an order can pay it.")
    method = await repository.find_payment_method(session, payload.payment_method)
    change = ordering.advance(order, OrderStatus.PAID)
    if method is None or method.customer_id != asking.id:
        raise NotFoundError("This customer has no such way to pay.")
    order.payment_method = method
    session.add_all([change, Receipt(order_id=order.id)])
    await _take_from_stock(session, order)
    await _charge(session, order, method)


@retried
async def cancel(session: AsyncSession, asking: Customer, public_id: UUID) -> OrderRead:
    """Call an order off."""
    transfers.check_active(asking)
    order = _visible(asking, await repository.lock(session, public_id))
    session.add(ordering.advance(order, OrderStatus.CANCELLED))
    await session.flush()
    cancelled = OrderRead.model_validate(await repository.find(session, public_id))
    await session.commit()
    return cancelled


async def read_receipt(session: AsyncSession, asking: Customer, public_id: UUID) -> ReceiptRead:
    """Return the receipt of an order to its customer, or to staff."""
    receipt = _found(await repository.find_receipt(session, public_id), "receipt")
    _visible(asking, receipt.order)
    return ReceiptRead.model_validate(receipt)


async def write_receipt(database: Database, order_id: UUID) -> None:
    """Write the receipt of a paid order, after the answer has left: what fails is kept in the receipt and the log."""
    try:
        async with database.sessions() as session:
            receipt = _found(await repository.find_receipt(session, order_id), "receipt")
            receipt.body = documents.receipt(_found(await repository.find(session, order_id), "order"))
            receipt.status = ReceiptStatus.READY
            await session.commit()
    except Exception as error:
        logger.exception("The receipt of order %s could not be written", order_id)
        await _give_up(database, order_id, error)


async def _give_up(database: Database, order_id: UUID, error: Exception) -> None:
    # What SQLAlchemy says names statements and values: that is for the log.
    failure = "The database failed." if isinstance(error, SQLAlchemyError) else str(error)
    try:
        async with database.sessions() as session:
            receipt = _found(await repository.find_receipt(session, order_id), "receipt")
            receipt.status, receipt.failure = ReceiptStatus.FAILED, failure
            await session.commit()
    except Exception:
        logger.exception("The receipt of order %s could not even be given up", order_id)


async def _on_sale(session: AsyncSession, skus: list[str]) -> list[Item]:
    """Return the items of an order, in its order."""
    items = {item.sku: item for item in await repository.find_items(session, skus)}
    for position, sku in enumerate(skus):
        if sku in skus[:position]:
            raise UnprocessableError(f"{sku} is in the order twice. Put it into one line.", sku=sku)
        if sku not in items:
            raise UnprocessableError(f"There is no item {sku} on sale.", sku=sku)
    return [items[sku] for sku in skus]


async def _take_from_stock(session: AsyncSession, order: Order) -> None:
    items = {item.id: item for item in await repository.lock_items(session, [line.item_id for line in order.lines])}
    ordering.take_from_stock((items[line.item_id], line.quantity) for line in order.lines)


async def _charge(session: AsyncSession, order: Order, method: PaymentMethod) -> None:
    """Move the money of a wallet to the shop, at once; card and invoice move none here."""
    if not isinstance(method, WalletPayment) or not order.total:
        return
    shop = await wallets.find_shop_account(session)
    if shop is None:
        raise ConflictError("The shop has no account in EUR to be paid into.")
    payer = method.account.public_id
    accounts = {one.public_id: one for one in await wallets.lock_accounts(session, (payer, shop))}
    source, target = accounts[payer], accounts[shop]
    transfers.move(source, target, order.total)
    made = Transfer(idempotency_key=f"{transfers.ORDER_KEY}{order.public_id}", amount=order.total)
    made.source, made.target, made.source_balance = source, target, source.balance
    session.add(made)


def _visible(asking: Customer, order: Order | None) -> Order:
    found = _found(order, "order")
    if not asking.is_staff and found.customer_id != asking.id:
        raise NotFoundError("There is no such order.")
    return found


def _found(row: T | None, name: str) -> T:
    if row is None:
        raise NotFoundError(f"There is no such {name}.")
    return row
