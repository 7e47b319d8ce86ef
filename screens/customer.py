"""Step 3: who pays. A known caller is found in one field; a new one is asked in speaking order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import ContentSwitcher, Input

from models.customer import Customer
from models.draft import CustomerEntry, Draft, Step
from models.intake import check_customer
from screens.customer_view import as_new_customer, file_line, hit_lines
from screens.form_step import FormScreen
from screens.person_fields import (
    ADDRESS_FIELDS,
    NAME_FIELDS,
    PERSON_FIELDS,
    commune_remark,
    entered,
    remarks_of,
    values_of,
)
from screens.widgets.form import Field, Form, Remark
from screens.widgets.frame import KeyHint
from screens.widgets.plain import Plain
from screens.widgets.rows import Rows
from screens.widgets.text_field import TextField
from screens.words import _
from services.desk_state import CustomerFile, DeskState

FIELDS = (
    *NAME_FIELDS,
    Field("phone", _("Téléphone"), limit=30),
    Field("second_phone", _("Autre téléphone"), limit=30),
    Field("email", _("E-mail, s'il existe")),
    *ADDRESS_FIELDS,
)
SEARCH_WALK = {"up", "down", "enter", "escape"}


class CustomerSearch(TextField):
    """Finds a known customer; arrows walk what was found."""

    class Walked(Message):
        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    async def _on_key(self, event: events.Key) -> None:
        if event.key in SEARCH_WALK:
            event.stop()
            event.prevent_default()
            self.post_message(self.Walked(event.key))
        else:
            await super()._on_key(event)


class CustomerScreen(FormScreen):
    """Who pays."""

    STEP = Step.CUSTOMER
    NEXT = Step.DELIVERY
    FIRST_FOCUS = "find"
    CSS_PATH = "customer.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "like_last_time", _("Comme la dernière fois"), id="again", priority=True)
    ]

    def __init__(self) -> None:
        super().__init__()
        self.hits: Sequence[Customer] = ()
        self._hits_for = ""
        self.file: CustomerFile | None = None

    def compose_middle(self) -> Iterable[Widget]:
        with Horizontal(id="find-row"):
            yield Plain(_("Chercher"), id="find-label")
            yield CustomerSearch(
                id="find", placeholder=_("téléphone, nom, code postal ou référence")
            )
        yield Plain(id="file")
        with ContentSwitcher(initial="form", id="middle-of-customer"):
            yield Form(FIELDS, id="form")
            yield Rows(id="hits")

    # --- drawing -----------------------------------------------------------

    def draw(self, state: DeskState) -> None:
        entry = state.draft.customer
        self.query_one("#find", CustomerSearch).set_quietly(entry.search)
        self.form.fill(
            values_of(entry.person)
            | {"phone": entry.phone, "second_phone": entry.second_phone, "email": entry.email}
        )
        self.form.remark(self._remarks(entry))
        self._draw_hits()
        if self.file and self.file.customer.customer_id != entry.customer_id:
            self.file = None
        self.query_one("#file", Plain).put(self._file_text(entry))
        if entry.customer_id and self.file is None:
            self.call_later(self._read_file)
        if entry.search != self._hits_for:
            self.call_later(self._search, entry.search)

    def _file_text(self, entry: CustomerEntry) -> str:
        if self.file is not None:
            return file_line(self.file, self.console.catalogue, self.size.width - 2)
        if entry.search.strip() and not self.hits:
            return _("Personne de ce nom ici. Entrée : nouveau client.")
        return ""

    def _draw_hits(self) -> None:
        rows = self.query_one("#hits", Rows)
        rows.put(hit_lines(self.hits), selected=max(0, rows.selected) if self.hits else -1)
        self.query_one(ContentSwitcher).current = "hits" if self.hits else "form"

    def _remarks(self, entry: CustomerEntry) -> Mapping[str, Remark]:
        remarks = remarks_of(check_customer(entry).problems, self.form.passed())
        commune = commune_remark(entry.person, self.console.postal)
        if commune is not None:
            remarks["city"] = commune
        return remarks

    def keys(self) -> Sequence[KeyHint]:
        if self.hits:
            return (KeyHint(_("Entrée"), _("choisir")), KeyHint(_("Échap"), _("nouveau client")))
        if self.focused is not None and self.focused.id == "find":
            return (KeyHint(_("Entrée"), _("chercher, ou nouveau")), KeyHint("↓", _("fiche")))
        again = self.file is not None and bool(self.file.orders)
        return (
            KeyHint(_("Entrée"), _("suite")),
            *((KeyHint("Ctrl+R", _("comme la dernière fois")),) if again else ()),
        )

    # --- finding -----------------------------------------------------------

    @on(Input.Changed, "#find")
    async def _searched(self, event: Input.Changed) -> None:
        event.stop()
        self._hits_for = event.value
        await self.change(
            lambda draft: replace(draft, customer=replace(draft.customer, search=event.value))
        )
        await self._search(event.value)

    async def _search(self, text: str) -> None:
        """Show who is found by ``text``, which is that of the draft."""
        self._hits_for, wanted = text, text.strip()
        self.hits = await self.console.at_desk(lambda d: d.find_customers(wanted)) if wanted else ()
        self.query_one("#hits", Rows).selected = 0 if self.hits else -1
        self.redraw()

    @on(CustomerSearch.Walked)
    async def _walked(self, event: CustomerSearch.Walked) -> None:
        rows = self.query_one("#hits", Rows)
        if event.key == "escape" or (event.key == "enter" and not self.hits):
            await self._new_customer()
        elif event.key == "enter":
            await self._choose(self.hits[max(0, rows.selected)])
        elif self.hits:
            rows.move(-1 if event.key == "up" else 1)
        elif event.key == "down":
            self.form.focus_first()

    async def _choose(self, customer: Customer) -> None:
        self.file = await self.console.at_desk(lambda d: d.customer_file(customer.customer_id))
        self.hits, self._hits_for = (), ""
        await self.console.act(lambda desk, draft: desk.choose_customer(draft, customer))
        self.form.focus_first()

    async def _new_customer(self) -> None:
        """What was typed to find nobody is where the new file begins."""
        self.hits, self._hits_for = (), ""
        await self.change(lambda draft: replace(draft, customer=as_new_customer(draft.customer)))
        self.redraw()
        self.form.focus_first()

    async def _read_file(self) -> None:
        """The file of a customer that was chosen before this screen came up."""
        customer_id = self.draft.customer.customer_id
        if customer_id is not None and self.file is None:
            self.file = await self.console.at_desk(lambda d: d.customer_file(customer_id))
            if self.file is not None:
                self.redraw()

    # --- the form ----------------------------------------------------------

    def with_field(self, draft: Draft, name: str, value: str) -> Draft:
        return replace(draft, customer=self._with(draft.customer, name, value))

    def _with(self, entry: CustomerEntry, name: str, value: str) -> CustomerEntry:
        if name not in PERSON_FIELDS:
            return replace(entry, **{name: value})  # type: ignore[arg-type]
        return replace(entry, person=entered(entry.person, name, value, self.console.postal))

    @on(Form.LeftAbove)
    def _left_above(self) -> None:
        self.set_focus(self.query_one("#find"))

    async def action_like_last_time(self) -> None:
        """R3: what they last bought, in one key."""
        if self.file is None or not self.file.orders:
            return
        last = max(self.file.orders, key=lambda row: row.order.placed_at).order
        await self.console.act(lambda desk, draft: desk.like_last_time(draft, last))
