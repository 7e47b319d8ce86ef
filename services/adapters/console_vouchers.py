"""Codes and small facts in the console's file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.dialects.sqlite import insert as insert_or

from models.order import OrderState
from models.tables.console import orders, settings, voucher_uses, vouchers
from models.vouchers import Voucher, fold_code
from services.adapters.stored_forms import dump, load_voucher


class ConsoleVouchers:
    """``services.ports.Vouchers``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def replace_all(self, vouchers_: Iterable[Voucher]) -> None:
        self._connection.execute(delete(vouchers))
        rows = [_row(voucher) for voucher in vouchers_]
        if rows:
            self._connection.execute(insert(vouchers), rows)

    def put(self, voucher: Voucher) -> None:
        row = _row(voucher)
        self._connection.execute(
            insert_or(vouchers)
            .values(row)
            .on_conflict_do_update(index_elements=[vouchers.c.code], set_=row)
        )

    def get(self, code: str) -> Voucher | None:
        row = self._connection.execute(
            select(vouchers.c.body).where(vouchers.c.code == code)
        ).first()
        return None if row is None else load_voucher(row.body)

    def alike(self, code: str) -> Sequence[Voucher]:
        rows = self._connection.scalars(
            select(vouchers.c.body)
            .where(vouchers.c.folded == fold_code(code), vouchers.c.code != code)
            .order_by(vouchers.c.code)
        )
        return tuple(load_voucher(body) for body in rows)

    def uses_by(self, customer_id: UUID) -> Mapping[str, int]:
        """A cancelled order gives its codes back."""
        rows = self._connection.execute(
            select(voucher_uses.c.code, func.count().label("uses"))
            .join(orders, orders.c.order_id == voucher_uses.c.order_id)
            .where(
                voucher_uses.c.customer_id == customer_id,
                orders.c.state != OrderState.CANCELLED.value,
            )
            .group_by(voucher_uses.c.code)
        )
        return {row.code: row.uses for row in rows}


def _row(voucher: Voucher) -> dict[str, str]:
    return {"code": voucher.code, "folded": fold_code(voucher.code), "body": dump(voucher)}


class ConsoleSettings:
    """``services.ports.Settings``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, key: str) -> str | None:
        return self._connection.execute(
            select(settings.c.value).where(settings.c.key == key)
        ).scalar_one_or_none()

    def put(self, key: str, value: str) -> None:
        self._connection.execute(
            insert_or(settings)
            .values(key=key, value=value)
            .on_conflict_do_update(index_elements=[settings.c.key], set_={"value": value})
        )
