"""What actions of ``kiosk central`` are given beside their database: numbers, days.

Each is an argument's ``type``: it raises argparse.ArgumentTypeError, which says in French what
is expected.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import date


def number(low: int, high: int | None, expected: str) -> Callable[[str], int]:
    """A whole number of ``low`` to ``high``, both included; None: there is no highest."""

    def read(text: str) -> int:
        if text.isdecimal() and low <= int(text) and (high is None or int(text) <= high):
            return int(text)
        raise argparse.ArgumentTypeError(f"{expected} est attendu")

    return read


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError("une date AAAA-MM-JJ est attendue") from error
