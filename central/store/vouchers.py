"""Codes with their uses as central counts them (R7). Central has the last word on a use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.engine import Connection, Row

from central.database import upsert
from models.tables.central import voucher_uses, vouchers
from models.vouchers import Voucher, VoucherKind
from models.wire.vouchers import VoucherWire


def put_vouchers(connection: Connection, codes: Iterable[Voucher]) -> None:
    """Insert or replace, uses and remainder included."""
    rows: list[dict[str, object]] = [
        {
            "code": voucher.code,
            "body": VoucherWire.model_validate(voucher).canonical(),
            "uses": voucher.uses,
            "remaining_cents": voucher.remaining_cents,
        }
        for voucher in codes
    ]
    upsert(connection, vouchers, rows)


def all_vouchers(connection: Connection) -> Sequence[Voucher]:
    return [_voucher(row) for row in connection.execute(select(vouchers).order_by(vouchers.c.code))]


def vouchers_by_code(connection: Connection, codes: Iterable[str]) -> Mapping[str, Voucher]:
    """Exactly these codes, case and all; those that do not exist are missing."""
    wanted = select(vouchers).where(vouchers.c.code.in_(list(codes)))
    return {row.code: _voucher(row) for row in connection.execute(wanted)}


def uses_by_customer(connection: Connection, customer_id: UUID) -> Mapping[str, int]:
    counted = (
        select(voucher_uses.c.code, func.count())
        .where(voucher_uses.c.customer_id == customer_id)
        .group_by(voucher_uses.c.code)
    )
    return {code: int(count) for code, count in connection.execute(counted)}


def record_use(
    connection: Connection, voucher: Voucher, *, order_id: UUID, customer_id: UUID, cents: int
) -> None:
    """One more use of a code that took ``cents`` off; a credit keeps that much less."""
    spent = cents if voucher.kind is VoucherKind.CREDIT else 0
    connection.execute(
        vouchers.update()
        .where(vouchers.c.code == voucher.code)
        .values(uses=vouchers.c.uses + 1, remaining_cents=vouchers.c.remaining_cents - spent)
    )
    connection.execute(
        voucher_uses.insert().values(
            order_id=order_id, code=voucher.code, customer_id=customer_id, amount_cents=cents
        )
    )


def _voucher(row: Row[tuple[object, ...]]) -> Voucher:
    stored = VoucherWire.model_validate_json(row.body).to_domain()
    return replace(stored, uses=row.uses, remaining_cents=row.remaining_cents)
