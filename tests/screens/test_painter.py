"""What our bytes make a terminal show is what Textual's own full repaint makes it show.

The one test that matters here walks at random through an application and compares, cell by
cell, a terminal that was only ever sent differences with one that was sent everything.
"""

from __future__ import annotations

import random
from typing import Any

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.console import Console, RenderableType
from rich.segment import Segment
from rich.style import Style
from textual._compositor import CompositorUpdate
from textual.app import ComposeResult
from textual.color import Color
from textual.containers import Horizontal, VerticalScroll
from textual.geometry import Offset, Region, Size
from textual.pilot import Pilot
from textual.screen import ModalScreen, Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Static

from kiosk.painter import HIDE_CURSOR, SHOW_CURSOR, Painter, motion
from kiosk.pen import PLAIN, change, pen_of
from kiosk.terminal import KioskTerminalApp
from screens.widgets.columns import Column, Columns
from screens.widgets.frame import StepBar

BLANKS = str.maketrans({"\xa0": " ", "\u202f": " ", "\u2007": " ", "\u2009": " "})
WORDS = (
    "a",
    "bc",
    "encre",
    "日本",
    "é",
    "漢",
    " ",
    "   ",
    "prix 12,90 €",
    "━━",
    "▇",
    "한글",
    "\u202f",
)
COLOURS = (None, None, "red", "bright_blue", "#12a0ff", "color(141)")
FLAGS = ("bold", "italic", "underline", "reverse", "strike", "blink")


class Terminal:
    """A terminal in memory, and what one sees on it."""

    def __init__(self, size: Size) -> None:
        self.screen = pyte.Screen(size.width, size.height)
        self.stream = pyte.Stream(self.screen)

    def resize(self, size: Size) -> None:
        self.screen.resize(size.height, size.width)

    def seen(self) -> list[list[tuple[Any, ...]]]:
        rows = range(self.screen.lines)
        return [[_look(self.screen.buffer[y][x]) for x in range(self.screen.columns)] for y in rows]

    def text(self) -> list[str]:
        return [row.translate(BLANKS).rstrip() for row in self.screen.display]


def _look(cell: Any) -> tuple[Any, ...]:
    """A cell as it is seen: the foreground of a plain blank is not."""
    text = cell.data.translate(BLANKS)
    if text == " " and not (cell.reverse or cell.underscore or cell.strikethrough):
        return (" ", cell.bg)
    drawn = (cell.bold, cell.italics, cell.underscore, cell.strikethrough, cell.reverse, cell.blink)
    return (text, cell.fg, cell.bg, *drawn)


class Noise(Widget):
    """Lines of words in changing styles, some of them two columns wide."""

    def __init__(self, dice: random.Random) -> None:
        super().__init__()
        self.dice = dice
        self.drawn: dict[int, list[Segment]] = {}

    def scramble(self) -> None:
        height, width = self.size.height, self.size.width
        if height and width:
            y, x = self.dice.randrange(height), self.dice.randrange(width)
            for row in range(y, min(height, y + self.dice.randint(1, 3))):
                self.drawn[row] = [self._segment() for _ in range(self.dice.randrange(9))]
            self.refresh(Region(0, y, width, 3) if self.dice.random() < 0.7 else Region(x, y, 7, 1))
            self.refresh(Region(0, y, width, 3))

    def _segment(self) -> Segment:
        flags = {name: True for name in FLAGS if self.dice.random() < 0.12}
        style = Style(color=self.dice.choice(COLOURS), bgcolor=self.dice.choice(COLOURS), **flags)
        return Segment(self.dice.choice(WORDS) * self.dice.randint(1, 3), style)

    def render_line(self, y: int) -> Strip:
        return Strip(self.drawn.get(y, [])).adjust_cell_length(self.size.width)


class Overlay(ModalScreen[None]):
    CSS = "Overlay { align: center middle; } #box { width: 24; height: 5; border: solid red; }"

    def compose(self) -> ComposeResult:
        yield Static("sûr ? 日本語 [b]", id="box", markup=False)


class Other(Screen[None]):
    def __init__(self, dice: random.Random) -> None:
        super().__init__()
        self.dice = dice

    def compose(self) -> ComposeResult:
        yield StepBar()
        yield Noise(self.dice)


BRANDS = [f"Marque {n}" for n in range(40)]
PRINTERS = [f"Modèle 漢{n}" for n in range(40)]


