"""What the terminal shows, cell by cell, and the fewest bytes that make it show something else.

Textual repaints whole widget regions. A painter keeps the grid of cells that the terminal
holds and writes only those that differ from what the compositor has now, with the shortest
cursor motion and the shortest change of pen. It owns no tty and knows no widget; widgets need
not know of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from rich.cells import split_graphemes
from rich.color import ColorSystem
from textual.geometry import Offset, Size
from textual.strip import Strip

from kiosk.pen import PLAIN, Pen, change, pen_of

Cell = tuple[str, Pen]
"""A grapheme and its pen. A wide one is followed by a cell with empty text."""

Row = list[Cell]

BLANK: Cell = (" ", PLAIN)
CLEAR = "\x1b[m\x1b[H\x1b[2J"
ERASE_TO_END_OF_LINE = "\x1b[K"
SHOW_CURSOR = "\x1b[?25h"
HIDE_CURSOR = "\x1b[?25l"

_CONTROLS = (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, 0xFEFF)
_DIRECTIONS = (0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_NOT_DRAWN = dict.fromkeys((*_CONTROLS, *_DIRECTIONS)) | dict.fromkeys(
    [0xA0, 0x2007, 0x2009, 0x202F], " "
)
"""Controls and reversals of direction could scramble the screen, whoever wrote them into a
name; the kinds of space that only differ in print are one on a terminal."""

LONGEST_GRAPHEME = 12
"""Code points of one cell: a family with skin tones has ten; a thousand accents are a prank."""

_FIRST_PICTOGRAM = "\U0001f000"


class Painter:
    """One terminal's grid.

    The terminal is taken to be in an unknown state until the first ``paint``, which clears it.
    """

    def __init__(self, colours: ColorSystem | None) -> None:
        self._colours = colours or ColorSystem.STANDARD
        self._width = self._height = 0
        self._shown: list[Row] = []
        self._pen = PLAIN
        self._x: int | None = None
        self._y: int | None = None
        self._is_cursor_shown = False
        self._out: list[str] = []

    def forget(self) -> None:
        """The terminal may show anything now: the next paint begins anew."""
        self._width = self._height = 0

    def paint(self, lines: Sequence[Iterable[Strip]], size: Size, cursor: Offset | None) -> str:
        """What to write so that the terminal shows these lines, and its cursor (None: hidden).

        The lines are the whole screen, from the top left. After a change of size or ``forget``
        it is cleared first.
        """
        self._out = []
        if (self._width, self._height) != (size.width, size.height):
            self._begin(size)
        for y, line in enumerate(lines[: self._height]):
            wanted = self._row(line)
            if wanted != self._shown[y]:
                self._paint_row(y, wanted)
        self._place_cursor(cursor)
        return "".join(self._out)

    def _begin(self, size: Size) -> None:
        self._width, self._height = size.width, size.height
        self._shown = [[BLANK] * self._width for _ in range(self._height)]
        self._pen, self._x, self._y = PLAIN, 0, 0
        self._out.append(HIDE_CURSOR + CLEAR)
        self._is_cursor_shown = False

    def _row(self, line: Iterable[Strip]) -> Row:
        """The cells of a line, exactly as many as the terminal has columns."""
        row = [
            cell
            for strip in line
            for text, style, _ in strip
            for cell in cells(text, pen_of(style, self._colours))
        ]
        if len(row) > self._width and not row[self._width][0]:
            row[self._width - 1] = BLANK  # a wide character that does not fit is not begun
        return row[: self._width] + [BLANK] * (self._width - len(row))

    def _paint_row(self, y: int, wanted: Row) -> None:
        shown, self._shown[y] = self._shown[y], wanted
        changed = _differences(shown, wanted)
        tail = _tail(wanted)
        for start, stop in _runs(x for x in changed if x < tail):
            self._write(y, start, stop)
        if changed[-1] >= tail:
            self._blank_tail(y, next(x for x in changed if x >= tail), changed[-1] + 1)

    def _write(self, y: int, start: int, stop: int) -> None:
        row = self._shown[y]
        self._reach(start, y)
        for x in range(start, stop):
            text, pen = row[x]
            if not text:
                continue
            if self._x is None:
                self._reach(x, y)
            if _is_doubtful(text):
                self._set_pen(PLAIN)
                self._out.append(ERASE_TO_END_OF_LINE)
            self._emit(text, pen)
            self._x = None if _is_doubtful(text) else self._after(x, row)

    def _after(self, x: int, row: Row) -> int | None:
        """Where the cursor stands after the cell at ``x``; past the edge nobody knows."""
        following = x + 2 if x + 1 < self._width and not row[x + 1][0] else x + 1
        return following if following < self._width else None

    def _emit(self, text: str, pen: Pen) -> None:
        if text != " " or pen != self._pen.on_blank():
            self._set_pen(pen)
        self._out.append(text)

    def _blank_tail(self, y: int, start: int, stop: int) -> None:
        if stop - start <= len(ERASE_TO_END_OF_LINE):
            self._write(y, start, stop)
            return
        if (self._x, self._y) != (_tail(self._shown[y]), y):
            self._reach(start, y)
        if self._pen.on_blank() != PLAIN:
            self._set_pen(PLAIN)  # terminals erase with the pen's background
        self._out.append(ERASE_TO_END_OF_LINE)

    def _set_pen(self, pen: Pen) -> None:
        self._out.append(change(self._pen, pen))
        self._pen = pen

    def _reach(self, x: int, y: int) -> None:
        """Move the cursor; over a small gap, by writing what is there already."""
        move = motion(self._x, self._y, x, y)
        gap = self._gap_text(x, y)
        self._out.append(gap if gap and len(gap.encode()) < len(move) else move)
        self._x, self._y = x, y

    def _gap_text(self, x: int, y: int) -> str:
        if self._y != y or self._x is None or not 0 < x - self._x < len("\x1b[99C"):
            return ""
        gap = self._shown[y][self._x : x]
        blank = (" ", self._pen.on_blank())
        if all(cell == blank or (cell[1] == self._pen and len(cell[0]) == 1) for cell in gap):
            return "".join(text for text, _ in gap)
        return ""

    def _place_cursor(self, cursor: Offset | None) -> None:
        if cursor is not None:
            self._reach(min(cursor.x, self._width - 1), min(cursor.y, self._height - 1))
        if (cursor is not None) != self._is_cursor_shown:
            self._is_cursor_shown = not self._is_cursor_shown
            self._out.append(SHOW_CURSOR if self._is_cursor_shown else HIDE_CURSOR)


@lru_cache(maxsize=8192)
def cells(text: str, pen: Pen) -> tuple[Cell, ...]:
    """One cell per column; characters that no terminal should be sent are left out."""
    blank = (" ", pen.on_blank())
    if text.isascii() and text.isprintable():
        return tuple(blank if character == " " else (character, pen) for character in text)
    out: list[Cell] = []
    for start, end, width in split_graphemes(text)[0]:
        grapheme = text[start : min(end, start + LONGEST_GRAPHEME)].translate(_NOT_DRAWN) or " "
        if width:
            out.append(blank if grapheme == " " else (grapheme, pen))
            out.extend([("", pen)] * (width - 1))
    return tuple(out)


def _is_doubtful(text: str) -> bool:
    """Terminals disagree on the width of joined, combined and recent pictograms."""
    return len(text) > 1 or text >= _FIRST_PICTOGRAM


def _differences(shown: Row, wanted: Row) -> Sequence[int]:
    """Columns to write. From a character of doubtful width on, all of the row."""
    changed = [x for x, (old, new) in enumerate(zip(shown, wanted, strict=True)) if old != new]
    for x in changed:
        if _is_doubtful(shown[x][0]) or _is_doubtful(wanted[x][0]):
            return [*(before for before in changed if before < x), *range(x, len(wanted))]
    return changed


def _tail(row: Row) -> int:
    """Where the blanks begin that reach to the end of the row."""
    end = len(row)
    while end and row[end - 1] == BLANK:
        end -= 1
    return end


def _runs(columns: Iterable[int]) -> Iterator[tuple[int, int]]:
    start = stop = -1
    for x in columns:
        if x != stop:
            if start >= 0:
                yield start, stop
            start = x
        stop = x + 1
    if start >= 0:
        yield start, stop


@lru_cache(maxsize=8192)
def motion(x: int | None, y: int | None, to_x: int, to_y: int) -> str:
    """The shortest cursor motion; from an unknown column or row (None), one that does not need it.

    A line feed moves straight down: the terminal's output processing is off (see KioskDriver).
    """
    if (x, y) == (to_x, to_y):
        return ""
    absolute = _csi(to_y + 1, ";", to_x + 1, "H") if to_x else _csi(to_y + 1, "H")
    if y is None:
        return absolute
    down = _vertical(to_y - y)
    return min([down + across for across in _horizontal(x, to_x)] + [absolute], key=len)


def _horizontal(x: int | None, to_x: int) -> Iterator[str]:
    yield "\r" + (_csi(to_x, "C") if to_x else "")
    yield f"\x1b[{to_x + 1}G"
    if x is None:
        return
    if x == to_x:
        yield ""
    elif x < to_x:
        yield _csi(to_x - x, "C")
    else:
        yield min("\b" * (x - to_x), _csi(x - to_x, "D"), key=len)


def _vertical(rows: int) -> str:
    if rows > 0:
        return min("\n" * rows, _csi(rows, "B"), key=len)
    return _csi(-rows, "A") if rows else ""


def _csi(*parts: int | str) -> str:
    """A control sequence; the number 1 is the default and left out."""
    return "\x1b[" + "".join("" if part == 1 else str(part) for part in parts)
