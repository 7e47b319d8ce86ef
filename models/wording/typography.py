"""How French sets its signs: what must not stand at the beginning or the end of a line.

Pure; knows no width and no sentence.
"""

from __future__ import annotations

import re

from models.money import NO_BREAK

_BEFORE_SIGN = re.compile(r" (?=[:;?!»])")
_AFTER_QUOTE = re.compile(r"(?<=«) ")


def tied(sentence: str, tie: str = NO_BREAK) -> str:
    """Double signs and quotation marks stay with their word when a line is wrapped. Idempotent."""
    return _AFTER_QUOTE.sub(tie, _BEFORE_SIGN.sub(tie, sentence))
