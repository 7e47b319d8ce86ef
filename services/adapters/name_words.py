"""Words of a name as they are searched: without case, accents and punctuation, one typo forgiven.

Pure. Two words one typo apart (a letter too many, too few, another one, two swapped) share
a variant: the word itself or the word with one letter left out. So a typo is found by
equality in an index, and checked here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l"})

TYPO_LENGTH_MIN = 3
"""In a shorter word one letter is half of it."""


def words_of(text: str) -> tuple[str, ...]:
    """In order: "D’Alméida-Roux" gives d, almeida, roux."""
    spread = unicodedata.normalize("NFKD", text.casefold().translate(LIGATURES))
    plain = "".join(letter for letter in spread if not unicodedata.combining(letter))
    return tuple(re.findall(r"[^\W_]+", plain))


def words_of_name(first_name: str, last_name: str) -> frozenset[str]:
    """What a name is found by; "Le Gall" also as "legall"."""
    first, last = words_of(first_name), words_of(last_name)
    return frozenset((*first, *last, "".join(last), "".join(first))) - {""}


def variants(word: str) -> Iterator[str]:
    """The word and, where it is long enough, the word with each letter left out."""
    yield word
    if len(word) >= TYPO_LENGTH_MIN:
        yield from {word[:at] + word[at + 1 :] for at in range(len(word))} - {word}


def is_one_typo(one: str, other: str) -> bool:
    """Equal, or one letter added, left out, replaced, or two neighbours swapped."""
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if at is None:
        return abs(len(one) - len(other)) <= 1
    a, b = one[at:], other[at:]
    swapped = a[:2] == b[1::-1] and len(b) > 1 and a[2:] == b[2:]
    return swapped or a[1:] == b[1:] or a[1:] == b or a == b[1:]
