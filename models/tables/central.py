"""Tables of central's database, as SQLAlchemy Core tables, for SQLite and PostgreSQL alike.

Owns names, types and constraints; ``central.store`` writes the queries,
``migrations/central`` makes the tables. Every row that a console follows carries ``seq``,
the number of its last change in its feed, drawn in the transaction that changes it.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    false,
    text,
)

from models.tables.types import UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

NUMBER = BigInteger().with_variant(Integer(), "sqlite")
"""Of a counter, so of a place in a feed: 64 bits, which SQLite's INTEGER has anyway."""

counters = Table(
    "counters",
    metadata,
    # One row a feed, and one for the references: raised by UPDATE ... RETURNING, whose row
    # lock makes the order of the numbers the order of the commits, in PostgreSQL as well.
    Column("name", Text, primary_key=True),
    Column("value", NUMBER, nullable=False),
)

consoles = Table(
    "consoles",
    metadata,
    Column("console_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("token_sha256", Text, nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
    Column("token_expires_at", UtcDateTime),
    # When it got its token; null while nobody has said the first code it was given.
    Column("enrolled_at", UtcDateTime),
)

enrolment_codes = Table(
    "enrolment_codes",
    metadata,
    Column("code_sha256", Text, primary_key=True),
    Column("console_id", Uuid, ForeignKey("consoles.console_id"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    # Set with the first use: from then on the code works with this key alone.
    Column("used_at", UtcDateTime),
    Column("key_sha256", Text),
)

operators = Table(
    "operators",
    metadata,
    Column("operator_id", Uuid, primary_key=True),
    Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("is_disabled", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locked_until", UtcDateTime),
)

reference_blocks = Table(
    "reference_blocks",
    metadata,
    Column("first", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False, unique=True),
    Column("console_id", Uuid, ForeignKey("consoles.console_id"), nullable=False),
    Column("leased_at", UtcDateTime, nullable=False),
    # What the console asked with: an answer that was lost is given again.
    Column("lease_key", Text),
    UniqueConstraint("console_id", "lease_key"),
    CheckConstraint("first >= 10000000 AND last >= first AND last <= 99999999", name="range"),
    Index(None, "console_id", "first"),
)

catalogue_imports = Table(
    "catalogue_imports",
    metadata,
    Column("version", Text, primary_key=True),
    Column("base_seq", NUMBER, nullable=False),
    Column("is_demo", Boolean, nullable=False),
    Column("imported_at", UtcDateTime, nullable=False),
)

printers = Table(
    "printers",
    metadata,
    Column("printer_id", Text, primary_key=True),
    Column("body", Text, nullable=False),
    Column("is_removed", Boolean, nullable=False),
    Column("seq", NUMBER, nullable=False),
    Index(None, "seq"),
)

articles = Table(
    "articles",
    metadata,
    Column("sku", Text, primary_key=True),
    Column("cartridge", Text, nullable=False),
    Column("price_cents", Integer, nullable=False),
    Column("previous_price_cents", Integer),
    Column("stock", Integer, nullable=False),
    Column("restock_on", Date),
    Column("vat_rate_bp", Integer, nullable=False),
    Column("known_at", UtcDateTime, nullable=False),
    Column("is_demo", Boolean, nullable=False),
    Column("is_removed", Boolean, nullable=False),
    Column("seq", NUMBER, nullable=False),
    CheckConstraint("stock >= 0", name="stock"),
    Index(None, "seq"),
)

pairs = Table(
    "pairs",
    metadata,
    Column("printer_id", Text, primary_key=True),
    Column("sku", Text, primary_key=True),
    Column("is_removed", Boolean, nullable=False),
    Column("seq", NUMBER, nullable=False),
    Index(None, "seq"),
)

prices = Table(
    "prices",
    metadata,
    # What a sku cost from when on: a price that was said is judged by the day it was said.
    Column("sku", Text, primary_key=True),
    Column("since", UtcDateTime, primary_key=True),
    Column("price_cents", Integer, nullable=False),
)

vouchers = Table(
    "vouchers",
    metadata,
    Column("code", Text, primary_key=True),
    Column("body", Text, nullable=False),
    Column("uses", Integer, nullable=False),
    Column("remaining_cents", Integer, nullable=False),
    # A code that was withdrawn stays for the orders that used it.
    Column("is_removed", Boolean, nullable=False, server_default=false()),
    # Moves with what consoles are to know of it, not with each use.
    Column("seq", NUMBER, nullable=False, server_default=text("0")),
    CheckConstraint("uses >= 0 AND remaining_cents >= 0", name="counts"),
    Index(None, "seq"),
)

customers = Table(
    "customers",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("body", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("seq", NUMBER, nullable=False),
    Index(None, "seq"),
)

customer_changes = Table(
    "customer_changes",
    metadata,
    # What was taken by itself and not with an order: sent again it has the same answer, also
    # when newer versions have taken its place.
    Column(
        "customer_id",
        Uuid,
        ForeignKey("customers.customer_id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("version", Integer, primary_key=True),
    Column("fingerprint", Text, nullable=False),
)

customer_phones = Table(
    "customer_phones",
    metadata,
    Column("e164", Text, primary_key=True),
    Column(
        "customer_id",
        Uuid,
        ForeignKey("customers.customer_id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Index(None, "customer_id"),
)

orders = Table(
    "orders",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("reference", Text, nullable=False, unique=True),
    Column("console_id", Uuid, ForeignKey("consoles.console_id"), nullable=False),
    Column("customer_id", Uuid, nullable=False),
    Column("state", Text, nullable=False),
    Column("payment_method", Text, nullable=False),
    Column("total_cents", Integer, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("placed_at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("seq", NUMBER, nullable=False, unique=True),
    # The newest revision; what it replaced stands in order_revisions.
    Column("revision", Integer, nullable=False, server_default=text("1")),
    Column("parcel_number", Text),
    # What is to be paid for it in all: what was said, or 0 where it is covered or cancelled.
    Column("costs_cents", Integer, nullable=False, server_default=text("0")),
    # The sum of its entries in the ledger, moved with each of them.
    Column("paid_cents", Integer, nullable=False, server_default=text("0")),
    Index(None, "console_id", "seq"),
    Index(None, "customer_id"),
    # Of very few orders at any time.
    Index(
        "ix_orders_to_refund",
        "seq",
        sqlite_where=text("paid_cents > costs_cents"),
        postgresql_where=text("paid_cents > costs_cents"),
    ),
)

order_revisions = Table(
    "order_revisions",
    metadata,
    # What was said before the present revision: only ever added to.
    Column("order_id", Uuid, ForeignKey("orders.order_id"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
)

cancellations = Table(
    "cancellations",
    metadata,
    Column("order_id", Uuid, ForeignKey("orders.order_id"), primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
)

payment_requests = Table(
    "payment_requests",
    metadata,
    Column("request_id", Uuid, primary_key=True),
    Column("order_id", Uuid, ForeignKey("orders.order_id"), nullable=False),
    Column("method", Text, nullable=False),
    Column("amount_cents", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("creditor_reference", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("settled_at", UtcDateTime),
    CheckConstraint("amount_cents >= 0", name="amount"),
    Index(None, "order_id", "created_at"),
    # R13: never two payable requests for one order.
    Index(
        "uq_payment_requests_awaited",
        "order_id",
        unique=True,
        sqlite_where=text("state = 'awaited'"),
        postgresql_where=text("state = 'awaited'"),
    ),
)

ledger = Table(
    "ledger",
    metadata,
    # What came in for an order; below 0, what went back. Only ever added to.
    Column("entry_id", Uuid, primary_key=True),
    Column("order_id", Uuid, ForeignKey("orders.order_id"), nullable=False),
    Column("amount_cents", Integer, nullable=False),
    # As the bank's statement has it; empty where none was named.
    Column("bank_reference", Text, nullable=False),
    Column("noted_at", UtcDateTime, nullable=False),
    UniqueConstraint("order_id", "amount_cents", "bank_reference"),
    CheckConstraint("amount_cents <> 0", name="amount"),
)

events = Table(
    "events",
    metadata,
    Column("seq", NUMBER, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    # Null: for every console.
    Column("console_id", Uuid, ForeignKey("consoles.console_id")),
    Column("facts", Text, nullable=False),
)

voucher_uses = Table(
    "voucher_uses",
    metadata,
    Column("order_id", Uuid, ForeignKey("orders.order_id"), primary_key=True),
    Column("code", Text, ForeignKey("vouchers.code"), primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("amount_cents", Integer, nullable=False),
    Index(None, "customer_id", "code"),
)

reservations = Table(
    "reservations",
    metadata,
    Column("order_id", Uuid, ForeignKey("orders.order_id"), primary_key=True),
    Column("sku", Text, primary_key=True),
    Column("wanted", Integer, nullable=False),
    Column("reserved", Integer, nullable=False),
    CheckConstraint("reserved >= 0 AND reserved <= wanted", name="reserved"),
)

settings = Table(
    "settings",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
