"""Five hundred consoles at once: each listens to the live stream and polls now and then,
while orders come in. How late an event arrives, and what it costs the server.

One process with asyncio plays all consoles. An event's way begins when the order that caused
it was answered, so what is measured is what an operator would see.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from dataclasses import dataclass
from datetime import datetime

from benchmarks.central.http import Line
from benchmarks.central.orders import calls_of
from benchmarks.central.served import Served
from benchmarks.central.shop import Shop

POLL_SECONDS = 10.0
ORDER_SECONDS = 0.5
"""Between two orders: a busy shop has one in a minute."""


@dataclass(frozen=True, slots=True)
class Watched:
    """``delays`` in seconds, one for each console and order; ``polls`` those of a poll."""

    consoles: int
    orders: int
    missed: int
    delays: tuple[float, ...]
    polls: tuple[float, ...]
    processor_share: float
    memory_mb: float


def watch(central: Served, shop: Shop, *, consoles: int, seconds: float, now: datetime) -> Watched:
    return asyncio.run(_watch(central, shop, consoles, seconds, now))


async def _watch(
    central: Served, shop: Shop, consoles: int, seconds: float, now: datetime
) -> Watched:
    heard: list[dict[int, float]] = [{} for _ in range(consoles)]
    polls: list[float] = []
    line = Line(central, shop.tokens[0])
    cursor = line.ask("GET", "/v1/events")["cursor"]
    calls = calls_of(line, shop, int(seconds / ORDER_SECONDS), now, seed=1)
    tasks = [
        asyncio.create_task(_listen(central, shop.tokens[number], cursor, heard[number]))
        for number in range(consoles)
    ]
    tasks += [
        asyncio.create_task(_poll(central, shop.tokens[number], cursor, polls))
        for number in range(consoles)
    ]
    await asyncio.sleep(5)  # all connected; the server has nothing to do
    before, began = central.processor_seconds(), time.perf_counter()
    said: dict[int, float] = {}
    for call in calls:
        status, _ = await asyncio.to_thread(
            line.request, "PUT", f"/v1/orders/{call.order_id}", call.body
        )
        assert status == 200, status
        at = time.perf_counter()
        seen = (await asyncio.to_thread(line.ask, "GET", f"/v1/events?cursor={cursor}"))["events"]
        said |= {event["seq"]: at for event in seen if event["kind"] == "stock"}
        cursor = max((event["seq"] for event in seen), default=cursor)
        await asyncio.sleep(ORDER_SECONDS)
    await asyncio.sleep(1)
    used = central.processor_seconds() - before
    share, memory = used / (time.perf_counter() - began), central.memory_mb()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    line.close()
    delays = [mine[seq] - at for mine in heard for seq, at in said.items() if seq in mine]
    return Watched(
        consoles=consoles,
        orders=len(calls),
        missed=len(said) * consoles - len(delays),
        delays=tuple(max(0.0, delay) for delay in delays),
        polls=tuple(polls),
        processor_share=share,
        memory_mb=memory,
    )


async def _listen(central: Served, token: str, cursor: int, heard: dict[int, float]) -> None:
    reader, writer = await asyncio.open_connection(central.host, central.port)
    writer.write(_request(central, token, f"/v1/events/stream?cursor={cursor}"))
    try:
        while line := await reader.readline():
            if line.startswith(b"id:"):
                heard[int(line[3:])] = time.perf_counter()
    finally:
        writer.close()


async def _poll(central: Served, token: str, cursor: int, times: list[float]) -> None:
    reader, writer = await asyncio.open_connection(central.host, central.port)
    await asyncio.sleep(random.random() * POLL_SECONDS)  # consoles do not start together
    try:
        while True:
            began = time.perf_counter()
            writer.write(_request(central, token, f"/v1/events?cursor={cursor}"))
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                int(line.partition(b":")[2])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length")
            )
            page = json.loads(await reader.readexactly(length))
            times.append(time.perf_counter() - began)
            cursor = page["cursor"]
            await asyncio.sleep(POLL_SECONDS)
    finally:
        writer.close()


def _request(central: Served, token: str, path: str) -> bytes:
    return (
        f"GET {path} HTTP/1.1\r\nHost: {central.host}\r\nAuthorization: Bearer {token}\r\n\r\n"
    ).encode()
