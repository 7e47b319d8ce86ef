"""What the use cases need from the world, as protocols.

Adapters keep these promises; every fake passes the same tests as the real thing. Nothing
here names a library.
"""

from __future__ import annotations

from services.ports.catalogue import Catalogue, CatalogueChanges, CatalogueSink
from services.ports.central import (
    Cancelled,
    Central,
    CentralEvent,
    CentralOrder,
    Difference,
    EventPage,
    Listed,
    Verdict,
    VoucherPage,
)
from services.ports.console_file import (
    BY_CENTRAL,
    Customers,
    Drafts,
    DraftSummary,
    OrderRow,
    Orders,
    OrderStanding,
    ReferenceBlock,
    References,
    Settings,
    Store,
    Transaction,
    Vouchers,
)
from services.ports.outbox import Outbox, OutboxItem, OutboxKind, Work
from services.ports.people import KnownOperator, Operators, Passwords, SignedIn
from services.ports.system import Clock, Ids

__all__ = [
    "BY_CENTRAL",
    "Cancelled",
    "Catalogue",
    "CatalogueChanges",
    "CatalogueSink",
    "Central",
    "CentralEvent",
    "CentralOrder",
    "Clock",
    "Customers",
    "Difference",
    "DraftSummary",
    "Drafts",
    "EventPage",
    "Ids",
    "KnownOperator",
    "Listed",
    "Operators",
    "OrderRow",
    "OrderStanding",
    "Orders",
    "Outbox",
    "OutboxItem",
    "OutboxKind",
    "Passwords",
    "ReferenceBlock",
    "References",
    "Settings",
    "SignedIn",
    "Store",
    "Transaction",
    "Verdict",
    "VoucherPage",
    "Vouchers",
    "Work",
]
