"""The card of one placed order: how it stands, what to say to the caller, what can be done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from textual import events
from textual.widget import Widget

from models.errors import KioskError
from screens.dialogs.called_back import CalledBackDialog
from screens.dialogs.cancel_order import CancelOrderDialog
from screens.dialogs.dialog import Dialog
from screens.order_view import order_lines, title, why_not_changed
from screens.widgets.frame import KeyHint
from screens.widgets.page import Page
from screens.widgets.plain import Plain
from screens.words import _
from services.follow_up_state import OrderDossier

WIDTH_MAX = 96
"""Beyond it a line of text is lost on the way back."""


class OrderCardDialog(Dialog):
    """Arrows turn the text; A, M and X settle, change and cancel."""

    TITLE_TEXT = _("Commande")
    FIRST_FOCUS = "card"

    def __init__(self, order_id: UUID) -> None:
        super().__init__()
        self.order_id = order_id
        self._dossier: OrderDossier | None = None

    def compose_middle(self) -> Iterable[Widget]:
        yield Page(id="card")

    # --- drawing -----------------------------------------------------------

    async def read_again(self) -> None:
        """The order as it stands now; what part of the text is in sight stays."""
        try:
            self._dossier = await self.console.at_desk(lambda d: d.order_file(self.order_id))
        except KioskError as error:
            self.console.present(error)
        self._show()

    def _show(self) -> None:
        dossier = self._dossier
        if dossier is None or not self.query("#card"):
            return
        self.query_one("#title", Plain).put(title(dossier.order))
        page = self.query_one(Page)
        page.put(order_lines(dossier, min(WIDTH_MAX, self.size.width - 2)))
        page.turn(0)
        self.redraw()

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    def keys(self) -> Sequence[KeyHint]:
        dossier = self._dossier
        if dossier is None:
            return (KeyHint(_("Échap"), _("revenir")),)
        noted = (KeyHint("A", _("appel noté")),) if dossier.open_work else ()
        changed = (KeyHint("M", _("modifier")), KeyHint("X", _("annuler")))
        more = () if self.query_one(Page).is_whole else (KeyHint("↑ ↓", _("suite")),)
        return (
            *noted,
            *(changed if dossier.is_changeable else ()),
            KeyHint(_("Échap"), _("revenir")),
            *more,
        )

    async def action_leave(self) -> None:
        self.console.say("")  # what was said of this order is not said of the list
        await super().action_leave()

    # --- keys --------------------------------------------------------------

    async def on_key(self, event: events.Key) -> None:
        match (event.character or "").lower():
            case "a":
                ask = self._note
            case "m":
                ask = self._change
            case "x":
                ask = self._cancel
            case _:
                return
        event.stop()
        if self._dossier is not None:
            await ask(self._dossier)

    async def _note(self, dossier: OrderDossier) -> None:
        if dossier.open_work:
            await self.app.push_screen(CalledBackDialog(dossier))
        else:
            self.console.say(_("Rien n'est à régler pour cette commande."))

    async def _change(self, dossier: OrderDossier) -> None:
        if why := why_not_changed(dossier):
            self.console.say(why)
        else:
            await self.console.placed.change(dossier.order.order_id)

    async def _cancel(self, dossier: OrderDossier) -> None:
        if why := why_not_changed(dossier):
            self.console.say(why)
        else:
            await self.app.push_screen(CancelOrderDialog(dossier))
