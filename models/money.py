"""Cents: the one rounding, the one way to share an amount out, how an amount is written and read.

Amounts are integers of cents everywhere; no float comes in or goes out. Knows no currency
but the euro's two decimals, no price and no rule of the shop.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.errors import Defect, DomainError

NO_BREAK = "\u00a0"
"""Before the euro sign (CLDR fr)."""
THIN_NO_BREAK = "\u202f"
"""Between groups of three digits (CLDR fr)."""

BASIS_POINTS = 10_000
"""100 %."""

_TYPED_AMOUNT = re.compile(
    r"(?P<euros>[0-9]{1,9}|[0-9]{1,3}(?: [0-9]{3}){1,2})(?:[.,](?P<cents>[0-9]{1,2}))?(?: ?€)?"
)


def round_half_up(numerator: int, denominator: int) -> int:
    """``numerator / denominator`` to the nearest whole, halves away from zero.

    Commercial rounding, and symmetric: a refund rounds as its sale did. ``denominator``
    is positive, else Defect("denominator_not_positive").
    """
    if denominator <= 0:
        raise Defect("denominator_not_positive", denominator=denominator)
    magnitude = (2 * abs(numerator) + denominator) // (2 * denominator)
    return magnitude if numerator >= 0 else -magnitude


def share_bp(cents: int, basis_points: int) -> int:
    """So many basis points of an amount, rounded: 1000 is 10 %."""
    return round_half_up(cents * basis_points, BASIS_POINTS)


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """``total`` shared out in proportion to ``weights``, to the cent: the shares sum to it.

    Largest remainder (Hamilton); equal remainders go to the first. Each share is the exact
    proportion rounded down or up, so where ``0 <= total <= sum(weights)`` none exceeds its
    weight. Weights are not negative; all zero only for a total of zero, else
    Defect("nothing_to_allocate_to").
    """
    if any(weight < 0 for weight in weights) or (total and not any(weights)):
        raise Defect("nothing_to_allocate_to", total=total, weights=tuple(weights))
    if total < 0:
        return [-share for share in allocate(-total, weights)]
    whole = sum(weights) or 1
    shares = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: -(total * weights[i] % whole))
    for i in by_remainder[: total - sum(shares)]:
        shares[i] += 1
    return shares


def format_cents(cents: int) -> str:
    """As written in French: ``1 234,50 €`` (U+202F between thousands, U+00A0 before €)."""
    euros, rest = divmod(abs(cents), 100)
    sign = "-" if cents < 0 else ""
    grouped = f"{euros:,}".replace(",", THIN_NO_BREAK)
    return f"{sign}{grouped},{rest:02d}{NO_BREAK}€"


def parse_cents(text: str) -> int:
    """An amount as an operator types it, zero or more: ``1 234,50``, ``23,4``, ``23.40``.

    The dot of the number pad is a decimal comma; thousands are parted by spaces only, so
    that ``1.234`` is never guessed at. Raises DomainError("amount_malformed").
    """
    plain = " ".join(text.split())
    typed = _TYPED_AMOUNT.fullmatch(plain)
    if typed is None:
        raise DomainError("amount_malformed", text=text)
    euros = int(typed["euros"].replace(" ", ""))
    return euros * 100 + int((typed["cents"] or "").ljust(2, "0"))
