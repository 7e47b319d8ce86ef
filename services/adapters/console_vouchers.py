"""Codes and small facts in the console's file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, func, select

from models.order import OrderState
from models.tables.console import orders, settings, voucher_uses, vouchers
from models.vouchers import Voucher, fold_code
from services.adapters.stored_forms import dump, load_voucher
from services.adapters.upserts import upsert

PUT_VOUCHER = upsert(vouchers)
REMOVE_VOUCHER = delete(vouchers).where(vouchers.c.code == bindparam("gone"))
ALL = select(vouchers.c.code, vouchers.c.body)
GET_VOUCHER = select(vouchers.c.body).where(vouchers.c.code == bindparam("code"))
ALIKE = (
    select(vouchers.c.body)
    .where(vouchers.c.folded == bindparam("folded"), vouchers.c.code != bindparam("code"))
    .order_by(vouchers.c.code)
)
USES = (
    select(voucher_uses.c.code, func.count().label("uses"))
    .join(orders, orders.c.order_id == voucher_uses.c.order_id)
    .where(
        voucher_uses.c.customer_id == bindparam("customer_id"),
        orders.c.state != OrderState.CANCELLED.value,
    )
    .group_by(voucher_uses.c.code)
)
"""A cancelled order gives its codes back."""

PUT_SETTING = upsert(settings)
GET_SETTING = select(settings.c.value).where(settings.c.key == bindparam("key"))


class ConsoleVouchers:
    """``services.ports.Vouchers``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def differing(self, vouchers_: Iterable[Voucher]) -> tuple[Sequence[Voucher], Sequence[str]]:
        known = {row.code: row.body for row in self._connection.execute(ALL)}
        changed = [one for one in vouchers_ if known.pop(one.code, None) != dump(one)]
        return changed, tuple(known)

    def put(self, voucher: Voucher) -> None:
        self._connection.execute(PUT_VOUCHER, _row(voucher))

    def put_all(self, vouchers_: Sequence[Voucher]) -> None:
        if vouchers_:
            self._connection.execute(PUT_VOUCHER, [_row(voucher) for voucher in vouchers_])

    def remove(self, codes: Iterable[str]) -> None:
        gone = [{"gone": code} for code in codes]
        if gone:
            self._connection.execute(REMOVE_VOUCHER, gone)

    def get(self, code: str) -> Voucher | None:
        body = self._connection.execute(GET_VOUCHER, {"code": code}).scalar_one_or_none()
        return None if body is None else load_voucher(body)

    def alike(self, code: str) -> Sequence[Voucher]:
        near = self._connection.scalars(ALIKE, {"folded": fold_code(code), "code": code})
        return tuple(load_voucher(body) for body in near)

    def uses_by(self, customer_id: UUID) -> Mapping[str, int]:
        rows = self._connection.execute(USES, {"customer_id": customer_id})
        return {row.code: row.uses for row in rows}


def _row(voucher: Voucher) -> dict[str, str]:
    return {"code": voucher.code, "folded": fold_code(voucher.code), "body": dump(voucher)}


class ConsoleSettings:
    """``services.ports.Settings``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, key: str) -> str | None:
        return self._connection.execute(GET_SETTING, {"key": key}).scalar_one_or_none()

    def put(self, key: str, value: str) -> None:
        self._connection.execute(PUT_SETTING, {"key": key, "value": value})
