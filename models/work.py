"""What needs a person: an order that central reckons differently, or refused (R8).

Pure values. Raised when central's answer comes, settled by the operator; the words for
them are made by ``models.wording.work``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class WorkKind(StrEnum):
    DIFFERENCES = "differences"
    """Central took the order and reckons differently: facts ``differences``, a list of
    mappings with code, said, central, sku (``models.wire.orders.DifferenceWire``).
    """
    REFUSED = "refused"
    """Central will never take this order or this change of it: facts ``code``, ``fields``
    and ``what``, the kind of the outbox row.
    """


class Settlement(StrEnum):
    CALLED_BACK = "called_back"
    """The caller knows and agrees; the note says what was agreed."""
    CHANGED = "changed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class WorkItem:
    """Open while ``settlement`` is None. ``facts`` as the kind says."""

    work_id: UUID
    order_id: UUID
    kind: WorkKind
    facts: Mapping[str, object]
    raised_at: datetime
    settlement: Settlement | None = None
    settled_at: datetime | None = None
    note: str = ""
