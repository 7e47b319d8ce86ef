"""One line of text that an operator types or pastes.

Knows no rule but one: a card number is never kept (R9), not even for the time it is on the
screen.
"""

from __future__ import annotations

from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.reactive import Reactive
from textual.widgets import Input

from models.cards import mask_pans
from screens.words import _

LIMIT = 120


CARD_REFUSED = _("Numéro de carte masqué : il ne se note jamais, la carte se paie par un lien.")
"""R9, said wherever one was typed."""


class TextField(Input):
    """One line of text. What is pasted arrives in one piece, without control characters."""

    DEFAULT_CSS = """
    TextField { height: 1; border: none; padding: 0; background: transparent; width: 1fr; }
    TextField:focus { border: none; background-tint: transparent 0%; }
    """

    virtual_size = Reactive(Size(0, 0))  # Textual's has the whole screen laid out for each letter

    is_help_key_free = False
    """Whether "?" is no text here and may show the keys."""

    class CardRefused(Message):
        """Digits that are a card number were typed and masked (R9)."""

        def __init__(self, field: TextField) -> None:
            super().__init__()
            self.field = field

        @property
        def control(self) -> TextField:
            return self.field

    def __init__(self, *, id: str, placeholder: str = "", limit: int = LIMIT) -> None:  # noqa: A002
        super().__init__(
            id=id,
            placeholder=placeholder,
            max_length=limit,
            compact=True,
            select_on_focus=False,
            validate_on=(),  # else each first value has the styles of its field looked up anew
        )
        self.cursor_blink = False

    def validate_value(self, value: str) -> str:
        """Mask a card number before anything can see, send or store it; drop half characters
        (lone surrogates), which no file can hold.
        """
        whole = value.encode("utf-8", "ignore").decode("utf-8")
        masked = mask_pans(whole)
        if masked != whole and self.is_attached:
            self.post_message(self.CardRefused(self))
        return masked

    def set_quietly(self, value: str) -> None:
        """Show ``value`` without telling anybody that it changed."""
        if value != self.value:
            with self.prevent(Input.Changed):
                self.value = value
            self.cursor_position = len(self.value)

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        shown = "".join(c if c.isprintable() else " " for c in event.text[: 4 * LIMIT])
        text = self.validate_value(" ".join(shown.split()))
        start, end = sorted(self.selection)
        room = (self.max_length or LIMIT) - len(self.value) + end - start
        self.replace(text[: max(0, room)], start, end)  # what fits, where Textual takes nothing
