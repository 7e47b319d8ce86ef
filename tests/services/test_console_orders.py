from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from console_fixtures import NOW, complete_draft, enrol, opened, placing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from models.errors import Defect, DomainError
from models.order import OrderEvent, OrderEventKind, OrderState, SyncState
from models.vouchers import Voucher, VoucherKind
from services.place_order import place_in

DRAFT = UUID(int=1)


@pytest.fixture
def tools(catalogue_path):
    tools = placing(catalogue_path)
    yield tools
    tools.catalogue.close()


@pytest.fixture
def placed(store, tools):
    """Three orders, a minute apart, the last two of one customer."""
    enrol(store)
    orders = []
    for number in range(3):
        draft = complete_draft(UUID(int=100 + number))
        if number == 2:
            known = orders[1].customer.customer_id
            draft = replace(draft, customer=replace(draft.customer, customer_id=known))
        with store.write() as tx:
            orders.append(place_in(tx, draft, tools))
        tools.clock.pass_by(minutes=1)
    return orders


def changed(order, state):
    kind = OrderEventKind.STATE_CHANGED
    return OrderEvent(order.order_id, kind, NOW + timedelta(hours=1), {"state": state.value})


def test_orders_the_newest_first_and_of_one_customer(store, placed):
    with store.read() as tx:
        assert [row.order for row in tx.orders.recent()] == placed[::-1]
        assert [row.order for row in tx.orders.recent(limit=1)] == [placed[2]]
        rows = tx.orders.of_customer(placed[1].customer.customer_id)
        assert [row.order for row in rows] == [placed[2], placed[1]]


def test_the_state_follows_the_events_and_the_snapshot_stays(store, placed):
    with store.write() as tx:
        tx.orders.append(changed(placed[0], OrderState.IN_PREPARATION))
    with store.read() as tx:
        order = tx.orders.get(placed[0].order_id)
        assert order == replace(placed[0], state=OrderState.IN_PREPARATION)
        events = tx.orders.events(order.order_id)
    assert [event.kind.value for event in events] == ["placed", "state_changed"]
    assert events[1] == changed(placed[0], OrderState.IN_PREPARATION)


def test_a_state_the_table_does_not_allow_is_refused(store, placed):
    with pytest.raises(DomainError) as refused, store.write() as tx:
        tx.orders.append(changed(placed[0], OrderState.DELIVERED))
    assert refused.value.code == "order_transition"
    with store.read() as tx:
        assert len(tx.orders.events(placed[0].order_id)) == 1


def test_no_two_orders_share_a_reference_or_a_draft(store, placed):
    twin = replace(placed[0], order_id=UUID(int=7), draft_id=UUID(int=8))
    for wrong in (twin, replace(twin, reference="000000000", draft_id=placed[0].draft_id)):
        with pytest.raises(IntegrityError), store.write() as tx:
            tx.orders.add(wrong)


def test_a_cancelled_order_gives_its_codes_back(store, placed, tools):
    with store.write() as tx:
        tx.vouchers.put(Voucher("BIENVENUE10", VoucherKind.PERCENT, percent_bp=1000))
        order = place_in(tx, complete_draft(DRAFT), tools)
        assert tx.vouchers.uses_by(order.customer.customer_id) == {"BIENVENUE10": 1}
        assert tx.vouchers.uses_by(placed[0].customer.customer_id) == {}
        tx.orders.append(changed(order, OrderState.CANCELLED))
        assert tx.vouchers.uses_by(order.customer.customer_id) == {}


# --- the outbox -------------------------------------------------------------------------


def mark(tx, item, state, *, seconds=0, error=None):
    tx.outbox.mark(
        item.item_id,
        state,
        attempts=item.attempts + 1,
        next_try_at=NOW + timedelta(seconds=seconds),
        last_error=error,
    )


def test_what_is_owed_the_oldest_first(store, placed):
    with store.read() as tx:
        assert tx.outbox.due(now=NOW - timedelta(seconds=1)) == ()
        owed = tx.outbox.due(now=NOW + timedelta(hours=1))
        assert [item.order_id for item in owed] == [order.order_id for order in placed]
        assert [item.order_id for item in tx.outbox.due(now=NOW)] == [placed[0].order_id]
        assert len(tx.outbox.due(now=NOW + timedelta(hours=1), limit=2)) == 2
        assert tx.outbox.waiting() == 3


