"""What needs a person, in the console's file. An item stays when it is settled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, func, insert, select, update

from models.tables.console import work_items
from models.work import Settlement, WorkItem, WorkKind
from services.adapters.stored_forms import dump_facts, load_facts

ADD_WORK = insert(work_items)
IS_OPEN = work_items.c.settlement.is_(None)


class ConsoleWork:
    """``services.ports.Work``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def raise_item(self, item: WorkItem) -> None:
        self._connection.execute(
            ADD_WORK,
            {
                "work_id": item.work_id,
                "order_id": item.order_id,
                "kind": item.kind.value,
                "facts": dump_facts(item.facts),
                "raised_at": item.raised_at,
                "settlement": item.settlement.value if item.settlement else None,
                "settled_at": item.settled_at,
                "note": item.note,
            },
        )

    def get(self, work_id: UUID) -> WorkItem | None:
        found = self._items(select(work_items).where(work_items.c.work_id == work_id))
        return found[0] if found else None

    def unsettled(self, *, limit: int = 200) -> Sequence[WorkItem]:
        return self._items(select(work_items).where(IS_OPEN).limit(limit))

    def of_order(self, order_id: UUID) -> Sequence[WorkItem]:
        return self._items(select(work_items).where(work_items.c.order_id == order_id))

    def count(self) -> int:
        unsettled = select(func.count()).select_from(work_items).where(IS_OPEN)
        return int(self._connection.execute(unsettled).scalar_one())

    def settle(self, work_id: UUID, settlement: Settlement, *, at: datetime, note: str) -> None:
        self._connection.execute(
            update(work_items)
            .where(work_items.c.work_id == work_id, IS_OPEN)
            .values(settlement=settlement.value, settled_at=at, note=note)
        )

    def _items(self, query: Select[Any]) -> Sequence[WorkItem]:
        rows = self._connection.execute(
            query.order_by(work_items.c.raised_at, work_items.c.work_id)
        )
        return tuple(_item(row) for row in rows)


def _item(row: Any) -> WorkItem:
    return WorkItem(
        work_id=row.work_id,
        order_id=row.order_id,
        kind=WorkKind(row.kind),
        facts=load_facts(row.facts),
        raised_at=row.raised_at,
        settlement=Settlement(row.settlement) if row.settlement else None,
        settled_at=row.settled_at,
        note=row.note,
    )
