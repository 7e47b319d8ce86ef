"""The terminal that the console runs in: whether it will do, how it is begun, written to and left.

Owns the driver and the part of the application that Textual's own screens would not keep
small: bytes on the line, colours, the cursor, the end of a dropped line. Knows no step of an
order and no rule.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import termios
import tty
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, TextIO, cast

from rich.console import RenderableType
from textual import events, on
from textual._ansi_sequences import SYNC_END, SYNC_START
from textual._compositor import CompositorUpdate, LayoutUpdate
from textual.app import App
from textual.binding import Binding, BindingType
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Offset, Size
from textual.screen import Screen
from textual.strip import Strip
from textual.theme import Theme
from textual.widgets import Input

from kiosk.painter import Painter

MIN_COLUMNS, MIN_ROWS = 60, 20

LARGE_WRITE = 1024
"""Characters from which a terminal could be seen painting, and is asked to show it at once."""

LINE_SECONDS = 1.0
"""Between two looks at whether the terminal is still there."""

_LEAVING_SIGNALS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)

_INSTEAD = {
    # Focus reports would repaint, and take the focus off the field, at each change of window.
    "\x1b[?1004h": "",
    "\x1b[?1004l": "",
    # Of kitty's keyboard protocol an unambiguous Escape is enough; with every key reported,
    # dead keys (^ and ¨ of a French keyboard) are lost in some terminals.
    "\x1b[>25u": "\x1b[>1u",
}
"""What LinuxDriver writes on its way in and out that this console says otherwise."""


def locale_of(environ: Mapping[str, str]) -> str:
    """The locale of characters, by POSIX's order; "" where none is set, which is taken as UTF-8."""
    return environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or ""


def locale_fault(environ: Mapping[str, str]) -> str | None:
    """Why accents and boxes cannot be shown and what to do; None if they can."""
    locale = locale_of(environ)
    if not locale or "UTF8" in locale.upper().replace("-", ""):
        return None
    return (
        f"la langue du terminal ({locale}) n'est pas en UTF-8 : "
        "réglez par exemple LC_ALL=C.UTF-8 ou LC_ALL=fr_FR.UTF-8."
    )


def unusable_because(stdin: TextIO, stdout: TextIO, environ: Mapping[str, str]) -> str | None:
    """Why the screen cannot work here and what to do, as a French sentence; None if it can."""
    if not (stdin.isatty() and stdout.isatty()):
        return (
            "la console a besoin d'un terminal : lancez-la sans redirection ; "
            "« kiosk search » et « kiosk orders » marchent sans écran."
        )
    if (term := environ.get("TERM", "")) in {"", "dumb", "unknown"}:
        return (
            f"ce terminal (TERM={term}) ne sait pas placer le texte : "
            "ouvrez-en un autre, ou réglez par exemple TERM=xterm-256color."
        )
    if (fault := locale_fault(environ)) is not None:
        return fault
    columns, rows = os.get_terminal_size(stdout.fileno())
    if columns < MIN_COLUMNS or rows < MIN_ROWS:
        return (
            f"la fenêtre fait {columns} × {rows} caractères : "
            f"agrandissez-la à {MIN_COLUMNS} × {MIN_ROWS} au moins (80 × 24 conseillé)."
        )
    return None


class _Line:
    """The terminal as a file whose far end may go away; from then on writes are dropped.

    Textual's writer thread would die of the error, and the next thirty frames block the app.
    """

    def __init__(self, fileno: int) -> None:
        self._fileno = fileno
        self._pending = bytearray()
        self._is_gone = False

    def fileno(self) -> int:
        return self._fileno

    def write(self, text: str) -> None:
        self._pending += text.encode("utf-8", "replace")

    def flush(self) -> None:
        try:
            while self._pending and not self._is_gone:
                del self._pending[: os.write(self._fileno, self._pending)]
        except OSError:
            self._is_gone = True
        self._pending.clear()


