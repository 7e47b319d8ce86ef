"""A real central on loopback and a real console's files, for the tests of the contract."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from contract.shop import ARTICLES, NOW, PAIRS, PRINTERS, VOUCHERS
from sqlalchemy import func, select

from central.database import Database, migrate
from central.settings import CentralSettings
from central.store.catalogue import import_catalogue
from central.store.consoles import add_console
from central.store.vouchers import put_vouchers
from kiosk.central_server import listen, new_server, url_of
from models.catalogue import Article
from models.order import Order, OrderEvent, OrderEventKind, SyncState
from models.tables import central as tables
from models.wire.orders import order_to_wire
from services.adapters.catalogue_file import CatalogueFile, build_catalogue
from services.adapters.console_store import ConsoleStore
from services.ports import OutboxItem
from services.sync.enrolment import Enrolment, write_enrolment


@dataclass
class Time:
    """A clock that moves when it is told to."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at


@dataclass
class Shop:
    """A running central, seen from outside and from its tables."""

    path: Path
    url: str
    clock: Time
    database: Database
    tokens: dict[str, str] = field(default_factory=dict)

    def token(self, name: str = "comptoir") -> str:
        if name not in self.tokens:
            self.tokens[name] = f"token-of-{name}"
            with self.database.write() as connection:
                add_console(connection, name, token=self.tokens[name], at=NOW)
        return self.tokens[name]

    def client(self, name: str = "comptoir") -> httpx.Client:
        return httpx.Client(
            base_url=self.url,
            headers={
                "Authorization": f"Bearer {self.token(name)}",
                "Content-Type": "application/json",
            },
            trust_env=False,
        )

    def fill(
        self,
        *,
        version: str = "shop-1",
        articles: Sequence[Article] = ARTICLES,
        printers: Sequence[Any] = PRINTERS,
        pairs: Sequence[tuple[str, str]] = PAIRS,
    ) -> None:
        with self.database.write() as connection:
            import_catalogue(
                connection,
                version=version,
                is_demo=True,
                printers_in=printers,
                articles_in=articles,
                pairs_in=pairs,
                at=self.clock.at,
            )
            put_vouchers(connection, VOUCHERS)

    def set_stock(self, sku: str, stock: int) -> None:
        table = tables.articles
        with self.database.write() as connection:
            connection.execute(table.update().where(table.c.sku == sku).values(stock=stock))

    def stock(self, sku: str) -> int:
        table = tables.articles
        with self.database.read() as connection:
            return int(connection.scalar(select(table.c.stock).where(table.c.sku == sku)) or 0)

    def count(self, table: Any) -> int:
        with self.database.read() as connection:
            return int(connection.scalar(select(func.count()).select_from(table)) or 0)

    def order_ids(self) -> list[UUID]:
        with self.database.read() as connection:
            return list(connection.scalars(select(tables.orders.c.order_id)))


@contextmanager
def running(settings: CentralSettings) -> Iterator[str]:
    """The API on a free port of loopback; its URL."""
    server = new_server(settings)
    with listen("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield url_of(listener)
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    path = tmp_path / "central" / "central.sqlite3"
    clock = Time()
    migrate(path)
    settings = CentralSettings(path, now=clock.now, page_rows=5, body_max_bytes=64 * 1024)
    database = Database(path)
    with running(settings) as url:
        yield Shop(path, url, clock, database)
    database.close()


@dataclass
class Console:
    """The files of one console, and what it did with them."""

    store: ConsoleStore
    catalogue: CatalogueFile
    clock: Time

    def place(self, make: Callable[[int], Order]) -> Order:
        """What ``place_order`` leaves in the file, with the next reference."""
        with self.store.write() as tx:
            order = make(tx.references.take_next())
            tx.customers.add(order.customer)
            tx.orders.add(order)
            tx.orders.append(OrderEvent(order.order_id, OrderEventKind.PLACED, self.clock.at, {}))
            tx.outbox.add(
                OutboxItem(
                    item_id=order.order_id,
                    order_id=order.order_id,
                    kind="order",
                    body=order_to_wire(order),
                    state=SyncState.WAITING,
                    attempts=0,
                    next_try_at=self.clock.at,
                    last_error=None,
                    created_at=self.clock.at,
                )
            )
        return order

    def sync_state(self, order: Order) -> tuple[SyncState, str | None]:
        with self.store.read() as tx:
            row = next(r for r in tx.orders.recent() if r.order.order_id == order.order_id)
        return row.sync_state, row.last_error

    def event_kinds(self, order: Order) -> list[OrderEventKind]:
        with self.store.read() as tx:
            return [event.kind for event in tx.orders.events(order.order_id)]


@pytest.fixture
def console(tmp_path: Path, shop: Shop) -> Iterator[Console]:
    """Enrolled at ``shop``, with a block of references and the same catalogue."""
    folder = tmp_path / "console"
    folder.mkdir()
    store = ConsoleStore.open(folder / "console.sqlite3")
    build_catalogue(
        folder / "catalogue.sqlite3", PRINTERS, ARTICLES, PAIRS, version="shop-1", is_demo=True
    )
    catalogue = CatalogueFile.open(folder / "catalogue.sqlite3")
    with store.write() as tx:
        write_enrolment(tx.settings, Enrolment(shop.url, shop.token()))
    yield Console(store, catalogue, shop.clock)
    catalogue.close()
    store.close()


def with_price(articles: Sequence[Article], sku: str, cents: int) -> tuple[Article, ...]:
    return tuple(
        replace(a, offer=replace(a.offer, price_cents=cents)) if a.sku == sku else a
        for a in articles
    )
