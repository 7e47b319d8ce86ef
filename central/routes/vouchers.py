"""``/v1/vouchers``: what changed of the codes, page by page, and some of them by name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from central.answers import spelled
from central.auth import DatabaseOf, SettingsOf
from central.contract import GUARDED, problems
from central.database import Database
from central.routes.customers import ROWS_MAX
from central.store.vouchers import all_vouchers, vouchers_by_code, vouchers_since
from models.vouchers import Voucher
from models.wire.fields import SEQ_MAX, Word
from models.wire.vouchers import VouchersOut, VoucherWire

router = APIRouter(prefix="/v1", tags=["vouchers"])

CODES_MAX = 100


@router.get(
    "/vouchers",
    response_model=VouchersOut,
    responses=problems(*GUARDED, "body_malformed", "cursor_unknown"),
)
def vouchers(
    database: DatabaseOf,
    settings: SettingsOf,
    cursor: Annotated[int | None, Query(ge=0, le=SEQ_MAX)] = None,
    limit: Annotated[int, Query(ge=1, le=ROWS_MAX)] = ROWS_MAX,
) -> Response:
    """Codes changed after ``cursor``, the first time 0, and those that were withdrawn since; at
    most ``limit`` on a page. What others merely use of a code does not change it: it does when
    it is used up, can be used again, or keeps another rest. Without a cursor: all there are,
    in one answer.
    """
    if cursor is None:
        return _all(database)
    with database.read() as connection:
        found = vouchers_since(connection, cursor, limit=min(limit, settings.page_rows))
    page = VouchersOut(
        vouchers=(),
        removed=tuple(found.removed),
        cursor=str(found.last_seq),
        has_more=found.has_more,
    )
    return _spelled(page, found.vouchers)


@router.get("/vouchers/lookup", responses=problems(*GUARDED, "body_malformed"))
def lookup(
    database: DatabaseOf,
    code: Annotated[list[Word], Query(min_length=1, max_length=CODES_MAX)],
) -> VouchersOut:
    """These codes as they are counted now, after all orders that came in; case matters (R7),
    and what is no code is left out.
    """
    with database.read() as connection:
        found = vouchers_by_code(connection, dict.fromkeys(code))
    return VouchersOut(vouchers=tuple(map(VoucherWire.model_validate, found.values())))


def _all(database: Database) -> Response:
    with database.read() as connection:
        found = all_vouchers(connection)
    return _spelled(VouchersOut(vouchers=()), found)


def _spelled(page: VouchersOut, found: Iterable[Voucher]) -> Response:
    told = (VoucherWire.model_validate(voucher).model_dump_json() for voucher in found)
    return spelled(page, "vouchers", told)
