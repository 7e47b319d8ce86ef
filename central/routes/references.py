"""``/v1/reference-blocks``"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header

from central.auth import ConsoleOf, DatabaseOf, SettingsOf
from central.contract import GUARDED, READS_A_BODY, problems
from central.store.references import lease_block
from models.wire.references import BlockIn, BlockOut

router = APIRouter(prefix="/v1", tags=["references"])

Key = Annotated[
    UUID | None, Header(alias="Idempotency-Key", description="The same key: the same block again.")
]


@router.post(
    "/reference-blocks",
    status_code=201,
    responses=problems(*GUARDED, *READS_A_BODY, "references_exhausted", "too_many_requests"),
)
def lease(
    wanted: BlockIn,
    console: ConsoleOf,
    database: DatabaseOf,
    settings: SettingsOf,
    key: Key = None,
) -> BlockOut:
    """Lease a block of reference numbers to the console that asks, for ever. Without a key an
    answer that is lost costs its numbers.
    """
    first, last = database.run(
        lambda connection: lease_block(
            connection,
            console.console_id,
            wanted.count,
            at=settings.now(),
            key=None if key is None else str(key),
        )
    )
    return BlockOut(first=first, last=last)
