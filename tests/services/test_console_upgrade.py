"""A console's file of an older program: what was agreed is there, and can be changed now."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from uuid import UUID

import pytest
from console_fixtures import NOW, complete_draft, enrol, opened, placing

from models.order import OrderEventKind, SyncState
from services.adapters import console_file
from services.adapters.stored_forms import dump
from services.place_order import place_in
from services.revise_order import begin_revision, revise_in

OURS = "11111111-1111-7111-8111-111111111111"
YOUNGER = {"revision", "revised_at", "operator_id", "revises"}
"""Fields that a program of version 0001 did not write."""


@pytest.fixture
def tools(catalogue_path):
    tools = placing(catalogue_path, holder=OURS)
    yield tools
    tools.catalogue.close()


@pytest.fixture
def order(tmp_path, tools):
    with opened(tmp_path / "elsewhere.sqlite3") as store:
        enrol(store)
        with store.write() as tx:
            return place_in(tx, complete_draft(UUID(int=1)), tools)


def as_before(value):
    """The stored form without what is younger."""
    return json.dumps({k: v for k, v in json.loads(dump(value)).items() if k not in YOUNGER})


@pytest.fixture
def old(path, order, monkeypatch):
    """A file of version 0001 with one order that is still owed, and a call that waits."""
    with monkeypatch.context() as before:
        before.setattr(console_file, "HEAD", "0001")
        console_file.migrate(path)
    at = NOW.replace(tzinfo=None).isoformat(" ", "microseconds")
    waiting = complete_draft(UUID(int=5))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                order.order_id.hex,
                order.reference,
                order.draft_id.hex,
                order.customer.customer_id.hex,
                order.state.value,
                at,
                as_before(order),
            ),
        )
        connection.execute(
            "INSERT INTO order_events (order_id, kind, at, facts) VALUES (?, 'placed', ?, '{}')",
            (order.order_id.hex, at),
        )
        connection.execute(
            "INSERT INTO outbox VALUES (?, ?, 'order', '{}', 'sent', 1, ?, NULL, ?)",
            (UUID(int=6).hex, order.order_id.hex, at, at),
        )
        connection.execute(
            "INSERT INTO drafts VALUES (?, 'parked', 0, NULL, ?, ?)",
            (waiting.draft_id.hex, at, as_before(waiting)),
        )
    return path


def test_all_that_was_there_is_there(old, order):
    with opened(old) as store, store.read() as tx:
        assert tx.orders.get(order.order_id) == order
        assert tx.orders.revisions(order.order_id) == (order,)
        assert [event.kind for event in tx.orders.events(order.order_id)] == [OrderEventKind.PLACED]
        assert [item.order_id for item in tx.outbox.due(now=NOW)] == [order.order_id]
        (call,) = tx.drafts.unfinished()
        assert call.draft == complete_draft(UUID(int=5))
        assert (tx.work.count(), tx.operators.all()) == (0, ())
    with closing(sqlite3.connect(old)) as connection:
        for attempt in ("UPDATE orders SET body = '{}'", "DELETE FROM orders"):
            with pytest.raises(sqlite3.IntegrityError, match="kept as it was said"):
                connection.execute(attempt)


def test_an_order_of_before_can_be_changed(old, order, tools):
    tools.ids.next = 5_000
    with opened(old) as store:
        with store.write() as tx:
            tx.customers.add(order.customer)
            draft = begin_revision(
                tx, order.order_id, holder=OURS, clock=tools.clock, ids=tools.ids
            )
            changed = revise_in(tx, draft, tools)
        with store.read() as tx:
            assert tx.orders.get(order.order_id) == changed
            assert changed == replace(
                order, revision=2, revised_at=NOW, draft_id=draft.draft_id, promise=changed.promise
            )
            items = tx.outbox.of_order(order.order_id)
            assert [(item.kind, item.state) for item in items] == [
                ("order", SyncState.SENT),
                ("revision", SyncState.WAITING),
            ]
