"""Text shown as it is: what people and files provided is never read as markup."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static


class Plain(Static):
    """A piece of text that is redrawn only when it changes."""

    DEFAULT_CSS = "Plain { height: auto; }"

    def __init__(
        self,
        text: str = "",
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(Content(text), id=id, classes=classes, markup=False)
        self._text = text

    def put(self, text: str) -> None:
        if text != self._text:
            self._text = text
            self.update(Content(text), layout=self.styles.auto_dimensions)
