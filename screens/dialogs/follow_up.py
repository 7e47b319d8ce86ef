"""What happens to orders after they were placed: what needs somebody, what is not sent, all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input

from models.errors import KioskError
from screens.dialogs.dialog import Dialog
from screens.follow_up_view import Lists, entry_of, found_lists, in_place, items, lists
from screens.status_view import connection, is_online
from screens.widgets.frame import KeyHint
from screens.widgets.items import Items
from screens.widgets.plain import Plain
from screens.widgets.rows import MARK
from screens.widgets.text_field import TextField
from screens.words import _
from services.desk import Desk

SEEK_LIMIT = 60


class FollowUpDialog(Dialog):
    """Arrows walk all rows, what is typed finds an order, Enter opens it."""

    TITLE_TEXT = _("Suivi")
    FIRST_FOCUS = "seek"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "try_now", _("Réessayer maintenant"), id="sync.now", priority=True),
    ]
    DEFAULT_CSS = """
    FollowUpDialog #seek-row { height: 2; }
    FollowUpDialog #seek-label { width: 13; }
    FollowUpDialog #seen { width: auto; max-width: 60%; margin: 0 0 0 2; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown = Lists()

    def compose_middle(self) -> Iterable[Widget]:
        with Horizontal(id="seek-row"):
            yield Plain(_("Rechercher :"), id="seek-label")
            yield TextField(id="seek", placeholder=_("référence, nom, téléphone"), limit=SEEK_LIMIT)
            yield Plain(id="seen")
        yield Items(id="followed")

    @property
    def _text(self) -> str:
        return self.query_one("#seek", TextField).value.strip()

    # --- drawing -----------------------------------------------------------

    async def read_again(self) -> None:
        """What changed since, with every row in its place."""
        await self._read(keeps_places=True)

    async def _read(self, *, keeps_places: bool) -> None:
        text = self._text
        try:
            now = await self.console.at_desk(lambda desk: _read(desk, text))
        except KioskError as error:
            self.console.present(error)
            return
        if text == self._text and self.is_mounted:  # else the next key has asked anew
            self._show(in_place(self._shown, now) if keeps_places else now)

    def _show(self, shown: Lists) -> None:
        self._shown = shown
        self.query_one(Items).put_items(items(shown, self.size.width - 2 - len(MARK)))
        self.redraw()

    def redraw(self) -> None:
        super().redraw()
        if self.query("#seen"):
            mark = "●" if is_online(self.console) else "○"
            self.query_one("#seen", Plain).put(f"{mark} {connection(self.console)}")

    def on_resize(self) -> None:
        self.call_after_refresh(self._show, self._shown)

    def keys(self) -> Sequence[KeyHint]:
        entry = entry_of(self._shown, self.query_one(Items).key)
        opens = (KeyHint(_("Entrée"), _("ouvrir")),) if entry else ()
        return (
            *opens,
            KeyHint("Ctrl+R", _("réessayer maintenant")),
            KeyHint(_("Échap"), _("effacer") if self._text else _("revenir")),
            *((KeyHint("↑ ↓", _("choisir")),) if entry else ()),
        )

    # --- keys --------------------------------------------------------------

    @on(Input.Changed, "#seek")
    async def _typed(self, event: Input.Changed) -> None:
        event.stop()
        await self._read(keeps_places=False)
        self.query_one(Items).mark_first()
        self.redraw()

    @on(Input.Submitted, "#seek")
    async def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        entry = entry_of(self._shown, self.query_one(Items).key)
        if entry is not None:
            await self.console.placed.show(entry.order.order_id)

    def on_key(self, event: events.Key) -> None:
        page = max(1, self.query_one(Items).size.height - 2)
        by = {"up": -1, "down": 1, "pageup": -page, "pagedown": page}.get(event.key)
        if by is not None:
            event.stop()
            self.query_one(Items).move(by)

    def action_try_now(self) -> None:
        self.console.placed.try_now()

    async def action_leave(self) -> None:
        if self._text:
            self.query_one("#seek", TextField).value = ""
        else:
            await super().action_leave()


def _read(desk: Desk, text: str) -> Lists:
    seen = desk.follow_up()
    return found_lists(seen, desk.find_orders(text)) if text else lists(seen)
