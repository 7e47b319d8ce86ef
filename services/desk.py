"""The operator's desk: the draft in hand and what it adds up to, and the other calls.

Owns which draft is being worked on in this program. Every method that changes something
returns only once that is on disk, with the new state; all block, and are called one at a
time (from the store thread of the application, or from a test). Knows no screen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol
from uuid import UUID

from models.calendar import paris_day
from models.catalogue import Article
from models.customer import Customer
from models.draft import CustomerEntry, Draft, DraftState, PersonEntry, Step
from models.errors import DomainError
from models.order import Order, SyncState
from models.payment import PaymentMethod
from models.phone import in_pairs
from models.pricing import CodeOutcome, Quote
from models.promise import Promise, promise_for
from models.shop import ShopRules
from models.vouchers import RefusalReason, Voucher
from services.desk_state import CustomerFile, DeskState
from services.drafts import save_draft, storable
from services.ports import Catalogue, Clock, Ids, Store, Transaction
from services.quoting import quote_cart

PROPOSED = frozenset({RefusalReason.UNKNOWN, RefusalReason.LOOKS_LIKE})
"""Refusals of a text that is no code: it is not kept in the cart."""


class Place(Protocol):
    def __call__(self, draft_id: UUID, *, said_total_cents: int) -> Order:
        """As ``services.place_order``."""
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
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._clock = clock
        self._ids = ids
        self._rules = rules
        self._holder = holder
        self._place = place

    # --- calls -------------------------------------------------------------

    def new_call(self) -> DeskState:
        """A blank draft; nothing is written until something is entered."""
        draft = Draft(draft_id=self._ids.new(), called_at=self._clock.now())
        with self._store.read() as tx:
            return self._state(draft, tx)

    def change(self, draft: Draft) -> DeskState:
        """Save ``draft`` and add it up. Raises what ``save_draft`` raises."""
        now = self._clock.now()
        with self._store.write() as tx:
            saved = save_draft(draft, tx=tx, holder=self._holder, now=now)
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
            if leaving is not None and not leaving.is_blank:
                save_draft(leaving, tx=tx, holder=None, now=self._clock.now())
            taken = tx.drafts.take(draft_id, holder=self._holder, at=self._clock.now())
            draft = replace(taken, called_at=self._clock.now())  # a date counts from this talk
            saved = save_draft(draft, tx=tx, holder=self._holder, now=self._clock.now())
            return self._state(saved, tx)

    def refresh(self, draft: Draft) -> DeskState:
        """The same draft with what changed around it: prices, codes, orders, other calls."""
        with self._store.read() as tx:
            return self._state(draft, tx)

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
            saved = save_draft(given, tx=tx, holder=self._holder, now=self._clock.now())
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
            quote, _ = self._quote(draft, tx)
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

        Raises DomainError("order_incomplete") naming what is missing, and
        Conflict("total_changed") where it would come to another total than was said.
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

    # --- the state ---------------------------------------------------------

    def _state(self, draft: Draft, tx: Transaction) -> DeskState:
        quote, promise = self._quote(draft, tx)
        articles = self._catalogue.articles(line.sku for line in draft.cart.lines)
        order = tx.orders.get(draft.order_id) if draft.order_id else None
        waiting = tuple(c for c in tx.drafts.unfinished() if c.draft.draft_id != draft.draft_id)
        return DeskState(
            draft=draft,
            quote=order.quote if order else quote,
            promise=order.promise if order else promise,
            promises=self._promises(quote, articles),
            vouchers=_known(draft, tx),
            articles=tuple(articles[line.sku] for line in draft.cart.lines if line.sku in articles),
            remedies=tuple(self._catalogue.articles(_remedy_skus(quote)).values()),
            calls_waiting=waiting,
            changing=_references((draft, *(call.draft for call in waiting)), tx),
            order=order,
            order_sync=_sync_of(order, tx) if order else None,
        )

    def _quote(self, draft: Draft, tx: Transaction) -> tuple[Quote, Promise | None]:
        now = self._clock.now()
        quote, promise = quote_cart(
            draft.cart,
            tx=tx,
            catalogue=self._catalogue,
            customer_id=draft.customer.customer_id,
            delivery_postcode=draft.delivery_postcode,
            method=draft.payment_method,
            called_at=now,  # a draft left open overnight is ordered today (R14)
            now=now,
            rules=self._rules,
            printer_id=draft.printer_id,
        )
        return quote, None if draft.cart.is_empty else promise

    def _promises(
        self, quote: Quote, articles: Mapping[str, Article]
    ) -> Mapping[PaymentMethod, Promise]:
        """What each way to pay would promise; a covered order waits for none of them."""
        items = [(articles[line.sku].offer, line.quantity) for line in quote.lines]
        day = paris_day(self._clock.now())
        return {
            method: promise_for(day, items, None if quote.is_covered else method, self._rules)
            for method in PaymentMethod
            if items
        }


def _remedy_skus(quote: Quote) -> set[str]:
    refusals = [outcome.refusal for outcome in quote.codes if outcome.refusal]
    return {sku for refusal in refusals for sku in (refusal.remedy_sku, *refusal.skus) if sku}


def _known(draft: Draft, tx: Transaction) -> Mapping[str, Voucher]:
    found = {code: tx.vouchers.get(code) for code in draft.cart.codes}
    return {code: voucher for code, voucher in found.items() if voucher is not None}


def _references(drafts: Iterable[Draft], tx: Transaction) -> Mapping[UUID, str]:
    """Of the placed orders that these drafts change."""
    changed = {draft.revises for draft in drafts if draft.revises is not None}
    found = (tx.orders.get(order_id) for order_id in changed)
    return {order.order_id: order.reference for order in found if order is not None}


def _sync_of(order: Order, tx: Transaction) -> SyncState | None:
    rows = tx.orders.of_customer(order.customer.customer_id)
    return next((row.sync_state for row in rows if row.order.order_id == order.order_id), None)


def entry_of(customer: Customer) -> CustomerEntry:
    """The form filled with what is known of a customer."""
    phones = [in_pairs(phone.e164) for phone in customer.phones]
    home = customer.billing
    return CustomerEntry(
        customer_id=customer.customer_id,
        person=PersonEntry(
            civility=customer.name.civility.value,
            last_name=customer.name.last_name,
            first_name=customer.name.first_name,
            dwelling=home.dwelling.value,
            inside=home.inside,
            outside=home.outside,
            street=home.street,
            place=home.place,
            postcode=home.postcode,
            city=home.city,
        ),
        phone=phones[0] if phones else "",
        second_phone=phones[1] if len(phones) > 1 else "",
        email=customer.email or "",
    )
