"""Keeps card numbers out (R9, PCI DSS): finds them in free text, masks them, refuses them.

Owns what a card number looks like: fourteen to nineteen digits in a card scheme's range
that pass Luhn (ISO/IEC 7812-1), with anything but letters between the digits. Thirteen
digits are left out, because one EAN-13 in forty would pass for a card. A SIRET of an old
company (30, 36, 38...) can be taken for one; to refuse it costs less than to store a card.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from models.errors import DomainError

_LENGTHS = range(14, 20)
_BEGINNING_MIN = 10
_SHOWN_OF_A_BEGINNING = 6
"""PCI DSS 3.4.1: the first six may be shown."""

_SEPARATORS_MAX = 5
"""Characters between two digits of one number; more, and a new number begins."""

_RANGES: tuple[tuple[int, int, int, int], ...] = (
    # first and last prefix, shortest and longest number
    (4, 4, 16, 19),  # Visa, CB
    (51, 55, 16, 16),  # Mastercard
    (2221, 2720, 16, 16),
    (34, 34, 15, 15),  # American Express
    (37, 37, 15, 15),
    (300, 305, 14, 14),  # Diners Club
    (3095, 3095, 14, 14),
    (36, 36, 14, 19),
    (38, 39, 14, 19),
    (3528, 3589, 16, 19),  # JCB
    (50, 50, 16, 19),  # Maestro; its shorter numbers would catch a postcode and a phone
    (56, 69, 16, 19),  # Maestro, Discover, UnionPay
    (81, 81, 16, 19),  # UnionPay
)


@dataclass(frozen=True, slots=True)
class _Digit:
    """A digit of a text, where it stands, and whether it follows the one before directly."""

    value: str
    at: int
    is_glued: bool


def find_pan(text: str) -> str | None:
    """The first card number in ``text`` as bare ASCII digits, None where there is none.

    Digits of any script count. Two phone numbers one after the other are not a card.
    """
    if len(text) < _LENGTHS.start or sum(map(str.isdigit, text)) < _LENGTHS.start:
        return None  # nearly every text of an order
    return next((pan for pan, _, _ in _found(text)), None)


def mask_pans(text: str) -> str:
    """The same text with each card number replaced by dots and its last four digits."""
    kept, end = [], 0
    for pan, start, stop in _found(text):
        kept += [text[end:start], "•••• ", pan[-4:]]
        end = stop
    return "".join((*kept, text[end:]))


def mask_beginning(text: str) -> str:
    """The same text with what may be the beginning of a card number cut to its first six.

    For a text that is still being typed: fifteen digits of a card on disk give the sixteenth
    away. An EAN-13 is left alone; any other number is, once nobody types in it any more.
    """
    kept, end = [], 0
    for run in _runs(text):
        if _may_become_pan("".join(digit.value for digit in run)):
            kept += [text[end : run[_SHOWN_OF_A_BEGINNING].at], "•"]
            end = run[-1].at + 1
    return "".join((*kept, text[end:]))


def refuse_pan(text: str, field: str) -> None:
    """Raises DomainError("card_number_refused"), which never carries the number itself."""
    if find_pan(text) is not None:
        raise DomainError("card_number_refused", field=field)


def _found(text: str) -> Iterator[tuple[str, int, int]]:
    """Each card number with where it starts and stops, left to right, none overlapping."""
    for run in _runs(text):
        if len(run) < _LENGTHS.start:
            continue
        yield from _found_in_run(run)


def _found_in_run(run: list[_Digit]) -> Iterator[tuple[str, int, int]]:
    digits = "".join(digit.value for digit in run)
    if _is_pan(digits):
        yield digits, run[0].at, run[-1].at + 1
        return
    taken = _phone_places(run, digits)
    first = 0
    while first <= len(run) - _LENGTHS.start:
        last = _last_of_pan(run, digits, first, taken)
        if last is None:
            first += 1
        else:
            yield digits[first:last], run[first].at, run[last - 1].at + 1
            first = last


def _last_of_pan(run: list[_Digit], digits: str, first: int, taken: frozenset[int]) -> int | None:
    """Where the longest card number that starts at ``first`` ends, None where none does.

    It starts and ends where somebody made a gap: part of a longer number is no card.
    """
    if run[first].is_glued:
        return None
    for length in reversed(_LENGTHS):
        last = first + length
        if last > len(run) or (last < len(run) and run[last].is_glued):
            continue
        if taken.isdisjoint(range(first, last)) and _is_pan(digits[first:last]):
            return last
    return None


def _phone_places(run: list[_Digit], digits: str) -> frozenset[int]:
    """Places of digits that are a French phone number, written in one piece or by pairs."""
    taken: set[int] = set()
    first = 0
    while first <= len(run) - 10:
        if _is_phone(run, digits, first):
            taken.update(range(first, first + 10))
            first += 10
        else:
            first += 1
    return frozenset(taken)


def _is_phone(run: list[_Digit], digits: str, first: int) -> bool:
    if digits[first] != "0" or digits[first + 1] == "0":
        return False
    gaps = [not digit.is_glued for digit in run[first : first + 11]]
    gaps_at = {place for place, is_gap in enumerate(gaps) if is_gap}
    if len(gaps) == 10:  # noqa: PLR2004 - the run ends with the phone number
        gaps_at.add(10)
    return gaps_at in ({0, 10}, {0, 2, 4, 6, 8, 10})


def _runs(text: str) -> Iterator[list[_Digit]]:
    """Digits that belong together: with no letter and few other characters in between."""
    run: list[_Digit] = []
    gap = 0
    for at, char in enumerate(text):
        value = unicodedata.digit(char, None)
        if value is not None:
            run.append(_Digit(str(value), at, is_glued=bool(run) and gap == 0))
            gap = 0
            continue
        gap += 1
        if char.isalpha() or gap > _SEPARATORS_MAX:
            yield run
            run, gap = [], 0
    yield run


def _may_become_pan(digits: str) -> bool:
    if len(digits) < _BEGINNING_MIN or _is_ean(digits):
        return False
    return any(
        len(digits) < longest and low <= int(digits[: len(str(low))]) <= high
        for low, high, _, longest in _RANGES
    )


def _is_ean(digits: str) -> bool:
    """GS1: the figures, weighted 1 and 3 in turn, add up to a multiple of ten."""
    if len(digits) != 13:  # noqa: PLR2004 - the norm's number
        return False
    figures = [int(digit) for digit in digits]
    return (sum(figures[::2]) + 3 * sum(figures[1::2])) % 10 == 0


def _is_pan(digits: str) -> bool:
    return _is_in_a_range(digits) and _passes_luhn(digits)


def _is_in_a_range(digits: str) -> bool:
    return any(
        shortest <= len(digits) <= longest and low <= int(digits[: len(str(low))]) <= high
        for low, high, shortest, longest in _RANGES
    )


def _passes_luhn(digits: str) -> bool:
    # A doubled digit counts as the sum of its digits.
    doubled = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
    figures = [int(digit) for digit in reversed(digits)]
    return (sum(figures[::2]) + sum(doubled[figure] for figure in figures[1::2])) % 10 == 0
