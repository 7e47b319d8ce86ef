"""Orders that were placed on a console before a test begins, and what central said of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from console_fixtures import CENTRAL, HOME, NOW, CountedIds, StillClock, complete_draft, enrol

from kiosk import paths
from models.customer import Civility
from models.draft import CustomerEntry, DeliveryEntry, Draft
from models.order import Order, OrderEvent, OrderEventKind, OrderState, SyncState
from models.shop import ShopRules
from models.wire.orders import order_to_wire
from models.work import WorkItem, WorkKind
from services.adapters.catalogue_file import ensure_builtin
from services.adapters.console_store import ConsoleStore
from services.place_order import place_order
from services.placing import Placing
from services.ports import OutboxItem, OutboxKind

PRICE = {"code": "price_changed", "said": "2290", "central": "2490", "sku": "BRO-LC970BK"}
STOCK = {"code": "stock_short", "said": "2", "central": "0", "sku": "BRO-LC970C"}

WHOLE = complete_draft(UUID(int=1))


def draft_of(number: int, last_name: str = "Duval", first_name: str = "Jeanne") -> Draft:
    """A whole call of somebody living at home, paid by cheque, with a phone of their own."""
    person = replace(HOME, civility=Civility.MME.value, last_name=last_name, first_name=first_name)
    customer = CustomerEntry(person=person, phone=f"01 99 00 {number:02d} 34")
    delivery = DeliveryEntry()
    return replace(WHOLE, draft_id=UUID(int=500 + number), customer=customer, delivery=delivery)


class PastCalls:
    """A console's file, and what happened on it."""

    def __init__(self, folder: Path) -> None:
        self.store = ConsoleStore.open(paths.console_file(folder))
        self.clock = StillClock(NOW - timedelta(hours=1))
        self.ids = CountedIds(50_000)
        self._catalogue = ensure_builtin(paths.catalogue_file(folder), NOW)
        self._catalogue.note_source(CENTRAL)
        self._count = 0
        enrol(self.store)

    def close(self) -> None:
        self._catalogue.close()
        self.store.close()

    def order(self, last_name: str = "Duval", first_name: str = "Jeanne") -> Order:
        """Placed, two minutes after the one before."""
        self._count += 1
        self.clock.pass_by(minutes=2)
        draft = draft_of(self._count, last_name, first_name)
        with self.store.write() as tx:
            tx.drafts.save(draft, at=self.clock.now(), holder=None)
        placing = Placing(self._catalogue, self.clock, self.ids, ShopRules(), order_to_wire)
        return place_order(draft.draft_id, self.store, placing)

    def answered(
        self,
        order: Order,
        state: SyncState = SyncState.CONFIRMED,
        *,
        error: str | None = None,
        next_try_at: datetime = NOW,
    ) -> OutboxItem:
        """Where the last thing owed about an order stands."""
        with self.store.write() as tx:
            item = tx.outbox.of_order(order.order_id)[-1]
            tx.outbox.mark(
                item.item_id, state, attempts=3, next_try_at=next_try_at, last_error=error
            )
        return item

    def owes(self, order: Order, kind: OutboxKind) -> None:
        with self.store.write() as tx:
            item = OutboxItem(
                self.ids.new(),
                order.order_id,
                kind,
                "{}",
                SyncState.WAITING,
                0,
                self.clock.now(),
                None,
                self.clock.now(),
            )
            tx.outbox.add(item)

    def differs(self, order: Order, *differences: Mapping[str, object]) -> WorkItem:
        return self._work(order, WorkKind.DIFFERENCES, {"differences": list(differences)})

    def refused(self, order: Order, code: str, what: str = "order") -> WorkItem:
        self.answered(order, SyncState.REFUSED, error=code)
        return self._work(order, WorkKind.REFUSED, {"code": code, "fields": [], "what": what})

    def _work(self, order: Order, kind: WorkKind, facts: Mapping[str, object]) -> WorkItem:
        self.clock.pass_by(minutes=1)
        item = WorkItem(self.ids.new(), order.order_id, kind, facts, self.clock.now())
        with self.store.write() as tx:
            tx.work.raise_item(item)
        return item

    def moved(self, order: Order, state: OrderState, **facts: object) -> None:
        """As central tells it."""
        told = {"state": state.value, "by_central": True, **facts}
        at = self.clock.now()
        with self.store.write() as tx:
            tx.orders.append(OrderEvent(order.order_id, OrderEventKind.STATE_CHANGED, at, told))


def a_busy_morning(past: PastCalls) -> dict[str, Order]:
    """One order of each kind: that differs, refused, waiting, sent, dispatched, cancelled."""
    orders = {
        name: past.order(name, first)
        for name, first in (
            ("Duval", "Jeanne"),
            ("Roux", "Marcel"),
            ("Petit", "Anne"),
            ("Bernard", "Luc"),
            ("Moreau", "Zoé"),
            ("Garnier", "Paul"),
        )
    }
    past.answered(orders["Duval"])
    past.differs(orders["Duval"], PRICE, STOCK)
    past.refused(orders["Roux"], "reference_taken")
    later = NOW + timedelta(minutes=3)
    past.answered(
        orders["Petit"], SyncState.WAITING, error="central_unreachable", next_try_at=later
    )
    past.answered(orders["Bernard"], SyncState.SENT, error="central_timeout", next_try_at=later)
    past.answered(orders["Moreau"])
    past.moved(orders["Moreau"], OrderState.IN_PREPARATION)
    past.moved(orders["Moreau"], OrderState.DISPATCHED, parcel_number="6A12345678901")
    past.answered(orders["Garnier"])
    past.moved(orders["Garnier"], OrderState.CANCELLED)
    past.owes(orders["Garnier"], OutboxKind.CANCELLATION)
    return orders
