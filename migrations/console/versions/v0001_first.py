"""The first form of the console's file.

Beside the tables: triggers that keep what was said on the phone as it was said. An order's
snapshot and an event are never changed or deleted, whatever a later program does.
"""

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

KEPT_AS_SAID = {
    "orders_snapshot": (
        "BEFORE UPDATE OF order_id, reference, draft_id, customer_id, placed_at, body ON orders"
    ),
    "orders_kept": "BEFORE DELETE ON orders",
    "order_events_append_only": "BEFORE UPDATE ON order_events",
    "order_events_kept": "BEFORE DELETE ON order_events",
}


def upgrade() -> None:
    schema = sa.MetaData(naming_convention=NAMES)
    _drafts(schema)
    _orders(schema)
    _customers(schema)
    _vouchers(schema)
    _sync(schema)
    schema.create_all(op.get_bind(), checkfirst=False)
    for name, when in KEPT_AS_SAID.items():
        op.execute(
            f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, 'kept as it was said'); END"
        )


def _drafts(schema: sa.MetaData) -> None:
    sa.Table(
        "drafts",
        schema,
        sa.Column("draft_id", sa.Uuid, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("is_blank", sa.Integer, nullable=False),
        sa.Column("holder", sa.Text),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Index(None, "state", "updated_at"),
    )


def _orders(schema: sa.MetaData) -> None:
    sa.Table(
        "orders",
        schema,
        sa.Column("order_id", sa.Uuid, primary_key=True),
        sa.Column("reference", sa.Text, nullable=False, unique=True),
        sa.Column("draft_id", sa.Uuid, nullable=False, unique=True),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("placed_at", sa.DateTime, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Index(None, "customer_id", "placed_at"),
        sa.Index(None, "placed_at"),
    )
    sa.Table(
        "order_events",
        schema,
        sa.Column("event_id", sa.Integer, primary_key=True),
        sa.Column("order_id", sa.Uuid, sa.ForeignKey("orders.order_id"), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Index(None, "order_id", "event_id"),
        sqlite_autoincrement=True,
    )
    sa.Table(
        "voucher_uses",
        schema,
        sa.Column("order_id", sa.Uuid, sa.ForeignKey("orders.order_id"), primary_key=True),
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Index(None, "customer_id"),
        sqlite_with_rowid=False,
    )


def _customers(schema: sa.MetaData) -> None:
    sa.Table(
        "customers",
        schema,
        sa.Column("customer_id", sa.Uuid, primary_key=True),
        sa.Column("postcode", sa.Text, nullable=False),
        sa.Column("sort_name", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Index(None, "postcode", "sort_name"),
    )
    for name, key in (("customer_phones", "reversed_digits"), ("customer_words", "word")):
        sa.Table(
            name,
            schema,
            sa.Column(key, sa.Text, primary_key=True),
            sa.Column(
                "customer_id",
                sa.Uuid,
                sa.ForeignKey("customers.customer_id", ondelete="CASCADE"),
                primary_key=True,
            ),
            sa.Index(None, "customer_id"),
            sqlite_with_rowid=False,
        )
    sa.Table(
        "word_variants",
        schema,
        sa.Column("variant", sa.Text, primary_key=True),
        sa.Column("word", sa.Text, primary_key=True),
        sqlite_with_rowid=False,
    )


def _vouchers(schema: sa.MetaData) -> None:
    sa.Table(
        "vouchers",
        schema,
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("folded", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Index(None, "folded"),
        sqlite_with_rowid=False,
    )


def _sync(schema: sa.MetaData) -> None:
    sa.Table(
        "reference_blocks",
        schema,
        sa.Column("first", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.Column("next", sa.Integer, nullable=False),
        sa.CheckConstraint("first >= 0 AND last >= first AND last <= 99999999", name="range"),
        sa.CheckConstraint("next >= first AND next <= last + 1", name="next"),
    )
    sa.Table(
        "outbox",
        schema,
        sa.Column("item_id", sa.Uuid, primary_key=True),
        sa.Column("order_id", sa.Uuid, sa.ForeignKey("orders.order_id"), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_try_at", sa.DateTime, nullable=False),
        sa.Column("last_error", sa.Text),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Index(None, "state", "next_try_at"),
        sa.Index(None, "order_id", "created_at"),
    )
    sa.Table(
        "settings",
        schema,
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
