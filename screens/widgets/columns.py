"""The guided path of step 1: brands, printers and cartridges side by side.

Owns how three columns are laid out and scrolled; knows no service, and of a cartridge only the
texts it is given. Never takes the focus: the search field keeps the cursor, and whoever walks
the columns (``screens.walk``) says where the marks stand. Text is drawn as it is, without markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from models.catalogue import Colour
from screens.widgets.ink import ACCENT, DIM, STRONG, WRONG, cut, cut_middle, fill, swatch

MARGIN = 1
MARK_WIDTH = 2
MODERATE = 76
"""Below this width yields are left out, so that names can be told apart."""
COMFORTABLE = 110
"""From this width on there is room for longer names and the price of a page."""

PLAIN = Style.null()


class Column(IntEnum):
    BRANDS = 0
    PRINTERS = 1
    ARTICLES = 2


class RowKind(StrEnum):
    CARTRIDGE = "cartridge"
    NOTE = "note"
    """Beneath the cartridge it is about, and shown with it."""
    HEADING = "heading"
    """Above the cartridges that follow."""


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """One row of the third column, in words and figures ready to be shown.

    Of a cartridge ``label`` is its series ("LC-970") and ``word`` its colour or what the pack
    holds; where ``word`` is empty the label has the room of both.
    """

    kind: RowKind
    label: str
    word: str = ""
    colour: Colour = Colour.NONE
    page_yield: str = ""
    per_page: str = ""
    price: str = ""
    stock: str = ""
    is_in_stock: bool = True


@dataclass(frozen=True, slots=True)
class ColumnWidths:
    """Columns of the terminal for each column and each figure; figures include a gap before."""

    brands: int
    printers: int
    articles: int
    page_yield: int
    """With the swatch of the ink, which stands at its left."""
    per_page: int
    price: int
    stock: int

    @property
    def name(self) -> int:
        """What the figures leave for series and colour."""
        figures = self.page_yield + self.per_page + self.price + self.stock
        return self.articles - MARK_WIDTH - figures


def layout(width: int) -> ColumnWidths:
    """How ``width`` columns (60 and more) are shared.

    A column with arrows for "there is more" follows each of the three, and one of air
    stands before the last.
    """
    if width >= COMFORTABLE:
        brands, printers, figures = 16, 26, (13, 14, 11, 6)
    elif width >= MODERATE:
        brands, printers, figures = 11, 19, (11, 0, 9, 4)
    else:
        brands, printers, figures = 9, 14, (4, 0, 9, 3)
    return ColumnWidths(brands, printers, width - MARGIN - brands - printers - 4, *figures)


def scrolled(first: int, height: int, count: int, top: int, bottom: int) -> int:
    """The first row to show so that rows ``top`` to ``bottom`` are in sight.

    Stays where it is as long as it can, then moves by half a page: nothing moves at each key.
    """
    if top < first or bottom >= first + height:
        aim = (top if top < first else bottom) - height // 2
        first = min(top, max(aim, bottom - height + 1))
    return max(0, min(first, count - height))


@dataclass(slots=True)
class _List:
    """One column: how many rows, which is chosen, from which it is shown."""

    rows: tuple[str, ...] | tuple[ArticleRow, ...] = ()
    choices: tuple[int, ...] = ()
    """Rows that can be chosen."""
    selected: int = -1
    """Index into ``choices``."""
    first: int = 0

    @property
    def row(self) -> int:
        """The chosen row, -1 if none."""
        return self.choices[self.selected] if 0 <= self.selected < len(self.choices) else -1

    def put(
        self,
        rows: tuple[str, ...] | tuple[ArticleRow, ...],
        choices: tuple[int, ...],
        selected: int,
        *,
        in_place: bool,
    ) -> None:
        """Other rows are shown from the first; ``in_place``, the chosen one stays at its height."""
        above, is_other = self.row - self.first, rows != self.rows
        self.rows, self.choices, self.selected = rows, choices, selected
        if is_other:
            self.first = max(0, self.row - above) if in_place else 0

    def extent(self) -> tuple[int, int]:
        """The rows to keep in sight: the chosen one with its heading and notes."""
        top = bottom = max(0, self.row)
        following = self.choices[self.selected + 1 :]
        while bottom + 1 < len(self.rows) and _is(self.rows[bottom + 1], RowKind.NOTE):
            bottom += 1
        if top > 0 and _is(self.rows[top - 1], RowKind.HEADING):
            top -= 1
        return top, min(bottom, following[0] - 1) if following else bottom

    def scroll(self, height: int) -> None:
        self.first = scrolled(self.first, height, len(self.rows), *self.extent())


def _is(row: str | ArticleRow, kind: RowKind) -> bool:
    return isinstance(row, ArticleRow) and row.kind is kind


class Columns(Widget):
    """Brands, printers, cartridges. Indexes count the rows that can be chosen; -1 is none."""

    DEFAULT_CSS = "Columns { height: 1fr; width: 100%; }"

    can_focus = False

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.active = Column.BRANDS
        self._lists = tuple(_List() for _ in Column)

    # --- what is shown -----------------------------------------------------------

    def show_brands(
        self, rows: Sequence[str], selected: int = -1, *, in_place: bool = False
    ) -> None:
        every = tuple(range(len(rows)))
        self._show(Column.BRANDS, tuple(rows), every, selected, in_place=in_place)

    def show_printers(
        self, rows: Sequence[str], selected: int = -1, *, in_place: bool = False
    ) -> None:
        every = tuple(range(len(rows)))
        self._show(Column.PRINTERS, tuple(rows), every, selected, in_place=in_place)

    def show_articles(
        self, rows: Sequence[ArticleRow], selected: int = -1, *, in_place: bool = False
    ) -> None:
        """``selected`` counts cartridges only, not notes or headings."""
        choices = tuple(i for i, row in enumerate(rows) if row.kind is RowKind.CARTRIDGE)
        self._show(Column.ARTICLES, tuple(rows), choices, selected, in_place=in_place)

    def activate(self, column: Column) -> None:
        """Make ``column`` the one that the arrows walk."""
        if column is not self.active:
            self.active = column
            self.refresh()

    def _show(
        self,
        column: Column,
        rows: tuple[str, ...] | tuple[ArticleRow, ...],
        choices: tuple[int, ...],
        selected: int,
        *,
        in_place: bool,
    ) -> None:
        shown = self._lists[column]
        selected = min(selected, len(choices) - 1)
        if (shown.rows, shown.selected) != (rows, selected):
            shown.put(rows, choices, selected, in_place=in_place)
            self.refresh()

    # --- drawing -------------------------------------------------------------------

    def render_lines(self, crop: Region) -> list[Strip]:
        for shown in self._lists:
            shown.scroll(self.size.height)
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        widths = layout(self.size.width)
        cells = [
            *self._entry(Column.BRANDS, y, widths.brands),
            *self._entry(Column.PRINTERS, y, widths.printers),
            *self._article(y, widths),
        ]
        return fill(cells, self.size.width, indent=MARGIN)

    def _entry(self, column: Column, y: int, width: int) -> list[Segment]:
        """A brand or a printer with its mark, and the gap to the next column."""
        shown = self._lists[column]
        row = shown.first + y
        text = str(shown.rows[row]) if row < len(shown.rows) else ""
        shorten = cut if column is Column.BRANDS else cut_middle
        text = shorten(text, width - MARK_WIDTH)
        return [
            self._mark(column, row),
            Segment(text, self._emphasis(column, row)),
            Segment(" " * (width - MARK_WIDTH - cell_len(text))),
            self._more(shown, y),
        ]

    def _article(self, y: int, widths: ColumnWidths) -> list[Segment]:
        shown = self._lists[Column.ARTICLES]
        index = shown.first + y
        if index >= len(shown.rows):
            return []
        row = shown.rows[index]
        assert isinstance(row, ArticleRow)  # noqa: S101 - show_articles takes nothing else
        mark = self._mark(Column.ARTICLES, index)
        emphasis = self._emphasis(Column.ARTICLES, index)
        drawn = article_segments(row, widths, _label_width(shown.rows, widths), emphasis)
        return [mark, *drawn, Segment(" "), self._more(shown, y)]

    def _mark(self, column: Column, row: int) -> Segment:
        if row != self._lists[column].row:
            return Segment(" " * MARK_WIDTH)
        return Segment("› ", ACCENT if column is self.active else PLAIN)

    def _emphasis(self, column: Column, row: int) -> Style:
        return STRONG if column is self.active and row == self._lists[column].row else PLAIN

    def _more(self, shown: _List, y: int) -> Segment:
        """A quiet arrow in the first or last row where there is more out of sight."""
        if y == 0 and shown.first > 0:
            return Segment("↑", DIM)
        if y == self.size.height - 1 and shown.first + self.size.height < len(shown.rows):
            return Segment("↓", DIM)
        return Segment(" ")


def article_segments(
    row: ArticleRow, widths: ColumnWidths, label_width: int, emphasis: Style = PLAIN
) -> list[Segment]:
    """One row of the third column after its mark, exactly as wide as the column leaves."""
    width = widths.articles - MARK_WIDTH
    if row.kind is not RowKind.CARTRIDGE:
        text = cut(row.label, width - MARK_WIDTH)
        style = DIM if row.is_in_stock else WRONG
        return list(fill([Segment(text, style)], width, indent=MARK_WIDTH))
    stock_style = emphasis if row.is_in_stock else WRONG
    return [
        Segment(_name(row, label_width, widths.name - 1) + " ", emphasis),
        *_inked(row, widths.page_yield),
        Segment(_right(row.per_page, widths.per_page), DIM),
        Segment(_right(row.price, widths.price), emphasis),
        Segment(_right(row.stock, widths.stock), stock_style),
    ]


def _inked(row: ArticleRow, width: int) -> list[Segment]:
    """The swatch at the left, the yield at the right if there is room for all of it."""
    ink = swatch(row.colour)
    room = width - sum(segment.cell_length for segment in ink)
    return [*ink, Segment(_right(row.page_yield if cell_len(row.page_yield) < room else "", room))]


def _label_width(rows: Sequence[str | ArticleRow], widths: ColumnWidths) -> int:
    """Series stand beneath each other, and so do colours; a long series goes its own way."""
    named = [row for row in rows if isinstance(row, ArticleRow) and row.word]
    lengths = (cell_len(row.label) for row in named)
    return max((length for length in lengths if length <= widths.name // 2), default=0)


def _name(row: ArticleRow, label_width: int, width: int) -> str:
    label = row.label + " " * (label_width - cell_len(row.label)) if row.word else row.label
    return _left(f"{label} {row.word}".rstrip(), width)


def _left(text: str, width: int) -> str:
    text = cut(text, width)
    return text + " " * (width - cell_len(text))


def _right(text: str, width: int) -> str:
    """Figures end where the column ends, with at least a blank before them."""
    text = cut(text, width - 1)
    return " " * (width - cell_len(text)) + text
