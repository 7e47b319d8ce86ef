from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from console_fixtures import NOW, complete_draft, enrol, opened, placing
from hypothesis import given
from hypothesis import strategies as st

from models import wording
from models.cart import Cart
from models.draft import DraftState
from models.errors import Conflict, DomainError, Unavailable
from models.order import OrderEvent, OrderEventKind, OrderState, SyncState
from models.vouchers import Voucher, VoucherKind
from models.wire.orders import cancellation_to_wire
from models.work import WorkItem, WorkKind
from services.adapters.passwords import Argon2Passwords
from services.cancel_order import cancel_order
from services.desk import Desk
from services.drafts import save_draft, storable
from services.place_order import place_order
from services.ports import KnownOperator
from services.sign_in import SignIn

DRAFT = UUID(int=1)
OURS = "11111111-1111-7111-8111-111111111111"
WELCOME = Voucher(
    "BIENVENUE10", VoucherKind.PERCENT, percent_bp=1000, uses_max=1, uses_per_customer_max=1
)


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
        save_draft(complete_draft(DRAFT), tx=tx, holder=OURS, now=NOW)
    return store


@pytest.fixture
def desk(ready, tools):
    return desk_on(ready, tools)


def desk_on(store, tools):
    def place(draft_id, *, said_total_cents):
        return place_order(draft_id, store, tools, said_total_cents=said_total_cents)

    def cancel(order_id, reason):
        return cancel_order(
            order_id,
            reason,
            store=store,
            clock=tools.clock,
            ids=tools.ids,
            to_wire=cancellation_to_wire,
        )

    return Desk(
        store=store,
        catalogue=tools.catalogue,
        clock=tools.clock,
        ids=tools.ids,
        rules=tools.rules,
        holder=OURS,
        place=place,
        cancel=cancel,
        people=SignIn(
            store=store, clock=tools.clock, passwords=Argon2Passwords(), central=no_central
        ),
    )


def no_central():
    raise Unavailable("not_enrolled")


def orders(store):
    with store.read() as tx:
        return [row.order for row in tx.orders.recent()]


def total_changed(desk, draft, said):
    with pytest.raises(Conflict) as refused:
        desk.confirm(draft, said_total_cents=said)
    assert refused.value.code == "total_changed"
    return refused.value


# --- the total that was read aloud ----------------------------------------------------


def test_the_total_that_was_read_aloud_is_the_one_that_is_confirmed(ready, desk):
    seen = desk.refresh(complete_draft(DRAFT))
    assert seen.quote.total_cents == 4383
    placed = desk.confirm(seen.draft, said_total_cents=4383)
    assert placed.order.quote.total_cents == 4383
    assert [order.order_id for order in orders(ready)] == [placed.order.order_id]


def test_a_code_used_up_since_it_was_read_aloud(path, ready, desk):
    seen = desk.refresh(complete_draft(DRAFT))
    with opened(path) as other, other.write() as tx:
        tx.vouchers.put(replace(WELCOME, uses=1))
    error = total_changed(desk, seen.draft, seen.quote.total_cents)
    assert (error.facts["said"], error.facts["now"]) == (4383, 4870)
    assert error.facts["codes"] == ("BIENVENUE10",)
    assert wording.error_sentence(error) == (
        "Total : 48,70\u00a0€ au lieu de 43,83\u00a0€. Rien n'est commandé, à relire :"
        " code BIENVENUE10 refusé."
    )
    assert orders(ready) == []
    with ready.read() as tx:
        assert tx.drafts.get(DRAFT) == seen.draft
        assert tx.outbox.waiting() == 0
        assert tx.references.left() == 605
    again = desk.refresh(seen.draft)
    assert again.quote.total_cents == 4870
    assert desk.confirm(again.draft, said_total_cents=4870).order.quote.total_cents == 4870


def test_a_price_that_is_kept_no_longer(ready, desk, tools):
    draft = complete_draft(DRAFT)
    black, cyan = draft.cart.lines
    dear = replace(
        draft, cart=replace(draft.cart, lines=(replace(black, said_price_cents=1990), cyan))
    )
    seen = desk.change(dear)
    assert seen.quote.total_cents == 4113
    tools.clock.pass_by(seconds=tools.rules.price_kept_seconds + 1)
    error = total_changed(desk, seen.draft, 4113)
    assert (error.facts["now"], error.facts["codes"]) == (4383, ())
    assert error.facts["labels"] == ("LC-970 noir",)
    assert "à relire : prix changé pour LC-970 noir." in wording.error_sentence(error)
    assert orders(ready) == []