@pytest.mark.usefixtures("placed")
def test_marks_are_kept_and_shown_beside_the_order(store):
    with store.write() as tx:
        first, second, third = tx.outbox.due(now=NOW + timedelta(hours=1))
        mark(tx, first, SyncState.CONFIRMED)
        mark(tx, second, SyncState.REFUSED, error="sku_unknown")
        mark(tx, third, SyncState.SENT, seconds=3600, error="timeout")
    with store.read() as tx:
        rows = {row.order.order_id: (row.sync_state, row.last_error) for row in tx.orders.recent()}
        assert rows == {
            first.order_id: (SyncState.CONFIRMED, None),
            second.order_id: (SyncState.REFUSED, "sku_unknown"),
            third.order_id: (SyncState.SENT, "timeout"),
        }
        assert (tx.outbox.waiting(), tx.outbox.refused()) == (1, 1)
        assert tx.outbox.due(now=NOW) == ()
    with store.write() as tx:
        tx.outbox.retry_now(now=NOW)
        (again,) = tx.outbox.due(now=NOW)
    assert (again.item_id, again.attempts, again.body) == (third.item_id, 1, third.body)


def test_a_mark_on_nothing_is_a_defect(store):
    with pytest.raises(Defect), store.write() as tx:
        tx.outbox.mark(DRAFT, SyncState.CONFIRMED, attempts=1, next_try_at=NOW, last_error=None)


# --- codes, references, settings ----------------------------------------------------------


def test_codes_are_exact_and_their_look_alikes_found(store):
    codes = ("BIENVENUE10", "Bienvenue10", "BIENVENUEIO", "MERCI5")
    with store.write() as tx:
        tx.vouchers.put(Voucher("OLD", VoucherKind.PERCENT))
        wanted = [Voucher(code, VoucherKind.PERCENT) for code in codes]
        assert tx.vouchers.differing(wanted) == (wanted, ("OLD",))
        for voucher in wanted:
            tx.vouchers.put(voucher)
        tx.vouchers.remove(["OLD"])
        assert tx.vouchers.differing(wanted) == ([], ())
    with store.read() as tx:
        assert tx.vouchers.get("BIENVENUE10").code == "BIENVENUE10"
        assert tx.vouchers.get("bienvenue10") is None
        assert tx.vouchers.get("OLD") is None
        assert [one.code for one in tx.vouchers.alike("bienvenuel0")] == [
            "BIENVENUE10",
            "BIENVENUEIO",
            "Bienvenue10",
        ]
        assert [one.code for one in tx.vouchers.alike("MERCI5")] == []


def test_a_number_is_given_back_only_if_nothing_was_committed(store):
    class Interrupted(Exception):
        pass

    def take_and_fail():
        with store.write() as tx:
            tx.references.add_block(7, 9)
            assert tx.references.take_next() == 7
            raise Interrupted

    with pytest.raises(Interrupted):
        take_and_fail()
    with store.write() as tx:
        assert tx.references.left() == 0
        tx.references.add_block(7, 9)
        assert [tx.references.take_next(), tx.references.left()] == [7, 2]
    with store.write() as tx:
        tx.references.add_block(7, 9)
        assert [tx.references.take_next(), tx.references.left()] == [8, 1]


def taken_from(tx):
    return [tx.references.take_next() for _ in range(tx.references.left())]


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(
        st.tuples(st.integers(100, 140), st.integers(0, 25), st.integers(0, 12)), max_size=8
    )
)
def test_blocks_that_overlap_give_no_number_twice(tmp_path, steps):
    with opened(tmp_path / f"{uuid4()}.sqlite3") as store, store.write() as tx:
        taken = []
        for first, more, take in steps:
            tx.references.add_block(first, first + more)
            taken += [tx.references.take_next() for _ in range(min(take, tx.references.left()))]
        taken += taken_from(tx)
    assert sorted(taken) == sorted(
        {n for low, more, _ in steps for n in range(low, low + more + 1)}
    )


def test_a_block_leaves_out_the_references_of_orders(store, placed):
    """The blocks were lost with an old file, or central was put back: the orders count."""
    numbers = [int(order.reference[:-1]) for order in placed]
    assert numbers == [48_201_395, 48_201_396, 48_201_397]
    with store.write() as tx:
        taken_from(tx)
    with store.write() as tx:
        tx.references.add_block(48_201_390, 48_201_399)
        assert taken_from(tx) == [48_201_390, 48_201_391, 48_201_392, 48_201_393, 48_201_394]


def test_without_its_blocks_a_file_still_knows_what_its_orders_used(store, path, placed):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM reference_blocks")
    assert len(placed) == 3
    with store.write() as tx:
        tx.references.add_block(48_201_394, 48_201_399)
        assert taken_from(tx) == [48_201_394, 48_201_398, 48_201_399]


def test_settings_are_put_again_and_again(store):
    with store.write() as tx:
        tx.settings.put("cursor", "1")
        tx.settings.put("cursor", "2")
    with store.read() as tx:
        assert (tx.settings.get("cursor"), tx.settings.get("other")) == ("2", None)
