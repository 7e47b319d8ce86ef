"""Whatever is done to orders, in whatever order: nothing is held that nobody has, nothing is
asked for twice, and no order gets where it cannot go.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any
from uuid import UUID

from contract.asking import NUMBER, PARCEL, changed, placed
from contract.conftest import Shop
from contract.shop import ARTICLES, NOW, RULES, VOUCHERS
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, select, update
from sqlalchemy.engine import Connection

from central.store.accounts import accounts_of, to_refund
from central.store.cancellations import cancel_order
from central.store.consoles import Console, find_console
from central.store.lifecycle import mark_delivered, mark_dispatched, mark_returned
from central.store.orders import take_order
from central.store.receipts import note_received, note_refunded
from central.store.references import lease_block
from central.store.revisions import put_revision
from central.store.vouchers import put_vouchers
from models.account import Account
from models.errors import KioskError
from models.order import CHANGEABLE, ORDER_TRANSITIONS, Order, OrderState
from models.payment import PaymentMethod, PaymentState
from models.tables import central as tables
from models.wire.orders import (
    CancellationIn,
    DifferenceCode,
    VerdictOut,
    order_from_wire,
    order_to_wire,
)

STOCK = {article.sku: article.offer.stock for article in ARTICLES}
CREDIT = "AV-7K2M"
CREDIT_CENTS = 1500

LINES = st.dictionaries(
    st.sampled_from(sorted(STOCK)), st.integers(1, 6), min_size=1, max_size=3
).map(lambda lines: list(lines.items()))
CODES = st.lists(st.sampled_from(["Noel5", CREDIT]), unique=True, max_size=2)
METHODS = st.sampled_from(PaymentMethod)
CENTS = st.sampled_from([0, 1, 500, 1290, 1780, 3070])
BANK_REFERENCES = st.sampled_from(["", "VIR 1", "VIR 2", "CHQ 7"])

ORDERS_MAX = 3
"""Few, so that much is done to each."""

HISTORY = (
    tables.events,
    tables.cancellations,
    tables.order_revisions,
    tables.payment_requests,
    tables.ledger,
    tables.voucher_uses,
    tables.reservations,
    tables.orders,
)


class OrdersAtCentral(RuleBasedStateMachine):
    """One console and the shop's administrator, on a database that is swept clean before."""

    orders = Bundle("orders")

    def __init__(self, shop: Shop, console: Console) -> None:
        super().__init__()
        self.shop = shop
        self.console = console
        self.numbers = iter(range(NUMBER, NUMBER + 1_000))
        self.latest: dict[UUID, Order] = {}
        self.answers: dict[tuple[UUID, int], str] = {}
        shop.database.run(sweep)

    def run(self, work: Callable[[Connection], object]) -> object:
        """None where it is refused; then nothing at all has changed."""
        before = snapshot(self.shop)
        try:
            return self.shop.database.run(work)
        except KioskError:
            assert snapshot(self.shop) == before
            return None

    @precondition(lambda self: len(self.latest) < ORDERS_MAX)
    @rule(target=orders, lines=LINES, codes=CODES, method=METHODS)
    def place(self, lines: Any, codes: Any, method: Any) -> Any:
        order = placed(next(self.numbers), lines, codes=codes, method=method)
        self.send(order, take_order)
        assert order.order_id in self.latest
        return order.order_id

    @rule(order_id=orders, lines=LINES, codes=CODES, method=METHODS, skipped=st.integers(0, 1))
    def revise(self, order_id: UUID, lines: Any, codes: Any, method: Any, skipped: int) -> None:
        latest = self.latest[order_id]
        number = latest.revision + 1 + skipped
        self.send(changed(latest, lines, codes=codes, method=method, revision=number), put_revision)

    @rule(order_id=orders)
    def send_again(self, order_id: UUID) -> None:
        latest = self.latest[order_id]
        before = snapshot(self.shop)
        self.send(latest, put_revision if latest.revision > 1 else take_order)
        assert snapshot(self.shop) == before

    @rule(order_id=orders)
    def cancel(self, order_id: UUID) -> None:
        wanted = CancellationIn(cancelled_at=NOW)
        self.run(lambda tx: cancel_order(tx, self.console, order_id, wanted, at=NOW))

    @rule(order_id=orders)
    def pay(self, order_id: UUID) -> None:
        self.note(lambda tx: note_received(tx, str(order_id), at=NOW))

    @rule(order_id=orders)
    def pay_what_is_awaited(self, order_id: UUID) -> None:
        cents = self.awaited().get(order_id)
        if cents:
            self.note(lambda tx: note_received(tx, str(order_id), cents, at=NOW))

    @rule(order_id=orders, cents=CENTS, by=BANK_REFERENCES)
    def receive(self, order_id: UUID, cents: int, by: str) -> None:
        self.note(lambda tx: note_received(tx, str(order_id), cents, bank_reference=by, at=NOW))

    @rule(order_id=orders, cents=CENTS, by=BANK_REFERENCES)
    def refund(self, order_id: UUID, cents: int, by: str) -> None:
        self.note(lambda tx: note_refunded(tx, str(order_id), cents, bank_reference=by, at=NOW))

    @rule(order_id=orders)
    def refund_what_is_due(self, order_id: UUID) -> None:
        cents = self.accounts()[order_id].refund_due_cents
        if cents:
            self.note(lambda tx: note_refunded(tx, str(order_id), cents, at=NOW))

    def note(self, work: Callable[[Connection], object]) -> None:
        """The same words said twice are said once, unless they were refused."""
        if self.run(work) is not None:
            before = snapshot(self.shop)
            self.run(work)
            assert snapshot(self.shop) == before

    @rule(order_id=orders)
    def dispatch(self, order_id: UUID) -> None:
        self.run(lambda tx: mark_dispatched(tx, str(order_id), PARCEL, at=NOW))

    @rule(order_id=orders, mark=st.sampled_from([mark_delivered, mark_returned]))
    def arrive(self, order_id: UUID, mark: Any) -> None:
        self.run(lambda tx: mark(tx, str(order_id), at=NOW))

    def send(self, order: Order, put: Any) -> None:
        body = order_from_wire(order_to_wire(order))
        verdict: Any = self.run(lambda tx: put(tx, self.console, body, at=NOW, rules=RULES))
        if verdict is None:
            return
        key = order.order_id, order.revision
        assert self.answers.setdefault(key, verdict.canonical()) == verdict.canonical()
        self.latest[order.order_id] = order

    @invariant()
    def every_article_is_somewhere(self) -> None:
        held: Counter[str] = Counter()
        for row in rows(self.shop, tables.reservations):
            held[row.sku] += row.reserved
        there = {row.sku: row.stock for row in rows(self.shop, tables.articles)}
        assert {sku: there[sku] + held[sku] for sku in STOCK} == STOCK
        assert min(there.values()) >= 0

    @invariant()
    def every_use_is_one_of_an_order_that_lives(self) -> None:
        uses = rows(self.shop, tables.voucher_uses)
        living = {row.order_id for row in self.order_rows() if row.state != "cancelled"}
        assert {row.order_id for row in uses} <= living
        counted = Counter(row.code for row in uses)
        vouchers = {row.code: row for row in rows(self.shop, tables.vouchers)}
        assert {code: row.uses for code, row in vouchers.items()} == {
            code: counted[code] for code in vouchers
        }
        assert vouchers["Noel5"].uses <= 2
        spent = sum(row.amount_cents for row in uses if row.code == CREDIT)
        assert vouchers[CREDIT].remaining_cents + spent == CREDIT_CENTS

    @invariant()
    def nothing_is_asked_for_twice(self) -> None:
        requests = rows(self.shop, tables.payment_requests)
        open_ = Counter(row.order_id for row in requests if row.state == PaymentState.AWAITED)
        assert set(open_.values()) <= {1}
        for row in self.order_rows():
            if row.state == OrderState.AWAITING_PAYMENT:
                assert open_[row.order_id] == 1
            elif row.state != OrderState.IN_PREPARATION:
                assert open_[row.order_id] == 0

    @invariant()
    def what_is_asked_for_and_what_goes_back_follows_from_what_came_in(self) -> None:
        paid: Counter[UUID] = Counter()
        for entry in rows(self.shop, tables.ledger):
            paid[entry.order_id] += entry.amount_cents
        accounts, awaited = self.accounts(), self.awaited()
        for row in self.order_rows():
            account, costs = accounts[row.order_id], row.costs_cents
            assert account == Account(costs, paid[row.order_id])
            assert costs == costs_of(row)
            assert paid[row.order_id] >= 0
            assert account.refund_due_cents == max(0, paid[row.order_id] - costs)
            if row.state in CHANGEABLE:
                assert awaited.get(row.order_id, 0) == max(0, costs - paid[row.order_id])
            else:
                assert row.order_id not in awaited
        self.what_is_to_be_refunded_is_listed(accounts)

    def what_is_to_be_refunded_is_listed(self, accounts: Mapping[UUID, Account]) -> None:
        with self.shop.database.read() as connection:
            listed = {order.reference: order.account for order in to_refund(connection)}
        assert listed == {
            row.reference: accounts[row.order_id]
            for row in self.order_rows()
            if accounts[row.order_id].refund_due_cents
        }

    @invariant()
    def every_state_was_reached_by_the_table(self) -> None:
        states: dict[str, list[OrderState]] = {}
        for event in self.events():
            if event["kind"] == "order_state":
                states.setdefault(event["order_id"], []).append(OrderState(event["state"]))
        now = {str(row.order_id): row.state for row in self.order_rows()}
        assert {order_id: passed[-1] for order_id, passed in states.items()} == now
        for passed in states.values():
            for before, after in pairwise(passed):
                assert after == before or after in ORDER_TRANSITIONS[before]

    @invariant()
    def events_are_numbered_without_a_gap(self) -> None:
        numbers = [event["seq"] for event in self.events()]
        assert numbers == list(range(1, len(numbers) + 1))

    def accounts(self) -> Mapping[UUID, Account]:
        with self.shop.database.read() as connection:
            return accounts_of(connection, self.latest)

    def awaited(self) -> Mapping[UUID, int]:
        """Cents, by the order."""
        requests = rows(self.shop, tables.payment_requests)
        return {r.order_id: r.amount_cents for r in requests if r.state == PaymentState.AWAITED}

    def order_rows(self) -> list[Any]:
        return rows(self.shop, tables.orders)

    def events(self) -> list[Mapping[str, Any]]:
        return [
            {"seq": row.seq, "kind": row.kind, **json.loads(row.facts)}
            for row in rows(self.shop, tables.events)
        ]


