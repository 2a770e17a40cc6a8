"""Ways to pay, orders with lines and history, receipts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ORDER_STATUS = postgresql.ENUM("pending", "paid", "cancelled", name="order_status", create_type=False)
RECEIPT_STATUS = postgresql.ENUM("pending", "ready", "failed", name="receipt_status", create_type=False)


def upgrade() -> None:
    """Make the tables."""
    ORDER_STATUS.create(op.get_bind())
    RECEIPT_STATUS.create(op.get_bind())
    op.create_table(
        "payment_methods",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_payment_methods_customer_id_customers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_methods")),
        sa.UniqueConstraint("public_id", name=op.f("uq_payment_methods_public_id")),
    )
    op.create_index(op.f("ix_payment_methods_customer_id"), "payment_methods", ["customer_id"], unique=False)
    op.create_table(
        "wallet_payments",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_wallet_payments_account_id_accounts")),
        sa.ForeignKeyConstraint(["id"], ["payment_methods.id"], name=op.f("fk_wallet_payments_id_payment_methods")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallet_payments")),
    )
    op.create_index(op.f("ix_wallet_payments_account_id"), "wallet_payments", ["account_id"], unique=False)
    op.create_table(
        "card_payments",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("last_four", sa.CHAR(length=4), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["payment_methods.id"], name=op.f("fk_card_payments_id_payment_methods")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_payments")),
    )
    op.create_table(
        "invoice_payments",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["payment_methods.id"], name=op.f("fk_invoice_payments_id_payment_methods")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_payments")),
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("payment_method_id", sa.BigInteger(), nullable=True),
        sa.Column("status", ORDER_STATUS, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_orders_customer_id_customers")),
        sa.ForeignKeyConstraint(
            ["payment_method_id"], ["payment_methods.id"], name=op.f("fk_orders_payment_method_id_payment_methods")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("public_id", name=op.f("uq_orders_public_id")),
    )
    op.create_index(op.f("ix_orders_customer_id_id"), "orders", ["customer_id", "id"], unique=False)
    op.create_table(
        "order_lines",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price", sa.Numeric(precision=10, scale=2), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_order_lines_quantity_positive")),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_order_lines_item_id_items")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_lines_order_id_orders"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_lines")),
        sa.UniqueConstraint("order_id", "position", name=op.f("uq_order_lines_order_id_position")),
    )
    op.create_index(op.f("ix_order_lines_item_id"), "order_lines", ["item_id"], unique=False)
    op.create_table(
        "order_status_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("status", ORDER_STATUS, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_status_changes_order_id_orders"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_status_changes")),
    )
    op.create_index(op.f("ix_order_status_changes_order_id"), "order_status_changes", ["order_id"], unique=False)
    op.create_table(
        "receipts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("status", RECEIPT_STATUS, nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_receipts_order_id_orders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
        sa.UniqueConstraint("order_id", name=op.f("uq_receipts_order_id")),
    )


def downgrade() -> None:
    """Drop them again."""
    op.drop_table("receipts")
    op.drop_table("order_status_changes")
    op.drop_table("order_lines")
    op.drop_table("orders")
    op.drop_table("invoice_payments")
    op.drop_table("card_payments")
    op.drop_table("wallet_payments")
    op.drop_table("payment_methods")
    ORDER_STATUS.drop(op.get_bind())
    RECEIPT_STATUS.drop(op.get_bind())
