"""What happens to an order after it was placed: its changes, what needs a person, who signs in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
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
    "order_revisions_append_only": "BEFORE UPDATE ON order_revisions",
    "order_revisions_kept": "BEFORE DELETE ON order_revisions",
}


def upgrade() -> None:
    # Not in batch mode: that would make the table anew, without its triggers.
    op.add_column(
        "orders", sa.Column("revision", sa.Integer, nullable=False, server_default=sa.text("1"))
    )
    schema = sa.MetaData(naming_convention=NAMES)
    sa.Table("orders", schema, sa.Column("order_id", sa.Uuid, primary_key=True))
    added = [_revisions(schema), _work(schema), _operators(schema)]
    schema.create_all(op.get_bind(), tables=added, checkfirst=False)
    for name, when in KEPT_AS_SAID.items():
        op.execute(
            f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, 'kept as it was said'); END"
        )


def _revisions(schema: sa.MetaData) -> sa.Table:
    return sa.Table(
        "order_revisions",
        schema,
        sa.Column("order_id", sa.Uuid, sa.ForeignKey("orders.order_id"), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("draft_id", sa.Uuid, nullable=False, unique=True),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("made_at", sa.DateTime, nullable=False),
        sa.Index(None, "customer_id"),
    )


def _work(schema: sa.MetaData) -> sa.Table:
    return sa.Table(
        "work_items",
        schema,
        sa.Column("work_id", sa.Uuid, primary_key=True),
        sa.Column("order_id", sa.Uuid, sa.ForeignKey("orders.order_id"), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("raised_at", sa.DateTime, nullable=False),
        sa.Column("settlement", sa.Text),
        sa.Column("settled_at", sa.DateTime),
        sa.Column("note", sa.Text, nullable=False),
        sa.Index(None, "settlement", "raised_at"),
        sa.Index(None, "order_id"),
    )


def _operators(schema: sa.MetaData) -> sa.Table:
    return sa.Table(
        "operators",
        schema,
        sa.Column("operator_id", sa.Uuid, primary_key=True),
        sa.Column("login", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("is_disabled", sa.Integer, nullable=False),
        sa.Column("verifier", sa.Text),
        sa.Column("verifiable_until", sa.DateTime),
    )
