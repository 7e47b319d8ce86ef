"""``/v1/reference-blocks``"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header
from sqlalchemy.engine import Connection

from central.auth import ConsoleOf, DatabaseOf, SettingsOf
from central.contract import GUARDED, READS_A_BODY, problems
from central.store.consoles import console_once_known_by
from central.store.references import lease_block, take_over_blocks
from models.wire.references import BlockIn, BlockOut, BlocksTakenOverOut, FormerConsoleIn

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


@router.post("/reference-blocks/of-former-console", responses=problems(*GUARDED, *READS_A_BODY))
def take_over(
    asked: FormerConsoleIn, console: ConsoleOf, database: DatabaseOf
) -> BlocksTakenOverOut:
    """A console that was enrolled as another one than it was, and has that one's token, keeps the
    blocks it had: orders with their numbers are still to come. A token that is nobody's moves
    nothing.
    """

    def work(connection: Connection) -> int:
        former = console_once_known_by(connection, asked.token)
        if former is None or former == console.console_id:
            return 0
        return take_over_blocks(connection, console.console_id, former=former)

    return BlocksTakenOverOut(blocks=database.run(work))
