"""The calls that wait on this console; any of them can be taken up again here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.text import Text
from textual import events
from textual.widget import Widget

from models.draft import DraftState
from screens.dialogs.dialog import Dialog
from screens.status_view import PARIS, caller, change_of
from screens.widgets.frame import KeyHint
from screens.widgets.ink import DIM, STRONG
from screens.widgets.rows import Rows, line
from screens.words import _, counted
from services.ports import DraftSummary


class Waiting(Rows, can_focus=True):
    """One line for each call."""


class CallsDialog(Dialog):
    """Choose a call with arrows, Enter takes it up; the one in hand then waits itself."""

    TITLE_TEXT = _("Appels en attente")
    FIRST_FOCUS = "waiting"

    def compose_middle(self) -> Iterable[Widget]:
        yield Waiting(id="waiting")

    @property
    def waiting(self) -> Sequence[DraftSummary]:
        return self.console.state.calls_waiting

    def on_mount(self) -> None:
        if self.waiting:
            state = self.console.state
            lines = [call_line(call, change_of(call.draft, state)) for call in self.waiting]
            chosen = 0
        else:
            lines, chosen = [line(_("Aucun appel n'attend."))], -1
        self.query_one(Waiting).put(lines, selected=chosen)

    def keys(self) -> Sequence[KeyHint]:
        if not self.waiting:
            return (KeyHint(_("Échap"), _("revenir")),)
        return (
            KeyHint(_("Entrée"), _("reprendre")),
            KeyHint("↑ ↓", _("choisir")),
            KeyHint(_("Échap"), _("revenir")),
        )

    async def on_key(self, event: events.Key) -> None:
        rows = self.query_one(Waiting)
        if event.key in {"up", "down"}:
            event.stop()
            rows.move(-1 if event.key == "up" else 1)
        elif event.key == "enter" and self.waiting:
            event.stop()
            await self.console.take_up(self.waiting[rows.selected].draft)


def call_line(call: DraftSummary, change: str = "") -> Text:
    """Who, what, since when, and why the call waits. Where it changes an order that was placed,
    which one is said in the place of its articles.
    """
    draft = call.draft
    at = call.updated_at.astimezone(PARIS).strftime("%d/%m %H:%M")
    articles = counted(draft.cart.article_count, _("article"), _("articles"))
    if call.is_held_elsewhere:
        why = _("ouvert sur un autre écran")
    elif draft.state is DraftState.PARKED:
        why = draft.parked_reason
    else:
        why = _("interrompu")
    about = caller(draft) or draft.unknown_printer or draft.search or _("sans nom")
    what = f"{change}, " if change else f"{articles:<12}"
    return line((f"{at}  {about:<24.24}", STRONG), f"  {what}", (why, DIM))
