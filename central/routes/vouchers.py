"""``/v1/vouchers``"""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from central.answers import spelled
from central.auth import ConsoleOf, DatabaseOf
from central.contract import GUARDED, problems
from central.store.vouchers import all_vouchers
from models.wire.vouchers import VouchersOut, VoucherWire

router = APIRouter(prefix="/v1", tags=["vouchers"])


@router.get("/vouchers", response_model=VouchersOut, responses=problems(*GUARDED))
def vouchers(console: ConsoleOf, database: DatabaseOf) -> Response:
    """All codes, with their uses as central has counted them."""
    del console
    with database.read() as connection:
        found = all_vouchers(connection)
    told = (VoucherWire.model_validate(voucher).model_dump_json() for voucher in found)
    return spelled(VouchersOut(vouchers=()), "vouchers", told)
