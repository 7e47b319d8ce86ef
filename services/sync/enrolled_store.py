"""The console's file for one exchange: written only while the console is who it was then.

``kiosk sync --enrol`` may come between a request and its answer. What the central of before
said is then worth nothing: a cursor of its feeds leads nowhere at the new one, and an order
that it took is still owed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from models.errors import Unavailable
from services.ports import Store, Transaction
from services.sync.enrolment import Enrolment, read_enrolment


class EnrolledStore:
    """A ``Store`` that can be bound to the enrolment of now. Not bound, it is as any."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._is_bound = False
        self._enrolment: Enrolment | None = None

    def bind(self) -> None:
        """To be called before the central is looked up that is to be written about."""
        with self._store.read() as tx:
            self._enrolment = read_enrolment(tx.settings)
        self._is_bound = True

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """Raises Unavailable("sync_stopped") where it is enrolled otherwise by now."""
        with self._store.write() as tx:
            if self._is_bound and read_enrolment(tx.settings) != self._enrolment:
                raise Unavailable("sync_stopped")
            yield tx

    def read(self) -> AbstractContextManager[Transaction]:
        return self._store.read()

    def data_version(self) -> int:
        return self._store.data_version()

    def close(self) -> None:
        self._store.close()
