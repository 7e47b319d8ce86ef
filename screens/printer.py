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

from models.catalogue import Article
from models.draft import Draft, Step
from models.errors import DomainError
from screens.article_view import article_rows
from screens.printer_view import (
    Finding,
    found,
    guided,
    look_alike_line,
    with_printer,
    with_printer_of,
)
from screens.status_view import caller, step_name
from screens.step import StepScreen
from screens.widgets.columns import Column, Columns
from screens.widgets.frame import KeyHint
from screens.widgets.plain import Plain
from screens.widgets.text_field import LIMIT, TextField
from screens.words import _, counted
from services.desk_state import DeskState

EAN_DIGITS = 13
QUANTITY_KEYS = "0123456789+-"

WALK = {"up", "down", "left", "right", "pageup", "pagedown", "enter", "escape", "question_mark"}


class SearchField(TextField):
    """The field of step 1: keeps text for itself and hands on every key that walks."""

    is_help_key_free = True
    walks_digits = False
    """A cartridge is chosen: digits are quantities."""

    class Walked(Message):
        """A key that is not text, or a digit that is a quantity."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    async def _on_key(self, event: events.Key) -> None:
        typed = event.character or ""
        is_quantity = self.walks_digits and typed != "" and typed in QUANTITY_KEYS
        if event.key in WALK or is_quantity:
            event.stop()
            event.prevent_default()
            self.post_message(self.Walked(typed if is_quantity else event.key))
        else:
            await super()._on_key(event)


class PrinterScreen(StepScreen):
    """Brand, model, cartridge, quantity."""

    STEP = Step.PRINTER
    FIRST_FOCUS = "search"
    CSS_PATH = "printer.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f7", "note_unknown", _("Modèle inconnu"), id="printer.unknown", priority=True)
    ]

    def __init__(self) -> None:
        super().__init__()
        self.finding = Finding()
        self.column = Column.BRANDS
        self.article = -1
        self._found_for: tuple[UUID, str] | None = None

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
        self.query_one("#caller", Plain).put(_caller_line(state.draft))
        self.query_one(SearchField).set_quietly(state.draft.search)
        if (state.draft.draft_id, state.draft.search) != self._found_for:
            self._find(state.draft.search)
            self._mark_again(state.draft)
        self._draw_columns()

    def _find(self, text: str) -> None:
        catalogue = self.console.catalogue
        self._found_for = self.draft.draft_id, text
        self.finding = found(catalogue, text) if text.strip() else guided(catalogue)
        self.article = -1
        self._walk_to(self._start_column())

    def _mark_again(self, draft: Draft) -> None:
        """A call that is taken up again has its marks where they were."""
        catalogue = self.console.catalogue
        self.finding = with_printer_of(catalogue, self.finding, draft.printer_id)
        skus = [article.sku for article in self.finding.articles]
        if draft.chosen_sku in skus:
            self.article = skus.index(draft.chosen_sku)
            self._walk_to(Column.ARTICLES)

    def _start_column(self) -> Column:
        if not self.finding.is_search:
            return Column.BRANDS
        return Column.ARTICLES if self.finding.best_is_article else Column.PRINTERS

    def _walk_to(self, column: Column) -> None:
        self.column = column
        field = self.query_one(SearchField)
        field.walks_digits = self.chosen is not None
        if field.walks_digits:
            field.select_all()

    @property
    def chosen(self) -> Article | None:
        """The cartridge that a digit or Enter would put in the cart."""
        if self.column is Column.ARTICLES and 0 <= self.article < len(self.finding.articles):
            return self.finding.articles[self.article]
        return None

    def _draw_columns(self) -> None:
        columns = self.query_one(Columns)
        finding = self.finding
        columns.show_brands(finding.brands, finding.brand)
        columns.show_printers([p.model for p in finding.printers], finding.printer)
        columns.show_articles(article_rows(finding.articles), self.article)
        columns.activate(self.column)
        self.query_one("#hint", Plain).put(self._hint())
        self.refresh_keys()

    def _hint(self) -> str:
        if self.finding.is_search and self.finding.is_empty:
            return _("Rien de ce nom. Cherchez par cartouche, ou Entrée : noter et rappeler.")
        if self.chosen is not None and (
            alike := look_alike_line(self.chosen, self.finding.articles)
        ):
            return alike
        if self.finding.corrected:
            return _("compris : {text}").format(text=self.finding.corrected)
        if self._can_take_up:
            return interrupted_line(self.console.interrupted[0])
        if self.draft.unknown_printer:
            return _("modèle noté, à rappeler : {model}").format(model=self.draft.unknown_printer)
        return ""

    def keys(self) -> Sequence[KeyHint]:
        if self._can_take_up:
            return (KeyHint(_("Entrée"), _("reprendre l'appel")), KeyHint("↓", _("nouvel appel")))
        if self.finding.is_search and self.finding.is_empty:
            return (KeyHint(_("Entrée"), _("noter et rappeler")), KeyHint(_("Échap"), _("effacer")))
        if self.chosen is not None:
            return (
                KeyHint(_("Entrée"), _("ajouter")),
                KeyHint("1-9", _("quantité")),
                KeyHint("← →", _("colonne")),
            )
        if self.finding.is_search and self.finding.best_is_article:
            return (KeyHint(_("Entrée"), _("ajouter")), KeyHint("↓", _("choisir")))
        unknown = (KeyHint("F7", _("modèle inconnu")),) if self.finding.corrected else ()
        return (KeyHint(_("Entrée"), _("choisir")), KeyHint("← →", _("colonne")), *unknown)

    # --- what the operator does --------------------------------------------

    @on(Input.Changed, "#search")
    async def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._find(event.value)
        await self.change(lambda draft: replace(draft, search=event.value, focus="search"))

    @on(SearchField.Walked)
    async def _walked(self, event: SearchField.Walked) -> None:
        match event.key:
            case "up" | "down":
                self._move(-1 if event.key == "up" else 1)
            case "pageup" | "pagedown":
                self._move(-10 if event.key == "pageup" else 10)
            case "left" | "right":
                self._turn(-1 if event.key == "left" else 1)
            case "escape":
                await self._begin_again()
            case "enter":
                await self._enter()
            case "question_mark":
                await self.console.show_keys()
            case sign_or_digit:
                await self._quantity(sign_or_digit)
        await self._remember_marks()
        self._draw_columns()

    def _move(self, delta: int) -> None:
        catalogue, finding = self.console.catalogue, self.finding
        if self.column is Column.ARTICLES:
            self.article = _within(self.article + delta, len(finding.articles))
            self._walk_to(Column.ARTICLES)
        elif self.column is Column.PRINTERS and finding.printers:
            row = _within(finding.printer + delta, len(finding.printers))
            self.finding = with_printer(catalogue, finding, row)
        elif self.column is Column.BRANDS and not finding.is_search:
            row = _within(finding.brand + delta, len(finding.brands))
            self.finding = guided(catalogue, brand=row)

    def _turn(self, delta: int) -> None:
        wanted = Column(_within(self.column + delta, len(Column)))
        if wanted is Column.PRINTERS and self.finding.printers:
            if self.finding.printer < 0:
                self._choose_printer(0)
            self.article = -1
            self._walk_to(wanted)
        elif wanted is Column.ARTICLES and self.finding.articles:
            self.article = max(0, self.article)
            self._walk_to(wanted)
        elif wanted is Column.BRANDS and not self.finding.is_search:
            self.article = -1
            self._walk_to(wanted)

    def _choose_printer(self, row: int) -> None:
        self.finding = with_printer(self.console.catalogue, self.finding, row)

    @property
    def _can_take_up(self) -> bool:
        """A call was cut off, and nothing of another one has begun."""
        untouched = self.draft.is_blank and self.finding.brand < 0
        return untouched and bool(self.console.interrupted)

    async def _begin_again(self) -> None:
        self._find("")
        await self.change(lambda draft: replace(draft, search="", focus="search"))

    async def _enter(self) -> None:
        text = self.draft.search.strip()
        if self.chosen is not None:
            await self._put(self.chosen, self.draft.cart.quantity_of(self.chosen.sku) + 1)
        elif self.finding.is_search and self.finding.best_is_article:
            await self._put(self.finding.articles[0], None)
            if _is_scan(text):
                await self._begin_again()
            else:
                self.article = 0
                self._walk_to(Column.ARTICLES)
        elif self.finding.is_search and self.finding.is_empty:
            await self.action_note_unknown()
        elif self._can_take_up:
            await self.console.take_up_interrupted()
        else:
            if self.column is Column.BRANDS and self.finding.brand < 0:
                self._move(1)
            self._turn(1)

    async def _remember_marks(self) -> None:
        """Where the marks stand is part of the call."""
        printer, chosen = self.finding.chosen_printer, self.chosen
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

    async def _quantity(self, key: str) -> None:
        if self.chosen is None:
            return
        now = self.draft.cart.quantity_of(self.chosen.sku)
        wanted = {"+": now + 1, "-": max(0, now - 1)}.get(key)
        await self._put(self.chosen, int(key) if wanted is None else wanted)

    async def _put(self, article: Article, quantity: int | None) -> None:
        """Exactly this many in the cart; None is one more."""
        if quantity is None:
            quantity = self.draft.cart.quantity_of(article.sku) + 1

        def put(draft: Draft) -> Draft:
            cart = draft.cart.set_quantity(
                article.sku,
                quantity,
                price_cents=article.offer.price_cents,
                at=self.console.now(),
            )
            return replace(draft, cart=cart)

        try:
            await self.change(put)
        except DomainError as error:
            self.console.present(error)


def _is_scan(text: str) -> bool:
    """An EAN-13, as a scanner types it."""
    return len(text) == EAN_DIGITS and text.isdecimal()


def _within(index: int, count: int) -> int:
    return max(0, min(count - 1, index))


def _caller_line(draft: Draft) -> str:
    name, city = caller(draft), draft.customer.person.city.strip()
    return f"{name}, {city}" if name and city else name


def interrupted_line(draft: Draft) -> str:
    """Which call was cut off, and where it stood."""
    name = caller(draft)
    facts = [
        *([name] if name else []),
        counted(draft.cart.article_count, _("article"), _("articles")),
        step_name(draft.step),
    ]
    return _("Appel interrompu ({facts}). Entrée : le reprendre.").format(facts=", ".join(facts))
