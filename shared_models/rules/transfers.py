"""What makes a transfer possible, and what it does to two accounts."""

from decimal import Decimal

from shared_models.errors import ForbiddenError, IdempotencyKeyError, InsufficientFundsError, UnprocessableError
from shared_models.models import Account, Customer, CustomerStatus, Transfer

#: What the keys of the shop's own transfers begin with: no client can take one before the shop does.
ORDER_KEY = "order-"


def check_key(key: str) -> None:
    """Raise UnprocessableError for an idempotency key that belongs to the shop."""
    if key.startswith(ORDER_KEY):
        raise UnprocessableError(f"Idempotency keys that begin with {ORDER_KEY} are the shop's own. Send another key.")


def check_owner(account: Account, customer_id: int) -> None:
    """Raise ForbiddenError unless the customer owns the account."""
    if account.customer_id != customer_id:
        raise ForbiddenError("Only the owner of an account may move money out of it.")


def check_active(customer: Customer) -> None:
    """Raise ForbiddenError for a customer who may look, but not act."""
    if customer.status is not CustomerStatus.ACTIVE:
        raise ForbiddenError(f"A {customer.status.value} customer cannot do this.")


def check_replay(transfer: Transfer, customer_id: int, source_id: int, target_id: int, amount: Decimal) -> None:
    """Raise IdempotencyKeyError unless the same customer uses the key again for the very same transfer."""
    accounts = (transfer.source_account_id, transfer.target_account_id)
    if (transfer.source.customer_id, *accounts, transfer.amount) != (customer_id, source_id, target_id, amount):
        raise IdempotencyKeyError("This idempotency key was used for another transfer. Send a fresh key.")


def move(source: Account, target: Account, amount: Decimal) -> None:
    """Move `amount` between two locked accounts.

    Raises:
        UnprocessableError: the accounts are the same, or hold different currencies.
        InsufficientFundsError: the source holds less than the amount.
    """
    if source is target:
        raise UnprocessableError("A transfer needs two accounts, source and target are the same.")
    if source.currency != target.currency:
        raise UnprocessableError(f"Cannot move {source.currency} to an account in {target.currency}.")
    if source.balance < amount:
        message = f"The account holds {source.balance} {source.currency}, the transfer needs {amount}."
        raise InsufficientFundsError(message, balance=str(source.balance), needed=str(amount))
    source.balance -= amount
    target.balance += amount
