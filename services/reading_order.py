"""In which order things of the catalogue are listed and read out.

Owns sort keys only; knows nothing of files, screens or searching.
"""

from __future__ import annotations

import re

from models.catalogue import Capacity, Cartridge, Colour, Origin, Technology

POPULAR_BRANDS = (
    "HP",
    "Canon",
    "Epson",
    "Brother",
    "Samsung",
    "Lexmark",
    "Kyocera",
    "OKI",
    "Ricoh",
    "Xerox",
    "Kodak",
    "Dell",
    "Konica Minolta",
)
"""By how many of their printers are in French homes and offices; settles ties."""

_NUMBER = re.compile(r"(\d+)")
_COLOUR_RANK = {colour: rank for rank, colour in enumerate(Colour)}
_CAPACITY_RANK = {capacity: rank for rank, capacity in enumerate(Capacity)}
_AFTER_THE_INK = frozenset({Technology.DRUM, Technology.RIBBON})
_DIGITS_COMPARED = 12


def natural_key(text: str) -> str:
    """A text that sorts as people count: "LC-970" before "LC-1000", case aside."""
    return _NUMBER.sub(lambda run: run.group().rjust(_DIGITS_COMPARED, "0"), text.casefold())


def brand_rank(brand: str) -> int:
    """Popular brands first, all others alike."""
    return _BRAND_RANK.get(brand, len(POPULAR_BRANDS))


def reading_key(cartridge: Cartridge) -> str:
    """A text to sort by: makers' before the shop's own; ink and toner before drums; then
    series, parts before packs, colour, capacity.
    """
    ranks = (
        "1" if cartridge.origin is Origin.SHOP else "0",
        "1" if cartridge.technology in _AFTER_THE_INK else "0",
        natural_key(cartridge.series),
        "1" if cartridge.is_pack else "0",
        f"{_COLOUR_RANK[cartridge.colour]:02d}",
        str(_CAPACITY_RANK[cartridge.capacity]),
        cartridge.sku,
    )
    return "\t".join(ranks)


_BRAND_RANK = {brand: rank for rank, brand in enumerate(POPULAR_BRANDS)}
