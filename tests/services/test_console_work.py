"""What came after an order, in the console's file: revisions, work, what is owed, operators."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from console_fixtures import NOW, complete_draft, enrol, opened, placing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.errors import Conflict
from models.order import OrderState, SyncState
from models.vouchers import Voucher, VoucherKind
from models.work import Settlement, WorkItem, WorkKind
from services.owing import is_refused_whole
from services.place_order import place_in
from services.ports import KnownOperator, OutboxItem, OutboxKind

CODE = Voucher("BIENVENUE10", VoucherKind.PERCENT, percent_bp=1000)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def tools(catalogue_path):
    tools = placing(catalogue_path)
    yield tools
    tools.catalogue.close()


@pytest.fixture
def placed(store, tools):
    enrol(store)
    with store.write() as tx:
        tx.vouchers.put(CODE)
        return place_in(tx, complete_draft(UUID(int=100)), tools)


def second(order, **changes):
    draft = UUID(int=200 + order.revision)
    made = {"revision": order.revision + 1, "revised_at": LATER, "draft_id": draft, **changes}
    return replace(order, **made)


# --- revisions ----------------------------------------------------------------------------


def test_everybody_is_given_the_newest_revision(path, store, placed):
    changed = second(placed, state=OrderState.IN_PREPARATION)
    with store.write() as tx:
        tx.orders.revise(changed, at=LATER)
    with opened(path) as again, again.read() as tx:
        assert tx.orders.get(placed.order_id) == changed
        assert tx.orders.by_draft(placed.draft_id) == changed
        assert tx.orders.by_draft(changed.draft_id) == changed
        assert tx.orders.by_reference(placed.reference) == changed
        assert [row.order for row in tx.orders.recent()] == [changed]
        mine = tx.orders.of_customer(placed.customer.customer_id)
        assert [row.order for row in mine] == [changed]
        told = tx.orders.revisions(placed.order_id)
        assert [(one.revision, one.draft_id) for one in told] == [
            (1, placed.draft_id),
            (2, changed.draft_id),
        ]
        assert tx.orders.revisions(UUID(int=404)) == ()


@pytest.mark.parametrize("revision", [1, 3])
def test_only_the_next_revision_is_taken(store, placed, revision):
    with pytest.raises(Conflict) as refused, store.write() as tx:
        tx.orders.revise(second(placed, revision=revision), at=LATER)
    assert refused.value.code == "revision_conflict"
    with store.read() as tx:
        assert tx.orders.revisions(placed.order_id) == (placed,)


def test_a_revision_is_kept_as_it_was_said(path, store, placed):
    with store.write() as tx:
        tx.orders.revise(second(placed), at=LATER)
    with closing(sqlite3.connect(path)) as connection:
        for attempt in ("UPDATE order_revisions SET body = '{}'", "DELETE FROM order_revisions"):
            with pytest.raises(sqlite3.IntegrityError, match="kept as it was said"):
                connection.execute(attempt)


def test_codes_are_those_of_the_newest_revision(store, placed):
    customer = placed.customer.customer_id
    without = second(placed, quote=replace(placed.quote, codes=()))
    with store.write() as tx:
        assert tx.vouchers.uses_by(customer) == {"BIENVENUE10": 1}
        assert tx.orders.owed_with_codes() == (placed,)
        tx.orders.revise(without, at=LATER)
        assert tx.vouchers.uses_by(customer) == {}
        assert tx.orders.owed_with_codes() == ()
        again = second(without, quote=placed.quote)
        tx.orders.revise(again, at=LATER)
        assert tx.vouchers.uses_by(customer) == {"BIENVENUE10": 1}
        assert tx.orders.owed_with_codes() == (again,)


def test_an_order_is_listed_with_whoever_pays_it_now(store, placed):
    other = replace(placed.customer, customer_id=UUID(int=7))
    with store.write() as tx:
        tx.orders.revise(second(placed, customer=other), at=LATER)
        assert tx.orders.of_customer(placed.customer.customer_id) == ()
        (row,) = tx.orders.of_customer(other.customer_id)
        assert row.order.customer == other
        assert tx.vouchers.uses_by(placed.customer.customer_id) == {}
        assert tx.vouchers.uses_by(other.customer_id) == {"BIENVENUE10": 1}


# --- what is owed ----------------------------------------------------------------------------


def item(order, number, kind=OutboxKind.REVISION, state=SyncState.WAITING, **changes):
    made = OutboxItem(
        item_id=UUID(int=9_000 + number),
        order_id=order.order_id,
        kind=kind,
        body="{}",
        state=state,
        attempts=0,
        next_try_at=NOW,
        last_error=None,
        created_at=NOW + timedelta(seconds=number),
    )
    return replace(made, **changes)


def due(tx):
    return [one.kind for one in tx.outbox.due(now=LATER)]


def mark(tx, one, state):
    tx.outbox.mark(one.item_id, state, attempts=1, next_try_at=NOW, last_error=None)


def test_items_of_an_order_go_one_after_the_other(store, placed):
    with store.write() as tx:
        (order,) = tx.outbox.of_order(placed.order_id)
        change, end = item(placed, 1), item(placed, 2, OutboxKind.CANCELLATION)
        tx.outbox.add(end)
        tx.outbox.add(change)
        assert due(tx) == ["order"]
        mark(tx, order, SyncState.SENT)
        assert due(tx) == ["order"]
        mark(tx, order, SyncState.CONFIRMED)
        assert due(tx) == ["revision"]
        mark(tx, change, SyncState.REFUSED)
        assert due(tx) == ["cancellation"]
        assert [one.kind for one in tx.outbox.of_order(placed.order_id)] == [
            "order",
            "revision",
            "cancellation",
        ]


def test_items_of_one_moment_go_by_their_ids(store, placed):
    with store.write() as tx:
        mark(tx, tx.outbox.of_order(placed.order_id)[0], SyncState.CONFIRMED)
        at = NOW + timedelta(seconds=1)
        tx.outbox.add(item(placed, 3, OutboxKind.CANCELLATION, created_at=at))
        tx.outbox.add(item(placed, 2, created_at=at))
        assert due(tx) == ["revision"]


def test_an_item_that_waits_its_turn_holds_up_its_own_order_alone(store, tools, placed):
    with store.write() as tx:
        other = place_in(tx, complete_draft(UUID(int=101)), tools)
        (first,) = tx.outbox.of_order(placed.order_id)
        tx.outbox.mark(
            first.item_id,
            SyncState.SENT,
            attempts=1,
            next_try_at=LATER + timedelta(days=1),
            last_error="central_timeout",
        )
        tx.outbox.add(item(placed, 1))
        assert [one.order_id for one in tx.outbox.due(now=LATER)] == [other.order_id]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(states=st.lists(st.sampled_from(list(SyncState)), min_size=1, max_size=6))
def test_what_is_due_of_an_order_is_its_oldest_that_is_owed(store, placed, states):
    owed = {SyncState.WAITING, SyncState.SENT}

    class Undone(Exception):
        pass

    with suppress(Undone), store.write() as tx:
        mark(tx, tx.outbox.of_order(placed.order_id)[0], SyncState.CONFIRMED)
        for number, state in enumerate(states, start=1):
            tx.outbox.add(item(placed, number, state=state))
        expected = [number for number, state in enumerate(states, start=1) if state in owed][:1]
        found = [one.item_id.int - 9_000 for one in tx.outbox.due(now=LATER)]
        assert found == expected
        assert tx.outbox.waiting() == sum(state in owed for state in states)
        raise Undone


def refuse(tx, order, **changes):
    (first,) = tx.outbox.of_order(order.order_id)
    tx.outbox.mark(
        first.item_id, SyncState.REFUSED, attempts=1, next_try_at=NOW, last_error="reference_taken"
    )
    return work(order, 1, kind=WorkKind.REFUSED, **changes)


def work(order, number, **changes):
    made = WorkItem(
        work_id=UUID(int=number),
        order_id=order.order_id,
        kind=WorkKind.DIFFERENCES,
        facts={"differences": [{"code": "price_changed", "said": "990", "central": "1090"}]},
        raised_at=LATER + timedelta(minutes=number),
    )
    return replace(made, **changes)


def listed(tx):
    counted = tx.outbox.waiting() + tx.outbox.refused()
    assert counted == len(tx.outbox.listing())
    return [(one.kind, one.state.value) for one in tx.outbox.listing()]


def test_what_is_refused_is_listed_until_somebody_saw_to_it(store, placed):
    with store.write() as tx:
        assert listed(tx) == [("order", "waiting")]
        tx.work.raise_item(refuse(tx, placed))
        assert listed(tx) == [("order", "refused")]
        tx.work.raise_item(work(placed, 2))
        tx.work.settle(UUID(int=2), Settlement.CALLED_BACK, at=LATER, note="")
        assert listed(tx) == [("order", "refused")]
        tx.work.settle(UUID(int=1), Settlement.CALLED_BACK, at=LATER, note="")
        assert listed(tx) == []


def test_what_is_refused_is_listed_until_something_else_was_sent(store, placed):
    with store.write() as tx:
        refuse(tx, placed)
        tx.outbox.add(item(placed, 1, OutboxKind.ORDER))
        assert listed(tx) == [("order", "waiting")]
        mark(tx, item(placed, 1), SyncState.CONFIRMED)
        assert listed(tx) == []


def test_what_was_refused_again_is_listed_again(store, placed):
    """A settled refusal of before says nothing about a later one."""
    with store.write() as tx:
        tx.work.raise_item(refuse(tx, placed))
        tx.work.settle(UUID(int=1), Settlement.CHANGED, at=LATER, note="")
        again = item(placed, 1, state=SyncState.REFUSED, created_at=LATER + timedelta(hours=1))
        tx.outbox.add(again)
        assert listed(tx) == [("revision", "refused")]


def test_what_was_never_sent_was_not_refused(placed):
    refused = item(placed, 1, OutboxKind.ORDER, SyncState.REFUSED)
    end = item(placed, 2, OutboxKind.CANCELLATION, SyncState.CONFIRMED)
    assert not is_refused_whole([])
    assert not is_refused_whole([end])
    assert is_refused_whole([refused, end])
    assert not is_refused_whole([refused, item(placed, 3)])


# --- work ------------------------------------------------------------------------------------


def test_work_the_oldest_first_and_settled_once(path, store, placed):
    first, last = work(placed, 1), work(placed, 2, kind=WorkKind.REFUSED, facts={"code": "x"})
    with store.write() as tx:
        tx.work.raise_item(last)
        tx.work.raise_item(first)
        assert tx.work.unsettled() == (first, last)
        assert tx.work.unsettled(limit=1) == (first,)
        tx.work.settle(first.work_id, Settlement.CALLED_BACK, at=LATER, note="elle garde")
        tx.work.settle(first.work_id, Settlement.CANCELLED, at=NOW, note="autre")
    settled = replace(first, settlement=Settlement.CALLED_BACK, settled_at=LATER, note="elle garde")
    with opened(path) as again, again.read() as tx:
        assert (tx.work.unsettled(), tx.work.count()) == ((last,), 1)
        assert tx.work.get(first.work_id) == settled
        assert tx.work.of_order(placed.order_id) == (settled, last)
        assert tx.work.get(UUID(int=404)) is None
        assert tx.work.of_order(UUID(int=404)) == ()


# --- operators -------------------------------------------------------------------------------

ODILE = KnownOperator(UUID(int=1), "odile", "Odile MARTIN")
REMI = KnownOperator(UUID(int=2), "remi", "Rémi BLANC")


def test_what_central_lists_replaces_what_was_known_but_for_verifiers(store):
    verified = replace(ODILE, verifier="$argon2id$x", verifiable_until=LATER)
    with store.write() as tx:
        tx.operators.replace_all([ODILE, REMI])
        tx.operators.keep_verifier(verified)
        tx.operators.replace_all([replace(ODILE, name="Odile DURAND"), REMI])
        assert tx.operators.all() == (replace(verified, name="Odile DURAND"), REMI)
        assert tx.operators.by_login("odile") == replace(verified, name="Odile DURAND")
        assert tx.operators.by_login("nobody") is None


def test_the_disabled_and_the_gone_lose_their_verifier(store):
    both = [replace(one, verifier="$x", verifiable_until=LATER) for one in (ODILE, REMI)]
    with store.write() as tx:
        for one in both:
            tx.operators.keep_verifier(one)
        tx.operators.replace_all([replace(ODILE, is_disabled=True)])
        assert tx.operators.all() == (replace(ODILE, is_disabled=True),)
        tx.operators.replace_all([ODILE, REMI])
        assert tx.operators.all() == (ODILE, REMI)


def test_a_login_goes_from_one_person_to_another(store):
    successor = replace(REMI, login="odile", verifier="$y", verifiable_until=LATER)
    with store.write() as tx:
        tx.operators.keep_verifier(replace(ODILE, verifier="$x", verifiable_until=LATER))
        tx.operators.keep_verifier(successor)
        assert tx.operators.all() == (successor,)
