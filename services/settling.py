"""Settling what needs a person: once, with what was agreed, in the order's own history."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from models.cards import refuse_pan
from models.errors import DomainError
from models.intake import clean
from models.order import OrderEvent, OrderEventKind
from models.work import Settlement, WorkItem
from services.ports import Transaction

NOTE_MAX = 500
"""Characters of a note or of a reason: what is said in one breath."""


def settle_work(
    tx: Transaction, item: WorkItem, settlement: Settlement, *, at: datetime, note: str = ""
) -> None:
    """Settle one item. Idempotent: of two the first counts."""
    if item.settlement is not None:
        return
    tx.work.settle(item.work_id, settlement, at=at, note=note)
    facts = {"work_id": str(item.work_id), "settlement": settlement.value, "note": note}
    tx.orders.append(OrderEvent(item.order_id, OrderEventKind.WORK_SETTLED, at, facts))


def settle_open_work(
    tx: Transaction, order_id: UUID, settlement: Settlement, *, at: datetime, note: str = ""
) -> None:
    """Settle all that is open about an order."""
    for item in tx.work.of_order(order_id):
        settle_work(tx, item, settlement, at=at, note=note)


def as_note(text: str, field: str) -> str:
    """One line of what somebody typed, as it may be kept. Raises
    DomainError("card_number_refused", field=...) (R9) and ("note_too_long", maximum=...).
    """
    note = clean(text, NOTE_MAX + 1)
    for said in (text, note):  # one line may bring together what was apart
        refuse_pan(said, field)
    if len(note) > NOTE_MAX:
        raise DomainError("note_too_long", maximum=NOTE_MAX)
    return note
