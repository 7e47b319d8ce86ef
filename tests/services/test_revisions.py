"""R8: an order that was placed is changed, until the carrier has it."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from console_fixtures import NOW, StillClock, complete_draft, enrol, opened, placing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from power_cut import after_every_cut, dump

from models.cart import CartLine
from models.draft import DraftState, PersonEntry, Step
from models.errors import Conflict, DomainError
from models.order import OrderEvent, OrderEventKind, OrderState, SyncState, state_when_revised
from models.payment import PaymentMethod
from models.phone import parse_phone
from models.promise import PromiseReasonCode
from models.vouchers import RefusalReason, Voucher, VoucherKind
from models.work import Settlement, WorkItem, WorkKind
from services.codes import count_what_is_owed
from services.drafts import save_draft
from services.holding import Holder
from services.place_order import place_in, place_order
from services.placing import Origin
from services.ports import Difference, OutboxKind
from services.revise_order import begin_revision, revise_in

OURS = "11111111-1111-7111-8111-111111111111"
DRAFT = UUID(int=1)
WELCOME = Voucher(
    "BIENVENUE10",
    VoucherKind.PERCENT,
    percent_bp=1000,
    uses_max=1,
    uses_per_customer_max=1,
    valid_until=date(2026, 11, 24),
)
CREDIT = Voucher("AVOIR-1", VoucherKind.CREDIT, remaining_cents=6000, is_combinable=True)


@pytest.fixture
def tools(catalogue_path):
    tools = placing(catalogue_path, holder=OURS)
    yield tools
    tools.catalogue.close()


@pytest.fixture
def ready(store):
    enrol(store)
    with store.write() as tx:
        tx.vouchers.put(WELCOME)
        tx.vouchers.put(CREDIT)
    return store


@pytest.fixture
def order(ready, tools):
    """The order of the brief, placed; the clock then stands at the next day but one."""
    placed = place_draft(ready, tools, complete_draft(DRAFT))
    tools.clock.pass_by(days=2)
    return placed


def place_draft(store, tools, draft):
    with store.write() as tx:
        save_draft(draft, tx=tx, holder=OURS, now=tools.clock.now())
    return confirm(store, tools, draft)


def confirm(store, tools, draft, said_total_cents=None, operator_id=None):
    placing = replace(tools, operator_id=operator_id)
    return place_order(draft.draft_id, store, placing, said_total_cents=said_total_cents)


def begin(store, tools, order, holder=OURS):
    with store.write() as tx:
        return begin_revision(tx, order.order_id, holder=holder, clock=tools.clock, ids=tools.ids)


def save(store, tools, draft, holder=OURS):
    with store.write() as tx:
        return save_draft(draft, tx=tx, holder=holder, now=tools.clock.now())


def revise(store, tools, order, **changes):
    draft = begin(store, tools, order)
    return confirm(store, tools, save(store, tools, replace(draft, **changes)))


def reply(store, order, state):
    """Central answered what was sent last."""
    with store.write() as tx:
        item = tx.outbox.of_order(order.order_id)[-1]
        tx.outbox.mark(item.item_id, state, attempts=1, next_try_at=NOW, last_error=None)


def owed(store, order):
    with store.read() as tx:
        return [(item.kind, item.state.value) for item in tx.outbox.of_order(order.order_id)]


# --- beginning -------------------------------------------------------------------------------


def test_the_form_is_filled_with_what_was_agreed(ready, tools, order):
    draft = begin(ready, tools, order)
    first = complete_draft(DRAFT)
    assert (draft.revises, draft.state, draft.order_id) == (
        order.order_id,
        DraftState.OPEN,
        None,
    )
    assert draft.called_at == tools.clock.now()
    assert draft.cart.lines == (
        CartLine("BRO-LC970BK", 1, 2290, NOW),
        CartLine("BRO-LC970C", 2, 1290, NOW),
    )
    assert draft.cart.codes == ("BIENVENUE10",)
    assert draft.customer.person == first.customer.person
    assert draft.customer.customer_id == order.customer.customer_id
    assert draft.customer.phone == "01 99 00 12 34"
    assert draft.delivery == first.delivery
    assert draft.payment_method is PaymentMethod.CHEQUE
    with ready.read() as tx:
        assert tx.drafts.get(draft.draft_id) == draft


def test_a_parcel_to_the_customer_is_to_the_same_address(ready, tools):
    first = complete_draft(DRAFT)
    same = replace(first.delivery, is_same=True, person=PersonEntry())
    order = place_draft(ready, tools, replace(first, delivery=same))
    assert begin(ready, tools, order).delivery == same


def test_taking_it_up_again_is_the_same_call(path, ready, tools, order):
    begun = begin(ready, tools, order)
    typed = save(ready, tools, replace(begun, payment_method=PaymentMethod.TRANSFER))
    assert begin(ready, tools, order) == replace(typed, called_at=tools.clock.now())
    parked = replace(typed, state=DraftState.PARKED, parked_reason="rappelle demain")
    with ready.write() as tx:
        save_draft(parked, tx=tx, holder=None, now=tools.clock.now())
    again = begin(ready, tools, order)
    assert (again.draft_id, again.state) == (begun.draft_id, DraftState.OPEN)
    assert again.payment_method is PaymentMethod.TRANSFER
    assert len(dump(path)["drafts"]) == 2


def test_a_change_that_another_program_has_open_is_not_taken(path, ready, tools, order):
    other = Holder(path.parent / "holders", UUID(int=99))
    begin(ready, tools, order, holder=other.id)
    before = dump(path)
    with pytest.raises(Conflict) as refused:
        begin(ready, tools, order)
    assert refused.value.code == "draft_taken"
    assert dump(path) == before
    other.release()


def test_an_order_that_is_not_here(ready, tools):
    with pytest.raises(DomainError) as refused, ready.write() as tx:
        begin_revision(tx, UUID(int=404), holder=OURS, clock=tools.clock, ids=tools.ids)
    assert refused.value.code == "order_not_found"


# --- what a change is -------------------------------------------------------------------------


def test_the_next_revision_has_the_same_reference(path, ready, tools, order):
    changed = revise(ready, tools, order, payment_method=PaymentMethod.TRANSFER)
    assert (changed.order_id, changed.reference) == (order.order_id, order.reference)
    assert (changed.revision, changed.revised_at) == (2, tools.clock.now())
    assert (changed.placed_at, changed.ordered_on) == (NOW, date(2026, 11, 25))
    assert changed.payment_method is PaymentMethod.TRANSFER
    assert changed.state is OrderState.AWAITING_PAYMENT
    assert changed.quote.total_cents == order.quote.total_cents == 4383
    assert changed.customer == order.customer
    assert changed.delivery == order.delivery
    with opened(path) as again, again.read() as tx:
        assert tx.orders.get(order.order_id) == changed
        assert tx.orders.revisions(order.order_id) == (order, changed)
        events = tx.orders.events(order.order_id)
        assert [event.kind for event in events] == [OrderEventKind.PLACED, OrderEventKind.REVISED]
        assert events[-1].facts == {"revision": 2, "state": "awaiting_payment"}
        first, second = tx.outbox.of_order(order.order_id)
        assert (first.kind, second.kind) == (OutboxKind.ORDER, OutboxKind.REVISION)
        body = json.loads(second.body)
        assert (body["revision"], body["payment_method"]) == (2, "transfer")
        assert body["revised_at"] == "2026-11-25T10:42:00Z"
        assert json.loads(first.body)["payment_method"] == "cheque"
        assert tx.references.left() == 604
        draft = tx.drafts.get(changed.draft_id)
        assert (draft.state, draft.order_id, draft.step) == (
            DraftState.PLACED,
            order.order_id,
            Step.CONFIRMATION,
        )
        assert tx.drafts.unfinished() == ()


def test_each_revision_names_who_took_it(ready, tools, order):
    draft = begin(ready, tools, order)
    second = confirm(ready, tools, draft, operator_id=UUID(int=42))
    third = revise(ready, tools, order)
    assert [one.operator_id for one in (order, second, third)] == [None, UUID(int=42), None]
    with ready.read() as tx:
        bodies = [json.loads(item.body) for item in tx.outbox.of_order(order.order_id)]
    assert [body.get("operator_id") for body in bodies] == [None, str(UUID(int=42)), None]


def test_no_card_number_comes_in_by_a_change(path, ready, tools, order):
    draft = replace(begin(ready, tools, order), search="4970 1012 3456 7893")
    with ready.write() as tx:
        tx.drafts.save(draft, at=NOW, holder=OURS)
    before = dump(path)
    with pytest.raises(DomainError) as refused:
        confirm(ready, tools, draft)
    assert refused.value.code == "card_number_refused"
    assert dump(path) == before


def test_a_card_number_that_an_older_program_let_through_can_be_taken_out(ready, tools, order):
    with ready.write() as tx:
        said = replace(order.delivery, instructions="sonner, 4970 1012 3456 7893")
        tx.orders.revise(replace(order, delivery=said, revision=2), at=tools.clock.now())
    draft = begin(ready, tools, order)
    assert draft.delivery.instructions == "sonner, •••• 7893"
    assert revise(ready, tools, order).delivery.instructions == "sonner, •••• 7893"


def test_enter_twice_is_one_change(path, ready, tools, order):
    draft = begin(ready, tools, order)
    changed = confirm(ready, tools, draft)
    before = dump(path)
    assert confirm(ready, tools, draft) == changed
    assert dump(path) == before


def test_a_change_after_a_change(ready, tools, order):
    second = revise(ready, tools, order, payment_method=PaymentMethod.TRANSFER)
    third = revise(ready, tools, order, payment_method=PaymentMethod.CHEQUE)
    assert (second.revision, third.revision) == (2, 3)
    assert owed(ready, order) == [
        ("order", "waiting"),
        ("revision", "waiting"),
        ("revision", "waiting"),
    ]


def test_a_clock_that_went_back_does_not_send_the_change_first(ready, tools, order):
    tools.clock.at = NOW - timedelta(days=3)
    revise(ready, tools, order, payment_method=PaymentMethod.TRANSFER)
    assert owed(ready, order) == [("order", "waiting"), ("revision", "waiting")]
    with ready.read() as tx:
        first, second = tx.outbox.of_order(order.order_id)
    assert second.created_at == first.created_at + timedelta(microseconds=1)
    assert second.next_try_at == tools.clock.now()


def test_another_total_than_was_said_changes_nothing(path, ready, tools, order):
    draft = begin(ready, tools, order)
    before = dump(path)
    with pytest.raises(Conflict) as refused:
        confirm(ready, tools, draft, said_total_cents=4384)
    assert (refused.value.code, refused.value.facts["now"]) == ("total_changed", 4383)
    assert dump(path) == before
    assert confirm(ready, tools, draft, said_total_cents=4383).revision == 2


@pytest.mark.parametrize(
    "states",
    [
        (OrderState.CANCELLED,),
        (OrderState.IN_PREPARATION, OrderState.DISPATCHED),
        (OrderState.IN_PREPARATION, OrderState.DISPATCHED, OrderState.DELIVERED),
    ],
)
def test_once_the_carrier_has_it_nothing_is_changed(path, ready, tools, order, states):
    draft = begin(ready, tools, order)
    with ready.write() as tx:
        for state in states:
            facts = {"state": state.value}
            tx.orders.append(OrderEvent(order.order_id, OrderEventKind.STATE_CHANGED, NOW, facts))
    before = dump(path)
    with pytest.raises(Conflict) as refused:
        confirm(ready, tools, draft)
    assert refused.value.code == "order_not_changeable"
    assert refused.value.facts == {"state": states[-1].value}
    with pytest.raises(DomainError) as too_late:
        begin(ready, tools, order)
    assert too_late.value.code == "order_not_changeable"
    assert dump(path) == before


def test_between_any_two_statements_all_or_nothing(path, ready, tools, order):
    draft = begin(ready, tools, order)
    cart = replace(draft.cart, codes=("AVOIR-1",))
    save(ready, tools, replace(draft, cart=cart))
    changed, cuts = after_every_cut(ready, path, lambda: confirm(ready, tools, draft))
    assert cuts > 15
    assert changed.revision == 2
    assert changed.quote.credit_cents == 4870
    with ready.read() as tx:
        assert tx.vouchers.get("BIENVENUE10") == WELCOME
        assert tx.vouchers.get("AVOIR-1").remaining_cents == 6000 - 4870


# --- what was said is kept ----------------------------------------------------------------------


def test_a_price_that_was_agreed_is_kept_for_good(ready, tools, order):
    tools.clock.pass_by(days=30)
    dearer = Dearer(tools.catalogue, 500)
    draft = begin(ready, tools, order)
    with ready.write() as tx:
        more = draft.cart.set_quantity("BRO-LC970C", 3, price_cents=0, at=tools.clock.now())
        save_draft(replace(draft, cart=more), tx=tx, holder=OURS, now=tools.clock.now())
    changed = confirm(ready, replace(tools, catalogue=dearer), draft)
    assert [line.unit_price_cents for line in changed.quote.lines] == [2290, 1290]
    assert [line.current_price_cents for line in changed.quote.lines] == [2790, 1790]
    assert changed.quote.goods_cents == 2290 + 3 * 1290


def test_an_article_that_was_taken_out_comes_back_at_the_price_of_today(ready, tools, order):
    draft = begin(ready, tools, order)
    now = tools.clock.now()
    cart = draft.cart.set_quantity("BRO-LC970C", 0, price_cents=0, at=now)
    cart = cart.add("BRO-LC970C", 2, price_cents=1790, at=now)
    save(ready, tools, replace(draft, cart=cart))
    changed = confirm(ready, replace(tools, catalogue=Dearer(tools.catalogue, 500)), draft)
    assert [line.unit_price_cents for line in changed.quote.lines] == [2290, 1790]


def test_a_code_that_ended_since_still_counts_for_the_order_that_used_it(ready, tools, order):
    assert WELCOME.valid_until < date(2026, 11, 25)
    changed = revise(ready, tools, order, payment_method=PaymentMethod.TRANSFER)
    assert [one.code for one in changed.quote.codes if one.is_accepted] == ["BIENVENUE10"]
    assert changed.quote.discount_cents == 487
    with ready.read() as tx:
        assert tx.vouchers.get("BIENVENUE10") == replace(WELCOME, uses=1)
        assert tx.vouchers.uses_by(order.customer.customer_id) == {"BIENVENUE10": 1}


def test_a_credit_is_not_spent_twice_by_one_order(ready, tools):
    first = complete_draft(DRAFT)
    cart = replace(first.cart, codes=("AVOIR-1",))
    order = place_draft(ready, tools, replace(first, cart=cart))
    assert (order.quote.credit_cents, order.state) == (4870, OrderState.IN_PREPARATION)
    more = order_cart(ready, tools, order).set_quantity("BRO-LC970C", 3, price_cents=0, at=NOW)
    changed = revise(ready, tools, order, cart=more)
    assert changed.quote.credit_cents == 6000
    assert changed.quote.total_cents == 2290 + 3 * 1290 - 6000
    assert changed.state is OrderState.AWAITING_PAYMENT
    with ready.read() as tx:
        assert tx.vouchers.get("AVOIR-1").remaining_cents == 0


def order_cart(store, tools, order):
    return begin(store, tools, order).cart


def test_a_code_that_is_taken_out_can_be_used_by_somebody_else(ready, tools, order):
    revise(ready, tools, order, cart=order_cart(ready, tools, order).remove_code("BIENVENUE10"))
    with ready.read() as tx:
        assert tx.vouchers.get("BIENVENUE10") == WELCOME
        assert tx.vouchers.uses_by(order.customer.customer_id) == {}


def test_what_a_change_counts_replaces_what_central_has_of_the_order(ready, tools, order):
    """Central's own figures land while the change still waits."""
    reply(ready, order, SyncState.CONFIRMED)
    codes = ("BIENVENUE10", "AVOIR-1")
    cart = replace(order_cart(ready, tools, order), codes=codes)
    changed = revise(ready, tools, order, cart=cart)
    used = {one.code: one.discount_cents for one in changed.quote.codes}
    with ready.write() as tx:
        for voucher in (replace(WELCOME, uses=1), CREDIT):
            tx.vouchers.put(voucher)
        count_what_is_owed(tx, codes)
        assert tx.vouchers.get("BIENVENUE10").uses == 1
        assert tx.vouchers.get("AVOIR-1").remaining_cents == 6000 - used["AVOIR-1"]
    third = revise(ready, tools, order, payment_method=PaymentMethod.TRANSFER)
    assert third.quote == changed.quote


