"""What is said on screen and on the phone about the domain: pure, French, short.

Owns the way from an error's code and facts to a sentence; the tables stand with the
rules they speak of (``rules``, ``people``). Knows neither screen nor stream, and never
shows an exception's own text.
"""

from __future__ import annotations

from models.errors import KioskError
from models.wording import people, rules

__all__ = ["error_sentence", "people", "rules"]


def error_sentence(error: KioskError) -> str:
    """What happened and what to do next. A code without a sentence is shown as a code."""
    sentence = rules.ERROR_SENTENCES.get(error.code) or people.ERROR_SENTENCES.get(error.code)
    if sentence is None:
        return f"L'opération n'a pas abouti (code {error.code}). Notez ce code et recommencez."
    return sentence if isinstance(sentence, str) else sentence(error.facts)
