"""What is said on screen and on the phone about the domain: pure, French, short.

Owns the way from an error's code and facts to a sentence; the tables stand with what they
speak of (``rules``, ``people``, ``faults``). Knows neither screen nor stream, and never
shows an exception's own text.
"""

from __future__ import annotations

from models.errors import KioskError
from models.wording import faults, labels, orders, people, rules

__all__ = ["error_sentence", "faults", "labels", "orders", "people", "rules"]

_TABLES = (
    rules.ERROR_SENTENCES,
    people.ERROR_SENTENCES,
    orders.ERROR_SENTENCES,
    faults.ERROR_SENTENCES,
)


def error_sentence(error: KioskError) -> str:
    """What happened and what to do next. A code without a sentence is shown as a code."""
    sentence = next((table[error.code] for table in _TABLES if error.code in table), None)
    if sentence is None:
        return f"L'opération n'a pas abouti (code {error.code}). Recommencez, ou notez ce code."
    return sentence if isinstance(sentence, str) else sentence(error.facts)
