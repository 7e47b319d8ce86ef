"""What is owed to central, and what its answers leave for a person to do."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from models.order import SyncState
from models.work import Settlement, WorkItem


class OutboxKind(StrEnum):
    """What is owed about an order. One item of an order waits for the ones before it."""

    ORDER = "order"
    REVISION = "revision"
    """The whole order again, changed (R8)."""
    CANCELLATION = "cancellation"


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """What the console still owes central. ``body`` is the wire form, byte for byte; ``kind``
    is an OutboxKind, or one of a newer program.
    """

    item_id: UUID
    order_id: UUID
    kind: str
    body: str
    state: SyncState
    attempts: int
    next_try_at: datetime
    last_error: str | None
    created_at: datetime


class Outbox(Protocol):
    def add(self, item: OutboxItem) -> None: ...
    def due(self, *, now: datetime, limit: int = 20) -> Sequence[OutboxItem]:
        """What is to be sent now, the oldest first; of each order only the oldest item that
        is neither confirmed nor refused.
        """
        ...

    def mark(
        self,
        item_id: UUID,
        state: SyncState,
        *,
        attempts: int,
        next_try_at: datetime,
        last_error: str | None,
    ) -> None: ...

    def waiting(self) -> int:
        """How many are not confirmed and not refused."""
        ...

    def refused(self) -> int:
        """How many central refused for good and nobody has seen to: no call back noted,
        nothing sent in their place, the order not cancelled.
        """
        ...

    def retry_now(self, *, now: datetime) -> None:
        """Makes all waiting items due."""
        ...

    def listing(self, *, limit: int = 200) -> Sequence[OutboxItem]:
        """What ``waiting`` and ``refused`` count, the oldest first."""
        ...

    def of_order(self, order_id: UUID) -> Sequence[OutboxItem]:
        """All there was about one order, confirmed ones too, the oldest first."""
        ...

    def confirmed_orders(self) -> Sequence[UUID]:
        """Orders that this console's central confirmed."""
        ...

    def disown_confirmed(self, central_id: str) -> None:
        """What is confirmed so far was so to who this console is no longer, by the central of
        this id ("": nobody knows which): whoever is central now need not know it.
        """
        ...

    def disowned(self, central_id: str) -> Sequence[UUID]:
        """Orders of which something was disowned as confirmed by that central."""
        ...

    def own_again(self, order_ids: Collection[UUID]) -> None:
        """What was disowned of these orders is this console's at its central once more."""
        ...

    def disown_for_good(self, order_ids: Collection[UUID]) -> None:
        """What was disowned of these orders is not asked about again."""
        ...


class Work(Protocol):
    """What needs a person (``models.work``)."""

    def raise_item(self, item: WorkItem) -> None: ...
    def get(self, work_id: UUID) -> WorkItem | None: ...
    def unsettled(self, *, limit: int = 200) -> Sequence[WorkItem]:
        """The oldest first."""
        ...

    def of_order(self, order_id: UUID) -> Sequence[WorkItem]: ...
    def count(self) -> int:
        """How many are unsettled."""
        ...

    def settle(self, work_id: UUID, settlement: Settlement, *, at: datetime, note: str) -> None:
        """Settled once: of two the first counts."""
        ...
