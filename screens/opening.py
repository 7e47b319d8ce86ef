"""What is on the screen while the console's files are opened: step 1, ready to be typed in.

Looks like step 1 without its columns, and imports nothing of it: it is the first paint.
What is typed here is shown at once, and handed over when step 1 takes its place.
"""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import Screen

from screens.widgets.frame import KeyHint, KeyLine, StatusPanel, StatusView, StepBar
from screens.widgets.plain import Plain
from screens.words import _


class OpeningScreen(Screen[None]):
    """The first frame."""

    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    OpeningScreen #typed, OpeningScreen #hint { height: 1; margin: 0 1; }
    OpeningScreen #middle { height: 1fr; }
    OpeningScreen #notice { height: 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._typed = ""

    def compose(self) -> ComposeResult:
        yield StepBar(id="steps")
        with Vertical(id="middle"):
            yield Plain(_("imprimante, cartouche ou code-barres"), id="typed")
            yield Plain(id="hint")
        status = StatusPanel(id="status")
        status.view = StatusView(
            total=_("panier vide"), connection=_("ouverture..."), is_online=False
        )
        yield status
        yield Plain(id="notice")
        keys = KeyLine(id="keys")
        keys.hints = (
            KeyHint(_("Entrée"), _("choisir")),
            KeyHint("← →", _("colonne")),
            KeyHint("F2", _("panier")),
            KeyHint("F3", _("client")),
            KeyHint("F4", _("livraison")),
        )
        yield keys

    def echo(self, event: events.Key | events.Paste) -> None:
        """Show what was typed; what it means is decided by step 1."""
        if isinstance(event, events.Paste):
            self._typed += event.text
        elif event.key == "backspace":
            self._typed = self._typed[:-1]
        elif event.character and event.is_printable:
            self._typed += event.character
        self.query_one("#typed", Plain).put(self._typed)
