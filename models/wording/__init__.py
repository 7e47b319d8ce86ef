"""What is said on screen and on the phone about the domain: pure, French, short.

Owns the way from an error's code and facts to a sentence; the tables stand with what they
speak of (``rules``, ``people``, ``faults``). Knows neither screen nor stream, and never
shows an exception's own text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.errors import KioskError

    Sentence = str | Callable[[Mapping[str, object]], str]


def error_sentence(error: KioskError) -> str:
    """What happened and what to do next. A code without a sentence is shown as a code."""
    sentence = next((table[error.code] for table in _tables() if error.code in table), None)
    if sentence is None:
        return f"L'opération n'a pas abouti (code {error.code}). Recommencez, ou notez ce code."
    return sentence if isinstance(sentence, str) else sentence(error.facts)


def _tables() -> tuple[Mapping[str, Sentence], ...]:
    """Read when the first error is said: the first screen does without them."""
    from models.wording import faults, orders, people, rules  # noqa: PLC0415 - see above

    return (
        rules.ERROR_SENTENCES,
        people.ERROR_SENTENCES,
        orders.ERROR_SENTENCES,
        faults.ERROR_SENTENCES,
    )
