"""What can go wrong in the shop: one tree, each error with its HTTP status and its RFC 9457 problem type.

The apps turn a `DomainError` into `application/problem+json`; nothing below this line knows HTTP beyond the number.
"""

from collections.abc import Mapping
from typing import ClassVar


class DomainError(Exception):
    """The root. `detail` speaks to the client, `members` are extension members of the problem document."""

    status: ClassVar[int] = 400
    type: ClassVar[str] = "about:blank"
    title: ClassVar[str] = "Bad request"
    headers: ClassVar[Mapping[str, str]] = {}

    def __init__(self, detail: str, **members: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.members = members

    def document(self) -> dict[str, object]:
        """Return the problem document."""
        known = {"type": self.type, "title": self.title, "status": self.status, "detail": self.detail}
        return {**known, **self.members, **known}  # no member may take the place of what the RFC names


class UnauthorizedError(DomainError):
    """No token, or one that opens nothing."""

    status = 401
    type = "/problems/unauthorized"
    title = "Log in first"
    headers: ClassVar = {"WWW-Authenticate": "Bearer"}


class ForbiddenError(DomainError):
    """The token is good, but not for this."""

    status = 403
    type = "/problems/forbidden"
    title = "Not allowed"


class NotFoundError(DomainError):
    """Nothing of that name, or nothing that this client may know of."""

    status = 404
    type = "/problems/not-found"
    title = "Not found"


class ConflictError(DomainError):
    """The request is well-formed and the state of the shop refuses it."""

    status = 409
    type = "/problems/conflict"
    title = "Conflict"


class DuplicateError(ConflictError):
    """A value that must be unique is taken."""

    type = "/problems/duplicate"
    title = "Already taken"


class StaleVersionError(ConflictError):
    """Somebody else changed the row since the client read it."""

    type = "/problems/stale-version"
    title = "Changed in the meantime"


class InsufficientFundsError(ConflictError):
    """The source account does not hold the amount."""

    type = "/problems/insufficient-funds"
    title = "Insufficient funds"


class InsufficientStockError(ConflictError):
    """Fewer pieces in stock than ordered."""

    type = "/problems/insufficient-stock"
    title = "Not enough in stock"


class OrderStateError(ConflictError):
    """The order has passed the point where this was possible."""

    type = "/problems/order-state"
    title = "Not possible in this state"


class IdempotencyKeyError(ConflictError):
    """The key was used for another transfer."""

    type = "/problems/idempotency-key"
    title = "Idempotency key reused"


class RowLockedError(ConflictError):
    """Another transaction holds a row for longer than a request may wait for it."""

    type = "/problems/row-locked"
    title = "Busy elsewhere"


class TooLargeError(DomainError):
    """More bytes than the shop takes."""

    status = 413
    type = "/problems/too-large"
    title = "Too large"


class UnprocessableError(DomainError):
    """A value is well-formed and still means nothing."""

    status = 422
    type = "/problems/invalid"
    title = "Invalid request"


class OverloadedError(DomainError):
    """All connections are in use. The client is asked to come back after a second."""

    status = 503
    type = "/problems/overloaded"
    title = "Full"
    headers: ClassVar = {"Retry-After": "1"}


class UnavailableError(DomainError):
    """The database does not answer."""

    status = 503
    type = "/problems/unavailable"
    title = "Not available"
    headers: ClassVar = {"Retry-After": "1"}


class StatementTimeoutError(DomainError):
    """The database gave up on a statement that ran for too long."""

    status = 504
    type = "/problems/statement-timeout"
    title = "Took too long"
