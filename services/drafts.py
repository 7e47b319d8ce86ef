"""Saving a call in progress: the one way a draft gets into the console's file.

Owns the rule that no card number is ever written (R9), whatever field it was typed into, and
that nothing that was typed or that the clock did keeps a draft from being written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from typing import Any

from models.cards import refuse_pan
from models.draft import Draft
from services.ports import Transaction


def save_draft(draft: Draft, *, tx: Transaction, holder: str | None, now: datetime) -> Draft:
    """The draft as it is in ``tx``, and on disk once ``tx`` ends: its texts are ``storable``,
    and no price of it was said after ``now``.

    Idempotent. Raises DomainError("card_number_refused", field=...) before anything is
    written, Conflict("draft_taken") or ("draft_placed").
    """
    saved = _storable(replace(draft, cart=draft.cart.said_by(now)))
    refuse_card_numbers(saved)
    tx.drafts.save(saved, at=now, holder=holder)
    return saved


def storable(text: str) -> str:
    """The text as UTF-8 can hold it: two halves of a surrogate pair become their character, a
    half alone U+FFFD, in its place (Unicode 3.9, D93b). Anything else is as it was.
    """
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


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


def _storable(draft: Draft) -> Draft:
    """The same with every text in it ``storable``; itself where they all are."""
    try:
        "".join(text for _, text in _texts("draft", draft)).encode()
    except UnicodeEncodeError:
        cleaned: Draft = _with_storable_texts(draft)
        return cleaned
    return draft


def _with_storable_texts(value: Any) -> Any:
    if type(value) is str:  # not the choices, which are texts as well
        return storable(value)
    if isinstance(value, tuple):
        return tuple(_with_storable_texts(part) for part in value)
    if is_dataclass(value) and not isinstance(value, type):
        texts = {
            part.name: _with_storable_texts(getattr(value, part.name)) for part in fields(value)
        }
        return replace(value, **texts)
    return value
