"""What a newer central said in words that this program does not know: how much was left out.

Owns the counts, which are on disk, so that whoever asks how the exchange stands is told. What
was left out comes by itself once the program has been brought up to date.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from services.ports import Settings, Store


class UnreadPart(StrEnum):
    """A list of central's of which rows may be left out; the value is the setting's."""

    VOUCHERS = "unread_vouchers"
    CUSTOMERS = "unread_customers"
    ORDERS = "unread_orders"


def unread(settings: Settings, parts: Iterable[UnreadPart] = UnreadPart) -> int:
    """How many rows, of all lists or of these."""
    return sum(int(settings.get(part) or 0) for part in parts)


def note_unread(store: Store, part: UnreadPart, count: int) -> None:
    """Writes only what is another number than before."""
    with store.read() as tx:
        if unread(tx.settings, [part]) == count:
            return
    with store.write() as tx:
        tx.settings.put(part, str(count))
