"""Cancelling an order (R8): a reason, then a clear yes. Never one key alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual import events, on
from textual.widget import Widget
from textual.widgets import Input

from models.money import format_cents
from screens.dialogs.dialog import Dialog
from screens.follow_up_view import who
from screens.order_view import title
from screens.widgets.frame import KeyHint
from screens.widgets.plain import Plain
from screens.widgets.text_field import TextField
from screens.words import _
from services.follow_up_state import OrderDossier


class Sure(Plain, can_focus=True):
    """The question that only O answers."""

    DEFAULT_CSS = "Sure { text-style: bold; }"


class CancelOrderDialog(Dialog):
    """Enter gives the reason and asks; O cancels, anything else does not."""

    TITLE_TEXT = _("Annuler une commande")
    FIRST_FOCUS = "reason"

    def __init__(self, dossier: OrderDossier) -> None:
        super().__init__()
        self._order = dossier.order

    def compose_middle(self) -> Iterable[Widget]:
        amount = format_cents(self._order.quote.total_cents)
        yield Plain(f"{title(self._order)}, {who(self._order)}, {amount}")
        yield Plain("")
        yield Plain(_("Pourquoi ? (ne le veut plus, commandé ailleurs...)"))
        yield TextField(id="reason")
        yield Plain("")
        yield Sure(id="sure")

    @property
    def _is_asking(self) -> bool:
        return self.focused is not None and self.focused.id == "sure"

    def keys(self) -> Sequence[KeyHint]:
        if self._is_asking:
            return (
                KeyHint("O", _("oui, annuler la commande")),
                KeyHint("N", _("non, la garder")),
            )
        return (
            KeyHint(_("Entrée"), _("suite")),
            KeyHint(_("Échap"), _("revenir à la commande")),
        )

    @on(Input.Submitted, "#reason")
    def _given(self, event: Input.Submitted) -> None:
        event.stop()
        question = _("Annuler pour de bon ?   O : oui, l'annuler   N : non, la garder")
        sure = self.query_one("#sure", Sure)
        sure.put(question)
        self.set_focus(sure)
        self.redraw()

    async def on_key(self, event: events.Key) -> None:
        if not self._is_asking:
            return
        event.stop()
        match (event.character or "").lower():
            case "o":
                reason = self.query_one("#reason", TextField).value.strip()
                if await self.console.placed.cancel(self._order.order_id, reason):
                    self.be_done()
            case "n":
                self.be_done()