def test_what_central_put_aside_is_not_missing_for_the_change(ready, tools, order):
    """The stock that came down since is less by what this very order holds."""
    sold_out = Stocked(tools.catalogue, 0)
    reply(ready, order, SyncState.CONFIRMED)
    draft = begin(ready, tools, order)
    save(ready, tools, replace(draft, payment_method=PaymentMethod.TRANSFER))
    changed = confirm(ready, replace(tools, catalogue=sold_out), draft)
    assert out_of_stock(changed) == set()
    cart = order_cart(ready, tools, order)
    more = cart.set_quantity("BRO-LC970C", 3, price_cents=0, at=NOW)
    draft = save(ready, tools, replace(begin(ready, tools, order), cart=more))
    assert out_of_stock(confirm(ready, replace(tools, catalogue=sold_out), draft)) == {"BRO-LC970C"}


@pytest.mark.parametrize("is_confirmed", [True, False])
def test_what_central_could_not_put_aside_is_missing(ready, tools, order, is_confirmed):
    found = Difference("stock_short", "2", "0", "BRO-LC970C")
    if is_confirmed:
        reply(ready, order, SyncState.CONFIRMED)
    with ready.write() as tx:
        facts = {"differences": [{"code": found.code, "sku": found.sku}]}
        tx.orders.append(OrderEvent(order.order_id, OrderEventKind.DIFFERENCES_SEEN, NOW, facts))
    draft = begin(ready, tools, order)
    changed = confirm(ready, replace(tools, catalogue=Stocked(tools.catalogue, 0)), draft)
    missing = {"BRO-LC970C"} if is_confirmed else {"BRO-LC970C", "BRO-LC970BK"}
    assert out_of_stock(changed) == missing


