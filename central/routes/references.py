"""``/v1/reference-blocks``"""

from __future__ import annotations

from fastapi import APIRouter

from central.auth import ConsoleOf, DatabaseOf, SettingsOf
from central.contract import GUARDED, READS_A_BODY, problems
from central.store.references import lease_block
from models.wire.references import BlockIn, BlockOut

router = APIRouter(prefix="/v1", tags=["references"])


@router.post(
    "/reference-blocks",
    status_code=201,
    responses=problems(*GUARDED, *READS_A_BODY, "references_exhausted"),
)
def lease(
    wanted: BlockIn, console: ConsoleOf, database: DatabaseOf, settings: SettingsOf
) -> BlockOut:
    """Lease a block of reference numbers to the console that asks, for ever."""
    with database.write() as connection:
        first, last = lease_block(connection, console.console_id, wanted.count, at=settings.now())
    return BlockOut(first=first, last=last)
