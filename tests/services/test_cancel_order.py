"""R8: an order that was placed is cancelled, until the carrier has it."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from console_fixtures import NOW, complete_draft, enrol, placing
from power_cut import after_every_cut, dump

from models.draft import DraftState
from models.errors import DomainError
from models.order import OrderEvent, OrderEventKind, OrderState, SyncState
from models.vouchers import Voucher, VoucherKind
from models.wire.orders import CancellationIn, cancellation_to_wire
from models.work import Settlement, WorkItem, WorkKind
from services.cancel_order import cancel_order
from services.drafts import save_draft
from services.holding import Holder
from services.place_order import place_in
from services.ports import OutboxKind
from services.revise_order import begin_revision, revise_in

OURS = "11111111-1111-7111-8111-111111111111"
OPERATOR = UUID(int=42)
WELCOME = Voucher("BIENVENUE10", VoucherKind.PERCENT, percent_bp=1000, uses_max=1)


@pytest.fixture
def tools(catalogue_path):
    tools = placing(catalogue_path)
    yield tools
    tools.catalogue.close()


@pytest.fixture
def order(store, tools):
    enrol(store)
    with store.write() as tx:
        tx.vouchers.put(WELCOME)
        order = place_in(tx, complete_draft(UUID(int=1)), tools)
    tools.clock.pass_by(hours=1)
    return order


def cancel(store, tools, order_id, reason="s'est trompée"):
    return cancel_order(
        order_id,
        reason,
        store=store,
        clock=tools.clock,
        ids=tools.ids,
        to_wire=cancellation_to_wire,
        operator_id=OPERATOR,
    )


def reply(store, order, state):
    with store.write() as tx:
        item = tx.outbox.of_order(order.order_id)[-1]
        tx.outbox.mark(item.item_id, state, attempts=1, next_try_at=NOW, last_error=None)


def owed(store, order):
    with store.read() as tx:
        return [(item.kind, item.state.value) for item in tx.outbox.of_order(order.order_id)]


def move(store, order, *states):
    with store.write() as tx:
        for state in states:
            facts = {"state": state.value}
            kind = OrderEventKind.STATE_CHANGED
            tx.orders.append(OrderEvent(order.order_id, kind, NOW, facts))


def test_all_that_belongs_to_it(store, tools, order):
    assert cancel(store, tools, order.order_id) == replace(order, state=OrderState.CANCELLED)
    with store.read() as tx:
        assert tx.orders.get(order.order_id).state is OrderState.CANCELLED
        asked, changed = tx.orders.events(order.order_id)[1:]
        assert (asked.kind, asked.facts) == (
            OrderEventKind.CANCEL_ASKED,
            {"reason": "s'est trompée"},
        )
        assert (changed.kind, changed.facts) == (
            OrderEventKind.STATE_CHANGED,
            {"state": "cancelled"},
        )
        assert tx.vouchers.get("BIENVENUE10") == WELCOME
        assert tx.vouchers.uses_by(order.customer.customer_id) == {}
        assert tx.orders.owed_with_codes() == ()
        first, last = tx.outbox.of_order(order.order_id)
        assert (first.kind, last.kind) == (OutboxKind.ORDER, OutboxKind.CANCELLATION)
        assert [item.item_id for item in tx.outbox.due(now=tools.clock.now())] == [first.item_id]
        assert CancellationIn.model_validate_json(last.body) == CancellationIn(
            cancelled_at=tools.clock.now(), reason="s'est trompée", operator_id=OPERATOR
        )


def test_twice_is_once(path, store, tools, order):
    cancelled = cancel(store, tools, order.order_id)
    before = dump(path)
    assert cancel(store, tools, order.order_id, "autre raison") == cancelled
    assert dump(path) == before


def test_between_any_two_statements_all_or_nothing(path, store, tools, order):
    done, cuts = after_every_cut(store, path, lambda: cancel(store, tools, order.order_id))
    assert cuts > 8
    assert done.state is OrderState.CANCELLED
    assert owed(store, order) == [("order", "waiting"), ("cancellation", "waiting")]


def test_a_paid_order_is_cancelled_too(store, tools, order):
    move(store, order, OrderState.IN_PREPARATION)
    assert cancel(store, tools, order.order_id).state is OrderState.CANCELLED


@pytest.mark.parametrize(
    "states",
    [
        (OrderState.IN_PREPARATION, OrderState.DISPATCHED),
        (OrderState.IN_PREPARATION, OrderState.DISPATCHED, OrderState.RETURNED),
    ],
)
def test_once_the_carrier_has_it_it_is_a_return(path, store, tools, order, states):
    move(store, order, *states)
    before = dump(path)
    with pytest.raises(DomainError) as refused:
        cancel(store, tools, order.order_id)
    assert refused.value.code == "order_not_changeable"
    assert refused.value.facts == {"state": states[-1].value}
    assert dump(path) == before


def test_an_order_that_is_not_here(store, tools):
    with pytest.raises(DomainError) as refused:
        cancel(store, tools, UUID(int=404))
    assert refused.value.code == "order_not_found"


@pytest.mark.parametrize(
    "reason,code",
    [
        ("carte 4970 1012 3456 7893", "card_number_refused"),
        ("carte 4970 1012      3456 7893", "card_number_refused"),  # one number once on one line
        ("a" * 501, "note_too_long"),
    ],
)
def test_a_reason_that_cannot_be_kept(path, store, tools, order, reason, code):
    before = dump(path)
    with pytest.raises(DomainError) as refused:
        cancel(store, tools, order.order_id, reason)
    assert refused.value.code == code
    assert dump(path) == before


def test_a_reason_is_one_line_that_disturbs_nothing(store, tools, order):
    cancel(store, tools, order.order_id, " trop\r\n cher\x00\x1b[2J \ud800")
    with store.read() as tx:
        asked = tx.orders.events(order.order_id)[1]
    assert asked.facts == {"reason": "trop cher[2J"}


# --- what central is told ----------------------------------------------------------------------


def test_an_order_that_central_has_is_cancelled_there(store, tools, order):
    reply(store, order, SyncState.CONFIRMED)
    cancel(store, tools, order.order_id)
    assert owed(store, order) == [("order", "confirmed"), ("cancellation", "waiting")]


def test_an_order_that_central_refused_is_cancelled_here_alone(store, tools, order):
    reply(store, order, SyncState.REFUSED)
    cancel(store, tools, order.order_id)
    assert owed(store, order) == [("order", "refused")]
    with store.read() as tx:
        assert (tx.outbox.waiting(), tx.outbox.refused()) == (0, 0)


def test_an_order_whose_change_was_refused_is_cancelled_there(store, tools, order):
    reply(store, order, SyncState.CONFIRMED)
    with store.write() as tx:
        draft = begin_revision(tx, order.order_id, holder=OURS, clock=tools.clock, ids=tools.ids)
        revise_in(tx, draft, replace(tools, holder=OURS))
    reply(store, order, SyncState.REFUSED)
    cancel(store, tools, order.order_id)
    assert owed(store, order)[-1] == ("cancellation", "waiting")


def test_what_was_placed_for_practice_is_cancelled_here_alone(store, tools):
    with store.write() as tx:
        order = place_in(tx, complete_draft(UUID(int=1)), tools)
    assert order.is_demo
    cancel(store, tools, order.order_id)
    assert owed(store, order) == []


# --- what it settles -----------------------------------------------------------------------------


def test_what_was_to_be_seen_to_is_settled(store, tools, order):
    with store.write() as tx:
        for number in (1, 2):
            tx.work.raise_item(
                WorkItem(UUID(int=number), order.order_id, WorkKind.DIFFERENCES, {}, NOW)
            )
        tx.work.settle(UUID(int=1), Settlement.CALLED_BACK, at=NOW, note="elle garde")
    cancel(store, tools, order.order_id)
    with store.read() as tx:
        first, second = tx.work.of_order(order.order_id)
        assert (first.settlement, first.note) == (Settlement.CALLED_BACK, "elle garde")
        assert (second.settlement, second.note) == (Settlement.CANCELLED, "s'est trompée")
        settled = tx.orders.events(order.order_id)[-1]
        assert settled.facts == {
            "work_id": str(UUID(int=2)),
            "settlement": "cancelled",
            "note": "s'est trompée",
        }


def test_a_call_that_was_put_aside_while_changing_it_is_over(store, tools, order):
    draft = parked_change(store, tools, order, holder=OURS)
    cancel(store, tools, order.order_id)
    with store.read() as tx:
        assert tx.drafts.unfinished() == ()
        assert tx.drafts.get(draft.draft_id).state is DraftState.ABANDONED


def test_a_call_that_another_program_has_open_stays_its_own(path, store, tools, order):
    other = Holder(path.parent / "holders", UUID(int=99))
    with store.write() as tx:
        draft = begin_revision(
            tx, order.order_id, holder=other.id, clock=tools.clock, ids=tools.ids
        )
    cancel(store, tools, order.order_id)
    with store.read() as tx:
        assert tx.drafts.get(draft.draft_id).state is DraftState.OPEN
    other.release()


def parked_change(store, tools, order, *, holder):
    with store.write() as tx:
        draft = begin_revision(tx, order.order_id, holder=holder, clock=tools.clock, ids=tools.ids)
        parked = replace(draft, state=DraftState.PARKED)
        return save_draft(parked, tx=tx, holder=None, now=tools.clock.now())
