"""``/v1/customers``"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from central.auth import ConsoleOf, DatabaseOf, SettingsOf
from central.contract import GUARDED, problems
from central.store.customers import customers_since
from models.wire.customers import CustomersPage

router = APIRouter(prefix="/v1", tags=["customers"])

SEQ_MAX = 2**53


@router.get("/customers", responses=problems(*GUARDED, "body_malformed"))
def customers(
    console: ConsoleOf,
    database: DatabaseOf,
    settings: SettingsOf,
    cursor: Annotated[int, Query(ge=0, le=SEQ_MAX)] = 0,
) -> CustomersPage:
    """Customers changed after ``cursor``; all of them without one."""
    del console
    with database.read() as connection:
        found = customers_since(connection, cursor, limit=settings.page_rows)
    return CustomersPage(
        customers=tuple(found.customers), cursor=str(found.last_seq), has_more=found.has_more
    )
