"""What happens to an order after it was taken; enrolment by code; operators; events; who this
central is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import uuid4, uuid5

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

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NUMBERS = (
    ("counters", "value"),
    ("catalogue_imports", "base_seq"),
    ("printers", "seq"),
    ("articles", "seq"),
    ("pairs", "seq"),
    ("customers", "seq"),
    ("orders", "seq"),
)
"""Columns whose 32 bits would be used up one day: a restore alone skips a million."""

PAGE = 1_000


def upgrade() -> None:
    _widen()
    _columns()
    _number_codes()
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
    _name_central(schema.tables["consoles"])
    _note_phones(schema.tables["customer_phones"])
    _ask_for_what_is_awaited(schema.tables["payment_requests"])


def _name_central(consoles: sa.Table) -> None:
    """After its first console where it has one: a copy that was made before this version is
    then the same central, whenever it is put back.
    """
    first = consoles.select().order_by(consoles.c.console_id).limit(1)
    known = op.get_bind().execute(first).first()
    central_id = uuid4() if known is None else uuid5(known.console_id, "central")
    settings = sa.table("settings", sa.column("key"), sa.column("value"))
    op.execute(settings.insert().values(key="central_id", value=str(central_id)))


def _widen() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return  # SQLite's INTEGER has 64 bits
    for table, column in NUMBERS:
        op.alter_column(table, column, type_=sa.BigInteger)


def _columns() -> None:
    # Batch mode makes a table anew, which others must not refer to: for the last one only.
    op.add_column("consoles", sa.Column("token_expires_at", sa.DateTime))
    op.add_column("consoles", sa.Column("enrolled_at", sa.DateTime))
    op.execute("UPDATE consoles SET enrolled_at = created_at")  # none was added without a token
    op.add_column(
        "orders", sa.Column("revision", sa.Integer, nullable=False, server_default=sa.text("1"))
    )
    op.add_column("orders", sa.Column("parcel_number", sa.Text))
    op.add_column(
        "orders", sa.Column("costs_cents", sa.Integer, nullable=False, server_default=sa.text("0"))
    )
    # Those that await no money were covered by credits: nobody had noted a payment yet.
    op.execute("UPDATE orders SET costs_cents = total_cents WHERE state = 'awaiting_payment'")
    op.add_column(
        "vouchers",
        sa.Column("is_removed", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.add_column("vouchers", sa.Column("seq", NUMBER, nullable=False, server_default=sa.text("0")))
    op.create_index("ix_vouchers_seq", "vouchers", ["seq"])
    with op.batch_alter_table("reference_blocks") as blocks:
        blocks.add_column(sa.Column("lease_key", sa.Text))
        blocks.create_unique_constraint(
            "uq_reference_blocks_console_id_lease_key", ["console_id", "lease_key"]
        )


def _number_codes() -> None:
    """In any order: consoles have not followed them so far."""
    op.execute(
        "UPDATE vouchers SET seq = numbered.seq FROM"
        " (SELECT code, row_number() OVER (ORDER BY code) AS seq FROM vouchers) AS numbered"
        " WHERE vouchers.code = numbered.code"
    )
    op.execute("INSERT INTO counters (name, value) SELECT 'vouchers', count(*) FROM vouchers")


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
    changes = sa.Table(
        "customer_changes",
        schema,
        sa.Column(
            "customer_id",
            sa.Uuid,
            sa.ForeignKey("customers.customer_id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("fingerprint", sa.Text, nullable=False),
    )
    return [codes, operators, phones, changes]


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
    ledger = sa.Table(
        "ledger",
        schema,
        sa.Column("entry_id", sa.Uuid, primary_key=True),
        sa.Column("order_id", sa.Uuid, sa.ForeignKey("orders.order_id"), nullable=False),
        sa.Column("amount_cents", sa.Integer, nullable=False),
        sa.Column("bank_reference", sa.Text, nullable=False),
        sa.Column("noted_at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("order_id", "amount_cents", "bank_reference"),
        sa.CheckConstraint("amount_cents <> 0", name="amount"),
    )
    return [revisions, cancellations, requests, ledger]


def _events(schema: sa.MetaData) -> sa.Table:
    return sa.Table(
        "events",
        schema,
        sa.Column("seq", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("console_id", sa.Uuid, sa.ForeignKey("consoles.console_id")),
        sa.Column("facts", sa.Text, nullable=False),
    )


def _note_phones(phones: sa.Table) -> None:
    """Of the customers that are known: they are found by them from now on."""
    known = sa.table("customers", sa.column("customer_id", sa.Uuid), sa.column("body", sa.Text))
    for page in _pages(sa.select(known), known.c.customer_id):
        numbers = {
            (phone["e164"], row.customer_id)
            for row in page
            for phone in json.loads(row.body)["phones"]
        }
        op.bulk_insert(phones, [{"e164": e, "customer_id": c} for e, c in sorted(numbers)])


def _ask_for_what_is_awaited(requests: sa.Table) -> None:
    """Of the orders that wait for money: paying them is the answer to a request. It has the
    order's own id, since an order had one way to be paid.
    """
    known = sa.table(
        "orders",
        sa.column("order_id", sa.Uuid),
        sa.column("reference", sa.Text),
        sa.column("payment_method", sa.Text),
        sa.column("total_cents", sa.Integer),
        sa.column("state", sa.Text),
        sa.column("received_at", sa.DateTime),
    )
    awaited = sa.select(known).where(known.c.state == "awaiting_payment")
    for page in _pages(awaited, known.c.order_id):
        op.bulk_insert(requests, [_request(row) for row in page])


def _request(row: sa.Row[Any]) -> dict[str, object]:
    is_transfer = row.payment_method == "transfer"
    return {
        "request_id": row.order_id,
        "order_id": row.order_id,
        "method": row.payment_method,
        "amount_cents": row.total_cents,
        "state": "awaited",
        "creditor_reference": _creditor_reference(row.reference) if is_transfer else None,
        "created_at": row.received_at,
        "settled_at": None,
    }


def _creditor_reference(reference: str) -> str:
    """ISO 11649: R is 27 and F is 15 in what is divided by 97."""
    return f"RF{98 - int(f'{reference}271500') % 97:02d}{reference}"


def _pages(wanted: sa.Select[Any], key: sa.ColumnElement[Any]) -> Iterator[Sequence[sa.Row[Any]]]:
    """Row by row there may be a million; one page is in memory at a time."""
    page = op.get_bind().execute(wanted.order_by(key).limit(PAGE)).all()
    while page:
        yield page
        after = key > getattr(page[-1], key.name)
        page = op.get_bind().execute(wanted.where(after).order_by(key).limit(PAGE)).all()
