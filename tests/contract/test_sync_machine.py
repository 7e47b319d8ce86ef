"""The sync as a machine: whatever is done in whatever order, both sides end with the same.

Calls are taken, changed and cancelled, the shop is paid and sends parcels, lines fail,
programs die at any write, tokens are revoked, clocks are put wrong. Then all is drained, and
what was said to callers is what central has. ``KIOSK_MACHINE_EXAMPLES`` and
``KIOSK_MACHINE_STEPS`` make the run longer than it is in CI.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import pytest
from contract.conftest import Console, Served, Shop, Time
from contract.line import FAULTS, FaultyLine
from contract.shop import make_order
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Row, select

from central.backup import back_up
from central.database import Database
from central.restore import restore
from central.settings import CentralSettings
from central.store.consoles import revoke_console
from central.store.enrolments import allow_enrolment
from central.store.lifecycle import mark_dispatched
from central.store.payments import awaited_of
from central.store.receipts import note_received
from models.enrolment_code import new_code
from models.errors import KioskError
from models.order import CHANGEABLE, Order, OrderState, SyncState
from models.tables import central as tables
from models.work import WorkKind
from services.adapters.catalogue_file import CatalogueFile
from services.adapters.central_enrolment import ask_introduction, new_key
from services.adapters.central_http import CentralHttp
from services.adapters.central_line import CentralLine
from services.adapters.console_store import ConsoleStore
from services.codes import is_whole_order
from services.ports import Store, Transaction
from services.sync.engine import SyncEngine
from services.sync.enrolment import enrol_with_code, read_enrolment
from services.sync.status import Connection

EXAMPLES = int(os.environ.get("KIOSK_MACHINE_EXAMPLES", "14"))
STEPS = int(os.environ.get("KIOSK_MACHINE_STEPS", "12"))

PLENTY = 10_000
NOEL_MAX = 2
"""``contract.shop.VOUCHERS``"""
NAME = "comptoir"
PARCEL = "6A12345678901"
CARTS = (
    (("LC970BK", 1),),
    (("LC970C", 2), ("LC970Y", 1)),
    (("LC970BK", 3), ("LC970C", 1)),
)
SKUS = ("LC970BK", "LC970C", "LC970Y")
CODES = ((), ("Noel5",), ("AV-7K2M",))

Cart = tuple[tuple[str, int], ...]
carts = st.sampled_from(CARTS)
codes = st.sampled_from(CODES)
pick = st.integers(0, 3)
"""The newest orders: what is done to one of them should meet."""
faults = st.lists(st.sampled_from(FAULTS), max_size=4)


class Died(BaseException):
    """The program is gone, at this very write."""


class MortalStore:
    """The console's file, of a program that dies before or after its nth write."""

    def __init__(self, store: Store, writes_left: int, *, is_after: bool) -> None:
        self._store = store
        self._writes_left = writes_left
        self._is_after = is_after
        self.read = store.read

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        self._writes_left -= 1
        if not self._writes_left and not self._is_after:
            raise Died
        with self._store.write() as tx:
            yield tx
        if not self._writes_left:
            raise Died

    def close(self) -> None:
        self._store.close()


class World:
    """A fresh shop and a fresh console at it."""

    def __init__(self, made: Path, served: Served) -> None:
        self._held = ExitStack()
        folder = Path(self._held.enter_context(TemporaryDirectory(prefix="kiosk-machine-")))
        for name in ("central.sqlite3", "console.sqlite3", "catalogue.sqlite3"):
            shutil.copy(made / name, folder / name)
        self._served = served
        self.clock = Time()
        self.file = folder / "central.sqlite3"
        self._copy = folder / "copy.sqlite3"
        self.shop = Shop(self.file, folder, served.url, self.clock, Database(self.file))
        settings = CentralSettings(
            self.file, now=self.clock.now, page_rows=5, token_cache_seconds=0.0
        )
        served.take_over(settings, self.shop.database)
        store = ConsoleStore.open(folder / "console.sqlite3")
        catalogue = CatalogueFile.open(folder / "catalogue.sqlite3")
        self.console = Console(store, catalogue, Time())
        self.line = FaultyLine()
        self.shop.fill()
        for sku in SKUS:
            self.shop.set_stock(sku, PLENTY)
        self.enrol()

    def restart_central(self) -> None:
        """Another process on the same database."""
        self.shop.database.close()
        self.shop.database = self._served.app.state.database = Database(self.file)

    def copy(self) -> None:
        """In place of the copy that there is."""
        self._copy.unlink(missing_ok=True)
        back_up(self.file, self._copy)

    def put_back(self) -> None:
        self.clock.at += timedelta(seconds=1)  # what is put aside is named by the second
        self.shop.database.close()
        restore(self._copy, self.file, at=self.clock.at)
        self.shop.database = self._served.app.state.database = Database(self.file)

    def enrol(self) -> None:
        code = new_code(lambda below: (len(self.line.faults) + 5) % below)
        with self.shop.database.write() as connection:
            allow_enrolment(connection, NAME, code=code, at=self.clock.at)
        line = CentralLine(lambda: self.shop.url)
        enrol_with_code(
            self.console.store,
            self.console.clock,
            self.shop.url,
            code,
            ask=partial(ask_introduction, line, pause=lambda _: None),
            new_key=new_key,
        )
        line.close()

    def revoke(self) -> None:
        with self.shop.database.write() as connection:
            revoke_console(connection, NAME, at=self.clock.at)

    def exchange(self, store: Store | None = None) -> Connection:
        """One run of a program that has just been started."""
        with self.console.store.read() as tx:
            enrolment = read_enrolment(tx.settings)
        assert enrolment is not None
        central = CentralHttp(lambda: self.shop.url, enrolment.token, transport=self.line)
        engine = SyncEngine(
            store or self.console.store,
            self.console.catalogue,
            lambda: central,
            self.console.clock,
            block_size=5,
            chance=lambda: 0.5,
        )
        try:
            return engine.run_once(retry_all=True).connection
        finally:
            central.close()
            self.line = FaultyLine()

    def close(self) -> None:
        self.console.catalogue.close()
        self.console.store.close()
        self.shop.database.close()
        self._held.close()


