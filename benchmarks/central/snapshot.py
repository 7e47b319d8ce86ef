"""A snapshot of a large catalogue, and a first sync, the whole way: a new console, one
``kiosk sync --once``, which brings all customers as well.

Owns the set-up and the watching of memory; both sides are the real programs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path

from sqlalchemy import text

from benchmarks.central.many_rows import filling, writing
from benchmarks.central.served import Served, resident_mb
from benchmarks.central.shop import STOCK, Catalogue
from benchmarks.search import scaled_tables
from central.database import current_number, next_number
from central.store.catalogue import COUNTER
from models.catalogue import Article
from services.demo_shop import demo_offers

WATCH_SECONDS = 0.1
READ_BYTES = 65_536
COPIES = tuple(
    map(
        text,
        (
            """INSERT INTO printers (printer_id, body, is_removed, seq)
            SELECT printer_id || :end,
              replace(body, '"printer_id":"' || printer_id || '"',
                '"printer_id":"' || printer_id || :end || '"'),
              is_removed, seq + :later
            FROM printers WHERE seq <= :rows""",
            """INSERT INTO articles (sku, cartridge, price_cents, previous_price_cents, stock,
              restock_on, vat_rate_bp, known_at, is_demo, is_removed, seq)
            SELECT sku || :end,
              replace(cartridge, '"sku":"' || sku || '"', '"sku":"' || sku || :end || '"'),
              price_cents, previous_price_cents, stock, restock_on, vat_rate_bp, known_at,
              is_demo, is_removed, seq + :later
            FROM articles WHERE seq <= :rows""",
            """INSERT INTO pairs (printer_id, sku, is_removed, seq)
            SELECT printer_id || :end, sku || :end, is_removed, seq + :later
            FROM pairs WHERE seq <= :rows""",
        ),
    )
)
"""One more of each row: ``:end`` of its ids, ``:later`` in the feed."""


@dataclass(frozen=True, slots=True)
class FirstSync:
    """Seconds of the console's whole exchange; memory of the two sides at most."""

    rows: int
    seconds: float
    console_mb: float
    central_before_mb: float
    central_most_mb: float


@dataclass(frozen=True, slots=True)
class Streamed:
    """A snapshot that somebody read who does nothing with it: what it takes of the central."""

    megabytes: float
    seconds: float
    central_before_mb: float
    central_most_mb: float


def large_catalogue(folder: Path, now: datetime) -> Catalogue:
    """20,000 printers, 50,000 cartridges and 400,000 pairs, made in ``folder``."""
    tables = scaled_tables(folder)
    offers = {offer.sku: offer for offer in demo_offers(tables.cartridges, now)}
    articles = [
        Article(c, replace(offers[c.sku], stock=STOCK, restock_on=None)) for c in tables.cartridges
    ]
    return Catalogue(tables.printers, articles, tables.pairs)


def multiply(database: str, times: int) -> None:
    """The catalogue again and again, under other ids."""
    with filling(database) as engine, writing(engine) as connection:
        rows = current_number(connection, COUNTER)
        for number in range(1, times):
            for statement in COPIES:
                connection.execute(
                    statement, {"end": f"-copy{number}", "rows": rows, "later": number * rows}
                )
        next_number(connection, COUNTER, (times - 1) * rows)


def streamed(central: Served, token: str) -> Streamed:
    """The whole catalogue, read to its end."""
    line = HTTPConnection(central.host, central.port)
    before, began, size = central.memory_mb(), time.perf_counter(), 0
    watch = _Watch(central, os.getpid())
    line.request("GET", "/v1/catalogue/stream", headers={"Authorization": f"Bearer {token}"})
    answer = line.getresponse()
    assert answer.status == 200, answer.status
    while piece := answer.read(READ_BYTES):
        size += len(piece)
    seconds = time.perf_counter() - began
    watch.stop()
    line.close()
    return Streamed(size / 1e6, seconds, before, watch.central_mb)


def first_sync(central: Served, token: str, rows: int, folder: Path) -> FirstSync:
    environ = os.environ | {"KIOSK_STATE_DIR": str(folder)}
    kiosk = [sys.executable, "-m", "kiosk.cli", "sync"]
    url = f"http://{central.host}:{central.port}"
    subprocess.run(
        [*kiosk, "--enrol", url],
        env=environ,
        input=token,
        text=True,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    before = central.memory_mb()
    began = time.perf_counter()
    with subprocess.Popen([*kiosk, "--once"], env=environ, stdout=subprocess.DEVNULL) as console:
        watch = _Watch(central, console.pid)
        code = console.wait()
    seconds = time.perf_counter() - began
    watch.stop()
    assert code == 0, code
    return FirstSync(rows, seconds, watch.console_mb, before, watch.central_mb)


class _Watch:
    """The most memory that both used, looked at ten times a second."""

    def __init__(self, central: Served, pid: int) -> None:
        self.console_mb = self.central_mb = 0.0
        self._central, self._pid = central, pid
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(WATCH_SECONDS):
            self.central_mb = max(self.central_mb, self._central.memory_mb())
            try:
                self.console_mb = max(self.console_mb, resident_mb(self._pid))
            except (OSError, StopIteration):  # it has just ended
                return
