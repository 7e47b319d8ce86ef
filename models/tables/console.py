"""Tables of the console's own file, as SQLAlchemy Core tables.

Owns names, types and constraints; the adapters in ``services.adapters`` write the queries,
``migrations/console`` makes the tables. Whole values (a draft, an order, a customer, a
voucher) are kept as JSON in ``body``; beside it stand only the columns that are searched,
sorted or kept unique.
"""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
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

drafts = Table(
    "drafts",
    metadata,
    Column("draft_id", Uuid, primary_key=True),
    Column("state", Text, nullable=False),
    Column("is_blank", Integer, nullable=False),
    Column("holder", Text),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("body", Text, nullable=False),
    Index(None, "state", "updated_at"),
)

orders = Table(
    "orders",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("reference", Text, nullable=False, unique=True),
    # An order of a file or of another console may have no draft row here: no foreign key.
    Column("draft_id", Uuid, nullable=False, unique=True),
    Column("customer_id", Uuid, nullable=False),
    Column("state", Text, nullable=False),
    Column("placed_at", UtcDateTime, nullable=False),
    Column("body", Text, nullable=False),
    # The newest revision; from the second on its snapshot stands in order_revisions.
    Column("revision", Integer, nullable=False, server_default=text("1")),
    Index(None, "customer_id", "placed_at"),
    Index(None, "placed_at"),
)

order_revisions = Table(
    "order_revisions",
    metadata,
    Column("order_id", Uuid, ForeignKey("orders.order_id"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("draft_id", Uuid, nullable=False, unique=True),
    Column("customer_id", Uuid, nullable=False),
    Column("body", Text, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Index(None, "customer_id"),
)

work_items = Table(
    "work_items",
    metadata,
    Column("work_id", Uuid, primary_key=True),
    Column("order_id", Uuid, ForeignKey("orders.order_id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("raised_at", UtcDateTime, nullable=False),
    Column("settlement", Text),
    Column("settled_at", UtcDateTime),
    Column("note", Text, nullable=False),
    Index(None, "settlement", "raised_at"),
    Index(None, "order_id"),
)

order_events = Table(
    "order_events",
    metadata,
    Column("event_id", Integer, primary_key=True),
    Column("order_id", Uuid, ForeignKey("orders.order_id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("facts", Text, nullable=False),
    Index(None, "order_id", "event_id"),
    sqlite_autoincrement=True,
)

voucher_uses = Table(
    "voucher_uses",
    metadata,
    Column("order_id", Uuid, ForeignKey("orders.order_id"), primary_key=True),
    Column("code", Text, primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Index(None, "customer_id"),
    sqlite_with_rowid=False,
)

customers = Table(
    "customers",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("postcode", Text, nullable=False),
    Column("sort_name", Text, nullable=False),
    Column("body", Text, nullable=False),
    Index(None, "postcode", "sort_name"),
)

customer_phones = Table(
    "customer_phones",
    metadata,
    # Last digit first, so that "ends in 34 56" is a range of the primary key.
    Column("reversed_digits", Text, primary_key=True),
    Column(
        "customer_id",
        Uuid,
        ForeignKey("customers.customer_id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Index(None, "customer_id"),
    sqlite_with_rowid=False,
)

customer_words = Table(
    "customer_words",
    metadata,
    Column("word", Text, primary_key=True),
    Column(
        "customer_id",
        Uuid,
        ForeignKey("customers.customer_id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Index(None, "customer_id"),
    sqlite_with_rowid=False,
)

word_variants = Table(
    "word_variants",
    metadata,
    # Every name word, and it with one letter left out: two words one typo apart meet here.
    Column("variant", Text, primary_key=True),
    Column("word", Text, primary_key=True),
    sqlite_with_rowid=False,
)

vouchers = Table(
    "vouchers",
    metadata,
    Column("code", Text, primary_key=True),
    Column("folded", Text, nullable=False),
    Column("body", Text, nullable=False),
    Index(None, "folded"),
    sqlite_with_rowid=False,
)

reference_blocks = Table(
    "reference_blocks",
    metadata,
    Column("first", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
    Column("next", Integer, nullable=False),
    CheckConstraint("first >= 0 AND last >= first AND last <= 99999999", name="range"),
    CheckConstraint("next >= first AND next <= last + 1", name="next"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("item_id", Uuid, primary_key=True),
    Column("order_id", Uuid, ForeignKey("orders.order_id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_try_at", UtcDateTime, nullable=False),
    Column("last_error", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Index(None, "state", "next_try_at"),
    Index(None, "order_id", "created_at"),
)

operators = Table(
    "operators",
    metadata,
    # Those central knows; with a verifier, whoever signed in here and may do so offline.
    Column("operator_id", Uuid, primary_key=True),
    Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("is_disabled", Integer, nullable=False),
    Column("verifier", Text),
    Column("verifiable_until", UtcDateTime),
)

settings = Table(
    "settings",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)
