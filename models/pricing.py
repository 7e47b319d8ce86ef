"""What a cart adds up to: discounts, delivery, total and the VAT in it.

The same function prices a cart at the console and judges an order at central.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from models.cart import Cart
from models.catalogue import Article
from models.shop import ShopRules
from models.vat import VatShare
from models.vouchers import Refusal, Voucher, VoucherKind

__all__ = [
    "CodeOutcome",
    "PackHint",
    "PricedLine",
    "PricingFacts",
    "Quote",
    "VatShare",
    "price_cart",
]


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
    """What one code did: ``discount_cents`` off, or why not."""

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
    """Buying ``pack_sku`` instead of its parts would save ``saving_cents``."""

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
    def vat_cents(self) -> int:
        return sum(share.vat_cents for share in self.vat)


@dataclass(frozen=True, slots=True)
class PricingFacts:
    """What has to be known to price a cart: read once by the caller, so that pricing is pure.

    ``vouchers`` by exact code; ``alike`` what each unknown code may have been meant to be;
    ``uses_by_customer`` how often this customer used each code. ``find_cheapest`` has the
    keywords of ``services.ports.Catalogue.cheapest``; without it no remedy is looked for
    outside the cart.
    """

    articles: Mapping[str, Article]
    packs: Sequence[Article] = ()
    vouchers: Mapping[str, Voucher] = field(default_factory=dict)
    alike: Mapping[str, Sequence[Voucher]] = field(default_factory=dict)
    uses_by_customer: Mapping[str, int] = field(default_factory=dict)
    customer_id: UUID | None = None
    delivery_postcode: str = ""
    find_cheapest: Callable[..., Article | None] | None = None


def price_cart(cart: Cart, facts: PricingFacts, *, now: datetime, rules: ShopRules) -> Quote:
    """The cart added up at ``now``."""
    raise NotImplementedError
