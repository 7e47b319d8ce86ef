"""The lists to work through, one order whole, and how an order is found again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from console_fixtures import NOW, complete_draft, enrol, placing
from power_cut import after_every_cut, dump

from models import reference
from models.errors import DomainError
from models.order import OrderEventKind, SyncState
from models.vouchers import Voucher, VoucherKind
from models.work import Settlement, WorkItem, WorkKind
from services.follow_up import (
    find_orders,
    follow_up,
    order_by_reference,
    order_dossier,
    settle_work_item,
)
from services.place_order import place_in
from services.revise_order import begin_revision, revise_in

OURS = "11111111-1111-7111-8111-111111111111"
WORK = UUID(int=77)


@pytest.fixture
def tools(catalogue_path):
    tools = placing(catalogue_path, holder=OURS)
    yield tools
    tools.catalogue.close()


@pytest.fixture
def placed(store, tools):
    """Three orders of one caller, a minute apart: confirmed with work, refused, waiting."""
    enrol(store)
    orders = []
    with store.write() as tx:
        tx.vouchers.put(Voucher("BIENVENUE10", VoucherKind.PERCENT, percent_bp=1000))
        for number in range(3):
            draft = complete_draft(UUID(int=100 + number))
            if orders:
                known = orders[0].customer.customer_id
                draft = replace(draft, customer=replace(draft.customer, customer_id=known))
            orders.append(place_in(tx, draft, tools))
            tools.clock.pass_by(minutes=1)
        mark(tx, orders[0], SyncState.CONFIRMED)
        mark(tx, orders[1], SyncState.REFUSED, "reference_taken")
        tx.work.raise_item(
            WorkItem(WORK, orders[0].order_id, WorkKind.DIFFERENCES, {"differences": []}, NOW)
        )
    return orders


def mark(tx, order, state, error=None):
    item = tx.outbox.of_order(order.order_id)[-1]
    tx.outbox.mark(
        item.item_id, state, attempts=item.attempts + 1, next_try_at=NOW, last_error=error
    )


def change(store, tools, order):
    with store.write() as tx:
        draft = begin_revision(tx, order.order_id, holder=OURS, clock=tools.clock, ids=tools.ids)
        return revise_in(tx, draft, tools)


def test_what_there_is_to_see_to(store, tools, placed):
    with store.read() as tx:
        seen = follow_up(tx, now=tools.clock.now())
    assert [(row.item.work_id, row.order) for row in seen.work] == [(WORK, placed[0])]
    assert [(row.order, row.item.state, row.item.last_error) for row in seen.owed] == [
        (placed[1], SyncState.REFUSED, "reference_taken"),
        (placed[2], SyncState.WAITING, None),
    ]
    assert [row.order for row in seen.orders] == placed[::-1]
    assert [row.sync_state.value for row in seen.orders] == ["waiting", "refused", "confirmed"]
    assert (seen.work_count, seen.owed_count) == (1, 2)
    assert seen.seen_at == tools.clock.now()


def test_no_more_rows_than_asked_for_but_all_are_counted(store, tools, placed):
    with store.write() as tx:
        tx.work.raise_item(WorkItem(UUID(int=78), placed[1].order_id, WorkKind.REFUSED, {}, NOW))
        seen = follow_up(tx, now=tools.clock.now(), limit=1)
    assert (len(seen.work), len(seen.owed), len(seen.orders)) == (1, 1, 1)
    assert (seen.work_count, seen.owed_count) == (2, 2)


def test_what_goes_after_something_else_of_its_order_is_held_back(store, tools, placed):
    changed = change(store, tools, placed[2])
    with store.read() as tx:
        seen = follow_up(tx, now=tools.clock.now())
    mine = [row for row in seen.owed if row.order.order_id == changed.order_id]
    assert [(row.item.kind, row.is_held_back) for row in mine] == [
        ("order", False),
        ("revision", True),
    ]
    assert {row.order for row in mine} == {changed}


def test_after_a_refusal_the_next_item_is_not_held_back(store, tools, placed):
    change(store, tools, placed[1])
    with store.read() as tx:
        dossier = order_dossier(tx, placed[1].order_id, now=NOW)
    assert [(row.item.state.value, row.is_held_back) for row in dossier.owed] == [
        ("refused", False),
        ("waiting", False),
    ]


def test_what_central_answered_is_not_held_back_by_what_goes_up_again(store, tools, placed):
    changed = change(store, tools, placed[0])
    with store.write() as tx:
        mark(tx, changed, SyncState.REFUSED, "revision_conflict")
        first = tx.outbox.of_order(changed.order_id)[0]
        tx.outbox.mark(
            first.item_id, SyncState.WAITING, attempts=2, next_try_at=NOW, last_error=None
        )
        dossier = order_dossier(tx, changed.order_id, now=NOW)
    assert [(row.item.state.value, row.is_held_back) for row in dossier.owed] == [
        ("waiting", False),
        ("refused", False),
    ]


def test_one_order_whole(store, tools, placed):
    changed = change(store, tools, placed[0])
    with store.write() as tx:
        draft = begin_revision(tx, changed.order_id, holder=OURS, clock=tools.clock, ids=tools.ids)
        dossier = order_dossier(tx, changed.order_id, now=tools.clock.now())
    assert dossier.order == changed
    assert dossier.row.sync_state is SyncState.WAITING
    assert dossier.revisions == (placed[0], changed)
    assert [event.kind for event in dossier.events] == [
        OrderEventKind.PLACED,
        OrderEventKind.REVISED,
        OrderEventKind.WORK_SETTLED,
    ]
    assert [row.item.state.value for row in dossier.owed] == ["confirmed", "waiting"]
    assert [item.settlement for item in dossier.work] == [Settlement.CHANGED]
    assert dossier.open_work == ()
    assert dossier.is_changeable
    assert dossier.open_draft == draft.draft_id


def test_an_order_that_is_not_here(store):
    with pytest.raises(DomainError) as refused, store.read() as tx:
        order_dossier(tx, UUID(int=404), now=NOW)
    assert refused.value.code == "order_not_found"


# --- a call back ---------------------------------------------------------------------------------


def settle(store, work_id=WORK, note="elle attend", now=NOW + timedelta(hours=1)):
    with store.write() as tx:
        settle_work_item(tx, work_id, Settlement.CALLED_BACK, note, now=now)


def test_a_call_back_is_noted_once(path, store, placed):
    settle(store)
    before = dump(path)
    settle(store, note="autre chose", now=NOW + timedelta(hours=2))
    assert dump(path) == before
    with store.read() as tx:
        item = tx.work.get(WORK)
        assert (item.settlement, item.note) == (Settlement.CALLED_BACK, "elle attend")
        assert item.settled_at == NOW + timedelta(hours=1)
        last = tx.orders.events(placed[0].order_id)[-1]
        assert (last.kind, last.at) == (OrderEventKind.WORK_SETTLED, NOW + timedelta(hours=1))
        assert last.facts == {
            "work_id": str(WORK),
            "settlement": "called_back",
            "note": "elle attend",
        }


@pytest.mark.usefixtures("placed")
def test_a_call_back_is_noted_whole_or_not_at_all(path, store):
    _none, cuts = after_every_cut(store, path, lambda: settle(store))
    assert cuts >= 3
    with store.read() as tx:
        assert tx.work.count() == 0


@pytest.mark.usefixtures("placed")
def test_nothing_that_is_not_there_is_settled(path, store):
    before = dump(path)
    for work_id, note, code in (
        (UUID(int=404), "", "work_unknown"),
        (WORK, "4970 1012 3456 7893", "card_number_refused"),
    ):
        with pytest.raises(DomainError) as refused:
            settle(store, work_id, note)
        assert refused.value.code == code
    assert dump(path) == before


# --- finding ---------------------------------------------------------------------------------------


def found(store, text):
    with store.read() as tx:
        told = find_orders(tx, text)
    return [row.order.reference for row in told.orders], told.is_proposal


def references(placed):
    return [order.reference for order in placed]


def test_by_reference_as_it_is_said(store, placed):
    wanted = placed[1].reference
    for text in (wanted, reference.grouped(wanted), f" {wanted[:3]}.{wanted[3:]} "):
        assert found(store, text) == ([wanted], False)
    with store.read() as tx:
        (row,) = find_orders(tx, wanted).orders
    assert (row.sync_state, row.last_error) == (SyncState.REFUSED, "reference_taken")


def test_a_typing_error_proposes_the_orders_that_are_meant(store, placed):
    wanted = placed[0].reference
    swapped = wanted[:4] + wanted[5] + wanted[4] + wanted[6:]
    assert swapped != wanted
    assert found(store, swapped) == ([wanted], True)
    with pytest.raises(DomainError) as refused, store.read() as tx:
        order_by_reference(tx, swapped)
    assert refused.value.code == "reference_check"
    assert refused.value.facts["near"] == (wanted,)


def test_by_name_or_the_end_of_a_phone_the_newest_first(store, placed):
    assert found(store, "duval") == (references(placed)[::-1], False)
    assert found(store, "12 34") == (references(placed)[::-1], False)
    with store.read() as tx:
        assert len(find_orders(tx, "duval", limit=2).orders) == 2


@pytest.mark.parametrize("text", ["", "zzz", "482 013 999", reference.with_check(11_111_111)])
@pytest.mark.usefixtures("placed")
def test_nothing_fits(store, text):
    assert found(store, text) == ([], False)


def test_one_order_by_what_the_caller_reads(store, placed):
    with store.read() as tx:
        assert order_by_reference(tx, reference.grouped(placed[2].reference)) == placed[2]
        for text, code in (
            ("12", "reference_malformed"),
            (reference.with_check(11_111_111), "order_not_found"),
        ):
            with pytest.raises(DomainError) as refused:
                order_by_reference(tx, text)
            assert refused.value.code == code
