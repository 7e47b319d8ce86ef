"""Step 1: from what the caller says to a cartridge in the cart.

The cursor never leaves the one field; arrows walk the three columns beneath it. A digit is
text while something is typed, and a quantity once a cartridge is chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import ClassVar
from uuid import UUID

from textual import events, on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from models.cart import Cart
from models.catalogue import Article
from models.draft import Draft, Step
from models.errors import DomainError, KioskError
from screens.article_view import article_rows
from screens.printer_view import (
    gone_line,
    look_alike_line,
    new_price_line,
    nothing_done_line,
)
from screens.scan import Burst, is_barcode
from screens.status_view import caller, change_of, step_name
from screens.step import StepScreen
from screens.walk import Walk, again, begin, lost, refreshed
from screens.widgets.columns import Columns
from screens.widgets.frame import KeyHint
from screens.widgets.plain import Plain
from screens.widgets.text_field import LIMIT, TextField
from screens.words import _, counted
from services.desk_state import DeskState

QUANTITY_KEYS = "0123456789+-"

WALK = {"up", "down", "left", "right", "pageup", "pagedown", "enter", "escape", "question_mark"}


class SearchField(TextField):
    """The field of step 1: keeps text for itself and hands on every key that walks."""

    is_help_key_free = True
    walks_digits = False
    """A cartridge is chosen: digits are quantities."""

    class Walked(Message):
        """A key that is not text, or a digit that is a quantity."""

        def __init__(self, key: str, pressed_at: float) -> None:
            super().__init__()
            self.key = key
            self.pressed_at = pressed_at

    async def _on_key(self, event: events.Key) -> None:
        typed = event.character or ""
        is_quantity = self.walks_digits and typed != "" and typed in QUANTITY_KEYS
        if event.key in WALK or is_quantity:
            event.stop()
            event.prevent_default()
            self.post_message(self.Walked(typed if is_quantity else event.key, event.time))
        else:
            await super()._on_key(event)


class PrinterScreen(StepScreen):
    """Brand, model, cartridge, quantity."""

    STEP = Step.PRINTER
    FIRST_FOCUS = "search"
    CSS_PATH = "printer.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "note_unknown", _("Modèle inconnu"), id="printer.unknown", priority=True)
    ]

    def __init__(self) -> None:
        super().__init__()
        self.walk = Walk()
        self._walked_for: tuple[UUID, str] | None = None
        self._walked_in = ""
        """Version of a catalogue: the walk is of that one, or of a later one."""
        self._version_told = ""
        self._gone = ""
        """What left the catalogue from under the mark, until the operator knows."""
        self._remark = ""
        """What the last key did not do, and why."""
        self._burst = Burst()
        self._cart_before_burst = Cart()

    def compose_middle(self) -> Iterable[Widget]:
        with Horizontal(id="asked"):
            yield SearchField(
                id="search", placeholder=_("imprimante, cartouche ou code-barres"), limit=LIMIT
            )
            yield Plain(id="caller")
        yield Plain(id="hint")
        yield Columns(id="columns")

    # --- drawing -----------------------------------------------------------

    def draw(self, state: DeskState) -> None:
        draft = state.draft
        self.query_one("#caller", Plain).put(_caller_line(draft))
        self.query_one(SearchField).set_quietly(draft.search)
        status, told = self.console.sync_status, self._version_told
        self._version_told = status.catalogue_version if status else told
        if (draft.draft_id, draft.search) != self._walked_for:
            self._walked_in = self.console.catalogue.version
            self._walk_on(again(self.console.catalogue, draft), draft.search)
        elif told != self._version_told:
            self._follow_catalogue()
        self._draw_columns()

    def _walk_on(self, walk: Walk, text: str | None = None) -> None:
        """Go on from ``walk``; with a text, it is what the search field now holds."""
        self.walk, self._gone, self._remark = walk, "", ""
        if text is not None:
            self._walked_for = self.draft.draft_id, text
        self._take_digits()
        field = self.query_one(SearchField)
        if field.walks_digits:
            field.select_all()

    def _take_digits(self) -> None:
        """A digit meant for a cartridge that has just gone is not text either."""
        field = self.query_one(SearchField)
        is_meant = field.walks_digits and self._gone != ""
        field.walks_digits = self.walk.chosen is not None or is_meant

    def _follow_catalogue(self) -> None:
        """Where the catalogue changed since it was walked: the same walk in the present one,
        drawn in place. A catalogue that cannot be read just now is said; the rows stay.
        """
        catalogue, before = self.console.catalogue, self.walk
        try:
            version = catalogue.version
            if version == self._walked_in:
                return
            self.walk = refreshed(catalogue, before, self.draft.search)
        except KioskError as error:
            self.console.present(error)
            return
        self._walked_in = version
        self._gone = self._gone or lost(before, self.walk)
        self._take_digits()
        self._draw_columns(in_place=True)

    def _draw_columns(self, *, in_place: bool = False) -> None:
        columns, finding = self.query_one(Columns), self.walk.finding
        columns.show_brands(finding.brands, finding.brand, in_place=in_place)
        models = [printer.model for printer in finding.printers]
        columns.show_printers(models, finding.printer, in_place=in_place)
        rows = article_rows(finding.articles)
        columns.show_articles(rows, self.walk.article, in_place=in_place)
        columns.activate(self.walk.column)
        self.query_one("#hint", Plain).put(self._told or self._hint())
        self.refresh_keys()

    @property
    def _told(self) -> str:
        """What changed under the operator's hands; "" where nothing did."""
        return gone_line(self._gone) if self._gone else self._remark

    def _hint(self) -> str:
        finding, chosen = self.walk.finding, self.walk.chosen
        if finding.is_search and finding.is_empty:
            return _("Rien de ce nom. Cherchez par cartouche, ou Entrée : noter et rappeler.")
        if chosen is not None and (alike := look_alike_line(chosen, finding.articles)):
            return alike
        if finding.corrected:
            return _("compris : {text}").format(text=finding.corrected)
        if self._can_take_up:
            draft = self.console.interrupted[0]
            return interrupted_line(draft, change_of(draft, self.console.state))
        if self.draft.unknown_printer:
            return _("modèle noté, à rappeler : {model}").format(model=self.draft.unknown_printer)
        return ""

    def keys(self) -> Sequence[KeyHint]:
        return key_hints(self.walk, can_take_up=self._can_take_up)

    # --- what the operator does --------------------------------------------

    @on(Input.Changed, "#search")
    async def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._walk_on(begin(self.console.catalogue, event.value), event.value)
        await self.change(lambda draft: replace(draft, search=event.value, focus="search"))

    @on(SearchField.Walked)
    async def _walked(self, event: SearchField.Walked) -> None:
        catalogue, self._remark = self.console.catalogue, ""
        if not event.key.isdecimal():
            self._burst.end()
        match event.key:
            case "up" | "down":
                self._walk_on(self.walk.moved(-1 if event.key == "up" else 1, catalogue))
            case "pageup" | "pagedown":
                self._walk_on(self.walk.moved(-10 if event.key == "pageup" else 10, catalogue))
            case "left" | "right":
                self._walk_on(self.walk.turned(-1 if event.key == "left" else 1, catalogue))
            case "escape":
                await self._search_for("")
            case "enter":
                await self._enter()
            case "question_mark":
                await self.console.show_keys()
            case sign_or_digit:
                await self._quantity(sign_or_digit, event.pressed_at)
        await self._remember_marks()
        self._draw_columns()

    @property
    def _can_take_up(self) -> bool:
        """A call was cut off, and nothing of another one has begun."""
        untouched = self.draft.is_blank and self.walk.is_at_start
        return untouched and bool(self.console.interrupted)

    async def _search_for(self, text: str, cart: Cart | None = None) -> None:
        """As if ``text`` had been typed; with a cart, that one again."""
        self._walk_on(begin(self.console.catalogue, text), text)
        await self.change(
            lambda draft: replace(draft, search=text, focus="search", cart=cart or draft.cart)
        )

    async def _enter(self) -> None:
        if not self._is_as_drawn():
            return
        text, walk = self.draft.search.strip(), self.walk
        if walk.chosen is not None:
            await self._put_one_more(walk.chosen)
        elif walk.on_enter is not None:
            await self._put_one_more(walk.on_enter)
            if is_barcode(text):
                await self._search_for("")
            else:
                self._walk_on(self.walk.on_first_article())
        elif walk.finding.is_search and walk.finding.is_empty:
            await self.action_note_unknown()
        elif self._can_take_up:
            await self.console.take_up_interrupted()
        else:
            catalogue = self.console.catalogue
            marked = walk.moved(1, catalogue) if walk.is_at_start else walk
            self._walk_on(marked.turned(1, catalogue))

    def _is_as_drawn(self) -> bool:
        """Whether what a key is about is still there, at the price that the operator saw.
        Otherwise the screen shows what there is now, with a word on it: the key does nothing.
        """
        seen = self.walk.on_enter
        self._follow_catalogue()
        now, gone, self._gone = self.walk.on_enter, self._gone, ""
        self._take_digits()
        if gone:
            self._remark = nothing_done_line(gone)
        elif now is not None and (seen is None or seen.sku != now.sku):
            self._remark = nothing_done_line()
        elif now is not None and seen is not None and self._has_another_price(now, seen):
            self._remark = new_price_line(now)
        return not self._remark

    def _has_another_price(self, now: Article, seen: Article) -> bool:
        """A price that was said stays said; only one that is about to be said matters."""
        is_said = self.draft.cart.quantity_of(now.sku) > 0
        return not is_said and now.offer.price_cents != seen.offer.price_cents

    async def _remember_marks(self) -> None:
        """Where the marks stand is part of the call."""
        printer, chosen = self.walk.finding.chosen_printer, self.walk.chosen
        sku = chosen.sku if chosen else ""
        if chosen is not None and printer is not None:
            printer_id = printer.printer_id
            await self.change(lambda d: replace(d, printer_id=printer_id, chosen_sku=sku))
        elif not self.draft.is_blank:
            await self.change(lambda draft: replace(draft, chosen_sku=sku))

    async def action_note_unknown(self) -> None:
        """R5: never stuck. The model is kept with the call, and the call can be parked."""
        text = self.draft.search.strip()
        if not text:
            return
        await self.change(lambda draft: replace(draft, unknown_printer=text, search=""))
        await self.console.park(_("modèle inconnu : {model}, à rappeler").format(model=text))

    # --- quantities ----------------------------------------------------------

    async def _quantity(self, key: str, at: float) -> None:
        """A digit is the quantity, + and - change it; a burst of digits is a barcode."""
        if key not in "+-":
            digits = self._burst.add(key, at)
            if len(digits) == 1:
                self._cart_before_burst = self.draft.cart
            if self._burst.is_scan:
                await self._search_for(digits, self._cart_before_burst)
                return
        is_as_drawn, chosen = self._is_as_drawn(), self.walk.chosen
        if chosen is None or not is_as_drawn:
            return
        now = self.draft.cart.quantity_of(chosen.sku)
        wanted = {"+": now + 1, "-": max(0, now - 1)}.get(key)
        await self._put(chosen, int(key) if wanted is None else wanted)

    async def _put_one_more(self, article: Article) -> None:
        await self._put(article, self.draft.cart.quantity_of(article.sku) + 1)

    async def _put(self, article: Article, quantity: int) -> None:
        """Exactly this many in the cart."""

        def put(draft: Draft) -> Draft:
            price, now = article.offer.price_cents, self.console.now()
            cart = draft.cart.set_quantity(article.sku, quantity, price_cents=price, at=now)
            return replace(draft, cart=cart)

        try:
            await self.change(put)
        except DomainError as error:
            self.console.present(error)


