"""What must not come from nothing nor go to nowhere: stock, codes, credits and money awaited.

Pure. The other half of ``benchmarks.faults.audit``, of central's database alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from benchmarks.faults.facts import Beginning, CentralFacts, OrderAtCentral
from benchmarks.faults.finding import Finding
from models.order import OrderState
from models.payment import PaymentState

AWAITED = {OrderState.AWAITING_PAYMENT: (1, 1), OrderState.IN_PREPARATION: (0, 1)}
"""How many requests may be open, at least and at most; none in any other state."""


def goods_findings(beginning: Beginning, central: CentralFacts) -> Iterator[Finding]:
    live = [order for order in central.orders if order.state != OrderState.CANCELLED]
    yield from _stock(beginning, central, live)
    yield from _reservations(live)
    yield from _codes(beginning, central, live)
    yield from _codes_per_customer(beginning, live)
    yield from _credits(beginning, central, live)
    for order in central.orders:
        yield from _payments(order)


def _stock(
    beginning: Beginning, central: CentralFacts, live: list[OrderAtCentral]
) -> Iterator[Finding]:
    reserved: Counter[str] = Counter()
    for order in live:
        for item in order.reservations:
            reserved[item.sku] += item.reserved
    for sku, before in beginning.stock.items():
        there = central.holds.stock[sku]
        if there < 0:
            yield Finding("oversold", sku, f"{there} in stock")
        if there + reserved[sku] != before:
            yield Finding("stock", sku, f"{before} = {there} there + {reserved[sku]} reserved")


def _reservations(live: list[OrderAtCentral]) -> Iterator[Finding]:
    """For what the newest revision says, and no more of it than that."""
    for order in live:
        wanted: Counter[str] = Counter()
        for sku, quantity, _ in order.newest.lines:
            wanted[sku] += quantity
        found = {item.sku: item.wanted for item in order.reservations}
        if found != dict(wanted):
            yield Finding("reserved_for_other", order.reference, f"{found} for {dict(wanted)}")
        if any(item.reserved > item.wanted for item in order.reservations):
            yield Finding("reserved_too_much", order.reference)


def _codes(
    beginning: Beginning, central: CentralFacts, live: list[OrderAtCentral]
) -> Iterator[Finding]:
    redeemed = Counter(code for order in live for code in order.uses)
    for code, uses in central.uses.items():
        most = beginning.uses_max.get(code)
        if most is not None and uses > most:
            yield Finding("used_too_often", code, f"{uses} of {most}")
        if uses != redeemed[code]:
            yield Finding("uses", code, f"{uses} counted, {redeemed[code]} redeemed")


def _codes_per_customer(beginning: Beginning, live: list[OrderAtCentral]) -> Iterator[Finding]:
    used = Counter(
        (code, order.customer_id)
        for order in live
        for code in order.uses
        if code in beginning.uses_per_customer_max
    )
    for (code, customer_id), uses in used.items():
        if uses > beginning.uses_per_customer_max[code]:
            yield Finding("used_too_often_by_one", code, f"{uses} by {customer_id}")


def _credits(
    beginning: Beginning, central: CentralFacts, live: list[OrderAtCentral]
) -> Iterator[Finding]:
    for code, before in beginning.credit_cents.items():
        spent = sum(order.uses.get(code, 0) for order in live)
        left = central.holds.codes[code].remaining_cents
        if left < 0 or left + spent != before:
            yield Finding("credit", code, f"{before} = {left} left + {spent} spent, in cents")


def _payments(order: OrderAtCentral) -> Iterator[Finding]:
    """R13: never two payable requests, and one for the whole rest where one is awaited. An
    order in preparation may wait for what a change of it costs more.
    """
    awaited = [p.amount_cents for p in order.payments if p.state == PaymentState.AWAITED]
    least, most = AWAITED.get(OrderState(order.state), (0, 0))
    if not least <= len(awaited) <= most:
        yield Finding("payment", order.reference, f"{len(awaited)} awaited while {order.state}")
    paid = order.paid_cents
    for rest in awaited:
        if rest != max(0, order.newest.total_cents - paid):
            total = order.newest.total_cents
            yield Finding("amount", order.reference, f"{rest} awaited, {paid} paid of {total}")
