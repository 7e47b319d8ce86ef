"""Styles of the console and the few ways in which widgets lay text on a line.

Owns the accent, the inks in the sixteen colours that every terminal has, and cutting by
columns; knows no widget. Colour never says anything alone: a word stands beside it.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from models.catalogue import Colour

ACCENT = Style(color="cyan", bold=True)
"""Where the focus is."""

STRONG = Style(bold=True)
DIM = Style(dim=True)
WARNING = Style(color="red", bold=True)
WRONG = Style(color="red")
"""A figure or a remark that stands in the way, among others that do not."""

SWATCH = "▇"

_INKS = {
    Colour.CYAN: "cyan",
    Colour.MAGENTA: "magenta",
    Colour.YELLOW: "yellow",
    Colour.PHOTO_BLUE: "blue",
    Colour.LIGHT_CYAN: "bright_cyan",
    Colour.LIGHT_MAGENTA: "bright_magenta",
    Colour.GREY: "bright_black",
    Colour.LIGHT_GREY: "white",
    Colour.DARK_GREY: "bright_black",
    Colour.RED: "red",
    Colour.GREEN: "green",
    Colour.BLUE: "blue",
    Colour.ORANGE: "bright_red",
}


def swatch(colour: Colour) -> Sequence[Segment]:
    """One or three cells in the ink's colour; black is the terminal's own foreground."""
    if colour is Colour.NONE:
        return ()
    if colour in {Colour.TRICOLOUR, Colour.PHOTO_COLOUR}:
        return [Segment(SWATCH, Style(color=name)) for name in ("cyan", "magenta", "yellow")]
    if colour is Colour.BLACK_RED:
        return [Segment(SWATCH), Segment(SWATCH, Style(color="red"))]
    ink = _INKS.get(colour)
    return [Segment(SWATCH, Style(color=ink) if ink else Style.null())]


def cut(text: str, width: int) -> str:
    """At most ``width`` columns, with … where something was left out."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…" if width > 0 else ""


def cut_middle(text: str, width: int) -> str:
    """At most ``width`` columns; the end, where printers of a family differ, is kept."""
    if cell_len(text) <= width:
        return text
    kept = max(0, width - 1)
    end = text[-kept:] if kept else ""
    while cell_len(end) > kept * 2 // 3:
        end = end[1:]
    return set_cell_size(text, kept - cell_len(end)) + "…"[:width] + end


def fill(segments: Sequence[Segment], width: int, *, indent: int = 0) -> Strip:
    """A strip of exactly ``width`` columns that begins after ``indent`` blanks."""
    return Strip([Segment(" " * indent), *segments]).adjust_cell_length(width)