def key_hints(walk: Walk, *, can_take_up: bool) -> Sequence[KeyHint]:
    """The keys of step 1 that do something now."""
    finding = walk.finding
    if can_take_up:
        return (KeyHint(_("Entrée"), _("reprendre l'appel")), KeyHint("↓", _("nouvel appel")))
    if finding.is_search and finding.is_empty:
        return (KeyHint(_("Entrée"), _("noter et rappeler")), KeyHint(_("Échap"), _("effacer")))
    if walk.chosen is not None:
        return (
            KeyHint(_("Entrée"), _("ajouter")),
            KeyHint("1-9", _("quantité")),
            KeyHint("← →", _("colonne")),
        )
    if finding.is_search and finding.best_is_article:
        return (KeyHint(_("Entrée"), _("ajouter")), KeyHint("↓", _("choisir")))
    unknown = (KeyHint("Ctrl+R", _("modèle inconnu")),) if finding.corrected else ()
    return (KeyHint(_("Entrée"), _("choisir")), KeyHint("← →", _("colonne")), *unknown)


def _caller_line(draft: Draft) -> str:
    name, city = caller(draft), draft.customer.person.city.strip()
    return f"{name}, {city}" if name and city else name


def interrupted_line(draft: Draft, change: str = "") -> str:
    """Which call was cut off, and where it stood."""
    name = caller(draft)
    facts = [
        *([change] if change else []),
        *([name] if name else []),
        counted(draft.cart.article_count, _("article"), _("articles")),
        step_name(draft.step),
    ]
    return _("Appel interrompu ({facts}). Entrée : le reprendre.").format(facts=", ".join(facts))
