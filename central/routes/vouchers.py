"""``/v1/vouchers``"""

from __future__ import annotations

from fastapi import APIRouter

from central.auth import ConsoleOf, DatabaseOf
from central.contract import GUARDED, problems
from central.store.vouchers import all_vouchers
from models.wire.vouchers import VouchersOut, VoucherWire

router = APIRouter(prefix="/v1", tags=["vouchers"])


@router.get("/vouchers", responses=problems(*GUARDED))
def vouchers(console: ConsoleOf, database: DatabaseOf) -> VouchersOut:
    """All codes, with their uses as central has counted them."""
    del console
    with database.read() as connection:
        found = all_vouchers(connection)
    return VouchersOut(vouchers=tuple(VoucherWire.model_validate(voucher) for voucher in found))
