"""The application: the terminal, the keys that work everywhere, the opening and the end.

Owns what must stand before anything heavy is imported: the first paint, the keys typed
until the files are open, and the one place where a defect ends the program in order. The
call in hand is ``kiosk.live``'s, which is made in a thread once the first frame is shown.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.screen import Screen

from kiosk import presenter, tidy
from kiosk.keys import KeyTurns
from kiosk.terminal import KioskTerminalApp
from screens.opening import OpeningScreen
from screens.words import _

if TYPE_CHECKING:
    from kiosk.container import Container
    from kiosk.live import LiveConsole

OPENING_SECONDS_MAX = 0.5
"""The files are opened after the first frame, or then if a key came even before that."""

SWITCH_SECONDS = 0.001
"""How long another thread that imports, reads an answer or opens files may go on, each time that
the event loop wants the interpreter. It wants it several times a key; Python's own is 5 ms.
"""


class KioskApp(KeyTurns, KioskTerminalApp):
    """The console of one operator."""

    TITLE = "Kiosk"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1,ctrl+f", "go('printer')", _("Imprimante"), id="go.printer", priority=True),
        Binding("f2", "go('cart')", _("Panier"), id="go.cart", priority=True),
        Binding("f3", "go('customer')", _("Client"), id="go.customer", priority=True),
        Binding("f4", "go('delivery')", _("Livraison"), id="go.delivery", priority=True),
        Binding("f5", "go('payment')", _("Paiement"), id="go.payment", priority=True),
        Binding("f6", "go('read_back')", _("Relecture"), id="go.read_back", priority=True),
        Binding("f7,ctrl+o", "follow_up", _("Suivi"), id="orders.follow_up", priority=True),
        Binding("f8,ctrl+n", "new_call", _("Nouvel appel"), id="call.new", priority=True),
        Binding("f9,ctrl+t", "calls", _("Appels en attente"), id="call.list", priority=True),
        Binding("ctrl+p", "people", _("Opérateur"), id="people", priority=True),
        Binding("question_mark", "keys", show=False),
        Binding("f12,ctrl+g", "keys", _("Toutes les touches"), id="help", priority=True),
        Binding("ctrl+q", "leave", _("Quitter"), id="quit", priority=True),
        Binding("ctrl+c", "nothing", show=False, priority=True),
    ]

    def __init__(self, container: Container) -> None:
        super().__init__()
        self._container = container
        self._opening: asyncio.Task[None] | None = None
        self._opened = asyncio.Event()
        self._typed_ahead: list[events.Key | events.Paste] = []
        self._live: LiveConsole | None = None

    @property
    def live(self) -> LiveConsole:
        """What the screens of steps ask and tell; there once ``ready``."""
        assert self._live is not None  # noqa: S101 - no step is shown and no key handled before
        return self._live

    async def ready(self) -> None:
        """Until the files are open and what was typed ahead has been handled."""
        await self._opened.wait()

    # --- opening --------------------------------------------------------------

    async def on_mount(self) -> None:
        await self.push_screen(OpeningScreen())
        asyncio.get_running_loop().call_later(OPENING_SECONDS_MAX, self._begin_opening)

    def post_display_hook(self) -> None:
        """Called by Textual after each frame: the first one begins the opening."""
        self._begin_opening()

    def _begin_opening(self) -> None:
        if self._opening is None and self.is_running:
            self._opening = asyncio.create_task(self._open())

    async def _open(self) -> None:
        """Import and open everything slow in a thread, while the operator may type already."""
        try:
            self._live = await asyncio.to_thread(_live_console, self, self._container)
        except Exception as error:  # noqa: BLE001 - the boundary of a background task
            self.fail(error)
        else:
            # In the queue of the keys, so that those that come now stay behind those that came.
            self.call_later(self._hand_over)

    async def _hand_over(self) -> None:
        await self.live.begin(is_typed_ahead=bool(self._typed_ahead))
        while self._typed_ahead:
            await super().on_event(self._typed_ahead.pop(0))
        self._opened.set()

    async def on_event(self, event: events.Event) -> None:
        is_typed = isinstance(event, events.Key | events.Paste)
        if not is_typed or self._opened.is_set() or _is_leaving(event):
            await super().on_event(event)
            return
        assert isinstance(event, events.Key | events.Paste)  # noqa: S101 - is_typed
        self._typed_ahead.append(event)
        if isinstance(self.screen, OpeningScreen):
            self.screen.echo(event)

    def on_resize(self) -> None:
        if self._live is not None:
            self._live.resized()

    def read_styles(self, screens: Iterable[Screen[None]]) -> None:
        """The style sheets of all of them at once: each would have all others read again."""
        for path in {path for screen in screens for path in screen.css_path}:
            self.stylesheet.read(path)
        self.stylesheet.reparse()

    async def build(self, screen: Screen[None]) -> None:
        """Mount an installed screen without showing it: what push_screen does first."""
        _, mounted = self._get_screen(screen)
        await mounted

    # --- the end --------------------------------------------------------------

    def fail(self, error: Exception) -> None:
        """What cannot be gone on from ends the program, with a clear line on the terminal."""
        message = presenter.sentence(error)
        if presenter.exit_code(error) == presenter.EXIT_DEFECT:
            kept = presenter.keep_trace(error, self._container.folder)
            message += f"\n{kept}" if kept else ""
        self.exit(return_code=presenter.exit_code(error), message=f"kiosk: {message}")

    def _handle_exception(self, error: Exception) -> None:
        """A defect in a screen: everything entered is on disk, so leave in order and say so."""
        if self.is_headless:
            super()._handle_exception(error)
        else:
            self.fail(error)

    def close(self) -> None:
        """After the screen is gone: let go of files, threads and sync."""
        if self._live is not None:
            self._live.close()
        self._container.close()

    # --- keys that work everywhere ----------------------------------------------

    async def action_go(self, step: str) -> None:
        await self.live.go_by_key(step)

    async def action_new_call(self) -> None:
        await self.live.new_call()

    async def action_calls(self) -> None:
        await self.live.show_calls()

    async def action_follow_up(self) -> None:
        await self.live.placed.show_list()

    async def action_people(self) -> None:
        await self.live.people.show()

    async def action_keys(self) -> None:
        await self.live.show_keys()

    async def action_leave(self) -> None:
        """Everything entered is on disk: leaving asks nothing."""
        self.exit(return_code=0)

    def action_nothing(self) -> None:
        """Ctrl+C copies in some terminals; it must not end a call."""


def _is_leaving(event: events.Event) -> bool:
    return isinstance(event, events.Key) and event.key == "ctrl+q"


def _live_console(app: KioskApp, container: Container) -> LiveConsole:
    from kiosk.live import LiveConsole  # noqa: PLC0415 - not before the first paint

    return LiveConsole(app, container)


def run_console(container: Container) -> int:
    """Show the console until the operator leaves; the exit code of the process."""
    sys.setswitchinterval(SWITCH_SECONDS)
    tidy.put_off()
    app = KioskApp(container)
    try:
        app.run(mouse=False)
    finally:
        app.close()
    return app.return_code or 0
