"""References that callers, and operators, take for one another.

Pure data for the screen: what is pointed out, in which words, is the screen's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations

from models.catalogue import Cartridge, Technology

_MISTAKEN = (
    ("HP", ("62", "63", "65")),
    ("HP", ("300", "301", "302", "303", "304", "305")),
    ("HP", ("21", "22", "27", "28")),
    ("HP", ("56", "57", "58")),
    ("HP", ("336", "337", "338", "339")),
    ("HP", ("342", "343", "344")),
    ("HP", ("350", "351")),
    ("HP", ("363", "364")),
    ("HP", ("901", "903", "907")),
    ("HP", ("932", "933", "934", "935")),
    ("HP", ("950", "951", "953")),
    ("Epson", ("16", "18", "24", "26", "29", "33")),
    ("Epson", ("502", "503", "603", "604")),
    ("Canon", ("PG-540/CL-541", "PG-545/CL-546", "PG-560/CL-561", "PG-575/CL-576")),
    ("Canon", ("PGI-550/CLI-551", "PGI-570/CLI-571", "PGI-580/CLI-581")),
    ("Brother", ("LC-970", "LC-980", "LC-985", "LC-1000")),
)
"""Series of one brand that look or sound alike and do not fit the same printers."""


def look_alikes(cartridge: Cartridge, beside: Iterable[Cartridge] = ()) -> tuple[str, ...]:
    """Series often mistaken for this one, then the references of the drums (or toners) among
    ``beside`` that carry the number of this toner (or drum). Empty for most.
    """
    capacity = "XL" if cartridge.series.endswith("XL") else ""
    series = cartridge.series.removesuffix("XL")
    others = (f"{other}{capacity}" for other in _BY_SERIES.get((cartridge.brand, series), ()))
    return (*others, *_same_number(cartridge, beside))


def _same_number(cartridge: Cartridge, beside: Iterable[Cartridge]) -> tuple[str, ...]:
    """TN-241 is a toner, DR-241 the drum of the same printer."""
    mistaken = {Technology.TONER: Technology.DRUM, Technology.DRUM: Technology.TONER}
    wanted = mistaken.get(cartridge.technology)
    number = _number(cartridge.oem_reference)
    alike = (
        other.oem_reference
        for other in beside
        if other.technology is wanted
        and other.brand == cartridge.brand
        and number
        and _number(other.oem_reference) == number
    )
    return tuple(dict.fromkeys(alike))


def _number(reference: str) -> str:
    return "".join(ch for ch in reference if ch.isdigit())


def _table() -> Mapping[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for brand, series in _MISTAKEN:
        for one, other in combinations(series, 2):
            found[brand, one] = (*found.get((brand, one), ()), other)
            found[brand, other] = (*found.get((brand, other), ()), one)
    return found


_BY_SERIES = _table()