class SyncMachine(RuleBasedStateMachine):
    make_world: ClassVar[partial[World]]

    def __init__(self) -> None:
        super().__init__()
        self.world = type(self).make_world()
        self.said: list[Order] = []

    # --- at the desk --------------------------------------------------------------

    @initialize()
    def opens(self) -> None:
        """With an order that central has, and one that it does not have yet."""
        self.world.exchange()
        self.places(CARTS[0], ())
        self.world.exchange()
        self.world.copy()
        self.places(CARTS[1], ())

    @rule(cart=carts, used=codes)
    def places(self, cart: Cart, used: tuple[str, ...]) -> None:
        console = self.world.console
        with suppress(KioskError):  # no references left: nothing was said
            order = console.place(
                lambda n: make_order(n, cart, codes=used, placed_at=console.clock.at)
            )
            self.said.append(order)

    @precondition(lambda self: self.said)
    @rule(which=pick, cart=st.sampled_from((*CARTS, None)), used=codes)
    def changes_or_cancels(self, which: int, cart: Cart | None, used: tuple[str, ...]) -> None:
        self._change(self.said[-1 - which % len(self.said)], cart, used)

    def _change(self, order: Order, cart: Cart | None, used: tuple[str, ...] = ()) -> None:
        """To another cart, or to none: cancelled."""
        console = self.world.console
        if console.state(order) not in CHANGEABLE:
            return
        if cart is None:
            console.cancel(order)
        else:
            console.revise(order, lambda n: make_order(n, cart, codes=used))

    # --- between the two ------------------------------------------------------------

    @rule(met=faults, method=st.sampled_from(["PUT", "PUT", "POST", "GET"]))
    def exchanges(self, met: list[str], method: str) -> None:
        self.world.line.faults, self.world.line.applies_to = list(met), method
        self.world.exchange()

    @rule()
    def all_goes_well(self) -> None:
        self.world.exchange()

    @rule(writes=st.integers(1, 12), is_after=st.booleans(), met=faults)
    def dies_while_exchanging(self, writes: int, is_after: bool, met: list[str]) -> None:  # noqa: FBT001 - drawn by name
        self.world.line.faults = list(met)
        store = MortalStore(self.world.console.store, writes, is_after=is_after)
        with suppress(Died):
            self.world.exchange(store)

    @rule(is_again=st.booleans())
    def loses_its_token(self, *, is_again: bool) -> None:
        self.world.revoke()
        assert self.world.exchange() is Connection.UNAUTHORISED
        if is_again:
            self.world.enrol()

    @rule(days=st.sampled_from([-4000, -1, 0, 1, 4000]))
    def clock_is_put(self, days: int) -> None:
        self.world.console.clock.at = self.world.clock.at + timedelta(days=days)

    # --- at the shop ------------------------------------------------------------------

    @rule()
    def central_restarts_later(self) -> None:
        self.world.clock.at += timedelta(minutes=1)
        self.world.console.clock.at += timedelta(minutes=1)
        self.world.restart_central()

    @precondition(lambda self: self.said)
    @rule(which=pick, cart=st.sampled_from((CARTS[0], None)))
    def central_forgets_an_hour(self, which: int, cart: Cart | None) -> None:
        self.world.exchange()
        self.world.copy()
        self._change(self.said[-1 - which % len(self.said)], cart)
        self.places(CARTS[2], ())
        self.world.exchange()
        self.world.put_back()

    @rule(is_copied=st.booleans())
    def central_is_put_back(self, *, is_copied: bool) -> None:
        if is_copied:
            self.world.copy()
        else:
            self.world.put_back()

    @precondition(lambda self: self.said)
    @rule(which=pick)
    def is_paid(self, which: int) -> None:
        with suppress(KioskError):  # central does not have it yet, or nothing is awaited
            self._is_paid(self.said[-1 - which % len(self.said)])

    @precondition(lambda self: self.said)
    @rule(which=pick, cart=st.sampled_from((CARTS[0], None)))
    def parcel_leaves_while_the_caller_calls(self, which: int, cart: Cart | None) -> None:
        order = self.said[-1 - which % len(self.said)]
        self.world.exchange()
        with suppress(KioskError):
            self._is_paid(order)
        with suppress(KioskError), self.world.shop.database.write() as connection:
            mark_dispatched(connection, order.reference, PARCEL, at=self.world.clock.at)
        self._change(order, cart)

    def _is_paid(self, order: Order) -> None:
        with self.world.shop.database.write() as connection:
            awaited = awaited_of(connection, order.order_id)
            cents = awaited.due.amount_cents if awaited else None
            note_received(connection, order.reference, cents, at=self.world.clock.at)

    # --- the end ----------------------------------------------------------------------

    def teardown(self) -> None:
        try:
            self._drain()
            self._both_sides_have_the_same()
            self._nothing_is_doubled()
            self._work_is_raised_once()
        finally:
            self.world.close()

    def _drain(self) -> None:
        self.world.enrol()
        self.world.console.clock.at = self.world.clock.at
        for _ in range(4):
            self.world.clock.at += timedelta(minutes=1)
            self.world.console.clock.at += timedelta(minutes=1)
            assert self.world.exchange() is Connection.ONLINE
        with self.world.console.store.read() as tx:
            assert tx.outbox.waiting() == 0

    def _rows(self) -> dict[str, Row[tuple[object, ...]]]:
        with self.world.shop.database.read() as connection:
            return {row.reference: row for row in connection.execute(select(tables.orders))}

    def _both_sides_have_the_same(self) -> None:
        rows = self._rows()
        assert set(rows) == {order.reference for order in self.said}
        assert len(rows) == len(self.said)
        for order in self.said:
            row = rows[order.reference]
            assert row.order_id == order.order_id
            assert row.state == self.world.console.state(order) or self._is_told(order)
            assert row.revision == self._confirmed_revision(order)

    def _is_told(self, order: Order) -> bool:
        """A person was told that central lost what it knew."""
        with self.world.console.store.read() as tx:
            work = [item for item in tx.work.of_order(order.order_id) if not item.settlement]
        return any("state_behind" in str(item.facts) for item in work)

    def _confirmed_revision(self, order: Order) -> int:
        with self.world.console.store.read() as tx:
            items = [i for i in tx.outbox.of_order(order.order_id) if is_whole_order(i)]
            cancelled = [i for i in tx.outbox.of_order(order.order_id) if not is_whole_order(i)]
        assert items[0].state is SyncState.CONFIRMED
        is_cancelled = any(i.state is SyncState.CONFIRMED for i in cancelled)
        assert is_cancelled == (self.world.console.state(order) is OrderState.CANCELLED)
        return max(n for n, i in enumerate(items, 1) if i.state is SyncState.CONFIRMED)

    def _nothing_is_doubled(self) -> None:
        shop = self.world.shop
        with self.world.console.store.read() as tx:
            revisions = [
                tx.orders.revisions(order.order_id)[self._rows()[order.reference].revision - 1]
                for order in self.said
                if self._rows()[order.reference].state != OrderState.CANCELLED
            ]
        sold: Counter[str] = Counter()
        for order in revisions:
            for line in order.quote.lines:
                sold[line.sku] += line.quantity
        assert {sku: PLENTY - shop.stock(sku) for sku in SKUS} == {s: sold[s] for s in SKUS}
        with shop.database.read() as connection:
            uses = Counter(connection.scalars(select(tables.voucher_uses.c.code)))
            known = {row.code: row for row in connection.execute(select(tables.vouchers))}
        assert known["Noel5"].uses == uses["Noel5"] <= NOEL_MAX

    def _work_is_raised_once(self) -> None:
        for order in self.said:
            with self.world.console.store.read() as tx:
                items = tx.outbox.of_order(order.order_id)
                work = Counter(item.kind for item in tx.work.of_order(order.order_id))
            refused = [item for item in items if item.state is SyncState.REFUSED]
            assert work[WorkKind.REFUSED] == len(refused)
            assert work[WorkKind.DIFFERENCES] <= len(items)


@pytest.mark.timeout(600)
def test_whatever_is_done_both_sides_end_with_the_same(made: Path, served: Served) -> None:
    class Machine(SyncMachine):
        make_world = partial(World, made, served)

    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