def verdict(store, order, *differences):
    """Central has the revision that was sent last, and says what it found."""
    reply(store, order, SyncState.CONFIRMED)
    with store.write() as tx:
        accepted = OrderEvent(order.order_id, OrderEventKind.ACCEPTED_BY_CENTRAL, NOW, {})
        tx.orders.append(accepted)
        if differences:
            facts = {"differences": [asdict(one) for one in differences]}
            tx.orders.append(replace(accepted, kind=OrderEventKind.DIFFERENCES_SEEN, facts=facts))


def with_cyan(store, tools, order, quantity):
    cart = order_cart(store, tools, order)
    cart = cart.set_quantity("BRO-LC970C", quantity, price_cents=0, at=NOW)
    sold_out = replace(tools, catalogue=Stocked(tools.catalogue, 0))
    return revise(store, sold_out, order, cart=cart)


def test_what_central_had_of_what_was_too_few_is_put_aside(ready, tools, order):
    """It had one, and holds it for this order: one is in stock for it, two are not."""
    cart = order_cart(ready, tools, order)
    two = revise(
        ready, tools, order, cart=cart.set_quantity("BRO-LC970C", 2, price_cents=0, at=NOW)
    )
    verdict(ready, two, Difference("stock_short", "2", "1", "BRO-LC970C"))
    one = with_cyan(ready, tools, two, 1)
    assert out_of_stock(one) == set()
    assert one.promise.dispatch_by is not None
    assert out_of_stock(with_cyan(ready, tools, two, 2)) == {"BRO-LC970C"}