def test_an_article_that_is_gone_is_named_and_nothing_is_placed(ready, desk):
    draft = complete_draft(DRAFT)
    seen = desk.change(replace(draft, cart=draft.cart.add("GONE", 1, price_cents=1, at=NOW)))
    with pytest.raises(DomainError) as refused:
        desk.confirm(seen.draft, said_total_cents=seen.quote.total_cents)
    assert refused.value.code == "order_incomplete"
    assert "GONE" in wording.error_sentence(refused.value)
    assert orders(ready) == []


def test_confirmed_twice_is_one_order_whatever_it_would_cost_now(ready, desk):
    seen = desk.refresh(complete_draft(DRAFT))
    first = desk.confirm(seen.draft, said_total_cents=4383)
    second = desk.confirm(seen.draft, said_total_cents=4383)
    assert first.order == second.order
    assert first.order.quote.total_cents == second.quote.total_cents == 4383
    assert len(orders(ready)) == 1


def test_what_could_not_be_saved_before_is_in_the_order(ready, desk):
    """The screen keeps a change that the full disk refused; it was read aloud as well."""
    draft = complete_draft(DRAFT)
    changed = replace(draft, delivery=replace(draft.delivery, instructions="Sonner deux fois"))
    placed = desk.confirm(changed, said_total_cents=4383)
    assert placed.order.delivery.instructions == "Sonner deux fois"
    with ready.read() as tx:
        assert tx.drafts.get(DRAFT).state is DraftState.PLACED


def test_where_a_credit_covers_all_no_way_to_pay_moves_the_date(ready, desk):
    with ready.write() as tx:
        tx.vouchers.put(Voucher("AVOIR-1", VoucherKind.CREDIT, remaining_cents=6000))
    draft = complete_draft(DRAFT)
    awaited = desk.refresh(draft).promises
    assert len({promise.dispatch_by for promise in awaited.values()}) > 1
    covered = desk.refresh(replace(draft, cart=replace(draft.cart, codes=("AVOIR-1",))))
    assert set(covered.promises) == set(awaited)
    assert set(covered.promises.values()) == {covered.promise}
    assert not covered.promise.is_conditional


# --- what a refused code would need ----------------------------------------------------


@pytest.mark.parametrize(
    "printer_id,wanted,remedy",
    [
        ("brother-dcp-350c", {"minimum_total_cents": 2000}, ("KSK-BRO-LC970BK", 790)),
        (
            "brother-dcp-350c",
            {"skus": ("BRO-LC970M", "BRO-LC970BK", "BRO-LC970PK4")},
            ("BRO-LC970BK", 2290),
        ),
        ("brother-dcp-350c", {"brands": ("Epson",)}, ("KSK-EPS-T1802", 390)),
        (None, {"minimum_total_cents": 2000}, ("EPS-S015384", 790)),
    ],
)
def test_what_would_make_a_code_count_fits_the_printer_where_anything_does(
    ready, desk, printer_id, wanted, remedy
):
    with ready.write() as tx:
        tx.vouchers.put(Voucher("PROMO", VoucherKind.PERCENT, percent_bp=1000, **wanted))
    cart = Cart().add("BRO-LC970C", 1, price_cents=1290, at=NOW).add_code("PROMO")
    seen = desk.change(replace(complete_draft(DRAFT), printer_id=printer_id, cart=cart))
    refusal = seen.quote.codes[0].refusal
    assert (refusal.remedy_sku, refusal.remedy_cents) == remedy
    assert [article.sku for article in seen.remedies if article.sku == remedy[0]]


# --- the clock ------------------------------------------------------------------------

LATE = datetime(2026, 11, 23, 22, 55, tzinfo=UTC)
"""23:55 on Monday in Paris."""


def test_a_call_left_open_overnight_is_ordered_the_day_it_is_confirmed(desk, tools):
    tools.clock.at = LATE
    seen = desk.change(complete_draft(DRAFT))
    monday = seen.promise
    tools.clock.pass_by(hours=10)
    tuesday = desk.refresh(seen.draft)
    assert tuesday.promise.dispatch_by == monday.dispatch_by + timedelta(days=1)
    assert tuesday.promises[tuesday.draft.payment_method] == tuesday.promise
    placed = desk.confirm(seen.draft, said_total_cents=4383)
    assert placed.order.promise == tuesday.promise
    assert placed.order.ordered_on == date(2026, 11, 24)


