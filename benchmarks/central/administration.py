"""What whoever runs the shop asks of a central, and what it asks of itself: milliseconds.

Reads as the commands of ``kiosk central`` make them, without the start of a program; requests
as they come. Each three times, of which the middle one counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.engine import Connection

from benchmarks.central.http import Line
from benchmarks.central.served import Served
from central.database import Database, where_is
from central.store.accounts import accounts_of, statement_of, to_refund
from central.store.consoles import list_consoles
from central.store.events import prune
from central.store.orders import newest_orders

TIMES = 3
LISTED = 1_000
EVENTS_KEPT = timedelta(days=30)
REQUESTS = {
    "/readyz": "/readyz",
    "/metrics": "/metrics",
    "a console's first page of orders": "/v1/orders",
}
PRUNED = "events pruned, nothing old"


def _listed(connection: Connection) -> object:
    rows = newest_orders(connection, limit=LISTED)
    return accounts_of(connection, [row.order_id for row in rows])


def _shown(connection: Connection) -> object:
    (newest,) = newest_orders(connection, limit=1)
    return statement_of(connection, newest.reference)


READS: Mapping[str, Callable[[Connection], object]] = {
    "orders": _listed,
    "orders --to-refund": to_refund,
    "order show": _shown,
    "console list": list_consoles,
}


def look(central: Served, token: str, now: datetime) -> dict[str, float]:
    """Seconds of each, by its name."""
    line = Line(central, token)
    with closing(Database(where_is(central.database))) as opened:
        seconds = {name: _middle(_reading(opened, read)) for name, read in READS.items()}
        seconds[PRUNED] = _middle(_pruning(opened, now))
    seconds |= {name: _middle(partial(line.ask_text, path)) for name, path in REQUESTS.items()}
    line.close()
    return seconds


def _reading(opened: Database, read: Callable[[Connection], object]) -> Callable[[], object]:
    def do() -> None:
        with opened.read() as connection:
            read(connection)

    return do


def _pruning(opened: Database, now: datetime) -> Callable[[], object]:
    return lambda: opened.run(lambda connection: prune(connection, before=now - EVENTS_KEPT))


def _middle(do: Callable[[], object]) -> float:
    seconds = []
    for _ in range(TIMES):
        began = time.perf_counter()
        do()
        seconds.append(time.perf_counter() - began)
    return sorted(seconds)[TIMES // 2]