def test_a_verdict_on_a_change_takes_the_place_of_the_one_before(ready, tools, order):
    """What was too few then has come in, and central has put it aside since."""
    verdict(ready, order, Difference("stock_short", "1", "0", "BRO-LC970C"))
    again = revise(ready, tools, order, payment_method=PaymentMethod.TRANSFER)
    verdict(ready, again)
    quantity = {line.sku: line.quantity for line in again.quote.lines}["BRO-LC970C"]
    assert out_of_stock(with_cyan(ready, tools, again, quantity)) == set()


def test_what_was_said_to_be_missing_was_not_put_aside(ready, tools):
    empty = replace(tools, catalogue=Stocked(tools.catalogue, 0))
    order = place_draft(ready, empty, complete_draft(DRAFT))
    reply(ready, order, SyncState.CONFIRMED)
    assert out_of_stock(order) == {"BRO-LC970C", "BRO-LC970BK"}
    assert out_of_stock(revise(ready, empty, order)) == {"BRO-LC970C", "BRO-LC970BK"}


def out_of_stock(order):
    out = {PromiseReasonCode.OUT_OF_STOCK_UNTIL, PromiseReasonCode.OUT_OF_STOCK_UNKNOWN}
    return {sku for one in order.promise.reasons if one.code in out for sku in one.skus}


