"""The console's own file as ``services.ports.Store``: transactions over its aggregates.

Blocking, and safe from any thread; each transaction has a connection of a small pool.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sqlalchemy import Engine
from sqlalchemy.engine import Connection

from services.adapters.checkpoints import Checkpoints
from services.adapters.console_customers import ConsoleCustomers
from services.adapters.console_drafts import ConsoleDrafts
from services.adapters.console_file import (
    FileId,
    file_id,
    open_engine,
    reading,
    translated,
    writing,
)
from services.adapters.console_operators import ConsoleOperators
from services.adapters.console_orders import ConsoleOrders
from services.adapters.console_outbox import ConsoleOutbox
from services.adapters.console_references import ConsoleReferences
from services.adapters.console_vouchers import ConsoleSettings, ConsoleVouchers
from services.adapters.console_work import ConsoleWork
from services.adapters.glance import Glance
from services.adapters.stored_forms import make_ready
from services.holding import FolderHolders, Holders
from services.ports import (
    Customers,
    Drafts,
    Operators,
    Orders,
    Outbox,
    References,
    Settings,
    Transaction,
    Vouchers,
    Work,
)

HOLDERS_FOLDER = "holders"


@dataclass(slots=True)
class ConsoleTransaction:
    """``services.ports.Transaction`` on one connection."""

    drafts: Drafts
    orders: Orders
    customers: Customers
    vouchers: Vouchers
    references: References
    outbox: Outbox
    work: Work
    operators: Operators
    settings: Settings


class ConsoleStore:
    """``services.ports.Store`` on an SQLite file."""

    def __init__(
        self, engine: Engine, path: Path, opened: FileId, holders: Holders, own: str | None
    ) -> None:
        self._engine = engine
        self._path = path
        self._opened = opened
        self._holders = holders
        self._own = own
        self._checkpoints = Checkpoints(path)
        self._glance = Glance(path)

    @classmethod
    def open(cls, path: Path, *, holders: Holders | None = None, own: str | None = None) -> Self:
        """The file at ``path``, made if it is missing, at this program's version.

        ``own`` is the id of the program's own ``Holder``, so that its drafts are not shown
        as held elsewhere. Raises Unavailable as ``console_file.open_engine`` says.
        """
        holders = holders or FolderHolders(path.parent / HOLDERS_FOLDER)
        engine = open_engine(path)
        return cls(engine, path, file_id(path), holders, own)

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        make_ready()
        with translated(self._path), writing(self._engine, self._path, self._opened) as connection:
            yield self._transaction(connection)
        self._checkpoints.after_commit()

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """One state of the file for the whole block; writing in it is refused by SQLite."""
        with translated(self._path), reading(self._engine, self._path, self._opened) as connection:
            yield self._transaction(connection)

    def data_version(self) -> int:
        with translated(self._path):
            return self._glance.data_version()

    def close(self) -> None:
        self._checkpoints.close()
        self._glance.close()
        self._engine.dispose()

    def _transaction(self, connection: Connection) -> ConsoleTransaction:
        return ConsoleTransaction(
            drafts=ConsoleDrafts(connection, self._holders, self._own),
            orders=ConsoleOrders(connection),
            customers=ConsoleCustomers(connection),
            vouchers=ConsoleVouchers(connection),
            references=ConsoleReferences(connection),
            outbox=ConsoleOutbox(connection),
            work=ConsoleWork(connection),
            operators=ConsoleOperators(connection),
            settings=ConsoleSettings(connection),
        )
