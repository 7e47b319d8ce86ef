"""What the demo shop sells beside the makers' single cartridges: packs and its own make.

Pure and deterministic: the same cartridges and pairs give the same range. Everything made
here is demo data; prices and stock are ``services.demo_shop``'s.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from models.catalogue import Capacity, Cartridge, Colour, Origin, Technology

FOUR_COLOURS = frozenset({Colour.BLACK, Colour.CYAN, Colour.MAGENTA, Colour.YELLOW})
TWO_CARTRIDGES = frozenset({Colour.BLACK, Colour.TRICOLOUR})
PACKED = frozenset({Technology.INK, Technology.TONER})
OWN_PREFIX = "KSK-"
BLACK_ONLY_SERIES = frozenset({("Brother", "LC-970")})
"""Where the shop is known to make the black one only; elsewhere ``draw`` decides."""

_CAPACITY_SUFFIX = {Capacity.STANDARD: "", Capacity.XL: "XL", Capacity.XXL: "XXL"}

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Range:
    """Cartridges (given ones first) and which printer each fits."""

    cartridges: tuple[Cartridge, ...]
    pairs: tuple[Pair, ...]


def draw(sku: str, topic: str, below: int) -> int:
    """A number in 0..below-1 that is the same on every machine and in every run."""
    digest = sha256(f"{topic}:{sku}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % below


def demo_range(cartridges: Sequence[Cartridge], pairs: Iterable[Pair]) -> Range:
    """The given range with the shop's own cartridges, and a pack for each colour set."""
    fitting = _printers_by_sku(pairs)
    own = [_own_make(c) for c in cartridges if _is_made_by_shop(c)]
    for made in own:
        fitting[made.sku] = fitting[_copied_sku(made)]
    singles = [*cartridges, *own]
    packs = [pack for group in _groups(singles) if (pack := _pack(group)) is not None]
    for pack in packs:
        fitting[pack.sku] = frozenset.intersection(*(fitting[sku] for sku in pack.contents))
    packs = [pack for pack in packs if fitting[pack.sku]]
    return Range(cartridges=(*singles, *packs), pairs=_pairs([*singles, *packs], fitting))


def _printers_by_sku(pairs: Iterable[Pair]) -> defaultdict[str, frozenset[str]]:
    fitting: defaultdict[str, set[str]] = defaultdict(set)
    for printer_id, sku in pairs:
        fitting[sku].add(printer_id)
    return defaultdict(frozenset, {sku: frozenset(ids) for sku, ids in fitting.items()})


def _pairs(
    cartridges: Iterable[Cartridge], fitting: Mapping[str, frozenset[str]]
) -> tuple[Pair, ...]:
    return tuple(
        (printer_id, cartridge.sku)
        for cartridge in cartridges
        for printer_id in sorted(fitting[cartridge.sku])
    )


# --- the shop's own make ------------------------------------------------------


def _is_made_by_shop(cartridge: Cartridge) -> bool:
    if cartridge.technology not in PACKED or cartridge.is_pack:
        return False
    series = (cartridge.brand, cartridge.series)
    if series in BLACK_ONLY_SERIES:
        return cartridge.colour is Colour.BLACK
    match draw("/".join(series), "own make", 4):
        case 0:
            return False
        case 1:
            return cartridge.colour is Colour.BLACK
        case _:
            return True


def _own_make(cartridge: Cartridge) -> Cartridge:
    """The compatible one; black ink is filled higher, as such cartridges often are."""
    page_yield = cartridge.page_yield
    if page_yield and cartridge.colour is Colour.BLACK and cartridge.technology is Technology.INK:
        page_yield = (page_yield * 115 + 99) // 100 // 10 * 10
    return replace(
        cartridge,
        sku=OWN_PREFIX + cartridge.sku,
        page_yield=page_yield,
        origin=Origin.SHOP,
        ean13=None,
    )


def _copied_sku(own: Cartridge) -> str:
    return own.sku.removeprefix(OWN_PREFIX)


# --- packs --------------------------------------------------------------------


def _groups(cartridges: Iterable[Cartridge]) -> list[list[Cartridge]]:
    """Cartridges that could be one pack: same maker, series, capacity and technology."""
    groups: defaultdict[tuple[str, ...], list[Cartridge]] = defaultdict(list)
    for c in cartridges:
        if c.technology in PACKED:
            groups[c.brand, c.series, c.capacity, c.technology, c.origin].append(c)
    return list(groups.values())


def _pack(group: Sequence[Cartridge]) -> Cartridge | None:
    """One pack of the group's complete colour set, None where it has none.

    A colour that is there twice (a set of two generations) makes no set: which one
    belongs in the box cannot be known.
    """
    colours = [c.colour for c in group]
    wanted = FOUR_COLOURS if set(colours) >= FOUR_COLOURS else TWO_CARTRIDGES
    parts = sorted(
        (c for c in group if c.colour in wanted), key=lambda c: list(Colour).index(c.colour)
    )
    if {c.colour for c in parts} != wanted or len(parts) != len(wanted):
        return None
    first = parts[0]
    return Cartridge(
        sku=_pack_sku(first, len(parts)),
        brand=first.brand,
        series=first.series,
        oem_reference=_pack_reference(first, len(parts)),
        colour=Colour.NONE,
        capacity=first.capacity,
        technology=first.technology,
        origin=first.origin,
        contents=tuple(part.sku for part in parts),
    )


def _pack_sku(part: Cartridge, count: int) -> str:
    """Brand code of the part, series and count: BRO-LC970PK4."""
    brand_code = part.sku.rsplit("-", 1)[0]
    return f"{brand_code}-{_pack_reference(part, count)}"


def _pack_reference(part: Cartridge, count: int) -> str:
    series = "".join(ch for ch in part.series.upper() if ch.isalnum())
    suffix = _CAPACITY_SUFFIX[part.capacity]
    name = series if series.endswith(suffix) else series + suffix
    toner = "T" if part.technology is Technology.TONER else ""
    return f"{name}{toner}PK{count}"