class Changed:
    """A catalogue whose articles have other figures."""

    def __init__(self, catalogue):
        self._catalogue = catalogue

    def __getattr__(self, name):
        return getattr(self._catalogue, name)

    def articles(self, skus):
        found = self._catalogue.articles(skus)
        return {sku: replace(one, offer=self.changed(one.offer)) for sku, one in found.items()}


class Dearer(Changed):
    def __init__(self, catalogue, cents):
        super().__init__(catalogue)
        self.cents = cents

    def changed(self, offer):
        return replace(offer, price_cents=offer.price_cents + self.cents)


class Stocked(Changed):
    def __init__(self, catalogue, stock):
        super().__init__(catalogue)
        self.stock = stock

    def changed(self, offer):
        return replace(offer, stock=self.stock)


# --- who pays -------------------------------------------------------------------------------------


def test_a_file_that_is_newer_than_the_order_is_left_alone(ready, tools, order):
    moved = replace(order.customer, email="jeanne@example.org", version=9)
    with ready.write() as tx:
        tx.customers.add(moved)
    changed = revise(ready, tools, order, payment_method=PaymentMethod.TRANSFER)
    assert changed.customer == order.customer
    with ready.read() as tx:
        assert tx.customers.get(moved.customer_id) == moved


def test_phones_that_the_form_has_no_room_for_are_no_change(ready, tools, order):
    phones = tuple(parse_phone(f"01 99 00 00 0{digit}") for digit in range(3))
    known = replace(order.customer, phones=phones)
    with ready.write() as tx:
        tx.orders.revise(replace(order, customer=known, revision=2, draft_id=UUID(int=9)), at=NOW)
    assert revise(ready, tools, order).customer == known


