"""The catalogue changes under an operator who looks at it: what is shown follows, what is marked
stays marked, and no key does something to a row that is not as it was drawn.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from console_at_work import ONLINE, Operator, console_at_work

from kiosk import paths
from models.catalogue import Article
from models.money import format_cents
from screens.walk import Walk, begin, lost, refreshed
from screens.widgets.columns import Column
from services.adapters.catalogue_file import CatalogueFile
from services.ports import CatalogueChanges

BLACK, CYAN = "BRO-LC970BK", "BRO-LC970C"
NEWS = replace(ONLINE, catalogue_version="news")


@contextmanager
def opened(folder: Path) -> Iterator[CatalogueFile]:
    catalogue = CatalogueFile.open(paths.catalogue_file(folder))
    try:
        yield catalogue
    finally:
        catalogue.close()


def lands(folder: Path, cursor: str = "news", **changes: Any) -> None:
    """What the sync of some program on this host writes; nobody has told this one yet."""
    with opened(folder) as catalogue:
        catalogue.apply([CatalogueChanges(cursor, **changes)], "https://central.test")


def offered(folder: Path, sku: str, **otherwise: Any) -> Article:
    with opened(folder) as catalogue:
        article = catalogue.articles([sku])[sku]
    return replace(article, offer=replace(article.offer, **otherwise))


@contextmanager
def counted(operator: Operator) -> Iterator[list[str]]:
    """What the event loop asks the catalogue."""
    said: list[str] = []
    connection: sqlite3.Connection = operator.app.live.catalogue._readers.connection()
    connection.set_trace_callback(lambda sql: said.append(sql) if "SELECT" in sql else None)
    yield said
    connection.set_trace_callback(None)


def marked(operator: Operator) -> str:
    """The row of the third column that has the mark."""
    walk = operator.app.screen.walk
    return walk.chosen.sku if walk.chosen else ""


class TestNews:
    async def test_stock_is_shown_without_a_key_and_nothing_else_moves(self, folder) -> None:
        async with console_at_work(folder) as operator:
            await operator.press(*"lc970", "down")
            row, before, there = marked(operator), operator.draft, operator.app.focused
            lands(folder, articles=(offered(folder, row, stock=0, restock_on=None),))
            assert "délai inconnu" not in operator.text
            await operator.hears(NEWS)
            assert operator.sees("rupture, délai inconnu")
            assert (marked(operator), operator.app.focused) == (row, there)
            assert (operator.draft, operator.saved) == (before, before)
            lands(folder, "more", articles=(offered(folder, row, stock=777),))
            await operator.hears(replace(NEWS, catalogue_version="more"))
            assert "délai inconnu" not in operator.text
            assert operator.line_with("› LC-970").endswith("777")

    async def test_a_search_goes_on_in_the_catalogue_that_replaces_all(self, folder) -> None:
        with opened(folder) as catalogue:
            kept = catalogue.printer("brother-dcp-350c")
        changes = {
            "printers": (kept,),
            "articles": (offered(folder, CYAN, price_cents=4321),),
            "pairs": ((kept.printer_id, CYAN),),
        }
        async with console_at_work(folder) as operator:
            await operator.press(*"dcp350c", "right", "down")
            assert marked(operator) == CYAN
            lands(folder, is_full=True, **changes)
            await operator.hears(NEWS)
            assert operator.line_with("43,21").startswith("› Brother")
            assert len(operator.app.screen.walk.finding.articles) == 1
            assert "LC-970 noir" not in operator.text
            assert (marked(operator), operator.focus) == (CYAN, "search")
            await operator.press("escape")
            assert operator.app.screen.walk.finding.brands == ("Brother",)

    async def test_enter_puts_the_price_that_the_news_brought(self, folder) -> None:
        async with console_at_work(folder) as operator:
            await operator.press(*"lc970 noir")
            lands(folder, articles=(offered(folder, BLACK, price_cents=4321),))
            await operator.hears(NEWS)
            await operator.press("enter")
            (line,) = operator.saved.cart.lines
            assert (line.sku, line.said_price_cents) == (BLACK, 4321)

    async def test_what_is_told_elsewhere_is_there_on_the_way_back(self, folder) -> None:
        async with console_at_work(folder) as operator:
            await operator.press(*"lc970 noir", "f2")
            lands(folder, articles=(offered(folder, BLACK, price_cents=4321),))
            await operator.hears(NEWS)
            await operator.press("f1")
            assert operator.line_with("43,21")

    async def test_neither_a_letter_nor_a_status_asks_for_the_version(self, folder) -> None:
        async with console_at_work(folder) as operator:
            await operator.hears(NEWS)
            await operator.press(*"lc97")
            with counted(operator) as said:
                await operator.press("0", "down", "down")
            assert not [sql for sql in said if "fact" in sql]
            with counted(operator) as said:
                await operator.hears(replace(NEWS, references_left=1))
                await operator.hears(replace(NEWS, changes=5))
            assert said == []

    async def test_a_catalogue_that_cannot_be_read_is_said_and_the_rows_stay(self, folder) -> None:
        async with console_at_work(folder) as operator:
            await operator.press(*"lc970 noir")
            (folder / "broken").write_bytes(b"no catalogue" * 100)
            (folder / "broken").replace(paths.catalogue_file(folder))
            await operator.hears(NEWS)
            assert operator.notice.startswith("Le catalogue")
            assert "LC-970 noir" in operator.text
            await operator.press_only("enter")
            assert (operator.step, operator.focus) == ("PrinterScreen", "search")


class TestGone:
    async def test_the_mark_goes_next_door_and_the_first_enter_only_tells(self, folder) -> None:
        async with console_at_work(folder) as operator:
            await operator.press(*"dcp350c", "right")
            assert marked(operator) == BLACK
            lands(folder, removed_skus=(BLACK,))
            await operator.hears(NEWS)
            assert operator.sees("LC-970 noir n'est plus dans la liste.")
            assert marked(operator) == CYAN
            await operator.press("enter")
            assert operator.sees("LC-970 noir n'est plus dans la liste : rien n'a été choisi.")
            assert operator.draft.cart.is_empty
            await operator.press("enter")
            assert [line.sku for line in operator.saved.cart.lines] == [CYAN]
            assert "n'est plus" not in operator.text

    @pytest.mark.parametrize("key", ["enter", "2", "+"])
    async def test_a_key_before_the_news_tells_too(self, folder, key) -> None:
        async with console_at_work(folder) as operator:
            await operator.press(*"dcp350c", "right")
            lands(folder, removed_skus=(BLACK,))
            await operator.press(key)
            assert operator.sees("LC-970 noir n'est plus dans la liste : rien n'a été choisi.")
            assert operator.draft.cart.is_empty
            assert (operator.saved.search, marked(operator)) == ("dcp350c", CYAN)

    async def test_what_was_named_is_not_taken_for_an_unknown_printer(self, folder) -> None:
        async with console_at_work(folder) as operator:
            ean = offered(folder, BLACK).cartridge.ean13
            await operator.press(*ean)
            lands(folder, removed_skus=(BLACK,))
            await operator.press("enter")
            assert operator.step == "PrinterScreen"
            assert operator.sees("LC-970 noir n'est plus dans la liste : rien n'a été choisi.")

    async def test_a_digit_for_the_last_cartridge_is_not_text(self, folder) -> None:
        async with console_at_work(folder) as operator:
            await operator.press(*"dcp350c", "right")
            lands(folder, removed_printers=("brother-dcp-350c",))
            await operator.hears(NEWS)
            await operator.press("2")
            assert operator.sees("Brother DCP-350C n'est plus dans la liste : rien n'a été")
            assert (operator.saved.search, operator.saved.cart.lines) == ("dcp350c", ())


class TestPrice:
    async def test_another_price_is_shown_before_it_is_said(self, folder) -> None:
        async with console_at_work(folder) as operator:
            await operator.press(*"lc970 noir")
            lands(folder, articles=(offered(folder, BLACK, price_cents=4321),))
            await operator.press("enter")
            assert operator.draft.cart.is_empty
            assert operator.sees(f"LC-970 noir : nouveau prix, {format_cents(4321)}. Entrée pour")
            await operator.press("enter")
            assert [line.said_price_cents for line in operator.saved.cart.lines] == [4321]

    async def test_a_price_that_was_said_is_not_asked_for_again(self, folder) -> None:
        async with console_at_work(folder) as operator:
            await operator.press(*"lc970 noir", "enter")
            (said,) = operator.saved.cart.lines
            lands(folder, articles=(offered(folder, BLACK, price_cents=4321),))
            await operator.press("+")
            assert operator.saved.cart.lines == (replace(said, quantity=2),)


class TestWalk:
    def walked(self, folder: Path, walk_to: Any, text: str = "", **changes: Any) -> list[Walk]:
        """The walk before and after what lands."""
        with opened(folder) as catalogue:
            before = walk_to(catalogue, begin(catalogue, text))
            catalogue.apply([CatalogueChanges("news", **changes)], "https://central.test")
            return [before, refreshed(catalogue, before, text)]

    def test_a_printer_that_is_gone_takes_the_column_back_to_the_printers(self, folder) -> None:
        before, after = self.walked(
            folder,
            lambda c, walk: walk.moved(1, c).turned(1, c).moved(3, c).turned(1, c),
            removed_printers=(self.printer_ids(folder)[3],),
        )
        assert after.finding.chosen_printer == before.finding.printers[4]
        assert (after.column, after.chosen) == (Column.PRINTERS, None)
        assert lost(before, after) == before.finding.printers[3].label

    def test_the_last_printer_gives_way_to_the_one_before(self, folder) -> None:
        before, after = self.walked(
            folder,
            lambda c, walk: walk.moved(1, c).turned(1, c).moved(5000, c),
            removed_printers=(self.printer_ids(folder)[-1],),
        )
        assert after.finding.chosen_printer == before.finding.printers[-2]

    def test_a_brand_that_is_gone_takes_the_column_back_to_the_brands(self, folder) -> None:
        before, after = self.walked(
            folder,
            lambda c, walk: walk.moved(1, c).turned(1, c).turned(1, c),
            removed_printers=self.printer_ids(folder),
        )
        assert after.column is Column.BRANDS
        assert after.finding.brands[after.finding.brand] == before.finding.brands[1]
        assert lost(before, after) == "Brother"

    def test_what_stays_stays_marked_where_others_come_and_go(self, folder) -> None:
        before, after = self.walked(
            folder,
            lambda c, walk: walk.turned(1, c).moved(1, c),
            "dcp350c",
            removed_skus=(BLACK,),
        )
        assert (before.article, after.article) == (1, 0)
        assert after.chosen == before.chosen
        assert lost(before, after) == ""

    def printer_ids(self, folder: Path) -> tuple[str, ...]:
        with opened(folder) as catalogue:
            return tuple(p.printer_id for p in catalogue.printers("Brother", limit=2000))