class KioskDriver(LinuxDriver):
    """Writes frames as differences; leaves in order when the line drops.

    No mouse is asked for: every action has a key, and the terminal's own selection of text
    keeps working. Changes of size come by SIGWINCH.
    """

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool = False,
        mouse: bool = True,  # noqa: ARG002 - Textual's signature
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=False, size=size)
        self._watching: asyncio.TimerHandle | None = None
        self._file = _Line(sys.__stdout__.fileno())  # type: ignore[assignment,union-attr]
        self._painter = Painter(app.console._color_system)  # noqa: SLF001 - the enum, not its name

    def show(
        self,
        lines: Sequence[Iterable[Strip]],
        size: Size,
        cursor: Offset | None,
        *,
        can_sync: bool,
    ) -> None:
        """Make the terminal show these lines; writes nothing where it does already."""
        data = self._painter.paint(lines, size, cursor)
        if can_sync and len(data) > LARGE_WRITE:
            data = SYNC_START + data + SYNC_END
        if data:
            self.write(data)

    def forget(self) -> None:
        """The terminal was written to by others: begin anew with the next ``show``."""
        self._painter.forget()

    def write(self, data: str) -> None:
        if wanted := _INSTEAD.get(data, data):
            super().write(wanted)

    def start_application_mode(self) -> None:
        self.forget()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._stop_output_processing()
        loop = asyncio.get_running_loop()
        for number in _LEAVING_SIGNALS:
            loop.add_signal_handler(number, self._leave, number)
        self._watch_line()

    def _watch_line(self) -> None:
        """Leave when the terminal is gone. SIGHUP says so, but not to a program whose shell or
        make died before it; Textual's input thread would then spin at the end of the file.
        """
        line = select.poll()
        line.register(self.fileno, 0)
        if line.poll(0):
            self._leave(signal.SIGHUP)
        else:
            loop = asyncio.get_running_loop()
            self._watching = loop.call_later(LINE_SECONDS, self._watch_line)

    def stop_application_mode(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
        super().stop_application_mode()
        for number in _LEAVING_SIGNALS:
            asyncio.get_running_loop().remove_signal_handler(number)

    def resume_application_mode(self) -> None:
        super().resume_application_mode()
        self.send_message(events.Callback(callback=self._repaint))

    async def _repaint(self) -> None:
        self._app.screen.refresh(layout=True)

    def _stop_output_processing(self) -> None:
        """A line feed then moves down and no more: one byte instead of four."""
        if self.attrs_before is not None:
            attributes = termios.tcgetattr(self.fileno)
            attributes[tty.OFLAG] &= ~termios.OPOST
            termios.tcsetattr(self.fileno, termios.TCSADRAIN, attributes)

    def _leave(self, number: signal.Signals) -> None:
        self._app.exit(return_code=128 + number)

    def _query_in_band_window_resize(self) -> None:
        """Not asked: SIGWINCH says the same without a round trip."""


KIOSK_THEME = Theme(
    name="kiosk",
    ansi=True,
    primary="ansi_cyan",
    secondary="ansi_cyan",
    accent="ansi_cyan",
    warning="ansi_red",
    error="ansi_red",
    success="ansi_default",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    variables={
        "ansi-background": "ansi_default",
        "ansi-foreground": "ansi_default",
        "border": "ansi_cyan",
        "border-blurred": "ansi_default",
        "block-cursor-foreground": "ansi_default",
        "block-cursor-background": "ansi_default",
        "block-cursor-text-style": "bold",
        "input-selection-background": "ansi_cyan",
        "input-selection-foreground": "ansi_black",
        "screen-selection-background": "ansi_cyan",
        "screen-selection-foreground": "ansi_black",
    },
)
"""The terminal's own foreground and background, and its own sixteen colours: right on a dark
and on a light one without asking which it is."""


class KioskTerminalApp(App[int]):
    """The base of the console's application: all that has to do with the terminal.

    Frames are written as differences, in the terminal's own colours, without mouse, animation
    or command palette (which offers a picture of customers' data). The terminal's own cursor
    stands in the focused field. Ctrl+L paints anew; Ctrl+Z is not a suspension.
    """

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+l", "refresh_terminal", "Redessiner", show=False, priority=True)
    ]
    DEFAULT_CSS = """
    KioskTerminalApp {
        Input, Input:focus, TextArea, TextArea:focus {
            background: ansi_default;
            background-tint: transparent;
        }
        Input:ansi > .input--cursor, TextArea:ansi .text-area--cursor {
            background: ansi_default;
            color: ansi_default;
            text-style: none;
        }
    }
    """

    def __init__(self, **options: Any) -> None:
        options.setdefault("driver_class", KioskDriver)
        super().__init__(ansi_color=True, **options)
        self.animation_level = "none"
        self.register_theme(KIOSK_THEME)
        self.theme = KIOSK_THEME.name

    def action_refresh_terminal(self) -> None:
        """Paint the whole screen anew, whatever the terminal shows."""
        if isinstance(self._driver, KioskDriver):
            self._driver.forget()
        self.screen.refresh()

    def action_suspend_process(self) -> None:
        """Nothing: an order is not left behind in a stopped process."""

    def _set_pointer_shape(self, shape: str) -> None:
        """Nothing: there is no mouse to point with."""

    @on(events.DescendantFocus)
    def _stop_blinking(self, event: events.DescendantFocus) -> None:
        """Textual's own cursor is not drawn, so it need not wake the console twice a second."""
        if hasattr(event.widget, "cursor_blink"):
            event.widget.cursor_blink = False

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if isinstance(self._driver, KioskDriver) and isinstance(renderable, CompositorUpdate):
            if self._running and not self._closed and not self._batch_count:
                self._show(self._driver, renderable)
            self.post_display_hook()
        else:
            super()._display(screen, renderable)

    def _show(self, driver: KioskDriver, update: CompositorUpdate) -> None:
        lines = (update if isinstance(update, LayoutUpdate) else self._whole_screen()).strips
        driver.show(lines, self.size, self._terminal_cursor(), can_sync=self._sync_available)

    def _whole_screen(self) -> LayoutUpdate:
        """All of the screen, whatever the update: it costs half a millisecond, what differs is
        found by the painter, and Textual's partial updates can miss a widget that moved.
        """
        compositor = self.screen._compositor  # noqa: SLF001 - as App.export_screenshot does
        update = compositor.render_update(full=True, screen_stack=self._background_screens)
        return cast("LayoutUpdate", update)

    def _terminal_cursor(self) -> Offset | None:
        """Where the focused field has its cursor, if it has one and it is in sight."""
        field = self.screen.focused
        position: Offset | None = getattr(field, "cursor_screen_offset", None)
        if field is None or position is None:
            return None
        if isinstance(field, Input) and field.cursor_at_end:
            position -= (1, 0)  # Textual counts a cell for its own cursor
        return position if field.region.contains_point(position) else None