def test_what_is_corrected_in_the_form_is_the_customers_file_from_now_on(ready, tools, order):
    entry = begin(ready, tools, order).customer
    changed = revise(ready, tools, order, customer=replace(entry, email="j@example.org"))
    assert changed.customer.email == "j@example.org"
    assert changed.customer.version == order.customer.version + 1
    with ready.read() as tx:
        assert tx.customers.get(order.customer.customer_id) == changed.customer


def test_what_somebody_else_used_stays_used(ready, tools, order):
    """The order's own use is the former payer's, whoever pays now."""
    once = replace(WELCOME, uses_max=9, valid_until=None)
    with ready.write() as tx:
        tx.vouchers.put(replace(once, uses=1))
    second = place_draft(ready, tools, complete_draft(UUID(int=2)))
    assert second.customer.customer_id != order.customer.customer_id
    entry = replace(begin(ready, tools, order).customer, customer_id=second.customer.customer_id)
    changed = revise(ready, tools, order, customer=entry)
    (outcome,) = changed.quote.codes
    assert outcome.refusal.reason is RefusalReason.ALREADY_USED_BY_CUSTOMER


def test_somebody_else_may_pay_from_now_on(ready, tools, order):
    neighbour = replace(
        order.customer,
        customer_id=UUID(int=70),
        name=replace(order.customer.name, last_name="Roux"),
    )
    with ready.write() as tx:
        tx.customers.add(neighbour)
    entry = begin(ready, tools, order).customer
    person = replace(entry.person, last_name="Roux")
    told = replace(entry, customer_id=neighbour.customer_id, person=person)
    changed = revise(ready, tools, order, customer=told)
    assert changed.customer.customer_id == neighbour.customer_id
    with ready.read() as tx:
        assert tx.orders.of_customer(order.customer.customer_id) == ()
        assert [row.order for row in tx.orders.of_customer(neighbour.customer_id)] == [changed]
        assert tx.vouchers.uses_by(order.customer.customer_id) == {}
        assert tx.vouchers.uses_by(neighbour.customer_id) == {"BIENVENUE10": 1}
        assert tx.customers.get(order.customer.customer_id) == order.customer


