"""Putting a call aside: why it waits, so that a colleague knows too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input

from models.reference import grouped
from screens.dialogs.dialog import Dialog
from screens.status_view import changed_reference
from screens.widgets.frame import KeyHint
from screens.widgets.plain import Plain
from screens.widgets.text_field import TextField
from screens.words import _


class ParkDialog(Dialog):
    """Asks for the reason; Enter parks the call and begins a new one."""

    TITLE_TEXT = _("Mettre cet appel en attente")
    FIRST_FOCUS = "reason"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+x", "abandon", show=False, priority=True),  # else it cuts text in the field
    ]

    def __init__(self, reason: str = "") -> None:
        super().__init__()
        self._proposed = reason

    def compose_middle(self) -> Iterable[Widget]:
        yield Plain(_("Pourquoi attend-il ? (rappelle plus tard, cherche sa référence...)"))
        yield TextField(id="reason")
        yield Plain("")
        yield Plain(_("L'appel garde tout ; chacun sur ce poste peut le reprendre par F9."))
        yield Plain(self._change_line())

    def _change_line(self) -> str:
        reference = changed_reference(self.console.state)
        if reference is None:
            return ""
        return _(
            "D'ici là, et si vous abandonnez, la commande {reference} reste inchangée."
        ).format(reference=grouped(reference))

    def on_mount(self) -> None:
        self.query_one("#reason", TextField).set_quietly(self._proposed)

    def keys(self) -> Sequence[KeyHint]:
        return (
            KeyHint(_("Entrée"), _("mettre en attente")),
            KeyHint("Ctrl+X", _("abandonner")),
            KeyHint(_("Échap"), _("revenir")),
        )

    @on(Input.Submitted, "#reason")
    async def _given(self, event: Input.Submitted) -> None:
        event.stop()
        await self.console.park_now(event.value.strip() or _("sans motif"))

    async def action_abandon(self) -> None:
        await self.console.abandon_now()
