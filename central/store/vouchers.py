"""Codes with their uses as central counts them (R7). Central has the last word on a use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.engine import Connection, Row

from central.database import upsert
from models.tables.central import voucher_uses, vouchers
from models.voucher_rules import is_counted
from models.vouchers import Voucher, VoucherKind
from models.wire.vouchers import VoucherWire

# Statements of every order are made once: making one takes longer than running it.
READ = select(vouchers).where(vouchers.c.code.in_(bindparam("codes", expanding=True)))
LOCKED = READ.order_by(vouchers.c.code).with_for_update(key_share=True)
USES = (
    select(voucher_uses.c.code, func.count())
    .where(voucher_uses.c.customer_id == bindparam("customer_id"))
    .group_by(voucher_uses.c.code)
)
USED = voucher_uses.insert()
COUNTED = (
    vouchers.update()
    .where(vouchers.c.code == bindparam("of"))
    .values(
        uses=vouchers.c.uses + bindparam("count"),
        remaining_cents=vouchers.c.remaining_cents + bindparam("cents"),
    )
)
VOUCHERS_KEPT = 1_000
"""Read bodies; a promotion is in every other order of its week."""


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


def lock_vouchers(connection: Connection, codes: Iterable[str]) -> Mapping[str, Voucher]:
    """As ``vouchers_by_code``, and nobody else uses a limited one of them before this
    transaction ends. Locked by code, before articles and counters. Who holds a limited code
    knows its uses by any customer, too: every use of it goes by way of this lock.

    A code without a limit is not locked: it is in every other order of its week, and all of
    them would wait for one another. Its uses are counted once the counters are held, in every
    transaction alike, so that nobody waits for it with a counter that somebody else wants.
    """
    found = _read(connection, READ, codes)
    limited = [code for code, voucher in found.items() if is_counted(voucher)]
    return found | _read(connection, LOCKED, limited) if limited else found


def _read(
    connection: Connection, statement: Select[Any], codes: Iterable[str]
) -> dict[str, Voucher]:
    rows = connection.execute(statement, {"codes": list(set(codes))})
    return {row.code: _voucher(row) for row in rows}


def uses_by_customer(connection: Connection, customer_id: UUID) -> Mapping[str, int]:
    counted = connection.execute(USES, {"customer_id": customer_id})
    return {code: int(count) for code, count in counted}


def record_uses(
    connection: Connection,
    uses: Iterable[tuple[Voucher, int]],
    *,
    order_id: UUID,
    customer_id: UUID,
) -> None:
    """One more use by this order of each of these codes, with the cents it took off; a credit
    keeps that much less. The limited ones are locked by this transaction.
    """
    used = list(uses)
    if not used:
        return
    connection.execute(
        COUNTED,
        [
            {"of": voucher.code, "count": 1, "cents": -_spent(voucher, cents)}
            for voucher, cents in used
        ],
    )
    connection.execute(
        USED,
        [
            {
                "order_id": order_id,
                "code": voucher.code,
                "customer_id": customer_id,
                "amount_cents": cents,
            }
            for voucher, cents in used
        ],
    )


def release_uses(
    connection: Connection, uses: Iterable[tuple[Voucher, int]], *, order_id: UUID
) -> None:
    """The order uses no code any more: each, with the cents it took off, can be used once more,
    and a credit has its money back. The limited ones are locked by this transaction.
    """
    used = list(uses)
    if not used:
        return
    connection.execute(
        COUNTED,
        [
            {"of": voucher.code, "count": -1, "cents": _spent(voucher, cents)}
            for voucher, cents in used
        ],
    )
    connection.execute(voucher_uses.delete().where(voucher_uses.c.order_id == order_id))


def _spent(voucher: Voucher, cents: int) -> int:
    return cents if voucher.kind is VoucherKind.CREDIT else 0


def _voucher(row: Row[tuple[object, ...]]) -> Voucher:
    return replace(_stored(row.body), uses=row.uses, remaining_cents=row.remaining_cents)


@lru_cache(maxsize=VOUCHERS_KEPT)
def _stored(body: str) -> Voucher:
    return VoucherWire.model_validate_json(body).to_domain()
