"""A list of lines with one of them chosen, drawn line by line.

Owns the choice and the scrolling; knows nothing of what a line stands for. Never takes
the focus unless it is told to.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from models.wording.typography import tied
from screens.widgets.ink import ACCENT, DIM, STRONG

MARK = "› "
_TIE = "\ue000"
"""A space at which no line ends, of no meaning of its own, while lines are made."""


def line(*parts: str | tuple[str, Style]) -> Text:
    """One line from plain parts; nothing in it is ever read as markup."""
    text = Text(end="", no_wrap=True)
    for part in parts:
        if isinstance(part, tuple):
            text.append(part[0], part[1])
        else:
            text.append(part)
    return text


def columns(left: Text, right: str, width: int) -> Text:
    """``left`` cut to what ``right``, flush with the right edge, leaves of ``width``."""
    right = right[:width]
    room = max(0, width - Text(right).cell_len)
    kept = left.copy()
    kept.truncate(max(0, room - 1 if right else room), overflow="ellipsis", pad=False)
    kept.append(" " * (room - kept.cell_len) + right)
    return kept


def wrapped(text: str, width: int) -> list[str]:
    """``text`` in lines of at most ``width`` characters; what is to be read aloud is never cut,
    and no line begins with a sign.
    """
    lines = textwrap.wrap(tied(text, _TIE), max(1, width), break_on_hyphens=False)
    return [line.replace(_TIE, " ") for line in lines]


class Rows(Widget):
    """Lines, of which ``selected`` is marked with ›; -1 marks none."""

    DEFAULT_CSS = "Rows { height: 1fr; }"

    selected = reactive(-1, repaint=True)

    class Moved(Message):
        """The choice moved to ``index``."""

        def __init__(self, rows: Rows, index: int) -> None:
            super().__init__()
            self.rows = rows
            self.index = index

        @property
        def control(self) -> Rows:
            return self.rows

    def __init__(self, *, id: str | None = None, marks: bool = True) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._lines: tuple[Text, ...] = ()
        self._marks = marks

    @property
    def count(self) -> int:
        return len(self._lines)

    def put(self, lines: Sequence[Text], *, selected: int | None = None) -> None:
        """Show these lines; the choice stays where it was when it still can."""
        self._lines = tuple(lines)
        wanted = self.selected if selected is None else selected
        self.selected = min(wanted, len(self._lines) - 1)
        self.refresh()

    def move(self, delta: int) -> None:
        """Move the choice, not past either end."""
        if not self._lines:
            return
        before = self.selected
        self.selected = max(0, min(len(self._lines) - 1, self.selected + delta))
        if self.selected != before:
            self.post_message(self.Moved(self, self.selected))

    @property
    def _first(self) -> int:
        """The first line shown, so that the choice is visible."""
        height = max(1, self.size.height)
        if len(self._lines) <= height:
            return 0
        return max(0, min(self.selected - height // 2, len(self._lines) - height))

    def _mark(self, y: int, *, chosen: bool) -> Segment:
        """›, or in the first and last row a quiet arrow where there is more out of sight."""
        if chosen:
            return Segment(MARK, ACCENT)
        if y == 0 and self._first > 0:
            return Segment("↑ ", DIM)
        is_more = self._first + self.size.height < len(self._lines)
        return Segment("↓ " if is_more and y == self.size.height - 1 else "  ", DIM)

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        index = self._first + y
        if index >= len(self._lines):
            return Strip.blank(width)
        chosen = index == self.selected
        text = self._lines[index].copy()
        if chosen:
            text.stylize(STRONG)
        text.truncate(max(0, width - (len(MARK) if self._marks else 0)), overflow="ellipsis")
        mark = [self._mark(y, chosen=chosen)] if self._marks else []
        segments = [s for s in text.render(self.app.console) if s.text]
        return Strip([*mark, *segments]).adjust_cell_length(width)
