"""What a newer central said in words that this program does not know: how much was left out.

Owns the counts, and the words that were known when something was left out. Both are on disk:
whoever asks how the exchange stands is told, and a program that knows other words begins the
list anew. One that knows the same would leave out the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from itertools import chain

from models.customer import Civility, Dwelling, PhoneKind
from models.vouchers import VoucherKind
from services.ports import Settings, Store


class UnreadPart(StrEnum):
    """A list of central's of which rows may be left out; the value is the setting's."""

    VOUCHERS = "unread_vouchers"
    CUSTOMERS = "unread_customers"
    ORDERS = "unread_orders"


def _words(*kinds: type[StrEnum]) -> str:
    return " ".join(sorted(set(chain.from_iterable(kinds))))


WORDS: Mapping[UnreadPart, str] = {
    UnreadPart.VOUCHERS: _words(VoucherKind),
    UnreadPart.CUSTOMERS: _words(Civility, Dwelling, PhoneKind),
}
"""Those a row of the list may be told in, for lists that are followed from a place on: what was
left out there does not come again by itself.
"""


def unread(settings: Settings, parts: Iterable[UnreadPart] = UnreadPart) -> int:
    """How many rows, of all lists or of these."""
    return sum(int(settings.get(part) or 0) for part in parts)


def note_unread(store: Store, part: UnreadPart, count: int) -> None:
    """Of the whole list. Writes only what is another number than before."""
    with store.read() as tx:
        if unread(tx.settings, [part]) == count:
            return
    with store.write() as tx:
        tx.settings.put(part, str(count))


def count_unread(settings: Settings, part: UnreadPart, count: int, *, is_first: bool) -> None:
    """So many were left out on this page of a list in ``WORDS``, the first one or a later one."""
    before = 0 if is_first else unread(settings, [part])
    settings.put(part, str(before + count))
    if count:
        settings.put(_known(part), WORDS[part])


def has_to_begin_anew(settings: Settings, part: UnreadPart) -> bool:
    """Rows of this list in ``WORDS`` were left out by a program that knew other words."""
    return unread(settings, [part]) > 0 and settings.get(_known(part)) != WORDS[part]


def _known(part: UnreadPart) -> str:
    """The setting: the words that were known to whoever left something out."""
    return f"{part}_words"
