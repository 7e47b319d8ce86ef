"""How cartridges are called, on some and on all that the demo shop sells."""

import csv
from collections import Counter
from dataclasses import replace
from importlib.resources import files

import pytest

from models.catalogue import Capacity, Cartridge, Colour, Origin, PrinterKind, Technology
from models.wording.labels import cartridge_label, colour_word, printer_kind_word
from services.demo_range import demo_range

BLACK = Cartridge(
    "BRO-LC970BK", "Brother", "LC-970", "LC970BK", Colour.BLACK, Capacity.STANDARD, Technology.INK
)


def _other(series: str, reference: str, technology: str, capacity: str = "standard") -> Cartridge:
    return replace(
        BLACK,
        series=series,
        oem_reference=reference,
        technology=Technology(technology),
        capacity=Capacity(capacity),
    )


@pytest.mark.parametrize(
    "cartridge, label",
    [
        (BLACK, "LC-970 noir"),
        (replace(BLACK, origin=Origin.SHOP), "LC-970 noir compatible"),
        (replace(BLACK, colour=Colour.NONE, contents=("a", "b", "c", "d")), "LC-970 pack des 4"),
        (_other("301XL", "CH563EE", "ink", "xl"), "301 XL noir"),
        (_other("907XL", "T6M19AE", "ink", "xxl"), "907 XL noir"),
        (_other("PG-545/CL-546", "PG-545", "ink"), "PG-545 noir"),
        (_other("PG-545/CL-546", "PG-545XL", "ink", "xl"), "PG-545 XL noir"),
        (_other("PGI-580/CLI-581", "CLI-581XXLPB", "ink", "xxl"), "CLI-581 XXL noir"),
        (_other("PGI-525/CLI-526", "CLI-526GY", "ink"), "CLI-526 noir"),
        (_other("TN-421", "TN421BK", "toner"), "TN-421 toner noir"),
        (_other("TN-421", "TN426BK", "toner", "xxl"), "TN-426 XXL toner noir"),
        (_other("MLT-D203", "MLT-D203U", "toner", "xxl"), "MLT-D203U XXL toner noir"),
        (_other("96A", "C4096A", "toner"), "96A toner noir"),
        (_other("M2000", "S050437", "toner", "xl"), "M2000 S050437 XL toner noir"),
        (_other("PC-70", "PC72RF", "ribbon"), "PC-72RF ruban noir"),
        (
            replace(_other("TN-2300", "DR2300", "drum"), colour=Colour.NONE),
            "DR-2300 tambour",
        ),
    ],
)
def test_labels(cartridge, label):
    assert cartridge_label(cartridge) == label


def test_every_colour_and_kind_has_a_word():
    words = [colour_word(colour) for colour in Colour if colour is not Colour.NONE]
    assert all(words)
    assert len(set(words)) == len(words)
    assert len({printer_kind_word(kind) for kind in PrinterKind}) == len(PrinterKind)


def _rows(name: str) -> list[dict[str, str]]:
    text = files("assets").joinpath("catalogue", name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


def _cartridge(row: dict[str, str]) -> Cartridge:
    return Cartridge(
        row["sku"],
        row["brand"],
        row["series"],
        row["oem_reference"],
        Colour(row["colour"]),
        Capacity(row["capacity"]),
        Technology(row["technology"]),
    )


def test_no_two_articles_of_one_printer_share_a_label():
    pairs = [(row["printer_id"], row["sku"]) for row in _rows("compatibility.csv")]
    sold = demo_range([_cartridge(row) for row in _rows("cartridges.csv")], pairs)
    labels = {cartridge.sku: cartridge_label(cartridge) for cartridge in sold.cartridges}
    told = Counter((printer_id, labels[sku]) for printer_id, sku in sold.pairs)
    assert {place for place, count in told.items() if count > 1} == set()
    assert len(told) > len(pairs)  # with packs and the shop's own