def test_midnight_is_that_of_paris(desk, tools):
    tools.clock.at = LATE
    before = desk.change(complete_draft(DRAFT)).promise
    tools.clock.pass_by(minutes=4)
    assert desk.refresh(complete_draft(DRAFT)).promise == before
    tools.clock.pass_by(minutes=2)
    assert desk.refresh(complete_draft(DRAFT)).promise != before


def test_a_clock_set_back_counts_from_the_day_it_shows(desk):
    ahead = replace(complete_draft(DRAFT), called_at=NOW + timedelta(days=400))
    seen = desk.change(ahead)
    assert seen.promise == desk.refresh(complete_draft(DRAFT)).promise
    assert desk.confirm(ahead, said_total_cents=4383).order.ordered_on == date(2026, 11, 23)


def cheap(draft, said_at):
    black, cyan = draft.cart.lines
    said = replace(black, said_price_cents=1990, said_at=said_at)
    return replace(draft, cart=replace(draft.cart, lines=(said, cyan)))


def test_a_price_said_by_a_clock_that_ran_ahead_is_kept_no_longer_than_others(ready, desk, tools):
    """Said "next year", it counts as said now, from when the clock was mended on."""
    kept = timedelta(seconds=tools.rules.price_kept_seconds)
    seen = desk.change(cheap(complete_draft(DRAFT), NOW + timedelta(days=365)))
    assert seen.quote.lines[0].unit_price_cents == 1990
    assert seen.draft.cart.lines[0].said_at == NOW
    with ready.read() as tx:
        assert tx.drafts.get(DRAFT) == seen.draft
    tools.clock.at = NOW + kept
    assert desk.refresh(seen.draft).quote.lines[0].unit_price_cents == 1990
    tools.clock.pass_by(seconds=1)
    assert desk.refresh(seen.draft).quote.lines[0].unit_price_cents == 2290


def test_taking_a_call_up_again_sets_the_price_that_was_said_too_late(desk, tools):
    tools.clock.at = NOW + timedelta(days=30)
    waiting = desk.change(cheap(complete_draft(DRAFT), tools.clock.at)).draft
    desk.park(waiting, "rappelle")
    tools.clock.at = NOW
    assert desk.resume(DRAFT).draft.cart.lines[0].said_at == NOW


# --- texts that UTF-8 cannot hold --------------------------------------------------------


def test_half_a_character_is_saved_as_a_mark_in_its_place(ready, desk):
    draft = complete_draft(DRAFT)
    broken = replace(
        draft,
        search="dcp\ud800350",
        customer=replace(draft.customer, person=replace(draft.customer.person, city="Re\udcffims")),
        delivery=replace(draft.delivery, instructions="\ud83d\ude00 digicode"),
    )
    seen = desk.change(broken).draft
    assert seen.search == "dcp\ufffd350"
    assert seen.customer.person.city == "Re\ufffdims"
    assert seen.delivery.instructions == "\U0001f600 digicode"
    assert (seen.step, seen.payment_method) == (draft.step, draft.payment_method)
    assert type(seen.step) is type(draft.step)
    with ready.read() as tx:
        assert tx.drafts.get(DRAFT) == seen


def test_half_a_character_in_a_code_or_a_reason_is_no_fault_of_the_program(desk):
    state, outcome = desk.give_code(complete_draft(DRAFT), "BIEN\ud800")
    assert outcome.refusal is not None
    assert state.draft.cart.codes == ("BIENVENUE10",)
    desk.park(state.draft, "rappelle \udc80 ce soir")
    (call,) = desk.new_call().calls_waiting
    assert call.draft.parked_reason == "rappelle \ufffd ce soir"


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_can_be_stored_and_a_whole_one_is_left_alone(text):
    stored = storable(text)
    assert stored.encode().decode() == stored
    assert storable(stored) == stored
    try:
        text.encode()
    except UnicodeEncodeError:
        assert len(stored) <= len(text)
    else:
        assert stored == text


# --- after an order was placed ---------------------------------------------------------------


