"""A cart added up: lines, what each code did, delivery, total, the VAT in it. Values only.

Knows not how it came about: ``models.pricing`` reckons it, an order keeps it as it was said.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.vat import VatShare
from models.vouchers import Refusal, VoucherKind


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A cart line with its price. ``discount_cents`` is its share of all discounts."""

    sku: str
    label: str
    brand: str
    quantity: int
    unit_price_cents: int
    total_cents: int
    discount_cents: int
    vat_rate_bp: int
    current_price_cents: int
    """Differs from ``unit_price_cents`` while a price that was said is being kept."""


@dataclass(frozen=True, slots=True)
class CodeOutcome:
    """What one code did: ``discount_cents`` off, or why not.

    For free delivery that is the fee it took off, for a credit what it paid.
    """

    code: str
    kind: VoucherKind | None
    discount_cents: int = 0
    refusal: Refusal | None = None
    is_provisional: bool = False
    """Counted uses or a credit: central has the last word."""

    @property
    def is_accepted(self) -> bool:
        return self.refusal is None


@dataclass(frozen=True, slots=True)
class PackHint:
    """One ``pack_sku`` in place of its parts in the cart would save ``saving_cents`` of the total."""

    pack_sku: str
    label: str
    saving_cents: int


@dataclass(frozen=True, slots=True)
class Quote:
    """A cart added up. ``total_cents = goods - discount + delivery - credit``, never below 0.

    ``goods_cents`` before discounts; ``discount_cents`` of all codes but credits and
    free delivery (that one shows as a delivery of 0); ``credit_cents`` paid by credits.
    """

    lines: tuple[PricedLine, ...] = ()
    codes: tuple[CodeOutcome, ...] = ()
    goods_cents: int = 0
    discount_cents: int = 0
    delivery_cents: int = 0
    delivery_saved_cents: int = 0
    """Delivery fee that a free-delivery code took off."""
    credit_cents: int = 0
    total_cents: int = 0
    vat: tuple[VatShare, ...] = ()
    vat_mention: str | None = None
    """Set where no VAT is due (overseas): the sentence the law wants."""
    free_delivery_missing_cents: int = 0
    pack_hint: PackHint | None = None
    unknown_skus: tuple[str, ...] = ()
    """Lines whose article the catalogue no longer has; they are not in the total."""
    article_count: int = 0

    @property
    def is_covered(self) -> bool:
        """Credits or discounts leave nothing to pay: no money is awaited."""
        return bool(self.lines) and self.total_cents == 0

    @property
    def vat_cents(self) -> int:
        return sum(share.vat_cents for share in self.vat)
