"""Telling a barcode scanner from a hand: it types faster than anybody.

Where digits are quantities, the digits of a barcode would be taken for some. Four of them
closer together than a hand types are the beginning of a barcode.
"""

from __future__ import annotations

from dataclasses import dataclass

EAN_DIGITS = 13

GAP_SECONDS = 0.05
"""Between two keys of a scanner there is less."""

DIGITS_OF_A_SCAN = 4


@dataclass(slots=True)
class Burst:
    """Digits that came without a pause."""

    digits: str = ""
    last_at: float = 0.0

    def add(self, digit: str, at: float) -> str:
        """All digits of the burst, this one included. ``at`` in seconds of one clock."""
        if at - self.last_at > GAP_SECONDS:
            self.digits = ""
        self.digits, self.last_at = self.digits + digit, at
        return self.digits

    def end(self) -> None:
        """Another key came between."""
        self.digits = ""

    @property
    def is_scan(self) -> bool:
        return len(self.digits) >= DIGITS_OF_A_SCAN


def is_barcode(text: str) -> bool:
    """An EAN-13, as a scanner types it."""
    return len(text) == EAN_DIGITS and text.isdecimal()
