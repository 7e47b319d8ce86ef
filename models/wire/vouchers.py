"""Codes on the wire (R7), exactly as they are printed."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from models.vouchers import Voucher, VoucherKind
from models.wire.fields import BasisPoints, Cents, Count, Day, WireModel, WirePage, Word


class VoucherWire(WireModel):
    code: Word
    kind: VoucherKind
    percent_bp: BasisPoints = 0
    amount_cents: Cents = 0
    remaining_cents: Cents = 0
    minimum_total_cents: Cents = 0
    brands: tuple[Word, ...] = ()
    skus: tuple[Word, ...] = ()
    customer_id: UUID | None = None
    valid_from: Day | None = None
    valid_until: Day | None = None
    uses: Count = 0
    uses_max: Count | None = None
    uses_per_customer_max: Count | None = None
    is_combinable: bool = False

    def to_domain(self) -> Voucher:
        return Voucher(**dict(self))


class VouchersOut(WirePage):
    """Codes with their uses as central has counted them: a page of those that changed, where
    ``cursor`` goes into the next request, or, without one, all that were asked for. One of a
    kind that a console does not know is left out there: it is a code it cannot judge.
    """

    ROWS = "vouchers"

    vouchers: tuple[VoucherWire, ...]
    removed: tuple[Word, ...] = ()
    cursor: Word | None = None
    has_more: bool = False

    ADDED: ClassVar[frozenset[str]] = frozenset({"removed", "cursor", "has_more"})
