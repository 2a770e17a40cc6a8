"""The mapped classes, one module a domain."""

from shared_models.base import Base
from shared_models.models.audit import AuditedSession, AuditEntry
from shared_models.models.customers import Customer, CustomerStatus, LoginToken
from shared_models.models.items import Category, Item, item_categories
from shared_models.models.orders import Order, OrderLine, OrderStatus, OrderStatusChange, Receipt, ReceiptStatus
from shared_models.models.payments import CardPayment, InvoicePayment, PaymentMethod, WalletPayment
from shared_models.models.wallets import Account, Transfer

__all__ = [
    "Account",
    "AuditEntry",
    "AuditedSession",
    "Base",
    "CardPayment",
    "Category",
    "Customer",
    "CustomerStatus",
    "InvoicePayment",
    "Item",
    "LoginToken",
    "Order",
    "OrderLine",
    "OrderStatus",
    "OrderStatusChange",
    "PaymentMethod",
    "Receipt",
    "ReceiptStatus",
    "Transfer",
    "WalletPayment",
    "item_categories",
]
