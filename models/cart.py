"""The cart of a draft: which articles, how many, which codes were given.

A cart holds what was said on the phone, not what it costs: ``models.pricing`` adds it up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from models.errors import DomainError

QUANTITY_MAX = 99
"""More of one article than this in one phone order is a slip of the finger."""

LINES_MAX = 50
CODES_MAX = 10
"""Codes are judged together at every key: nobody has so many to read out."""


@dataclass(frozen=True, slots=True)
class CartLine:
    """So many of one sku, and the unit price in cents (TTC) that was said, and when."""

    sku: str
    quantity: int
    said_price_cents: int | None = None
    said_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cart:
    """Lines in the order they were asked for, and codes as they are printed."""

    lines: tuple[CartLine, ...] = ()
    codes: tuple[str, ...] = ()

    @property
    def article_count(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def is_empty(self) -> bool:
        return not self.lines

    def quantity_of(self, sku: str) -> int:
        return next((line.quantity for line in self.lines if line.sku == sku), 0)

    def add(self, sku: str, quantity: int, *, price_cents: int, at: datetime) -> Cart:
        """One line per sku: adding again adds up. Raises DomainError past the maximum."""
        return self.set_quantity(
            sku, self.quantity_of(sku) + quantity, price_cents=price_cents, at=at
        )

    def set_quantity(self, sku: str, quantity: int, *, price_cents: int, at: datetime) -> Cart:
        """Exactly this many; 0 removes the line. A price already said stays said."""
        if not 0 <= quantity <= QUANTITY_MAX:
            raise DomainError("quantity_out_of_range", sku=sku, maximum=QUANTITY_MAX)
        if quantity == 0:
            return replace(self, lines=tuple(line for line in self.lines if line.sku != sku))
        if self.quantity_of(sku):
            return replace(
                self,
                lines=tuple(
                    replace(line, quantity=quantity) if line.sku == sku else line
                    for line in self.lines
                ),
            )
        if len(self.lines) >= LINES_MAX:
            raise DomainError("too_many_lines", maximum=LINES_MAX)
        return replace(self, lines=(*self.lines, CartLine(sku, quantity, price_cents, at)))

    def said_by(self, now: datetime) -> Cart:
        """A price dated later than ``now``, because the clock ran ahead, counts as said now:
        it is kept no longer than the others.
        """
        late = {line for line in self.lines if line.said_at is not None and line.said_at > now}
        if not late:
            return self
        lines = (replace(line, said_at=now) if line in late else line for line in self.lines)
        return replace(self, lines=tuple(lines))

    def add_code(self, code: str) -> Cart:
        """The code exactly as printed (R7); a code already there stays once.

        Raises DomainError("too_many_codes") past the maximum.
        """
        if code in self.codes:
            return self
        if len(self.codes) >= CODES_MAX:
            raise DomainError("too_many_codes", maximum=CODES_MAX)
        return replace(self, codes=(*self.codes, code))

    def remove_code(self, code: str) -> Cart:
        return replace(self, codes=tuple(kept for kept in self.codes if kept != code))
