"""Codes that take something off a total (R7), and why one may be refused."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID


class VoucherKind(StrEnum):
    PERCENT = "percent"
    AMOUNT = "amount"
    FREE_DELIVERY = "free_delivery"
    CREDIT = "credit"
    """An "avoir" from a claim: pays goods and delivery, and keeps a remainder."""


@dataclass(frozen=True, slots=True)
class Voucher:
    """A code and its conditions.

    ``percent_bp`` in basis points (1000 is 10 %) for PERCENT; ``amount_cents`` for AMOUNT;
    ``remaining_cents`` is what a CREDIT still holds. ``valid_from`` and ``valid_until`` are
    inclusive days in Europe/Paris. An empty ``brands`` or ``skus`` restricts nothing.
    """

    code: str
    kind: VoucherKind
    percent_bp: int = 0
    amount_cents: int = 0
    remaining_cents: int = 0
    minimum_total_cents: int = 0
    brands: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()
    customer_id: UUID | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    uses: int = 0
    uses_max: int | None = None
    uses_per_customer_max: int | None = None
    is_combinable: bool = False

    def after_use(self, cents: int) -> Voucher:
        """As it stands once it took ``cents`` off an order; a credit keeps that much less."""
        spent = cents if self.kind is VoucherKind.CREDIT else 0
        left = max(0, self.remaining_cents - spent)
        return replace(self, uses=self.uses + 1, remaining_cents=left)

    def given_back(self, cents: int) -> Voucher:
        """As it stood before an order used it to take ``cents`` off."""
        returned = cents if self.kind is VoucherKind.CREDIT else 0
        return replace(
            self, uses=max(0, self.uses - 1), remaining_cents=self.remaining_cents + returned
        )


class RefusalReason(StrEnum):
    UNKNOWN = "unknown"
    LOOKS_LIKE = "looks_like"
    """Not this code, but ``Refusal.proposed`` differs by case or look-alikes only."""
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    MINIMUM_NOT_MET = "minimum_not_met"
    WRONG_BRAND = "wrong_brand"
    WRONG_ARTICLES = "wrong_articles"
    OTHER_CUSTOMER = "other_customer"
    CUSTOMER_UNKNOWN_YET = "customer_unknown_yet"
    USED_UP = "used_up"
    ALREADY_USED_BY_CUSTOMER = "already_used_by_customer"
    NOT_COMBINABLE = "not_combinable"
    NOTHING_LEFT = "nothing_left"
    """A credit that was spent."""
    EMPTY_CART = "empty_cart"
    NOTHING_TO_TAKE_OFF = "nothing_to_take_off"
    """Free delivery where delivery is free already, or a total that is 0 before it."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a code takes nothing off, and the cheapest thing that would make it work.

    Only the facts that the reason needs are set: ``missing_cents`` for a minimum (what
    must be added), ``on`` for dates, ``brands``/``skus`` for restrictions, ``proposed`` for a
    look-alike, ``conflicts_with`` for the code in the way of one that does not combine (then
    ``remedy_cents`` is how much more this one would save in its place, 0 where it would
    not), ``remedy_sku`` with ``remedy_quantity`` to add for ``remedy_cents`` in all, the
    cheapest article that would do.
    """

    reason: RefusalReason
    missing_cents: int = 0
    on: date | None = None
    brands: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()
    proposed: str | None = None
    conflicts_with: str | None = None
    remedy_sku: str | None = None
    remedy_quantity: int = 0
    remedy_cents: int = 0


_LOOK_ALIKES = str.maketrans("oil", "011")


def fold_code(code: str) -> str:
    """A code without what nobody hears: case, O or 0, I or 1 or l (R7).

    Two codes with the same fold are look-alikes. Spaces are kept: trimming is the console's.
    """
    return code.casefold().translate(_LOOK_ALIKES)
