"""Saving a call in progress: the one way a draft gets into the console's file.

Owns the rule that no card number is ever written (R9), whatever field it was typed into, and
that nothing that was typed or that the clock did keeps a draft from being written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from typing import Any

from models.cards import mask_beginning, mask_pans, refuse_pan
from models.draft import Draft, DraftState
from services.ports import Transaction

_TYPED_IN = {"find": "search", "code": "code_entry"}
"""Fields of the screen that are not named as the part of a draft that they fill."""


def save_draft(draft: Draft, *, tx: Transaction, holder: str | None, now: datetime) -> Draft:
    """The draft as it is in ``tx``, and on disk once ``tx`` ends: its texts are ``storable``,
    and no price of it was said after ``now``. What may become a card number in the field that
    has the focus is on disk without its end, and whole again once the focus has moved on.

    Idempotent. Raises DomainError("card_number_refused", field=...) before anything is
    written, Conflict("draft_taken") or ("draft_placed").
    """
    saved = _storable(replace(draft, cart=draft.cart.said_by(now)))
    refuse_card_numbers(saved)
    tx.drafts.save(_without_beginnings(saved), at=now, holder=holder)
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


def without_card_numbers(draft: Draft) -> Draft:
    """The same with each card number masked: for one that is filled from what an older program
    kept, so that what it let through can be mended.
    """
    kept: Draft = _with_texts(draft, lambda _, text: mask_pans(text))
    return kept


def _without_beginnings(draft: Draft) -> Draft:
    """The draft as it may lie on disk while the field with the focus is typed in (R9)."""
    if draft.state is not DraftState.OPEN:
        return draft  # put aside: nobody types in it
    typed = _TYPED_IN.get(draft.focus, draft.focus)
    texts = [text for field, text in _texts("draft", draft) if field == typed]
    if all(mask_beginning(text) == text for text in texts):
        return draft
    kept: Draft = _with_texts(
        draft, lambda field, text: mask_beginning(text) if field == typed else text
    )
    return kept


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
        cleaned: Draft = _with_texts(draft, lambda _, text: storable(text))
        return cleaned
    return draft


def _with_texts(value: Any, mend: Callable[[str, str], str], field: str = "") -> Any:
    """The same value with each text in it mended, which is given the name of its field too."""
    if type(value) is str:  # not the choices, which are texts as well
        return mend(field, value)
    if isinstance(value, tuple):
        return tuple(_with_texts(part, mend, field) for part in value)
    if is_dataclass(value) and not isinstance(value, type):
        parts = {
            part.name: _with_texts(getattr(value, part.name), mend, part.name)
            for part in fields(value)
        }
        return replace(value, **parts)
    return value
