"""The code that introduces a console to central: made to be read out and written down.

Owns its alphabet, its check and its forms. Sixteen signs of an alphabet without look-alikes
(no 0 and O, 1 and I and L, 2 and Z, 5 and S, 8 and B, U and V); fifteen are
random, 67 bits, the last one is their check. Knows nothing of who gives it to whom.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from models.errors import DomainError

ALPHABET = "3479ACDEFGHJKMNPQRTVWXY"
"""23 signs. A prime number of them lets one check sign find every single mistake and every
two signs that changed places.
"""
LENGTH = 16
GROUP = 4
SEPARATORS = " -.\u00a0\u202f"


def new_code(random_below: Callable[[int], int]) -> str:
    """A code in its plain form. ``random_below(n)`` is a secret number of 0 to n - 1."""
    signs = [random_below(len(ALPHABET)) for _ in range(LENGTH - 1)]
    missing = -_weighted(signs) * pow(LENGTH, -1, len(ALPHABET))
    return "".join(ALPHABET[sign] for sign in (*signs, missing % len(ALPHABET)))


def read_code(text: str) -> str:
    """The plain form of what somebody typed: groups, spaces and case do not matter.

    Raises DomainError("enrolment_code_malformed") for what cannot be a code.
    """
    plain = text.translate(dict.fromkeys(map(ord, SEPARATORS))).upper()
    if len(plain) != LENGTH or not set(plain) <= set(ALPHABET):
        raise DomainError("enrolment_code_malformed")
    if _weighted([ALPHABET.index(sign) for sign in plain]) % len(ALPHABET):
        raise DomainError("enrolment_code_malformed")
    return plain


def grouped_code(code: str) -> str:
    """As it is read out: ``ACDE-FGHJ-KMNP-QRTV``."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def _weighted(signs: Sequence[int]) -> int:
    return sum(weight * sign for weight, sign in enumerate(signs, start=1))
