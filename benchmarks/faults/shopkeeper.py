"""Whoever runs the shop meanwhile: money comes in, parcels leave.

Owns a thread that does at central what an administrator does there, so that changes and
cancellations meet orders that were paid, and some that the carrier has already (R8).
"""

from __future__ import annotations

import contextlib
import random
import threading
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from benchmarks.faults import central_database
from central.store import lifecycle, payments, receipts
from models.errors import KioskError
from models.order import OrderState
from models.tables.central import orders

EACH_SECONDS = 0.25
PAID_SHARE = 0.04
SENT_SHARE = 0.03
"""Of the orders that wait for it, at each look."""


class Shopkeeper:
    """At work until ``stop``."""

    def __init__(self, database: str, chance: random.Random) -> None:
        self._database = central_database.opened(database)
        self._chance = chance
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="shopkeeper", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()
        self._database.close()

    def _work(self) -> None:
        while not self._stopping.wait(EACH_SECONDS):
            # Where the database was busy, or was killed, there is another day.
            with contextlib.suppress(KioskError, DBAPIError):
                self._look()

    def _look(self) -> None:
        for name in self._some(OrderState.AWAITING_PAYMENT, PAID_SHARE):
            with self._database.write() as connection:
                self._receive(connection, name)
        for name in self._some(OrderState.IN_PREPARATION, SENT_SHARE):
            with self._database.write() as connection:
                self._dispatch(connection, name)

    def _receive(self, connection: Connection, name: str) -> None:
        """What is asked for now, however often that changed before."""
        awaited = payments.awaited_of(connection, UUID(name))
        cents = awaited.due.amount_cents if awaited else None
        receipts.note_received(connection, name, cents, at=datetime.now(UTC))

    def _dispatch(self, connection: Connection, name: str) -> None:
        number = f"8R{self._chance.randrange(10**11):011}"
        lifecycle.mark_dispatched(connection, name, number, at=datetime.now(UTC))

    def _some(self, state: OrderState, share: float) -> list[str]:
        wanted = select(orders.c.order_id).where(orders.c.state == state)
        with self._database.read() as connection:
            found = list(connection.scalars(wanted.order_by(orders.c.seq)))
        return [str(order_id) for order_id in found if self._chance.random() < share]
