"""A console that was never enrolled at a central: it works, for practice, by itself.

Owns what makes its orders recognisable: references that begin with 00 (central leases none
of those) and ``Order.is_demo``. They are owed to no central, also after the console is enrolled. Whether a console is enrolled is a fact in its settings,
written by whoever enrols it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from models.customer import Customer
from models.errors import Defect, Unavailable
from models.vouchers import Voucher, fold_code
from services.ports import Settings, Transaction

CENTRAL_URL = "central_url"
"""Setting that is there once the console is enrolled."""

TRAINING_FIRST = 1
TRAINING_LAST = 999_999
"""Eight-digit numbers 00000001 to 00999999, kept apart from every leased block."""

NEXT_NUMBER = "training_next_number"
FILLED_AT = "training_filled_at"


def is_enrolled(settings: Settings) -> bool:
    return bool(settings.get(CENTRAL_URL))


def take_number(tx: Transaction) -> int:
    """The next number for a reference, from the console's blocks or those for practice.

    Raises Unavailable("no_references_left").
    """
    return tx.references.take_next() if is_enrolled(tx.settings) else _take_training(tx.settings)


def numbers_left(tx: Transaction) -> int:
    """How many orders can still be given a reference."""
    if is_enrolled(tx.settings):
        return tx.references.left()
    return TRAINING_LAST - _next(tx.settings) + 1


def _take_training(settings: Settings) -> int:
    number = _next(settings)
    if number > TRAINING_LAST:
        raise Unavailable("no_references_left")
    settings.put(NEXT_NUMBER, str(number + 1))
    return number


def _next(settings: Settings) -> int:
    return int(settings.get(NEXT_NUMBER) or TRAINING_FIRST)


def needs_filling(tx: Transaction) -> bool:
    """Not enrolled, and without the people and codes to practise with."""
    return not is_enrolled(tx.settings) and tx.settings.get(FILLED_AT) is None


def fill(
    tx: Transaction, customers: Iterable[Customer], vouchers: Iterable[Voucher], *, now: datetime
) -> None:
    """Invented people and codes, once; does nothing where they are or the console is enrolled."""
    if not needs_filling(tx):
        return
    for customer in customers:
        tx.customers.add(customer)
    for voucher in vouchers:
        tx.vouchers.put(voucher)
    tx.settings.put(FILLED_AT, now.isoformat())


class PracticeCodes:
    """The codes of a console that has no file yet, as ``services.ports.Vouchers``; read only."""

    def __init__(self, vouchers: Iterable[Voucher]) -> None:
        self._vouchers = {voucher.code: voucher for voucher in vouchers}

    @property
    def vouchers(self) -> PracticeCodes:
        """Itself, for who asks a transaction for its codes."""
        return self

    def get(self, code: str) -> Voucher | None:
        return self._vouchers.get(code)

    def alike(self, code: str) -> Sequence[Voucher]:
        folded = fold_code(code)
        near = (v for v in self._vouchers.values() if v.code != code)
        return sorted((v for v in near if fold_code(v.code) == folded), key=lambda v: v.code)

    def uses_by(self, customer_id: UUID) -> Mapping[str, int]:
        del customer_id
        return {}

    def differing(self, vouchers: Iterable[Voucher]) -> tuple[Sequence[Voucher], Sequence[str]]:
        raise Defect("practice_codes_read_only", codes=[voucher.code for voucher in vouchers])

    def remove(self, codes: Iterable[str]) -> None:
        raise Defect("practice_codes_read_only", codes=list(codes))

    def put(self, voucher: Voucher) -> None:
        self.put_all([voucher])

    def put_all(self, vouchers: Sequence[Voucher]) -> None:
        raise Defect("practice_codes_read_only", codes=[voucher.code for voucher in vouchers])


class PracticePeople:
    """The customers of a console that has no file yet; read only."""

    def __init__(self, customers: Iterable[Customer]) -> None:
        self._customers = tuple(customers)

    def find(self, text: str) -> Sequence[Customer]:
        """Who has this phone number, in E.164."""
        return [
            customer
            for customer in self._customers
            if any(phone.e164 == text for phone in customer.phones)
        ]
