"""What came in for an order stands with it as well, so that those of which money has to go back
are found without looking through all there ever were.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "orders", sa.Column("paid_cents", sa.Integer, nullable=False, server_default=sa.text("0"))
    )
    op.execute(
        "UPDATE orders SET paid_cents = paid.cents FROM"
        " (SELECT order_id, sum(amount_cents) AS cents FROM ledger GROUP BY order_id) AS paid"
        " WHERE paid.order_id = orders.order_id"
    )
    owes = sa.text("paid_cents > costs_cents")
    op.create_index(
        "ix_orders_to_refund", "orders", ["seq"], sqlite_where=owes, postgresql_where=owes
    )
