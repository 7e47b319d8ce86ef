"""Postcodes and communes, as the screens need them.

Owns the port and the comparison of names. The list behind it is a help, never a wall: it has
no CEDEX, and communes are merged every year.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from models.address import fold


@dataclass(frozen=True, slots=True)
class Commune:
    """A postcode with one of its localities; ``label`` is as it stands on an envelope."""

    postcode: str
    name: str
    insee: str
    line5: str
    label: str


class PostalCodes(Protocol):
    """Local, answers in milliseconds, may be called from any thread."""

    def communes(self, postcode: str) -> Sequence[Commune]:
        """All localities of a postcode, alphabetical; empty when it is not in the list."""
        ...

    def by_name(self, text: str, limit: int = 10) -> Sequence[Commune]:
        """Communes whose name begins with ``text``, accents and hyphens ignored."""
        ...


def matches(communes: Iterable[Commune], city_typed: str) -> bool:
    """Whether what was typed is one of these, by its name or envelope label.

    Accents, case and punctuation do not count, "St" is "Saint", and a locality (line 5)
    counts as its commune. An empty text matches nothing.
    """
    typed = comparable(city_typed)
    return bool(typed) and any(typed in _names_of(commune) for commune in communes)


def _names_of(commune: Commune) -> frozenset[str]:
    names = (commune.name, commune.label, commune.line5)
    return frozenset(comparable(name) for name in names if name)


def comparable(city: str) -> str:
    """A name as names are compared: capitals, no accents, one space, ST for Saint."""
    words = fold(city).split()
    return " ".join({"SAINT": "ST", "SAINTE": "STE"}.get(word, word) for word in words)