class Walker(KioskTerminalApp):
    """Draws on two terminals: by differences as it goes, and wholly when asked."""

    CSS = "#half { width: 1fr; } VerticalScroll { width: 30; } Horizontal { height: 1fr; }"

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.console._color_system = ColorSystem.TRUECOLOR
        self.dice = random.Random(seed)
        self.painter = Painter(ColorSystem.TRUECOLOR)
        self.terminal = Terminal(Size(80, 24))
        self.sent = 0

    def compose(self) -> ComposeResult:
        yield StepBar()
        yield Input()
        with Horizontal():
            yield Noise(self.dice)
            with VerticalScroll():
                for number in range(60):
                    yield Static(f"{number} {'日本' * (number % 4)} ligne", classes="line")
            yield Columns()

    def on_mount(self) -> None:
        columns = self.query_one(Columns)
        columns.show_brands(BRANDS, 0)
        columns.show_printers(PRINTERS, 3)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        super()._display(screen, renderable)
        if not isinstance(renderable, CompositorUpdate) or self._batch_count:
            return
        self.terminal.resize(self.size)
        lines = self._whole_screen().strips
        data = self.painter.paint(lines, self.size, self._terminal_cursor())
        self.sent += len(data)
        self.terminal.stream.feed(data)

    def whole(self) -> Terminal:
        """What Textual would show; what it still means to repaint stays remembered."""
        compositor, fresh = self.screen._compositor, Terminal(self.size)
        still_dirty = compositor._dirty_regions.copy()
        fresh.stream.feed(self._whole_screen().render_segments(self.console))
        compositor._dirty_regions.update(still_dirty)
        return fresh


async def _type(pilot: Pilot[Any], app: Walker) -> None:
    await pilot.press(app.dice.choice(["a", "é", "left", "backspace", "home", "end", "x", "space"]))


async def _paste(_: Pilot[Any], app: Walker) -> None:
    for field in app.screen.query(Input):
        field.insert_text_at_cursor(app.dice.choice(WORDS))


async def _scramble(_: Pilot[Any], app: Walker) -> None:
    for noise in app.screen.query(Noise):
        noise.scramble()


async def _scroll(_: Pilot[Any], app: Walker) -> None:
    for scroller in app.screen.query(VerticalScroll):
        scroller.scroll_relative(y=app.dice.randint(-9, 9), animate=False)


async def _walk(_: Pilot[Any], app: Walker) -> None:
    for columns in app.screen.query(Columns):
        columns.activate(app.dice.choice([Column.BRANDS, Column.PRINTERS]))
        columns.show_brands(BRANDS, app.dice.randrange(len(BRANDS)))
        columns.show_printers(PRINTERS, app.dice.randrange(len(PRINTERS)))


async def _screens(_: Pilot[Any], app: Walker) -> None:
    if len(app.screen_stack) > 2 or (len(app.screen_stack) > 1 and app.dice.random() < 0.5):
        app.pop_screen()
    else:
        app.push_screen(app.dice.choice([Overlay, lambda: Other(app.dice)])())


async def _resize(pilot: Pilot[Any], app: Walker) -> None:
    await pilot.resize_terminal(app.dice.randint(50, 100), app.dice.randint(15, 34))


async def _hide(_: Pilot[Any], app: Walker) -> None:
    for widget in app.screen.query(StepBar):
        widget.display = not widget.display


async def _repaint(_: Pilot[Any], app: Walker) -> None:
    app.terminal.stream.feed("\x1b[5;5Hdu texte d'un autre programme\r\n\x1b[7m")
    app.painter.forget()
    app.screen.refresh()


STEPS = (_type, _paste, _scramble, _scramble, _scroll, _walk, _screens, _resize, _hide, _repaint)


@pytest.mark.parametrize("seed", range(8))
async def test_differences_show_what_a_full_repaint_shows(seed: int) -> None:
    app = Walker(seed)
    async with app.run_test(size=(80, 24)) as pilot:
        for number in range(60):
            step = app.dice.choice(STEPS)
            await step(pilot, app)
            await pilot.pause()
            whole = app.whole()
            assert app.terminal.text() == whole.text(), (number, step.__name__)
            assert app.terminal.seen() == whole.seen(), (number, step.__name__)
            _assert_cursor(app)


def _assert_cursor(app: Walker) -> None:
    cursor, wanted = app.terminal.screen.cursor, app._terminal_cursor()
    assert cursor.hidden == (wanted is None)
    if wanted is not None:
        assert (cursor.x, cursor.y) == wanted


