"""The caller knows: one line of what was agreed, and what was to be settled is settled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual import on
from textual.widget import Widget
from textual.widgets import Input

from models.work import Settlement
from screens.dialogs.dialog import Dialog
from screens.order_view import title
from screens.widgets.frame import KeyHint
from screens.widgets.plain import Plain
from screens.widgets.text_field import TextField
from screens.words import _
from services.follow_up_state import OrderDossier


class CalledBackDialog(Dialog):
    """Enter settles, with the note or without one."""

    TITLE_TEXT = _("Appel noté")
    FIRST_FOCUS = "note"

    def __init__(self, dossier: OrderDossier) -> None:
        super().__init__()
        self._dossier = dossier

    def compose_middle(self) -> Iterable[Widget]:
        yield Plain(title(self._dossier.order))
        yield Plain("")
        yield Plain(_("Qu'avez-vous convenu avec le client ? (une ligne, ou rien)"))
        yield TextField(id="note")
        yield Plain("")
        yield Plain(_("La commande reste telle qu'elle est ; elle quitte « À traiter »."))

    def keys(self) -> Sequence[KeyHint]:
        return (
            KeyHint(_("Entrée"), _("c'est réglé")),
            KeyHint(_("Échap"), _("revenir à la commande")),
        )

    @on(Input.Submitted, "#note")
    async def _given(self, event: Input.Submitted) -> None:
        event.stop()
        ids = [item.work_id for item in self._dossier.open_work]
        note = event.value.strip()
        if await self.console.placed.settle(ids, Settlement.CALLED_BACK, note):
            self.be_done()
