"""The operator's desk: the draft in hand and what it adds up to, and the other calls.

Owns which draft is being worked on in this program. Every method that changes something
returns only once that is on disk, with the new state; all block, and are called one at a
time (from the store thread of the application, or from a test). Knows no screen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol
from uuid import UUID

from models.customer import Customer
from models.draft import Draft, DraftState, Step
from models.errors import DomainError
from models.order import Order
from models.pricing import CodeOutcome
from models.shop import ShopRules
from models.vouchers import RefusalReason
from models.work import Settlement
from services.desk_reading import DeskReading
from services.desk_state import CustomerFile, DeskState
from services.drafts import save_draft, storable
from services.follow_up import find_orders, follow_up, order_dossier, settle_work_item
from services.follow_up_state import FollowUp, OrderDossier, OrdersFound
from services.ports import Catalogue, Clock, Ids, KnownOperator, Settings, Store, Transaction
from services.refilling import entry_of
from services.revise_order import begin_revision
from services.sign_in import SignIn
from services.trial_prices import without_trial_prices

PROPOSED = frozenset({RefusalReason.UNKNOWN, RefusalReason.LOOKS_LIKE})
"""Refusals of a text that is no code: it is not kept in the cart."""


class Place(Protocol):
    def __call__(self, draft_id: UUID, *, said_total_cents: int) -> Order:
        """As ``services.place_order``."""
        ...


class Cancel(Protocol):
    def __call__(self, order_id: UUID, reason: str) -> Order:
        """As ``services.cancel_order``."""
        ...


class Desk:
    """One operator's place at one console."""

    def __init__(
        self,
        *,
        store: Store,
        catalogue: Catalogue,
        clock: Clock,
        ids: Ids,
        rules: ShopRules,
        holder: str,
        place: Place,
        cancel: Cancel,
        people: SignIn,
        take_up_rules: Callable[[Settings], ShopRules] | None = None,
    ) -> None:
        """``take_up_rules``: the shop's settings as they are with the next call, from then on
        for placing it as well; without it they stay ``rules``.
        """
        self._store = store
        self._catalogue = catalogue
        self._clock = clock
        self._ids = ids
        self._reading = DeskReading(catalogue, clock, rules)
        self._holder = holder
        self._place = place
        self._cancel = cancel
        self._people = people
        self._take_up_rules = take_up_rules

    # --- calls -------------------------------------------------------------

    def new_call(self) -> DeskState:
        """A blank draft; nothing is written until something is entered."""
        draft = Draft(draft_id=self._ids.new(), called_at=self._clock.now())
        with self._store.read() as tx:
            self._begin_with_rules(tx)
            return self._state(draft, tx)

    def change(self, draft: Draft) -> DeskState:
        """Save ``draft`` and add it up. Raises what ``save_draft`` raises."""
        with self._store.write() as tx:
            saved = self._save(draft, tx)
            return self._state(saved, tx)

    def park(self, draft: Draft, reason: str) -> DeskState:
        """Put the call aside for anybody on this console; then a new one."""
        parked = replace(draft, state=DraftState.PARKED, parked_reason=reason)
        with self._store.write() as tx:
            save_draft(parked, tx=tx, holder=None, now=self._clock.now())
        return self.new_call()

    def abandon(self, draft: Draft) -> DeskState:
        """The caller gave up: the draft leaves the list; then a new one."""
        if not draft.is_blank and draft.state is not DraftState.PLACED:
            gone = replace(draft, state=DraftState.ABANDONED)
            with self._store.write() as tx:
                save_draft(gone, tx=tx, holder=None, now=self._clock.now())
        return self.new_call()

    def resume(self, draft_id: UUID, *, leaving: Draft | None = None) -> DeskState:
        """Take a waiting call. Raises Conflict("draft_taken") while another program has it.

        The call that is left for it waits in its turn, for anybody on this console.
        """
        with self._store.write() as tx:
            self._leave(leaving, tx)
            taken = tx.drafts.take(draft_id, holder=self._holder, at=self._clock.now())
            draft = replace(taken, called_at=self._clock.now())  # a date counts from this talk
            self._begin_with_rules(tx)
            saved = self._save(draft, tx)
            return self._state(saved, tx)

    def refresh(self, draft: Draft) -> DeskState:
        """The same draft with what changed around it: prices, codes, orders, other calls."""
        with self._store.read() as tx:
            return self._state(without_trial_prices(draft, tx, self._catalogue), tx)

    # --- codes -------------------------------------------------------------

    def give_code(self, draft: Draft, text: str) -> tuple[DeskState, CodeOutcome]:
        """Give a code as dictated (R7). It stays in the cart unless no such code exists.

        The outcome says what it did; where it only looks like a code, the outcome proposes
        the exact one and the draft is left as it was.
        """
        code = storable(text.strip())
        if not code:
            raise DomainError("code_empty")
        given = replace(draft, cart=draft.cart.add_code(code), code_entry="")
        with self._store.write() as tx:
            state = self._state(given, tx)
            outcome = next(one for one in state.quote.codes if one.code == code)
            if outcome.refusal is not None and outcome.refusal.reason in PROPOSED:
                return self._state(draft, tx), outcome
            saved = self._save(given, tx)
            return replace(state, draft=saved), outcome

    # --- customers ---------------------------------------------------------

    def find_customers(self, text: str) -> Sequence[Customer]:
        with self._store.read() as tx:
            return tx.customers.find(text)

    def customer_file(self, customer_id: UUID) -> CustomerFile | None:
        """R3: None for somebody this console does not know."""
        with self._store.read() as tx:
            customer = tx.customers.get(customer_id)
            if customer is None:
                return None
            return CustomerFile(customer, tuple(tx.orders.of_customer(customer_id)))

    def choose_customer(self, draft: Draft, customer: Customer) -> DeskState:
        """The caller is known: their file fills the form."""
        return self.change(replace(draft, customer=entry_of(customer)))

    def take_pack(self, draft: Draft) -> DeskState:
        """Put the pack that the quote points out in the place of its parts, one for one."""
        with self._store.read() as tx:
            quote, _ = self._reading.quote(draft, tx)
        hint = quote.pack_hint
        if hint is None:
            raise DomainError("no_pack_to_take")
        pack = self._catalogue.articles([hint.pack_sku])[hint.pack_sku]
        now, cart = self._clock.now(), draft.cart
        for sku in pack.cartridge.contents:
            if left := cart.quantity_of(sku):
                cart = cart.set_quantity(sku, left - 1, price_cents=0, at=now)
        cart = cart.add(pack.sku, 1, price_cents=pack.offer.price_cents, at=now)
        return self.change(replace(draft, cart=cart))

    def like_last_time(self, draft: Draft, previous: Order) -> DeskState:
        """Put what was last ordered in the cart, at today's prices."""
        cart = draft.cart
        now = self._clock.now()
        articles = self._catalogue.articles(line.sku for line in previous.quote.lines)
        for line in previous.quote.lines:
            article = articles.get(line.sku)
            if article is not None and not cart.quantity_of(line.sku):
                price = article.offer.price_cents
                cart = cart.set_quantity(line.sku, line.quantity, price_cents=price, at=now)
        return self.change(replace(draft, cart=cart))

    # --- placing -----------------------------------------------------------

    def confirm(self, draft: Draft, *, said_total_cents: int) -> DeskState:
        """Place the order; once it returns the reference may be said. Twice is once.

        Raises DomainError("order_incomplete") naming what is missing,
        Conflict("total_changed") where it would come to another total than was said, and
        Unavailable("prices_for_trying") while central's catalogue has not come.
        """
        self._save_if_it_is_not(draft)
        order = self._place(draft.draft_id, said_total_cents=said_total_cents)
        placed = replace(
            draft, state=DraftState.PLACED, order_id=order.order_id, step=Step.CONFIRMATION
        )
        with self._store.read() as tx:
            return self._state(placed, tx)

    def _save_if_it_is_not(self, draft: Draft) -> None:
        """A change that could not be written was said to the caller all the same."""
        with self._store.read() as tx:
            saved = tx.drafts.get(draft.draft_id)
        if saved != draft and (saved is None or saved.state is not DraftState.PLACED):
            self.change(draft)

    # --- orders that were placed -------------------------------------------

    def follow_up(self) -> FollowUp:
        """What needs somebody, what central has not confirmed, the last orders."""
        with self._store.read() as tx:
            return follow_up(tx, now=self._clock.now())

    def order_file(self, order_id: UUID) -> OrderDossier:
        """Raises DomainError("order_not_found")."""
        with self._store.read() as tx:
            return order_dossier(tx, order_id, now=self._clock.now())

    def find_orders(self, text: str) -> OrdersFound:
        """By reference, perhaps with a typing error, by name, by the end of a phone."""
        with self._store.read() as tx:
            return find_orders(tx, text)

    def settle(
        self,
        work_id: UUID,
        settlement: Settlement = Settlement.CALLED_BACK,
        *,
        note: str = "",
    ) -> None:
        """Somebody saw to it; ``note`` says what was agreed. Twice is once."""
        with self._store.write() as tx:
            settle_work_item(tx, work_id, settlement, note, now=self._clock.now())

    def cancel_order(self, order_id: UUID, reason: str = "") -> OrderDossier:
        """R8, as ``services.cancel_order``. Twice is once."""
        self._cancel(order_id, reason)
        return self.order_file(order_id)

    def change_order(self, order_id: UUID, *, leaving: Draft | None = None) -> DeskState:
        """R8: the call that changes this order; confirming it makes the next revision. The
        call that is left for it waits in its turn. Raises as ``begin_revision``.
        """
        with self._store.write() as tx:
            self._leave(leaving, tx)
            self._begin_with_rules(tx)
            draft = begin_revision(
                tx, order_id, holder=self._holder, clock=self._clock, ids=self._ids
            )
            return self._state(draft, tx)

    def try_now(self) -> None:
        """Whatever central is owed is due at once, however often it was tried."""
        with self._store.write() as tx:
            tx.outbox.retry_now(now=self._clock.now())

    # --- who works here ----------------------------------------------------

    @property
    def operator(self) -> KnownOperator | None:
        return self._people.operator

    def needs_sign_in(self) -> bool:
        """The shop has operators and none of them is signed in here."""
        return self._people.is_needed()

    def shut_out(self) -> KnownOperator | None:
        """As ``services.sign_in``: who was signed in and may not any more."""
        return self._people.shut_out()

    def sign_in(self, login: str, password: str) -> KnownOperator:
        """As ``services.sign_in``; takes as long as the line does, on whatever thread."""
        return self._people.sign_in(login, password)

    def sign_out(self) -> None:
        self._people.sign_out()

    def _begin_with_rules(self, tx: Transaction) -> None:
        """What is said in a call is said by one set of settings from its beginning to its end."""
        if self._take_up_rules is not None:
            self._reading = replace(self._reading, rules=self._take_up_rules(tx.settings))

    def _leave(self, draft: Draft | None, tx: Transaction) -> None:
        """It waits in its turn, for anybody on this console."""
        if draft is not None and not draft.is_blank and draft.state is not DraftState.PLACED:
            save_draft(draft, tx=tx, holder=None, now=self._clock.now())

    def _save(self, draft: Draft, tx: Transaction) -> Draft:
        """In this program's hands; see ``without_trial_prices`` for what is not kept of it."""
        kept = without_trial_prices(draft, tx, self._catalogue)
        return save_draft(kept, tx=tx, holder=self._holder, now=self._clock.now())

    def _state(self, draft: Draft, tx: Transaction) -> DeskState:
        return self._reading.state(draft, tx)
