"""Step 2: quantities, codes, and what it comes to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from models.draft import Draft, Step
from models.errors import DomainError
from models.quote import CodeOutcome
from models.vouchers import Refusal, RefusalReason
from screens.cart_view import cart_lines, code_lines, pack_line, total_lines
from screens.step import StepScreen
from screens.widgets.frame import KeyHint
from screens.widgets.plain import Plain
from screens.widgets.rows import MARK, Rows
from screens.widgets.text_field import TextField
from screens.words import _
from services.desk import Desk
from services.desk_state import DeskState

CODE_LIMIT = 40


class CartLines(Rows, can_focus=True):
    """The lines of the cart. Digits are the quantity of the chosen one."""

    class QuantityAsked(Message):
        """A digit, + or - was pressed on a line; Suppr is 0."""

        def __init__(self, sign_or_digit: str) -> None:
            super().__init__()
            self.key = sign_or_digit

    class LeftBelow(Message):
        """↓ past the last line, or a letter: the code is what comes next."""

        def __init__(self, typed: str = "") -> None:
            super().__init__()
            self.typed = typed

    class Accepted(Message):
        """Enter."""

    def on_key(self, event: events.Key) -> None:
        told = self._message_for(event)
        if told is not None:
            event.stop()
            event.prevent_default()
            self.post_message(told)

    def _message_for(self, event: events.Key) -> Message | None:
        typed = event.character or ""
        match event.key:
            case "up":
                self.move(-1)
            case "down" if self.selected < self.count - 1:
                self.move(1)
            case "down":
                return self.LeftBelow()
            case "delete" | "backspace":
                return self.QuantityAsked("0")
            case "enter":
                return self.Accepted()
            case _ if typed and typed in "0123456789+-":
                return self.QuantityAsked(typed)
            case _ if typed.isalpha():
                return self.LeftBelow(typed)
        return None


class CartScreen(StepScreen):
    """What is in the cart and what takes something off it."""

    STEP = Step.CART
    FIRST_FOCUS = "lines"
    CSS_PATH = "cart.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "take_pack", _("Prendre le pack"), id="cart.pack", priority=True)
    ]

    def compose_middle(self) -> Iterable[Widget]:
        yield CartLines(id="lines")
        yield Plain(id="pack")
        with Horizontal(id="code-row"):
            yield Plain(_("Code promo, avantage ou avoir :"), id="code-label")
            yield TextField(id="code", limit=CODE_LIMIT)
        yield Plain(id="code-remark")
        yield Rows(id="codes", marks=False)
        yield Rows(id="totals", marks=False)

    # --- drawing -----------------------------------------------------------

    def draw(self, state: DeskState) -> None:
        articles = {article.sku: article for article in state.articles}
        width = self.size.width - 2
        lines = self.query_one("#lines", CartLines)
        lines.put(cart_lines(state.quote, articles, width - len(MARK)))
        if lines.selected < 0 < lines.count:
            lines.selected = 0
        self._put_rows("#codes", code_lines(state, width))
        self._put_rows(
            "#totals", [] if state.draft.cart.is_empty else total_lines(state.quote, width)
        )
        self.query_one("#pack", Plain).put(pack_line(state.quote))
        self.query_one("#code", TextField).set_quietly(state.draft.code_entry)
        if not state.draft.code_entry:
            self._remark("")

    def _put_rows(self, selector: str, lines: Sequence[object]) -> None:
        rows = self.query_one(selector, Rows)
        rows.put(lines)  # type: ignore[arg-type]
        rows.styles.height = len(lines)

    def keys(self) -> Sequence[KeyHint]:
        if self.focused is not None and self.focused.id == "code":
            return (
                KeyHint(_("Entrée"), _("donner le code")),
                KeyHint("↑", _("lignes")),
                KeyHint(_("Suppr"), _("retirer un code")),
            )
        return (
            KeyHint(_("Entrée"), _("client")),
            KeyHint("0-9 + -", _("quantité")),
            KeyHint(_("Suppr"), _("retirer")),
            KeyHint("↓", _("code")),
        )

    # --- lines -------------------------------------------------------------

    @on(CartLines.QuantityAsked)
    async def _quantity_asked(self, event: CartLines.QuantityAsked) -> None:
        index = self.query_one("#lines", CartLines).selected
        if not 0 <= index < len(self.draft.cart.lines):
            return
        line = self.draft.cart.lines[index]
        wanted = {"+": line.quantity + 1, "-": line.quantity - 1}.get(event.key)
        quantity = int(event.key) if wanted is None else wanted
        await self._set(line.sku, quantity)

    async def _set(self, sku: str, quantity: int) -> None:
        def put(draft: Draft) -> Draft:
            cart = draft.cart.set_quantity(sku, quantity, price_cents=0, at=self.console.now())
            return replace(draft, cart=cart)

        try:
            await self.change(put)
        except DomainError as error:
            self.console.present(error)

    @on(CartLines.Accepted)
    async def _accepted(self) -> None:
        await self.console.go(Step.CUSTOMER)

    @on(CartLines.LeftBelow)
    def _left_below(self, event: CartLines.LeftBelow) -> None:
        field = self.query_one("#code", TextField)
        self.set_focus(field)
        if event.typed:
            field.insert_text_at_cursor(event.typed)

    async def action_take_pack(self) -> None:
        if self.console.state.quote.pack_hint is not None:
            await self.console.act(lambda desk, draft: desk.take_pack(draft))

    # --- codes -------------------------------------------------------------

    @on(Input.Changed, "#code")
    async def _code_typed(self, event: Input.Changed) -> None:
        event.stop()
        self._remark("")
        await self.change(lambda draft: replace(draft, code_entry=event.value))

    @on(Input.Submitted, "#code")
    async def _code_given(self, event: Input.Submitted) -> None:
        event.stop()
        if not event.value.strip():
            await self.console.go(Step.CUSTOMER)
            return
        given: list[CodeOutcome] = []

        def give(desk: Desk, draft: Draft) -> DeskState:
            state, outcome = desk.give_code(draft, event.value)
            given.append(outcome)
            return state

        if await self.console.act(give):
            await self._say_what_it_did(event.value, given[0].refusal)

    async def _say_what_it_did(self, code: str, refusal: Refusal | None) -> None:
        if refusal is None:
            return
        if refusal.reason is RefusalReason.LOOKS_LIKE and refusal.proposed:
            await self._propose(refusal.proposed)
        elif refusal.reason is RefusalReason.UNKNOWN:
            self._remark(_("« {code} » : code inconnu. Faites-le épeler.").format(code=code))

    async def _propose(self, code: str) -> None:
        """R7: the exact code is proposed, and the operator accepts it with Enter."""
        await self.change(lambda draft: replace(draft, code_entry=code))
        self._remark(_("Le code exact est « {code} » : Entrée pour l'accepter.").format(code=code))

    def _remark(self, text: str) -> None:
        self.query_one("#code-remark", Plain).put(text)

    async def on_key(self, event: events.Key) -> None:
        if self.focused is None or self.focused.id != "code":
            return
        if event.key == "up":
            event.stop()
            self.set_focus(self.query_one("#lines", CartLines))
        elif event.key in {"delete", "escape"} and not self.draft.code_entry:
            event.stop()
            await self._remove_last_code()

    async def _remove_last_code(self) -> None:
        codes = self.draft.cart.codes
        if codes:
            await self.change(lambda draft: replace(draft, cart=draft.cart.remove_code(codes[-1])))
