"""What short questions share: a whole screen of their own, left with Escape.

They take the whole screen because a dimmed one behind them costs ten times the bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.css.scalar import Scalar
from textual.events import ScreenResume
from textual.screen import Screen
from textual.widget import Widget

from screens.console import Console, console_of
from screens.widgets.frame import (
    HELP_HINT,
    HELP_WHILE_TYPING,
    KeyHint,
    KeyLine,
    Notice,
    stands,
)
from screens.widgets.plain import Plain
from screens.widgets.text_field import CARD_REFUSED, TextField


class Dialog(Screen[None]):
    """A question over a step; Escape goes back without an answer."""

    TITLE_TEXT: ClassVar[str] = ""
    FIRST_FOCUS: ClassVar[str] = ""
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False, priority=True),
        Binding("ctrl+z", "nothing", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    Dialog #title { height: 2; margin: 0 1; text-style: bold; }
    Dialog #middle { height: 1fr; margin: 0 1; }
    """

    @property
    def console(self) -> Console:
        return console_of(self.app)

    def compose(self) -> ComposeResult:
        yield Plain(self.TITLE_TEXT, id="title")
        with Vertical(id="middle"):
            yield from self.compose_middle()
        yield Notice(id="notice")
        yield KeyLine(id="keys")

    def compose_middle(self) -> Iterable[Widget]:
        raise NotImplementedError

    def keys(self) -> Sequence[KeyHint]:
        raise NotImplementedError

    async def on_screen_resume(self, event: ScreenResume) -> None:
        del event
        await self.read_again()
        if self.FIRST_FOCUS:
            self.set_focus(self.query_one(f"#{self.FIRST_FOCUS}"))
        self.redraw()

    async def read_again(self) -> None:
        """Something changed in the console's file: show it in its place."""

    def redraw(self) -> None:
        """Say what works here now, and what went wrong; nothing before all of it is mounted, when
        news of the sync may come already, nor while it is taken down.
        """
        if not stands(self):
            return
        is_typing = isinstance(self.focused, TextField)
        self.query_one(KeyLine).help = HELP_WHILE_TYPING if is_typing else HELP_HINT
        self.query_one(KeyLine).hints = tuple(self.keys())
        notice = self.query_one(Notice)
        notice.show(self.console.notice, "")
        height = len(notice.lines(self.size.width - notice.margins))
        if notice.styles.height != Scalar.from_number(height):  # setting it lays all out anew
            notice.styles.height = height

    @on(TextField.CardRefused)
    def _card_refused(self) -> None:
        self.console.say(CARD_REFUSED)

    async def action_leave(self) -> None:
        await self.app.pop_screen()

    def be_done(self) -> None:
        """Leave from a handler of the dialog's own: not awaited, it would wait for its own end."""
        self.app.pop_screen()

    def action_nothing(self) -> None:
        """Ctrl+Z must not suspend a program that a caller waits for."""
