"""A small application made of the real widgets, to measure and look at them before all else."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Input

from kiosk.terminal import KioskTerminalApp
from screens.widgets.frame import KeyHint, KeyLine, StatusPanel, StatusView, StepBar

VIEW = StatusView(
    cart=("1 × LC-970 noir", "2 × LC-970 cyan"),
    total="3 articles  48,70 € TTC",
    promise="départ au plus tard mer. 25 nov.",
    connection="en ligne",
    outbox="aucun envoi en attente",
    calls="1 appel en attente (Mme ROUX, 10:42)",
)
HINTS = (
    KeyHint("Entrée", "ajouter"),
    KeyHint("1-9", "quantité"),
    KeyHint("← →", "colonne"),
    KeyHint("F3", "client"),
    KeyHint("F6", "relire"),
)


class SampleScreen(Screen[None]):
    CSS = """
    Input { border: none; height: 1; padding: 0 1; margin: 0; }
    Input:focus { border: none; }
    #middle { height: 1fr; }
    """

    def compose(self) -> ComposeResult:
        yield StepBar()
        yield Input()
        yield Vertical(id="middle")
        yield StatusPanel()
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one(StatusPanel).view = VIEW
        self.query_one(KeyLine).hints = HINTS


class SampleApp(KioskTerminalApp):
    def on_mount(self) -> None:
        self.push_screen(SampleScreen())


if __name__ == "__main__":
    raise SystemExit(SampleApp().run() or 0)
