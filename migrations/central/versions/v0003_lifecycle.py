"""What happens to an order after it was taken; enrolment by code; operators; events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def upgrade() -> None:
    _columns()
    schema = sa.MetaData(naming_convention=NAMES)
    for known, key in (
        ("consoles", "console_id"),
        ("orders", "order_id"),
        ("customers", "customer_id"),
    ):
        sa.Table(known, schema, sa.Column(key, sa.Uuid, primary_key=True))
    added = [*_people(schema), *_lifecycle(schema), _events(schema)]
    schema.create_all(op.get_bind(), tables=added, checkfirst=False)
    op.execute("INSERT INTO counters (name, value) VALUES ('events', 0)")


def _columns() -> None:
    # Batch mode makes a table anew, which others must not refer to: for the last one only.
    op.add_column("consoles", sa.Column("token_expires_at", sa.DateTime))
    op.add_column(
        "orders", sa.Column("revision", sa.Integer, nullable=False, server_default=sa.text("1"))
    )
    op.add_column("orders", sa.Column("parcel_number", sa.Text))
    with op.batch_alter_table("reference_blocks") as blocks:
        blocks.add_column(sa.Column("lease_key", sa.Text))
        blocks.create_unique_constraint(
            "uq_reference_blocks_console_id_lease_key", ["console_id", "lease_key"]
        )


def _people(schema: sa.MetaData) -> list[sa.Table]:
    codes = sa.Table(
        "enrolment_codes",
        schema,
        sa.Column("code_sha256", sa.Text, primary_key=True),
        sa.Column("console_id", sa.Uuid, sa.ForeignKey("consoles.console_id"), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("expires_at", sa.DateTime, nullable=False),
        sa.Column("used_at", sa.DateTime),
        sa.Column("key_sha256", sa.Text),
    )
    operators = sa.Table(
        "operators",
        schema,
        sa.Column("operator_id", sa.Uuid, primary_key=True),
        sa.Column("login", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("is_disabled", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("locked_until", sa.DateTime),
    )
    phones = sa.Table(
        "customer_phones",
        schema,
        sa.Column("e164", sa.Text, primary_key=True),
        sa.Column(
            "customer_id",
            sa.Uuid,
            sa.ForeignKey("customers.customer_id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Index(None, "customer_id"),
    )
    return [codes, operators, phones]


def _lifecycle(schema: sa.MetaData) -> list[sa.Table]:
    revisions = sa.Table(
        "order_revisions",
        schema,
        sa.Column("order_id", sa.Uuid, sa.ForeignKey("orders.order_id"), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("received_at", sa.DateTime, nullable=False),
    )
    cancellations = sa.Table(
        "cancellations",
        schema,
        sa.Column("order_id", sa.Uuid, sa.ForeignKey("orders.order_id"), primary_key=True),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("received_at", sa.DateTime, nullable=False),
    )
    requests = sa.Table(
        "payment_requests",
        schema,
        sa.Column("request_id", sa.Uuid, primary_key=True),
        sa.Column("order_id", sa.Uuid, sa.ForeignKey("orders.order_id"), nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("amount_cents", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("creditor_reference", sa.Text),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("settled_at", sa.DateTime),
        sa.CheckConstraint("amount_cents >= 0", name="amount"),
        sa.Index(None, "order_id", "created_at"),
        sa.Index(
            "uq_payment_requests_awaited",
            "order_id",
            unique=True,
            sqlite_where=sa.text("state = 'awaited'"),
            postgresql_where=sa.text("state = 'awaited'"),
        ),
    )
    return [revisions, cancellations, requests]


def _events(schema: sa.MetaData) -> sa.Table:
    return sa.Table(
        "events",
        schema,
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("console_id", sa.Uuid, sa.ForeignKey("consoles.console_id")),
        sa.Column("facts", sa.Text, nullable=False),
    )
