"""Prices, stock and dates of the demo shop: invented, deterministic, marked as demo data.

Pure: the same cartridges and the same day give the same offers, on every machine. What the
shop sells beside the makers' cartridges is made by ``services.demo_range``, its people and
codes by ``services.demo_people``. A real shop replaces all of it by an import or a sync.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from models.catalogue import Article, Capacity, Cartridge, Colour, Offer, Origin, Technology
from services.demo_people import demo_customers, demo_vouchers
from services.demo_range import OWN_PREFIX, Pair, demo_range, draw

__all__ = ["DemoShop", "demo_customers", "demo_offers", "demo_shop", "demo_vouchers"]

EAN_PREFIX = "29"
"""GS1: 20 to 29 are for numbers that mean something inside one shop only."""

RESTOCK_AFTER_DAYS = 10
_SATURDAY = 5
_FIXED_HOLIDAYS = frozenset({(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)})
_PARIS = ZoneInfo("Europe/Paris")

_FIRST_PRICE_CENTS = {
    Technology.INK: 1190,
    Technology.TONER: 5490,
    Technology.DRUM: 7990,
    Technology.RIBBON: 890,
}
_CENTS_PER_100_PAGES = {
    Technology.INK: 190,
    Technology.TONER: 160,
    Technology.DRUM: 20,
    Technology.RIBBON: 0,
}
_MOST_PAGES_PAID = {
    Technology.INK: 2000,
    Technology.TONER: 8000,
    Technology.DRUM: 30000,
    Technology.RIBBON: 0,
}
_CAPACITY_PERCENT = {Capacity.STANDARD: 100, Capacity.XL: 145, Capacity.XXL: 185}
_BRAND_PERCENT = {"HP": 112, "Lexmark": 115, "Samsung": 105, "Kodak": 90, "OKI": 95}
_COLOUR_PERCENT = {Colour.BLACK: 110, Colour.TRICOLOUR: 120}
_OWN_PERCENT = {Technology.INK: 45, Technology.TONER: 50}
_PACK_PERCENT = 92
_SPREAD_PERCENT = 24

_SAID_IN_THE_BRIEF = {
    "BRO-LC970BK": (2290, 12),
    "BRO-LC970C": (1290, 8),
    "BRO-LC970M": (1290, 0),
    "BRO-LC970Y": (1290, 5),
    "BRO-LC970PK4": (5590, 3),
    "KSK-BRO-LC970BK": (790, 40),
}
"""Price in cents and stock of the example that every picture of the screen shows."""


@dataclass(frozen=True, slots=True)
class DemoShop:
    """Everything the demo shop sells, with what fits which printer."""

    articles: tuple[Article, ...]
    pairs: tuple[Pair, ...]


def demo_shop(cartridges: Sequence[Cartridge], pairs: Iterable[Pair], as_of: datetime) -> DemoShop:
    """The range with packs and the shop's own make, each with an in-store EAN and an offer.

    Offers are known at ``as_of`` (aware) and marked ``is_demo``; a cartridge that has an EAN
    keeps it.
    """
    made = demo_range(cartridges, pairs)
    cartridges_with_ean = with_demo_eans(made.cartridges)
    offers = demo_offers(cartridges_with_ean, as_of)
    articles = tuple(map(Article, cartridges_with_ean, offers))
    return DemoShop(articles=articles, pairs=made.pairs)


def demo_offers(cartridges: Sequence[Cartridge], as_of: datetime) -> tuple[Offer, ...]:
    """One offer for each, in the same order.

    A pack costs less than its parts where they are all among ``cartridges``; the shop's own
    make costs less than the maker's.
    """
    prices = {c.sku: _single_price_cents(c) for c in cartridges if not c.is_pack}
    prices |= {c.sku: _pack_price_cents(c, prices) for c in cartridges if c.is_pack}
    return tuple(_offer(c, prices[c.sku], as_of) for c in cartridges)


def restock_day(as_of: datetime, days: int) -> date:
    """The day in Paris that many days later, or the next that is no weekend and no holiday
    of fixed date (C. trav. L3133-1; a demo can do without Easter).
    """
    day = as_of.astimezone(_PARIS).date() + timedelta(days=days)
    while day.weekday() >= _SATURDAY or (day.month, day.day) in _FIXED_HOLIDAYS:
        day += timedelta(days=1)
    return day


# --- price --------------------------------------------------------------------


def _single_price_cents(cartridge: Cartridge) -> int:
    if (said := _SAID_IN_THE_BRIEF.get(cartridge.sku)) is not None:
        return said[0]
    if cartridge.origin is Origin.SHOP:
        maker = replace(
            cartridge, sku=cartridge.sku.removeprefix(OWN_PREFIX), origin=Origin.MANUFACTURER
        )
        return _charm(_single_price_cents(maker) * _OWN_PERCENT[cartridge.technology] // 100)
    technology = cartridge.technology
    pages = min(cartridge.page_yield or 0, _MOST_PAGES_PAID[technology])
    cents = _FIRST_PRICE_CENTS[technology] + pages * _CENTS_PER_100_PAGES[technology] // 100
    for percent in (
        _CAPACITY_PERCENT[cartridge.capacity] if not pages else 100,
        _BRAND_PERCENT.get(cartridge.brand, 100),
        _COLOUR_PERCENT.get(cartridge.colour, 100),
        100 - _SPREAD_PERCENT // 2 + draw(_series_key(cartridge), "price", _SPREAD_PERCENT),
    ):
        cents = cents * percent // 100
    return _charm(cents)


def _series_key(cartridge: Cartridge) -> str:
    """What shares one price level: cyan, magenta and yellow of a series cost the same."""
    return f"{cartridge.brand}/{cartridge.series}/{cartridge.capacity}"


def _pack_price_cents(pack: Cartridge, prices: dict[str, int]) -> int:
    if (said := _SAID_IN_THE_BRIEF.get(pack.sku)) is not None:
        return said[0]
    parts = [prices[sku] for sku in pack.contents if sku in prices]
    if len(parts) < len(pack.contents):
        return _single_price_cents(replace(pack, contents=())) * len(pack.contents)
    return _charm(sum(parts) * _PACK_PERCENT // 100)


def _charm(cents: int) -> int:
    """The price ending in 90 at or below, 90 cents at least."""
    return max(90, (cents + 10) // 100 * 100 - 10)


# --- stock and drops ----------------------------------------------------------


def _offer(cartridge: Cartridge, price_cents: int, as_of: datetime) -> Offer:
    sku = cartridge.sku
    said = _SAID_IN_THE_BRIEF.get(sku)
    stock = said[1] if said else _stock(cartridge)
    previous = None
    if not said and draw(sku, "drop", 100) < 4:  # noqa: PLR2004 - four in a hundred are reduced
        previous = _charm(price_cents * 118 // 100)
    return Offer(
        sku=sku,
        price_cents=price_cents,
        stock=stock,
        known_at=as_of,
        previous_price_cents=previous if previous and previous > price_cents else None,
        restock_on=_restock_on(sku, as_of) if stock == 0 else None,
        is_demo=True,
    )


def _stock(cartridge: Cartridge) -> int:
    if draw(cartridge.sku, "out of stock", 100) < 7:  # noqa: PLR2004 - seven in a hundred
        return 0
    if cartridge.origin is Origin.SHOP:
        return 15 + draw(cartridge.sku, "stock", 60)
    return 1 + draw(cartridge.sku, "stock", 6 if cartridge.is_pack else 25)


def _restock_on(sku: str, as_of: datetime) -> date | None:
    """The supplier's date; unknown for one in five."""
    if sku in _SAID_IN_THE_BRIEF:
        return restock_day(as_of, RESTOCK_AFTER_DAYS)
    if draw(sku, "restock unknown", 5) == 0:
        return None
    return restock_day(as_of, 2 + draw(sku, "restock", 20))


# --- EAN ----------------------------------------------------------------------


def with_demo_eans(cartridges: Sequence[Cartridge]) -> tuple[Cartridge, ...]:
    """Each with an EAN-13; those without one get an in-store number, no number twice."""
    taken = {c.ean13 for c in cartridges if c.ean13}
    return tuple(c if c.ean13 else replace(c, ean13=_free_ean(c.sku, taken)) for c in cartridges)


def _free_ean(sku: str, taken: set[str]) -> str:
    item = draw(sku, "ean", 10**10)
    while (ean := in_store_ean13(item)) in taken:
        item = (item + 1) % 10**10
    taken.add(ean)
    return ean


def in_store_ean13(item: int) -> str:
    """GS1 EAN-13 for in-store use: 29, ten digits, check digit."""
    digits = f"{EAN_PREFIX}{item:010d}"
    return digits + ean13_check_digit(digits)


def ean13_check_digit(twelve: str) -> str:
    """GS1 General Specifications, 7.9: weights 1 and 3 from the left, to the next ten."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(twelve))
    return str(-total % 10)
