"""Whether one code counts, for this cart, this day and this customer (R7).

Owns the conditions of a single code and the cheapest thing that would meet them. What
several codes do together is reckoned in ``models.discounts``; words are made elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from models.cart import QUANTITY_MAX
from models.catalogue import Article, Cartridge
from models.quote import PricedLine
from models.vouchers import Refusal, RefusalReason, Voucher, VoucherKind


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a code is judged by. ``today`` is the day in Paris.

    ``find_cheapest`` is called with the keywords of ``services.ports.Catalogue.cheapest``.
    """

    lines: Sequence[PricedLine]
    articles: Mapping[str, Article]
    today: date
    customer_id: UUID | None = None
    uses_by_customer: Mapping[str, int] | None = None
    find_cheapest: Callable[..., Article | None] | None = None

    @property
    def goods_cents(self) -> int:
        return sum(line.total_cents for line in self.lines)


def applies_to(voucher: Voucher, brand: str, sku: str) -> bool:
    """Whether the voucher's restriction lets this article in; both must where both are set."""
    return (not voucher.brands or brand in voucher.brands) and (
        not voucher.skus or sku in voucher.skus
    )


def is_counted(voucher: Voucher) -> bool:
    """Uses or a remainder that others may be spending too: only central knows for sure."""
    return (
        voucher.kind is VoucherKind.CREDIT
        or voucher.uses_max is not None
        or voucher.uses_per_customer_max is not None
    )


def is_used_up(voucher: Voucher) -> bool:
    """By whomever: it is none for anybody until some of it is given back."""
    is_spent = voucher.kind is VoucherKind.CREDIT and voucher.remaining_cents <= 0
    return is_spent or (voucher.uses_max is not None and voucher.uses >= voucher.uses_max)


def refusal_of(voucher: Voucher, seen: Circumstances) -> Refusal | None:
    """Why this code cannot count, taken by itself; None when it can.

    The first of: dates, customer, uses, remainder, empty cart, restriction, minimum. What
    nobody can change comes first, so that no remedy is proposed in vain.
    """
    return next((why for check in _CHECKS if (why := check(voucher, seen))), None)


def refusal_of_unknown(alike: Sequence[Voucher], seen: Circumstances) -> Refusal:
    """Of a code that does not exist: the look-alike to propose, one that would count first."""
    if not alike:
        return Refusal(RefusalReason.UNKNOWN)
    meant = next((voucher for voucher in alike if not refusal_of(voucher, seen)), alike[0])
    return Refusal(RefusalReason.LOOKS_LIKE, proposed=meant.code)


def _dates(voucher: Voucher, seen: Circumstances) -> Refusal | None:
    if voucher.valid_from and seen.today < voucher.valid_from:
        return Refusal(RefusalReason.NOT_YET_VALID, on=voucher.valid_from)
    if voucher.valid_until and seen.today > voucher.valid_until:
        return Refusal(RefusalReason.EXPIRED, on=voucher.valid_until)
    return None


def _customer(voucher: Voucher, seen: Circumstances) -> Refusal | None:
    if voucher.customer_id is None or voucher.customer_id == seen.customer_id:
        return None
    if seen.customer_id is None:
        return Refusal(RefusalReason.CUSTOMER_UNKNOWN_YET)
    return Refusal(RefusalReason.OTHER_CUSTOMER)


def _uses(voucher: Voucher, seen: Circumstances) -> Refusal | None:
    """A limit per customer does not hold up a caller who is not known yet: central counts."""
    if voucher.uses_max is not None and voucher.uses >= voucher.uses_max:
        return Refusal(RefusalReason.USED_UP)
    used = (seen.uses_by_customer or {}).get(voucher.code, 0)
    if voucher.uses_per_customer_max is not None and used >= voucher.uses_per_customer_max:
        return Refusal(RefusalReason.ALREADY_USED_BY_CUSTOMER)
    return None


def _remainder(voucher: Voucher, _seen: Circumstances) -> Refusal | None:
    if voucher.kind is VoucherKind.CREDIT and voucher.remaining_cents <= 0:
        return Refusal(RefusalReason.NOTHING_LEFT)
    return None


def _some_goods(_voucher: Voucher, seen: Circumstances) -> Refusal | None:
    return None if seen.lines else Refusal(RefusalReason.EMPTY_CART)


def _restriction(voucher: Voucher, seen: Circumstances) -> Refusal | None:
    if any(applies_to(voucher, line.brand, line.sku) for line in seen.lines):
        return None
    by_brand = voucher.brands and not any(line.brand in voucher.brands for line in seen.lines)
    return _refusal(
        RefusalReason.WRONG_BRAND if by_brand else RefusalReason.WRONG_ARTICLES,
        voucher,
        remedy=_eligible_article(voucher, seen),
    )


def _minimum(voucher: Voucher, seen: Circumstances) -> Refusal | None:
    missing = _missing(voucher, seen)
    if not missing:
        return None
    return _refusal(
        RefusalReason.MINIMUM_NOT_MET, voucher, missing=missing, remedy=_addition(missing, seen)
    )


_CHECKS = (_dates, _customer, _uses, _remainder, _some_goods, _restriction, _minimum)


class _Remedy(NamedTuple):
    """Something to add to the cart; compares by what it costs, then by how little it is."""

    cents: int
    quantity: int
    sku: str


def _refusal(
    reason: RefusalReason, voucher: Voucher, *, remedy: _Remedy | None, missing: int = 0
) -> Refusal:
    return Refusal(
        reason,
        missing_cents=missing,
        brands=voucher.brands,
        skus=voucher.skus,
        remedy_sku=remedy.sku if remedy else None,
        remedy_quantity=remedy.quantity if remedy else 0,
        remedy_cents=remedy.cents if remedy else 0,
    )


def _missing(voucher: Voucher, seen: Circumstances) -> int:
    """The minimum looks at all goods before discounts, also where the code is restricted."""
    return max(0, voucher.minimum_total_cents - seen.goods_cents)


def _eligible_article(voucher: Voucher, seen: Circumstances) -> _Remedy | None:
    """The cheapest article the code applies to that would also meet its minimum."""
    if seen.find_cheapest is None:
        return None
    article = seen.find_cheapest(
        brands=() if voucher.skus else voucher.brands,
        skus=voucher.skus,
        at_least_cents=_missing(voucher, seen),
    )
    if article is None or not _lets_in(voucher, article.cartridge):
        return None
    return _Remedy(article.offer.price_cents, 1, article.sku)


def _lets_in(voucher: Voucher, cartridge: Cartridge) -> bool:
    return applies_to(voucher, cartridge.brand, cartridge.sku)


def _addition(missing: int, seen: Circumstances) -> _Remedy | None:
    """The cheapest way to so much more goods: more of what is in the cart, or one thing else."""
    options = [_more_of(line, missing, seen) for line in seen.lines]
    if seen.find_cheapest and (other := seen.find_cheapest(at_least_cents=missing)):
        options.append(_Remedy(other.offer.price_cents, 1, other.sku))
    return min((option for option in options if option), default=None)


def _more_of(line: PricedLine, missing: int, seen: Circumstances) -> _Remedy | None:
    if line.unit_price_cents <= 0:
        return None
    quantity = -(-missing // line.unit_price_cents)
    available = min(seen.articles[line.sku].offer.stock, QUANTITY_MAX)
    if line.quantity + quantity > available:
        return None
    return _Remedy(quantity * line.unit_price_cents, quantity, line.sku)
