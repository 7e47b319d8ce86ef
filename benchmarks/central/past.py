"""Orders of years, with everything that a delivered order leaves behind: its request, paid; the
money that came in; what was put aside; the code that was used; its history of events.

Rows are those that the program itself would have written, made from a few orders of its own
with other names: ``tests/contract/test_filled_shop.py`` compares the two.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import Table

from benchmarks.central.gapped_text import GappedText
from benchmarks.central.people import MODEL, said_of
from models.calendar import paris_day
from models.order import Order, OrderState
from models.payment import PaymentState
from models.promise import promise_for
from models.reference import with_check
from models.shop import ShopRules
from models.tables import central as tables
from models.wire.events import EventKind
from models.wire.fields import fingerprint_of
from models.wire.orders import Outcome, VerdictOut, order_to_wire

BLOCK = 100
"""References that a console leases at once (``services.sync.engine.BLOCK_SIZE``)."""
YEARS = timedelta(days=730)
"""So long ago the first order was."""
ALL_THERE = timedelta(days=7)
"""So long ago was the last one: all of them are delivered."""
AFTER = (timedelta(), timedelta(days=2), timedelta(days=3), timedelta(days=5))
"""The order."""
TAKEN, PAID, DISPATCHED, DELIVERED = range(len(AFTER))
EVENTS_KEPT = timedelta(days=30)
MASK_62 = (1 << 62) - 1

COLUMNS: Mapping[Table, tuple[str, ...]] = {
    tables.reference_blocks: ("first", "last", "console_id", "leased_at", "lease_key"),
    tables.orders: (
        *("order_id", "reference", "console_id", "customer_id", "state", "payment_method"),
        *("total_cents", "costs_cents", "paid_cents", "fingerprint", "body", "verdict", "outcome"),
        *("placed_at", "received_at", "seq", "revision", "parcel_number"),
    ),
    tables.payment_requests: (
        *("request_id", "order_id", "method", "amount_cents", "state", "creditor_reference"),
        *("created_at", "settled_at"),
    ),
    tables.ledger: ("entry_id", "order_id", "amount_cents", "bank_reference", "noted_at"),
    tables.voucher_uses: ("order_id", "code", "customer_id", "amount_cents"),
    tables.reservations: ("order_id", "sku", "wanted", "reserved"),
    tables.events: ("seq", "kind", "at", "console_id", "facts"),
}

ACCEPTED, PAID_STATE = Outcome.ACCEPTED.value, PaymentState.PAID.value
DELIVERED_STATE, STOCK_EVENT = OrderState.DELIVERED.value, EventKind.STOCK.value
ORDER = '{"order_id": "%s", "state": "'
PARCEL = '", "parcel_number": "%s"}'
NO_PARCEL = '"}%.0s'
HISTORY = tuple(
    (kind.value, when, f"{ORDER}{state.value}{parcel}")
    for kind, when, state, parcel in (
        (EventKind.ORDER_STATE, TAKEN, OrderState.AWAITING_PAYMENT, NO_PARCEL),
        (EventKind.PAYMENT, TAKEN, PaymentState.AWAITED, NO_PARCEL),
        (EventKind.PAYMENT, PAID, PaymentState.PAID, NO_PARCEL),
        (EventKind.ORDER_STATE, PAID, OrderState.IN_PREPARATION, NO_PARCEL),
        (EventKind.ORDER_STATE, DISPATCHED, OrderState.DISPATCHED, PARCEL),
        (EventKind.ORDER_STATE, DELIVERED, OrderState.DELIVERED, PARCEL),
    )
)
"""What is kept for ever of an order's events, with gaps for its id and its parcel."""

Rows = dict[str, list[tuple[object, ...]]]
"""By the name of their table."""


@dataclass(frozen=True, slots=True)
class Begin:
    """The last numbers that were drawn before, and how many orders there are to be."""

    seq: int
    reference: int
    event: int
    orders: int


