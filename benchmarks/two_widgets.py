"""The smallest useful Textual application: what the first paint is compared with."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Input, Static


class TwoWidgets(App[None]):
    def compose(self) -> ComposeResult:
        yield Static("Deux éléments")
        yield Input()


if __name__ == "__main__":
    TwoWidgets().run()
