"""The three columns: shares of the width, what is in sight, and that no text breaks a line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult

from models.catalogue import Colour
from screens.widgets.columns import (
    MARGIN,
    MARK_WIDTH,
    ArticleRow,
    Column,
    Columns,
    RowKind,
    article_segments,
    layout,
    scrolled,
)
from screens.widgets.ink import cut, cut_middle, swatch

NASTY = ("[/b]", "🖨️ imprimante", "\x1b[2J\x07", "x" * 10_000, "日本語" * 30, "e\u0301" * 40, "")

texts = st.one_of(st.sampled_from(NASTY), st.text(max_size=40))
rows = st.builds(
    ArticleRow,
    st.sampled_from(RowKind),
    texts,
    texts,
    st.sampled_from(Colour),
    texts,
    texts,
    texts,
    texts,
    st.booleans(),
)


@given(st.integers(60, 300))
def test_the_columns_share_the_width(width: int) -> None:
    widths = layout(width)
    arrows_and_air = 4
    assert MARGIN + widths.brands + widths.printers + widths.articles + arrows_and_air == width
    assert widths.name >= len("LC-970 noir")


def test_the_picture_of_the_brief_fits_in_80_columns() -> None:
    row = ArticleRow(
        RowKind.CARTRIDGE, "LC-970", "magenta", Colour.MAGENTA, "12 000 p.", "", "149,90 €", "120"
    )
    drawn = "".join(segment.text for segment in article_segments(row, layout(80), 6))
    assert drawn == "LC-970 magenta     ▇ 12 000 p. 149,90 € 120"


def test_a_yield_that_does_not_fit_is_left_out_not_cut() -> None:
    row = ArticleRow(RowKind.CARTRIDGE, "LC-970", "noir", Colour.BLACK, "12 000 p.", price="1,00 €")
    drawn = "".join(segment.text for segment in article_segments(row, layout(60), 6))
    assert drawn == "LC-970 noir   ▇      1,00 €   "


@given(rows, st.integers(60, 140), st.integers(0, 20))
def test_a_row_is_as_wide_as_its_column_whatever_it_says(
    row: ArticleRow, width: int, label_width: int
) -> None:
    widths = layout(width)
    drawn = article_segments(row, widths, min(label_width, widths.name // 2))
    assert sum(segment.cell_length for segment in drawn) == widths.articles - MARK_WIDTH


@given(texts, st.integers(0, 30))
def test_a_cut_text_fits_and_an_uncut_one_is_whole(text: str, width: int) -> None:
    for shorten in (cut, cut_middle):
        short = shorten(text, width)
        assert cell_len(short) <= width
        assert short == text or "…" in short or width == 0


def test_the_end_of_a_printers_name_is_kept() -> None:
    assert cut_middle("Color LaserJet Enterprise M553dn", 17) == "Color …ise M553dn"


def test_each_colour_of_ink_has_a_swatch_and_a_pack_has_none() -> None:
    assert swatch(Colour.NONE) == ()
    assert all(swatch(colour) for colour in Colour if colour is not Colour.NONE)
    assert [segment.style for segment in swatch(Colour.CYAN)] != [
        segment.style for segment in swatch(Colour.MAGENTA)
    ]


@given(st.integers(0, 100), st.integers(1, 40), st.integers(1, 100), st.data())
def test_what_is_chosen_is_in_sight(
    first: int, height: int, count: int, data: st.DataObject
) -> None:
    top = data.draw(st.integers(0, count - 1))
    bottom = data.draw(st.integers(top, min(count - 1, top + height // 2)))
    shown = scrolled(first, height, count, top, bottom)
    assert shown <= top
    assert bottom < shown + height
    assert 0 <= shown <= max(0, count - height)


def test_the_column_stays_as_long_as_it_can() -> None:
    assert scrolled(10, 10, 50, 19, 19) == 10
    assert scrolled(10, 10, 50, 20, 20) == 15
    assert scrolled(10, 10, 50, 9, 9) == 4


class Shelf(App[None]):
    """Columns on their own."""

    def compose(self) -> ComposeResult:
        yield Columns()

    @property
    def columns(self) -> Columns:
        return self.screen.query_one(Columns)

    def lines(self) -> list[str]:
        return [strip.text for strip in self.screen._compositor.render_strips()]


ARTICLES = (
    ArticleRow(RowKind.CARTRIDGE, "LC-970", "noir", Colour.BLACK, stock="0", is_in_stock=False),
    ArticleRow(RowKind.NOTE, "rupture, de retour le jeu. 3 déc.", is_in_stock=False),
    ArticleRow(RowKind.HEADING, "de la boutique"),
    ArticleRow(RowKind.CARTRIDGE, "LC-970", "noir", Colour.BLACK, stock="40"),
)


async def test_the_mark_stands_before_a_cartridge_not_before_a_note() -> None:
    app = Shelf()
    async with app.run_test(size=(80, 10)) as pilot:
        app.columns.show_articles(ARTICLES, 1)
        app.columns.activate(Column.ARTICLES)
        await pilot.pause()
        assert [y for y, line in enumerate(app.lines()) if "›" in line] == [3]
        assert app.lines()[3].index("›") == layout(80).brands + layout(80).printers + 3


async def test_a_long_column_says_that_there_is_more() -> None:
    app = Shelf()
    async with app.run_test(size=(80, 10)) as pilot:
        app.columns.show_printers([f"DCP-{number}C" for number in range(30)], 15)
        await pilot.pause()
        lines = app.lines()
        edge = MARGIN + layout(80).brands + 1 + layout(80).printers
        assert (lines[0][edge], lines[9][edge]) == ("↑", "↓")
        assert any("› DCP-15C" in line for line in lines)


async def test_what_is_marked_stays_at_its_height_when_rows_come_and_go_above_it() -> None:
    app = Shelf()
    async with app.run_test(size=(80, 8)) as pilot:
        names = [f"DCP-{number}" for number in range(60)]
        app.columns.show_printers(names, 20)
        await pilot.pause()
        app.columns.show_printers(names, 22)
        await pilot.pause()
        row = next(row for row, line in enumerate(app.lines()) if "› DCP-22" in line)
        app.columns.show_printers([*names[:3], *names[5:]], 20, in_place=True)
        await pilot.pause()
        assert "› DCP-22" in app.lines()[row]
        app.columns.show_printers(names[:23], 22, in_place=True)
        await pilot.pause()
        assert "› DCP-22" in app.lines()[-1]


async def test_the_notes_of_the_chosen_cartridge_are_in_sight() -> None:
    app = Shelf()
    async with app.run_test(size=(80, 4)) as pilot:
        many = ARTICLES * 6
        app.columns.activate(Column.ARTICLES)
        for number in range(12):
            app.columns.show_articles(many, number)
            await pilot.pause()
            chosen = next(y for y, line in enumerate(app.lines()) if "›" in line)
            if " 0" in app.lines()[chosen]:
                assert "rupture" in app.lines()[chosen + 1]
            else:
                assert "de la boutique" in app.lines()[chosen - 1]


@pytest.mark.parametrize("size", [(60, 12), (80, 12), (120, 12)])
async def test_no_text_breaks_a_line(size: tuple[int, int]) -> None:
    app = Shelf()
    async with app.run_test(size=size) as pilot:
        app.columns.show_brands(NASTY, 0)
        app.columns.show_printers(NASTY, 1)
        app.columns.show_articles(
            [ArticleRow(RowKind.CARTRIDGE, text, text, price=text, stock=text) for text in NASTY], 2
        )
        await pilot.pause()
        assert [cell_len(line) for line in app.lines()] == [size[0]] * size[1]
        assert any("[/b]" in line for line in app.lines())