class Past:
    """``models`` are orders of the customer ``MODEL``, placed on ``now``, for what is in stock."""

    def __init__(
        self,
        models: Sequence[Order],
        *,
        consoles: Sequence[str],
        customers: int,
        begin: Begin,
        now: datetime,
        rules: ShopRules,
    ) -> None:
        self._models = [_Model(order) for order in models]
        self._promised = _Promised(models[0], rules)
        self._consoles = consoles
        self._customers = customers
        self._begin = begin
        self._first_at = now - YEARS
        self._span = (YEARS - ALL_THERE) / max(1, begin.orders)
        self._kept_whole = (YEARS - EVENTS_KEPT) // self._span
        """Of this order and those after it no event was pruned yet."""

    def last_event(self, orders: int) -> int:
        """The number of the last event of so many orders."""
        return self._begin.event + len(HISTORY) * orders + max(0, orders - self._kept_whole)

    def rows(self, numbers: range) -> Rows:
        """Of those of ``begin.orders`` orders whose places are ``numbers``. The same each time."""
        rows: Rows = {table.name: [] for table in COLUMNS}
        chance = random.Random(self._begin.seq + numbers.start)
        for number in numbers:
            at = self._first_at + number * self._span
            console = self._consoles[number // BLOCK % len(self._consoles)]
            if number % BLOCK == 0:
                rows["reference_blocks"].append(self._block(number, console, at, chance))
            self._add(rows, number, console, at, chance)
        return rows

    def _block(
        self, number: int, console: str, at: datetime, chance: random.Random
    ) -> tuple[object, ...]:
        first = self._begin.reference + 1 + number
        return first, first + BLOCK - 1, console, _time(at), _with_hyphens(_id(at, chance))

    def _add(
        self, rows: Rows, number: int, console: str, at: datetime, chance: random.Random
    ) -> None:
        model = self._models[number % len(self._models)]
        order_id, parcel = _id(at, chance), f"6A{self._begin.seq + 1 + number:011d}"
        reference = with_check(self._begin.reference + 1 + number)
        day = paris_day(at)
        said = {
            **said_of(chance.randrange(self._customers)),
            "order_id": _with_hyphens(order_id),
            "reference": reference,
            "at": at.isoformat().replace("+00:00", "Z"),
            "ordered_on": day.isoformat(),
            "promise": self._promised.on(day),
        }
        times = [_time(at + after) for after in AFTER]
        customer_id, taken, paid = said["customer_id"].replace("-", ""), times[0], times[PAID]
        body, total = model.body.filled(said), model.total
        rows["orders"].append(
            (
                *(order_id, reference, console, customer_id, DELIVERED_STATE, model.method),
                *(total, total, total, fingerprint_of(body), body, model.verdict.filled(said)),
                *(ACCEPTED, taken, taken, self._begin.seq + 1 + number, 1, parcel),
            )
        )
        request_id, entry_id = _id(at, chance), _id(at + AFTER[PAID], chance)
        rows["payment_requests"].append(
            (request_id, order_id, model.method, total, PAID_STATE, None, taken, paid)
        )
        rows["ledger"].append((entry_id, order_id, total, "", paid))
        rows["voucher_uses"] += [(order_id, code, customer_id, cents) for code, cents in model.uses]
        rows["reservations"] += [
            (order_id, sku, quantity, quantity) for sku, quantity in model.lines
        ]
        told = said["order_id"], parcel
        event, events = self.last_event(number), rows["events"]
        for kind, when, facts in HISTORY:
            event += 1
            events.append((event, kind, times[when], console, facts % told))
        if number >= self._kept_whole:
            events.append((event + 1, STOCK_EVENT, taken, None, model.moved))


class _Model:
    """An order of which many are made."""

    def __init__(self, order: Order) -> None:
        body = order_to_wire(order)
        gaps = {
            "order_id": str(order.order_id),
            "at": json.loads(body)["placed_at"],
            "reference": order.reference,
        }
        own = gaps | said_of(MODEL) | {"promise": _spelled_promise(body)}
        verdict = VerdictOut(
            order_id=order.order_id,
            reference=order.reference,
            outcome=Outcome.ACCEPTED,
            received_at=order.placed_at,
        )
        self.body = GappedText(body, own | {"ordered_on": order.ordered_on.isoformat()})
        self.verdict = GappedText(verdict.canonical(), gaps)
        self.method = order.payment_method.value
        self.total = order.quote.total_cents
        self.uses = [(outcome.code, outcome.discount_cents) for outcome in order.quote.codes]
        self.lines = [(line.sku, line.quantity) for line in order.quote.lines]
        self.moved = json.dumps({"skus": sorted(sku for sku, _ in self.lines)})


class _Promised:
    """What is promised for goods that are there, by the day of the order, as it is spelled."""

    def __init__(self, model: Order, rules: ShopRules) -> None:
        self._model, self._rules = model, rules
        self._known: dict[date, str] = {}

    def on(self, day: date) -> str:
        if day not in self._known:
            order = replace(
                self._model, promise=promise_for(day, (), self._model.payment_method, self._rules)
            )
            self._known[day] = _spelled_promise(order_to_wire(order))
        return self._known[day]


def _spelled_promise(body: str) -> str:
    promise = json.loads(body)["promise"]
    return json.dumps(promise, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _id(at: datetime, chance: random.Random) -> str:
    """A UUID of version 7 that was made then, in hexadecimal."""
    bits = chance.getrandbits(74)
    tail = 0x7 << 76 | bits >> 62 << 64 | 0b10 << 62 | bits & MASK_62
    return f"{int(at.timestamp() * 1000) << 80 | tail:032x}"


def _with_hyphens(of: str) -> str:
    return f"{of[:8]}-{of[8:12]}-{of[12:16]}-{of[16:20]}-{of[20:]}"


def _time(at: datetime) -> str:
    """As SQLite keeps it; PostgreSQL reads it as well."""
    return at.isoformat(" ", "microseconds")[:26]
