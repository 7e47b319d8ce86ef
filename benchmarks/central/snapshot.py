"""A first sync, the whole way: a central with a large catalogue, a new console, one
``kiosk sync --once``.

Owns the set-up and the watching of memory; both sides are the real programs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from benchmarks.central.served import Served, resident_mb
from benchmarks.search import scaled_tables
from central.database import Database, migrate, where_is
from central.store.catalogue_import import import_catalogue
from central.store.consoles import add_console, new_token
from models.catalogue import Article
from services.demo_shop import demo_offers

WATCH_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class FirstSync:
    """Seconds of the console's whole exchange; memory of the two sides at most."""

    rows: int
    seconds: float
    console_mb: float
    central_before_mb: float
    central_most_mb: float


def fill_large(database: str, folder: Path, now: datetime) -> tuple[str, int]:
    """A token for one console, and how many rows the catalogue has."""
    tables = scaled_tables(folder)
    offers = {offer.sku: offer for offer in demo_offers(tables.cartridges, now)}
    articles = [Article(c, replace(offers[c.sku], stock=1_000)) for c in tables.cartridges]
    token = new_token()
    migrate(where_is(database))
    with closing(Database(where_is(database))) as opened, opened.write() as connection:
        add_console(connection, "first", token=token, at=now)
        import_catalogue(
            connection,
            version="large",
            is_demo=True,
            printers_in=tables.printers,
            articles_in=articles,
            pairs_in=tables.pairs,
            at=now,
        )
    return token, len(tables.printers) + len(articles) + len(tables.pairs)


def first_sync(central: Served, token: str, rows: int, folder: Path) -> FirstSync:
    environ = os.environ | {"KIOSK_STATE_DIR": str(folder)}
    kiosk = [sys.executable, "-m", "kiosk.cli", "sync"]
    url = f"http://{central.host}:{central.port}"
    subprocess.run([*kiosk, "--enrol", url], env=environ, input=token, text=True, check=True)
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