def test_whatever_is_done_to_orders(shop: Shop) -> None:
    shop.fill()
    token = shop.token()
    with shop.database.read() as connection:
        console = find_console(connection, token)
    assert console is not None
    console_id = console.console_id
    shop.database.run(lambda tx: lease_block(tx, console_id, 1_000, at=NOW))
    run_state_machine_as_test(
        lambda: OrdersAtCentral(shop, console),
        settings=settings(max_examples=15, stateful_step_count=30, deadline=None),
    )


def costs_of(row: Any) -> int:
    """What was said, in cents; nothing where it is cancelled, or covered as central reckons."""
    verdict = VerdictOut.model_validate_json(row.verdict)
    here = [d.central for d in verdict.differences if d.code == DifferenceCode.TOTAL_CHANGED]
    return 0 if row.state == OrderState.CANCELLED or here == ["0"] else row.total_cents


def rows(shop: Shop, table: Any) -> list[Any]:
    with shop.database.read() as connection:
        return list(connection.execute(select(table).order_by(*table.primary_key)))


def snapshot(shop: Shop) -> list[Any]:
    with shop.database.read() as connection:
        return [
            connection.execute(select(table).order_by(*table.primary_key)).all()
            for table in (*HISTORY, tables.articles, tables.vouchers, tables.counters)
        ]


def sweep(connection: Connection) -> None:
    """As if nothing had ever been ordered."""
    for table in HISTORY:
        connection.execute(delete(table))
    for sku, stock in STOCK.items():
        connection.execute(
            update(tables.articles).where(tables.articles.c.sku == sku).values(stock=stock)
        )
    put_vouchers(connection, VOUCHERS)
    connection.execute(
        update(tables.counters).where(tables.counters.c.name == "events").values(value=0)
    )
