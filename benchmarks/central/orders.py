"""Orders a second and how long each takes, with some clients at once.

Each order: the customer is looked up by phone, then two lines, a code and a delivery address
are handed over. The bodies are made before the clock runs. Whoever is done with an order takes
the next one, until all are taken: a client that shares its worker with many takes fewer.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from benchmarks.budget import percentile
from benchmarks.central.http import Line
from benchmarks.central.served import Served
from benchmarks.central.shop import Shop, body_of, new_order

WARM_UP = 20
PIECES = 100
SHARES_MAX = 3
"""So many times its share has a client at hand."""


@dataclass(frozen=True, slots=True)
class Call:
    lookup: str
    order_id: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds of each order, look-up included. ``piece_ms``: what ``piece_ms`` said before and after,
    in the mean.
    """

    clients: int
    seconds: float
    times: tuple[float, ...]
    failed: int
    differing: int
    processor_share: float
    piece_ms: float

    @property
    def per_second(self) -> float:
        return len(self.times) / self.seconds

    @property
    def processor_ms(self) -> float:
        """Of the central, for one order and its look-up."""
        return self.processor_share / self.per_second * 1000

    def percentile_ms(self, share: float) -> float:
        return percentile(self.times, share) * 1000


def take(central: Served, shop: Shop, *, clients: int, orders: int, now: datetime) -> Taken:
    """``orders`` in all, by so many clients, each a console of its own."""
    lines = [Line(central, shop.tokens[number]) for number in range(clients)]
    each = WARM_UP + SHARES_MAX * orders // clients
    calls = [calls_of(line, shop, each, now, seed) for seed, line in enumerate(lines)]
    turns = iter(range(orders))
    for line, mine in zip(lines, calls, strict=True):
        _run(line, mine[:WARM_UP])
    pieces = [piece_ms()]
    before, began = central.processor_seconds(), time.perf_counter()
    results: list[tuple[list[float], int, int]] = [([], 0, 0)] * clients

    def client(number: int) -> None:
        mine = zip(calls[number][WARM_UP:], turns, strict=False)
        results[number] = _run(lines[number], (call for call, _ in mine))

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    used = central.processor_seconds() - before
    pieces.append(piece_ms())
    for line in lines:
        line.close()
    return Taken(
        clients=clients,
        seconds=seconds,
        times=tuple(one for times, _, _ in results for one in times),
        failed=sum(failed for _, failed, _ in results),
        differing=sum(differing for _, _, differing in results),
        processor_share=used / seconds,
        piece_ms=sum(pieces) / len(pieces),
    )


def piece_ms() -> float:
    """How long ten thousand steps of this interpreter take just now, in milliseconds of processor.
    Computers differ, and a virtual one differs by half from one minute to the next.
    """
    began = time.process_time()
    kept: dict[int, int] = {}
    value = 0
    for step in range(PIECES * 10_000):
        kept[step & 1023] = value
        value = (value * 31 + step) & 0xFFFFFFFF
    return (time.process_time() - began) / PIECES * 1000


def calls_of(line: Line, shop: Shop, count: int, now: datetime, seed: int) -> list[Call]:
    block = line.ask("POST", "/v1/reference-blocks", {"count": count})
    chance = random.Random(seed)
    orders = (
        new_order(block["first"] + number, shop.articles, shop.customers, now, chance)
        for number in range(count)
    )
    return [
        Call(
            f"/v1/customers/lookup?phone={quote(order.customer.phones[0].e164)}",
            str(order.order_id),
            body_of(order),
        )
        for order in orders
    ]


def _run(line: Line, calls: Iterable[Call]) -> tuple[list[float], int, int]:
    times, failed, differing = [], 0, 0
    for call in calls:
        began = time.perf_counter()
        found, people = line.request("GET", call.lookup)
        taken, verdict = line.request("PUT", f"/v1/orders/{call.order_id}", call.body)
        times.append(time.perf_counter() - began)
        failed += (found, taken) != (200, 200) or b'"customer_id"' not in people
        differing += b'"accepted"' not in verdict
    return times, failed, differing
