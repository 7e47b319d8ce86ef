"""The first form of central's database."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

FIRST_REFERENCE = 10_000_000
"""Lower numbers are never leased: those that begin with 00 are for training."""

COUNTERS = {"catalogue": 0, "customers": 0, "orders": 0, "references": FIRST_REFERENCE - 1}


def upgrade() -> None:
    schema = sa.MetaData(naming_convention=NAMES)
    _consoles(schema)
    _catalogue(schema)
    _people(schema)
    _orders(schema)
    schema.create_all(op.get_bind(), checkfirst=False)
    op.bulk_insert(
        schema.tables["counters"],
        [{"name": name, "value": value} for name, value in COUNTERS.items()],
    )


def _consoles(schema: sa.MetaData) -> None:
    sa.Table(
        "counters",
        schema,
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Integer, nullable=False),
    )
    sa.Table(
        "consoles",
        schema,
        sa.Column("console_id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("token_sha256", sa.Text, nullable=False, unique=True),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("revoked_at", sa.DateTime),
    )
    sa.Table(
        "reference_blocks",
        schema,
        sa.Column("first", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("last", sa.Integer, nullable=False, unique=True),
        sa.Column("console_id", sa.Uuid, sa.ForeignKey("consoles.console_id"), nullable=False),
        sa.Column("leased_at", sa.DateTime, nullable=False),
        sa.CheckConstraint(
            "first >= 10000000 AND last >= first AND last <= 99999999", name="range"
        ),
        sa.Index(None, "console_id", "first"),
    )


def _catalogue(schema: sa.MetaData) -> None:
    sa.Table(
        "catalogue_imports",
        schema,
        sa.Column("version", sa.Text, primary_key=True),
        sa.Column("base_seq", sa.Integer, nullable=False),
        sa.Column("is_demo", sa.Boolean, nullable=False),
        sa.Column("imported_at", sa.DateTime, nullable=False),
    )
    sa.Table(
        "printers",
        schema,
        sa.Column("printer_id", sa.Text, primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("is_removed", sa.Boolean, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Index(None, "seq"),
    )
    sa.Table(
        "articles",
        schema,
        sa.Column("sku", sa.Text, primary_key=True),
        sa.Column("cartridge", sa.Text, nullable=False),
        sa.Column("price_cents", sa.Integer, nullable=False),
        sa.Column("previous_price_cents", sa.Integer),
        sa.Column("stock", sa.Integer, nullable=False),
        sa.Column("restock_on", sa.Date),
        sa.Column("vat_rate_bp", sa.Integer, nullable=False),
        sa.Column("known_at", sa.DateTime, nullable=False),
        sa.Column("is_demo", sa.Boolean, nullable=False),
        sa.Column("is_removed", sa.Boolean, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.CheckConstraint("stock >= 0", name="stock"),
        sa.Index(None, "seq"),
    )
    sa.Table(
        "pairs",
        schema,
        sa.Column("printer_id", sa.Text, primary_key=True),
        sa.Column("sku", sa.Text, primary_key=True),
        sa.Column("is_removed", sa.Boolean, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Index(None, "seq"),
    )
    sa.Table(
        "prices",
        schema,
        sa.Column("sku", sa.Text, primary_key=True),
        sa.Column("since", sa.DateTime, primary_key=True),
        sa.Column("price_cents", sa.Integer, nullable=False),
    )


def _people(schema: sa.MetaData) -> None:
    sa.Table(
        "customers",
        schema,
        sa.Column("customer_id", sa.Uuid, primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Index(None, "seq"),
    )
    sa.Table(
        "vouchers",
        schema,
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("uses", sa.Integer, nullable=False),
        sa.Column("remaining_cents", sa.Integer, nullable=False),
        sa.CheckConstraint("uses >= 0 AND remaining_cents >= 0", name="counts"),
    )


def _orders(schema: sa.MetaData) -> None:
    sa.Table(
        "orders",
        schema,
        sa.Column("order_id", sa.Uuid, primary_key=True),
        sa.Column("reference", sa.Text, nullable=False, unique=True),
        sa.Column("console_id", sa.Uuid, sa.ForeignKey("consoles.console_id"), nullable=False),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("payment_method", sa.Text, nullable=False),
        sa.Column("total_cents", sa.Integer, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("placed_at", sa.DateTime, nullable=False),
        sa.Column("received_at", sa.DateTime, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False, unique=True),
        sa.Index(None, "console_id", "seq"),
        sa.Index(None, "customer_id"),
    )
    sa.Table(
        "voucher_uses",
        schema,
        sa.Column("order_id", sa.Uuid, sa.ForeignKey("orders.order_id"), primary_key=True),
        sa.Column("code", sa.Text, sa.ForeignKey("vouchers.code"), primary_key=True),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("amount_cents", sa.Integer, nullable=False),
        sa.Index(None, "customer_id", "code"),
    )
    sa.Table(
        "reservations",
        schema,
        sa.Column("order_id", sa.Uuid, sa.ForeignKey("orders.order_id"), primary_key=True),
        sa.Column("sku", sa.Text, primary_key=True),
        sa.Column("wanted", sa.Integer, nullable=False),
        sa.Column("reserved", sa.Integer, nullable=False),
        sa.CheckConstraint("reserved >= 0 AND reserved <= wanted", name="reserved"),
    )