def test_changing_an_order_leaves_the_present_call_in_its_turn(ready, desk):
    order = desk.confirm(complete_draft(DRAFT), said_total_cents=4383).order
    other = desk.new_call().draft
    other = desk.change(replace(other, cart=Cart().add("BRO-LC970BK", 1, price_cents=2290, at=NOW)))
    typed = replace(other.draft, search="dcp 350")
    state = desk.change_order(order.order_id, leaving=typed)
    assert (state.draft.revises, state.quote.total_cents) == (order.order_id, 4383)
    assert [call.draft for call in state.calls_waiting] == [typed]
    assert state.changing == {order.order_id: order.reference}
    placed = desk.confirm(state.draft, said_total_cents=4383)
    assert (placed.order.reference, placed.order.revision) == (order.reference, 2)
    assert placed.quote.total_cents == 4383
    assert [one.revision for one in orders(ready)] == [2]


def test_taking_up_the_change_that_is_left(desk):
    order = desk.confirm(complete_draft(DRAFT), said_total_cents=4383).order
    state = desk.change_order(order.order_id)
    again = desk.change_order(order.order_id, leaving=state.draft)
    assert again.draft == state.draft
    assert again.calls_waiting == ()


def test_what_a_change_would_promise_reckons_with_what_is_paid(ready, desk):
    order = desk.confirm(complete_draft(DRAFT), said_total_cents=4383).order
    assert all(one.is_conditional for one in desk.change_order(order.order_id).promises.values())
    with ready.write() as tx:
        facts = {"state": "in_preparation"}
        tx.orders.append(OrderEvent(order.order_id, OrderEventKind.STATE_CHANGED, NOW, facts))
    state = desk.change_order(order.order_id)
    assert not state.promise.is_conditional
    assert not any(one.is_conditional for one in state.promises.values())


def test_what_a_change_would_promise_reckons_with_what_is_put_aside(ready, desk, tools):
    order = desk.confirm(complete_draft(DRAFT), said_total_cents=4383).order
    before = desk.change_order(order.order_id).promises
    with ready.write() as tx:
        (item,) = tx.outbox.due(now=NOW)
        tx.outbox.mark(
            item.item_id, SyncState.CONFIRMED, attempts=1, next_try_at=NOW, last_error=None
        )
    sold_out = desk_on(ready, replace(tools, catalogue=SoldOut(tools.catalogue)))
    assert sold_out.change_order(order.order_id).promises == before


class SoldOut:
    """A catalogue of which the last ones were just put aside."""

    def __init__(self, catalogue):
        self._catalogue = catalogue

    def __getattr__(self, name):
        return getattr(self._catalogue, name)

    def articles(self, skus):
        found = self._catalogue.articles(skus).items()
        return {sku: replace(one, offer=replace(one.offer, stock=0)) for sku, one in found}


def test_cancelling_settling_and_what_is_left_to_see_to(ready, desk):
    order = desk.confirm(complete_draft(DRAFT), said_total_cents=4383).order
    with ready.write() as tx:
        for number in (1, 2):
            tx.work.raise_item(
                WorkItem(UUID(int=number), order.order_id, WorkKind.DIFFERENCES, {}, NOW)
            )
    assert desk.new_call().work_count == 2
    desk.settle(UUID(int=1), note="elle garde")
    assert desk.new_call().work_count == 1
    assert [row.item.work_id for row in desk.follow_up().work] == [UUID(int=2)]
    dossier = desk.cancel_order(order.order_id, "n'en veut plus")
    assert dossier.order.state is OrderState.CANCELLED
    assert dossier == desk.order_file(order.order_id)
    assert desk.follow_up().work == ()
    assert [row.order.order_id for row in desk.find_orders("duval").orders] == [order.order_id]


def test_what_is_tried_later_is_tried_now(ready, desk):
    desk.confirm(complete_draft(DRAFT), said_total_cents=4383)
    with ready.write() as tx:
        (item,) = tx.outbox.due(now=NOW)
        tx.outbox.mark(
            item.item_id,
            item.state,
            attempts=5,
            next_try_at=NOW + timedelta(days=1),
            last_error="field_unknown",
        )
    desk.try_now()
    with ready.read() as tx:
        assert [one.item_id for one in tx.outbox.due(now=NOW)] == [item.item_id]


def test_who_works_here(ready, desk):
    assert (desk.needs_sign_in(), desk.operator) == (False, None)
    with ready.write() as tx:
        tx.operators.replace_all([KnownOperator(UUID(int=1), "odile", "Odile MARTIN")])
    assert desk.needs_sign_in()
    with pytest.raises(Unavailable) as refused:
        desk.sign_in("odile", "trois petits chats")
    assert refused.value.code == "sign_in_offline_unknown"