# --- towards central ------------------------------------------------------------------------------


def test_an_order_that_central_refused_is_handed_over_anew(ready, tools, order):
    reply(ready, order, SyncState.REFUSED)
    revise(ready, tools, order, payment_method=PaymentMethod.TRANSFER)
    assert owed(ready, order) == [("order", "refused"), ("order", "waiting")]


def test_a_change_that_was_refused_is_followed_by_a_change(ready, tools, order):
    reply(ready, order, SyncState.CONFIRMED)
    revise(ready, tools, order, payment_method=PaymentMethod.TRANSFER)
    reply(ready, order, SyncState.REFUSED)
    revise(ready, tools, order, payment_method=PaymentMethod.CHEQUE)
    assert owed(ready, order) == [
        ("order", "confirmed"),
        ("revision", "refused"),
        ("revision", "waiting"),
    ]


def test_what_was_placed_for_practice_is_changed_here_alone(store, tools):
    order = place_draft(store, tools, complete_draft(DRAFT))
    assert order.is_demo
    enrol(store)
    changed = revise(store, tools, order, payment_method=PaymentMethod.TRANSFER)
    assert (changed.is_demo, changed.revision) == (True, 2)
    assert owed(store, order) == []


def test_the_work_that_a_change_settles(ready, tools, order):
    other = place_draft(
        ready, tools, replace(complete_draft(UUID(int=2)), cart=complete_draft(DRAFT).cart)
    )
    with ready.write() as tx:
        for number, one in enumerate((order, other), start=1):
            tx.work.raise_item(
                WorkItem(UUID(int=number), one.order_id, WorkKind.DIFFERENCES, {}, NOW)
            )
    revise(ready, tools, order, payment_method=PaymentMethod.TRANSFER)
    with ready.read() as tx:
        assert tx.work.get(UUID(int=1)).settlement is Settlement.CHANGED
        assert tx.work.get(UUID(int=1)).settled_at == tools.clock.now()
        assert [item.work_id for item in tx.work.unsettled()] == [UUID(int=2)]
        last = tx.orders.events(order.order_id)[-1]
        assert last.kind is OrderEventKind.WORK_SETTLED
        assert last.facts["settlement"] == "changed"


# --- the state --------------------------------------------------------------------------------------


def pay(store, order):
    with store.write() as tx:
        facts = {"state": OrderState.IN_PREPARATION.value}
        tx.orders.append(OrderEvent(order.order_id, OrderEventKind.STATE_CHANGED, NOW, facts))