async def test_nothing_is_written_where_nothing_changes() -> None:
    app = Walker(0)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.sent = 0
        for widget in app.screen.query("*"):
            widget.refresh()
        app.screen.refresh(layout=True)
        await pilot.pause()
        assert app.sent == 0


async def test_a_typed_letter_is_one_byte() -> None:
    app = Walker(0)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("a")
        app.sent = 0
        await pilot.press("b", "c")
        await pilot.pause()
        assert app.sent == 2


Frame = list[list[Strip]]


def _frame(*rows: str) -> Frame:
    return [[Strip([Segment(row)]).adjust_cell_length(20)] for row in rows]


def _painted(*frames: Frame) -> list[str]:
    painter = Painter(ColorSystem.STANDARD)
    return [painter.paint(frame, Size(20, 2), None) for frame in frames]


def test_control_characters_and_reversals_never_reach_the_terminal() -> None:
    written = _painted(_frame("DU\x1b[2JVAL\x07\u202e\x9b\r\x00!", ""))[0]
    assert written == HIDE_CURSOR + "\x1b[m\x1b[H\x1b[2J" + "DU[2JVAL!"


def test_the_rest_of_a_line_is_written_anew_after_a_character_of_doubtful_width() -> None:
    family = "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}"
    frames = _painted(_frame("ab fin", ""), _frame(f"{family} fin", ""), _frame("ab fin", ""))
    assert frames[1] == f"\r\x1b[K{family}\x1b[3G fin\x1b[K"
    assert frames[2] == "\rab fin\x1b[K"


def test_a_long_blank_is_erased_and_a_short_one_written() -> None:
    frames = _painted(_frame("abcdefgh", ""), _frame("ab", ""), _frame("", ""))
    assert frames[1:] == ["\x1b[3G\x1b[K", "\r  "]


def test_the_cursor_is_shown_once_and_hidden_once() -> None:
    painter, frame = Painter(ColorSystem.STANDARD), _frame("", "")
    written = [
        painter.paint(frame, Size(20, 2), cursor)
        for cursor in (Offset(3, 1), Offset(3, 1), Offset(4, 1), None, None)
    ]
    assert written[0].endswith(SHOW_CURSOR)
    assert written[1:] == ["", " ", HIDE_CURSOR, ""]


columns = st.integers(0, 79)
lines = st.integers(0, 23)


@given(columns, lines, columns, lines)
def test_a_motion_arrives(x: int, y: int, to_x: int, to_y: int) -> None:
    for known_x in (x, None):
        terminal = Terminal(Size(80, 24))
        terminal.stream.feed(f"\x1b[{y + 1};{x + 1}H" + motion(known_x, y, to_x, to_y))
        assert (terminal.screen.cursor.x, terminal.screen.cursor.y) == (to_x, to_y)
        assert len(motion(known_x, y, to_x, to_y)) <= len("\x1b[24;80H")


colours = st.sampled_from(["default", "red", "bright_blue", "#12a0ff", "color(141)"])
styles = st.builds(
    lambda flags, fg, bg: Style(color=fg, bgcolor=bg, **dict.fromkeys(flags, True)),
    st.sets(st.sampled_from(FLAGS)),
    colours,
    colours,
)


@given(styles, styles, st.sampled_from([ColorSystem.TRUECOLOR, ColorSystem.STANDARD]))
def test_a_change_of_pen_draws_as_the_style_says(
    old: Style, new: Style, system: ColorSystem
) -> None:
    ours, richs = Terminal(Size(9, 1)), Terminal(Size(9, 1))
    pens = pen_of(old, system), pen_of(new, system)
    ours.stream.feed(change(PLAIN, pens[0]) + "x" + change(*pens) + "y")
    richs.stream.feed(old.copy().render("x", color_system=system))
    richs.stream.feed(new.copy().render("y", color_system=system))
    assert ours.seen() == richs.seen()


def test_no_colour_is_written_where_none_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = Walker(0)
    assert app.no_color
    segments = [Segment("rupture", Style(color="red", bold=True))]
    for line_filter in app.get_line_filters():
        segments = line_filter.apply(segments, Color.parse("ansi_default"))
    assert change(PLAIN, pen_of(segments[0].style, ColorSystem.STANDARD)) == "\x1b[1m"


def test_the_sixteen_colours_are_the_terminals_own() -> None:
    style = Style(color="cyan", bgcolor="default")
    assert change(PLAIN, pen_of(style, ColorSystem.TRUECOLOR)) == "\x1b[36m"
    assert Console(color_system="truecolor")._color_system is ColorSystem.TRUECOLOR
