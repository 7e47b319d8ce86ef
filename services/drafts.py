"""Saving a call in progress: the one way a draft gets into the console's file.

Owns the rule that no card number is ever written (R9), whatever field it was typed into.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime

from models.cards import refuse_pan
from models.draft import Draft
from services.ports import Transaction


def save_draft(draft: Draft, *, tx: Transaction, holder: str | None, now: datetime) -> None:
    """The draft is in ``tx``; it is on disk once ``tx`` ends.

    Idempotent. Raises DomainError("card_number_refused", field=...) before anything is
    written, Conflict("draft_taken") or ("draft_placed").
    """
    refuse_card_numbers(draft)
    tx.drafts.save(draft, at=now, holder=holder)


def refuse_card_numbers(draft: Draft) -> None:
    """Raises DomainError("card_number_refused") naming the field (PCI DSS, R9)."""
    for field, text in _texts("draft", draft):
        refuse_pan(text, field)


def _texts(field: str, value: object) -> Iterator[tuple[str, str]]:
    """Every text in a value, with the name of the field it is in."""
    if isinstance(value, str):
        yield field, value
    elif isinstance(value, tuple):
        for part in value:
            yield from _texts(field, part)
    elif is_dataclass(value) and not isinstance(value, type):
        for part_of in fields(value):
            yield from _texts(part_of.name, getattr(value, part_of.name))
