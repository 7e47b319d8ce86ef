"""Money that came in for an order, and money that went back: noted whatever state the order is
in, and what is asked for follows (R13).

For whoever runs the shop, who names an order as in ``central.store.lifecycle`` and says what the
bank's statement says. A note that is made twice is one. What an order costs is set where it is
taken, changed or cancelled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection, Row

from central.store import happenings, ledger, payments
from central.store.accounts import OrderAccount
from central.store.events import Happening, append
from central.store.ledger import Entry
from central.store.lifecycle import change_state, lock_named
from central.store.payments import Awaited, Due
from models.account import Account
from models.cards import refuse_pan
from models.errors import DomainError
from models.order import CHANGEABLE, OrderState
from models.payment import PaymentMethod, PaymentState
from models.tables.central import orders
from models.wire.fields import AMOUNT_MAX_CENTS

BANK_REFERENCE_MAX = 140
"""What a SEPA transfer can tell its receiver is as long (unstructured remittance information)."""


@dataclass(frozen=True, slots=True)
class Noted:
    """``order`` stands as it does after the note. ``entry``: what was noted, None where there was
    no money to note. ``is_new`` False: nothing was noted that had not been before.
    """

    order: OrderAccount
    entry: Entry | None
    is_new: bool


def note_received(
    connection: Connection,
    name: str,
    amount_cents: int | None = None,
    *,
    bank_reference: str = "",
    at: datetime,
) -> Noted:
    """So much came in. Where it is all that was awaited, that is paid and the order goes into
    preparation (R8); where it is less, the rest is awaited; what is too much, or came for a
    cancelled order, has to go back. Nothing came in where nothing is asked for: what was said to
    be covered and is not goes into preparation all the same. Without an amount: what is awaited,
    where that was one amount all along and nothing came in yet; nothing, where it is paid.

    Made twice it is one: by the same bank reference, and without one by the same amount.

    Raises Rejected("order_unknown"), Conflict("payment_noted_otherwise"), DomainError for no known
    reference as ``models.reference.parse``, "nothing_awaited" and "amount_wanted" where an amount
    has to be named, "payment_out_of_range", "bank_reference_malformed", "card_number_refused".
    """
    said = _bank_reference(bank_reference)
    if amount_cents is not None and amount_cents < 0:
        raise DomainError("payment_out_of_range")
    books = _open(connection, name)
    if amount_cents is None:
        amount_cents = _amount_meant(connection, books, said)
    return _note(connection, books, amount_cents, said, at=at)


def note_refunded(
    connection: Connection, name: str, amount_cents: int, *, bank_reference: str = "", at: datetime
) -> Noted:
    """So much went back to the customer, or was taken back by their bank. Where an order that
    the carrier does not have yet is not wholly paid by what is left, the rest is awaited.

    Made twice it is one, as ``note_received``. Raises what that does of an amount that is named,
    and DomainError("refund_exceeds_paid").
    """
    said = _bank_reference(bank_reference)
    if amount_cents < 1:
        raise DomainError("payment_out_of_range")
    return _note(connection, _open(connection, name), -amount_cents, said, at=at)


@dataclass(frozen=True, slots=True)
class _Books:
    """What is known of an order's money; the order's row is locked."""

    row: Row[Any]
    entries: Sequence[Entry]
    awaited: Awaited | None

    @property
    def account(self) -> Account:
        return Account(self.row.costs_cents, ledger.total_of(self.entries))

    @property
    def due(self) -> Due:
        """What is asked for; nothing, by the method of the order, where there is no request."""
        if self.awaited is not None:
            return self.awaited.due
        return Due(PaymentMethod(self.row.payment_method), 0)


def _open(connection: Connection, name: str) -> _Books:
    row = lock_named(connection, name)
    entries = ledger.entries_of(connection, row.order_id)
    return _Books(row, entries, payments.awaited_of(connection, row.order_id))


def _amount_meant(connection: Connection, books: _Books, bank_reference: str) -> int:
    """Never a guess: the same words said again after a change do not pay what was asked since."""
    known = ledger.received_by(books.entries, bank_reference)
    if known is not None:
        return known.amount_cents
    requests = payments.requests_of(connection, books.row.order_id)
    awaited_cents = books.due.amount_cents
    if books.awaited is None:
        is_paid = any(request.state is PaymentState.PAID for request in requests)
        if bank_reference or not is_paid or books.row.state == OrderState.CANCELLED:
            raise DomainError("nothing_awaited")
    elif books.entries or len({request.amount_cents for request in requests}) > 1:
        raise DomainError("amount_wanted", awaited_cents=awaited_cents)
    return awaited_cents


def _note(
    connection: Connection, books: _Books, amount_cents: int, bank_reference: str, *, at: datetime
) -> Noted:
    account = books.account
    known = ledger.known_again(books.entries, amount_cents, bank_reference)
    if known is not None:
        return Noted(_standing(connection, books.row, account), known, is_new=False)
    _ensure_possible(account, books.due, amount_cents)
    entry = Entry(amount_cents, bank_reference, at) if amount_cents else None
    if entry is not None:
        ledger.add(connection, books.row.order_id, entry)
    after = account.with_more(amount_cents)
    append(connection, _follow(connection, books, amount_cents, after, at=at), at=at)
    return Noted(_standing(connection, books.row, after), entry, is_new=entry is not None)


def _ensure_possible(account: Account, due: Due, amount_cents: int) -> None:
    left = account.paid_cents + amount_cents
    if left < 0:
        raise DomainError("refund_exceeds_paid", paid_cents=account.paid_cents)
    if left > AMOUNT_MAX_CENTS or (due.amount_cents and not amount_cents):
        raise DomainError("payment_out_of_range")


def _follow(
    connection: Connection, books: _Books, amount_cents: int, after: Account, *, at: datetime
) -> list[Happening]:
    """What is asked for becomes the rest of the account."""
    row = books.row
    due = Due(books.due.method, after.rest_cents)
    if books.awaited is not None and amount_cents >= 0 and not due.amount_cents:
        return _settle(connection, row, books.awaited, at=at)
    if row.state not in CHANGEABLE or due == books.due:
        return []
    payments.follow(connection, row.order_id, row.reference, books.awaited, due, at=at)
    return list(happenings.payment_followed(row.console_id, row.order_id, books.awaited, due))


def _settle(
    connection: Connection, row: Row[Any], awaited: Awaited, *, at: datetime
) -> list[Happening]:
    payments.settle(connection, awaited, PaymentState.PAID, at=at)
    told = [happenings.payment(row.console_id, row.order_id, PaymentState.PAID)]
    if row.state == OrderState.AWAITING_PAYMENT:
        told.append(change_state(connection, row, OrderState.IN_PREPARATION))
    return told


def _standing(connection: Connection, row: Row[Any], account: Account) -> OrderAccount:
    wanted = select(orders.c.state).where(orders.c.order_id == row.order_id)
    state = OrderState(connection.execute(wanted).scalar_one())
    return OrderAccount(row.reference, state, account)


def _bank_reference(said: str) -> str:
    """Raises DomainError: "bank_reference_malformed"; "card_number_refused", as R9 wants it."""
    plain = " ".join(said.split())
    if len(plain) > BANK_REFERENCE_MAX or not plain.isprintable():
        raise DomainError("bank_reference_malformed", maximum=BANK_REFERENCE_MAX)
    refuse_pan(plain, "bank_reference")
    return plain
