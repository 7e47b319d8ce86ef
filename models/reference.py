"""The order number that is spoken: nine digits, the last a check; and its form for transfers.

Owns the check digit, how a heard or typed reference is read, and what it may have been
meant to be. Knows neither orders nor how numbers are leased.
"""

from __future__ import annotations

import re

from models.errors import Defect, DomainError

DIGITS = 9
NUMBER_MAX = 99_999_999

# Damm's quasigroup of order 10 (H. M. Damm, "Total anti-symmetrische Quasigruppen", 2004).
# It catches every single wrong digit and every swap of two neighbours.
_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)

_MEANT = str.maketrans({"O": "0", "o": "0", "I": "1", "i": "1", "l": "1", "L": "1"})
_SEPARATORS = re.compile(r"[\s.\-\u2010-\u2014]+")
_NINE = re.compile(r"[0-9]{9}")
_CREDITOR = re.compile(r"RF[0-9]{2}[0-9A-Z]{1,21}")


def check_digit(digits: str) -> int:
    """Damm check of a string of ASCII digits; 0 when the last of them is a right check."""
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return interim


def with_check(number: int) -> str:
    """The reference of a leased number, 0 to 99,999,999; Defect beyond."""
    if not 0 <= number <= NUMBER_MAX:
        raise Defect("reference_number_out_of_range", number=number)
    digits = f"{number:08d}"
    return f"{digits}{check_digit(digits)}"


def is_valid(reference: str) -> bool:
    """Nine ASCII digits, nothing between them, the last a right check."""
    return _NINE.fullmatch(reference) is not None and check_digit(reference) == 0


def parse(text: str) -> str:
    """The nine digits of what was typed or heard; spaces, hyphens, dots, O, I and l forgiven.

    Raises DomainError("reference_malformed") when it is not nine digits, and
    DomainError("reference_check", reference=...) when one of them must be wrong.
    """
    digits = _folded(text)
    if not _NINE.fullmatch(digits):
        raise DomainError("reference_malformed", text=text)
    if check_digit(digits):
        raise DomainError("reference_check", reference=digits)
    return digits


def grouped(reference: str) -> str:
    """In threes, as it is said: ``482 013 956``."""
    return " ".join(reference[i : i + 3] for i in range(0, len(reference), 3))


def neighbours(text: str) -> tuple[str, ...]:
    """The valid references one wrong digit or one swap of neighbours away, ascending.

    Empty for a valid reference (the check rules all its neighbours out) and for anything
    that is not nine digits.
    """
    digits = _folded(text)
    if not _NINE.fullmatch(digits):
        return ()
    return tuple(sorted(filter(is_valid, _substituted(digits) | _swapped(digits))))


def creditor_reference(reference: str) -> str:
    """For the payer's bank: ``RF``, two check digits, the reference (ISO 11649, mod 97-10)."""
    check = 98 - _mod_97(f"{reference}RF00")
    return f"RF{check:02d}{reference}"


def is_creditor_reference(text: str) -> bool:
    """A well-formed ISO 11649 reference with a right check; spaces and case forgiven."""
    plain = "".join(text.split()).upper()
    return _CREDITOR.fullmatch(plain) is not None and has_check_97(plain)


def has_check_97(plain: str) -> bool:
    """Whether the third and fourth of capitals and digits check the rest (mod 97-10), as in a
    creditor reference and an IBAN (ISO 13616).
    """
    return _mod_97(plain[4:] + plain[:4]) == 1


def _folded(text: str) -> str:
    return _SEPARATORS.sub("", text).translate(_MEANT)


def _substituted(digits: str) -> set[str]:
    return {
        digits[:i] + digit + digits[i + 1 :] for i in range(DIGITS) for digit in "0123456789"
    } - {digits}


def _swapped(digits: str) -> set[str]:
    return {digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :] for i in range(DIGITS - 1)} - {
        digits
    }


def _mod_97(alphanumeric: str) -> int:
    """ISO 7064 MOD 97-10 of a string, letters counted as 10 to 35."""
    return int("".join(str(int(symbol, 36)) for symbol in alphanumeric)) % 97
