"""What actions of ``kiosk central`` are given beside their database: numbers, amounts, days.

Each is an argument's ``type``: it raises argparse.ArgumentTypeError, which says in French what
is expected.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import date

from models.errors import DomainError
from models.money import parse_cents


def number(low: int, high: int | None, expected: str) -> Callable[[str], int]:
    """A whole number of ``low`` to ``high``, both included; None: there is no highest."""

    def read(text: str) -> int:
        if text.isdecimal() and low <= int(text) and (high is None or int(text) <= high):
            return int(text)
        raise argparse.ArgumentTypeError(f"{expected} est attendu")

    return read


def cents(text: str) -> int:
    """An amount in euros, zero or more."""
    try:
        return parse_cents(text)
    except DomainError as error:
        raise argparse.ArgumentTypeError("un montant comme 5 ou 12,50 est attendu") from error


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError("une date AAAA-MM-JJ est attendue") from error