def test_what_is_paid_waits_again_only_for_what_it_costs_more(ready, tools, order):
    pay(ready, order)
    cheaper = order_cart(ready, tools, order).set_quantity("BRO-LC970C", 1, price_cents=0, at=NOW)
    less = revise(ready, tools, order, cart=cheaper)
    assert less.quote.total_cents < order.quote.total_cents
    assert less.state is OrderState.IN_PREPARATION
    assert not less.promise.is_conditional
    dearer = cheaper.set_quantity("BRO-LC970C", 4, price_cents=0, at=NOW)
    more = revise(ready, tools, order, cart=dearer)
    assert more.state is OrderState.AWAITING_PAYMENT
    assert more.promise.is_conditional


@given(
    before=st.sampled_from([OrderState.AWAITING_PAYMENT, OrderState.IN_PREPARATION]),
    agreed=st.integers(0, 10_000),
    total=st.integers(0, 10_000),
)
def test_nothing_is_prepared_that_is_not_paid_for(before, agreed, total):
    after = state_when_revised(before, agreed_cents=agreed, total_cents=total)
    is_paid = total == 0 or (before is OrderState.IN_PREPARATION and total <= agreed)
    assert after is (OrderState.IN_PREPARATION if is_paid else OrderState.AWAITING_PAYMENT)


# --- whatever is changed ------------------------------------------------------------------------------

steps = st.lists(
    st.one_of(
        st.tuples(st.just("quantity"), st.integers(1, 4)),
        st.tuples(st.just("code"), st.sampled_from(["BIENVENUE10", "AVOIR-1"])),
        st.tuples(st.just("without"), st.sampled_from(["BIENVENUE10", "AVOIR-1"])),
        st.tuples(st.just("answer"), st.sampled_from(list(SyncState)[:4])),
    ),
    max_size=6,
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=steps)
def test_however_often_it_is_changed_codes_count_once_and_the_books_balance(
    tmp_path_factory, catalogue_path, steps
):
    path = tmp_path_factory.mktemp("changed") / "console.sqlite3"
    tools = replace(placing(catalogue_path, holder=OURS), clock=StillClock())
    with opened(path) as store:
        enrol(store)
        with store.write() as tx:
            tx.vouchers.put(WELCOME)
            tx.vouchers.put(CREDIT)
            order = place_in(tx, complete_draft(DRAFT), tools)
        for what, how in steps:
            tools.clock.pass_by(hours=30)
            if what == "answer":
                reply(store, order, how)
                continue
            cart = order_cart(store, tools, order)
            if what == "quantity":
                cart = cart.set_quantity("BRO-LC970C", how, price_cents=1, at=NOW)
            else:
                cart = cart.add_code(how) if what == "code" else cart.remove_code(how)
            order = revise(store, tools, order, cart=cart)
        with store.read() as tx:
            assert_books(tx, order)
    tools.catalogue.close()


def assert_books(tx, order):
    accepted = {one.code: one.discount_cents for one in order.quote.codes if one.is_accepted}
    assert tx.orders.get(order.order_id) == order
    assert tx.vouchers.uses_by(order.customer.customer_id) == dict.fromkeys(accepted, 1)
    assert tx.vouchers.get("BIENVENUE10").uses == ("BIENVENUE10" in accepted)
    spent = accepted.get("AVOIR-1", 0)
    assert tx.vouchers.get("AVOIR-1").remaining_cents == 6000 - spent
    assert [line.unit_price_cents for line in order.quote.lines] == [2290, 1290]
    whole = [one for one in tx.outbox.of_order(order.order_id) if one.kind != "cancellation"]
    assert [json.loads(one.body).get("revision", 1) for one in whole] == list(
        range(1, order.revision + 1)
    )


def test_a_draft_that_changes_nothing_is_no_change(ready, tools):
    with pytest.raises(DomainError), ready.write() as tx:
        revise_in(tx, complete_draft(DRAFT), tools, Origin())
    with ready.read() as tx:
        assert tx.orders.recent() == ()


def test_it_is_counted_from_the_day_in_paris(ready, tools, order):
    tools.clock.at = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)
    assert revise(ready, tools, order).ordered_on == date(2026, 11, 27)
