"""Walking the columns of step 1, and telling a scanner from a hand: values only."""

from __future__ import annotations

from dataclasses import replace

import pytest
from console_at_work import console_at_work
from console_fixtures import NOW

from kiosk import paths
from models.draft import Draft
from screens.scan import Burst, is_barcode
from screens.walk import Walk, again, begin
from screens.widgets.columns import Column
from services.adapters.catalogue_file import CatalogueFile


@pytest.fixture(scope="module")
def catalogue(template):
    opened = CatalogueFile.open(paths.catalogue_file(template))
    yield opened
    opened.close()


def test_the_guided_path_goes_from_brand_to_cartridge(catalogue):
    walk = begin(catalogue, "")
    assert walk.is_at_start
    walk = walk.moved(1, catalogue)
    assert walk.finding.brands[walk.finding.brand] == "Brother"
    walk = walk.turned(1, catalogue)
    assert (walk.column, walk.finding.printer) == (Column.PRINTERS, 0)
    assert walk.chosen is None
    walk = walk.turned(1, catalogue)
    assert walk.column is Column.ARTICLES
    assert walk.chosen == walk.finding.articles[0]


def test_a_model_begins_at_the_printers_and_a_reference_at_the_cartridges(catalogue):
    assert begin(catalogue, "dcp350c").column is Column.PRINTERS
    assert begin(catalogue, "lc970 noir").column is Column.ARTICLES


def test_marks_stay_within_what_there_is(catalogue):
    walk = begin(catalogue, "dcp350c").turned(1, catalogue)
    assert walk.moved(-5, catalogue).article == 0
    assert walk.moved(999, catalogue).article == len(walk.finding.articles) - 1
    assert walk.turned(1, catalogue) == walk
    nothing = begin(catalogue, "zzzzzz qqqq")
    assert nothing.finding.is_empty
    assert nothing.moved(1, catalogue).turned(1, catalogue).chosen is None


def test_going_back_to_the_printers_chooses_no_cartridge(catalogue):
    walk = begin(catalogue, "dcp350c").turned(1, catalogue).turned(-1, catalogue)
    assert (walk.column, walk.chosen) == (Column.PRINTERS, None)


@pytest.mark.parametrize("search", ["brother 350", ""])
def test_a_call_that_is_taken_up_has_its_marks_again(catalogue, search):
    draft = Draft(draft_id=None, called_at=NOW, search=search)
    draft = replace(draft, printer_id="brother-dcp-350c", chosen_sku="BRO-LC970C")
    walk = again(catalogue, draft)
    assert walk.finding.chosen_printer.model == "DCP-350C"
    assert walk.chosen.sku == "BRO-LC970C"


def test_a_call_whose_cartridge_is_gone_begins_where_its_text_leads(catalogue):
    draft = Draft(draft_id=None, called_at=NOW, search="dcp350c", chosen_sku="NO-SUCH")
    assert again(catalogue, draft).chosen is None


def test_an_empty_walk_chooses_nothing():
    assert Walk().chosen is None


def test_four_digits_without_a_pause_are_a_scan():
    burst = Burst()
    assert burst.add("2", 10.0) == "2"
    assert burst.add("9", 10.02) == "29"
    assert not burst.is_scan
    burst.add("0", 10.04)
    burst.add("0", 10.05)
    assert burst.is_scan
    assert burst.add("1", 10.3) == "1"
    burst.end()
    assert burst.add("2", 10.31) == "2"
    assert not burst.is_scan


@pytest.mark.parametrize(
    "text, is_one", [("2900000000001", True), ("290000000000", False), ("29000000000x1", False)]
)
def test_a_barcode_has_thirteen_digits(text, is_one):
    assert is_barcode(text) is is_one


async def test_a_barcode_scanned_while_a_cartridge_is_chosen_is_no_quantity(folder) -> None:
    async with console_at_work(folder) as operator:
        articles = operator.app.live.catalogue.articles(["EPS-T1801"])
        ean = articles["EPS-T1801"].cartridge.ean13
        await operator.press(*"lc970 noir", "enter", "+", "+")
        await operator.press(*ean, "enter")
        lines = [(line.sku, line.quantity) for line in operator.saved.cart.lines]
        assert lines == [("BRO-LC970BK", 3), ("EPS-T1801", 1)]
        assert operator.app.focused.value == operator.saved.search == ""
