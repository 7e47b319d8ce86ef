"""Codes with their uses as central counts them (R7), and the feed of what consoles should know.

Central has the last word on a use, so a mere use moves no place in the feed: a code that is
new, changed or withdrawn does, one that is used up or can be used again, and a credit that
keeps another rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.engine import Connection, Row

from central.database import (
    current_number,
    drawn,
    lock_counter,
    next_number,
    raise_counters,
    send,
    upsert,
)
from central.store import events
from models.errors import Conflict, DomainError
from models.tables.central import voucher_uses, vouchers
from models.voucher_rules import is_counted
from models.vouchers import Voucher, VoucherKind
from models.wire.events import EventKind
from models.wire.vouchers import VoucherWire

COUNTER = "vouchers"

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
TOLD = (
    vouchers.update()
    .where(vouchers.c.code == bindparam("of"))
    .values(seq=drawn(COUNTER) - bindparam("before_last"))
)
VOUCHERS_KEPT = 1_000
"""Read bodies; a promotion is in every other order of its week."""


@dataclass(frozen=True, slots=True)
class VouchersSince:
    """``removed`` are codes that are none any more."""

    vouchers: Sequence[Voucher]
    removed: Sequence[str]
    last_seq: int
    has_more: bool


def put_vouchers(connection: Connection, codes: Iterable[Voucher]) -> None:
    """Insert or replace, uses and remainder included, without telling of it: to fill a shop."""
    wanted = list(codes)
    if wanted:
        _put(connection, wanted, last=next_number(connection, COUNTER, len(wanted)))


def add_voucher(connection: Connection, voucher: Voucher, *, at: datetime) -> None:
    """A new code; consoles hear of it. Raises DomainError("voucher_code_taken"), also by one
    that was withdrawn: a code that was printed never changes.
    """
    lock_counter(connection, COUNTER)  # whoever adds the same one at this moment is seen
    if connection.execute(READ, {"codes": [voucher.code]}).first() is not None:
        raise DomainError("voucher_code_taken", voucher_code=voucher.code)
    _put(connection, [voucher], last=next_number(connection, COUNTER))
    events.append(connection, [events.Happening(EventKind.VOUCHERS)], at=at)


def remove_voucher(connection: Connection, code: str, *, at: datetime) -> None:
    """No order can use it any more, and consoles forget it; orders that used it keep what it
    took off. Raises DomainError("voucher_code_unknown").
    """
    if code not in lock_vouchers(connection, [code]):
        raise DomainError("voucher_code_unknown", voucher_code=code)
    told = [events.Happening(EventKind.VOUCHERS)]
    raise_counters(connection, {COUNTER: 1, events.COUNTER: len(told)})
    is_meant = vouchers.c.code == code
    connection.execute(vouchers.update().where(is_meant).values(is_removed=True))
    tell_of(connection, [code])
    events.write(connection, told, at=at)


def _put(connection: Connection, codes: Sequence[Voucher], *, last: int) -> None:
    rows: list[dict[str, object]] = [
        {
            "code": voucher.code,
            "body": VoucherWire.model_validate(voucher).canonical(),
            "uses": voucher.uses,
            "remaining_cents": voucher.remaining_cents,
            "is_removed": False,
            "seq": seq,
        }
        for seq, voucher in enumerate(codes, start=last - len(codes) + 1)
    ]
    upsert(connection, vouchers, rows)


def all_vouchers(connection: Connection) -> Sequence[Voucher]:
    there = vouchers.c.is_removed.is_(False)
    wanted = select(vouchers).where(there).order_by(vouchers.c.code)
    return [voucher_of(row) for row in connection.execute(wanted)]


def vouchers_by_code(connection: Connection, codes: Iterable[str]) -> Mapping[str, Voucher]:
    """Exactly these codes, case and all; those that do not exist are missing."""
    return _read(connection, READ, codes)


def vouchers_since(connection: Connection, seq: int, *, limit: int) -> VouchersSince:
    """What consoles should know that changed after ``seq``, each code once, in the order of
    their last change. Raises Conflict("cursor_unknown") for a place that was never given out.
    """
    if seq > current_number(connection, COUNTER):
        raise Conflict("cursor_unknown")
    wanted = select(vouchers).where(vouchers.c.seq > seq)
    rows = connection.execute(wanted.order_by(vouchers.c.seq).limit(limit + 1)).all()
    page = rows[:limit]
    return VouchersSince(
        vouchers=[voucher_of(row) for row in page if not row.is_removed],
        removed=[row.code for row in page if row.is_removed],
        last_seq=page[-1].seq if page else seq,
        has_more=len(rows) > limit,
    )


def lock_vouchers(
    connection: Connection,
    codes: Iterable[str],
    *,
    held: Collection[str] = (),
    seen: Mapping[str, Voucher] | None = None,
) -> Mapping[str, Voucher]:
    """As ``vouchers_by_code``, and nobody else uses a limited one of them before this
    transaction ends. Locked by code, after articles and before counters. Who holds a limited code
    knows its uses by any customer, too: every use of it goes by way of this lock. Of those
    that are ``held`` by an order the withdrawn ones are there, too. ``seen``: these codes as this
    transaction has just read them.

    A code without a limit is not locked: it is in every other order of its week, and all of
    them would wait for one another. Its row is touched among the last, by ``replace_uses``, in
    every transaction alike: after the counters.
    """
    found = dict(seen) if seen is not None else _read(connection, READ, codes, held)
    limited = [code for code, voucher in found.items() if is_counted(voucher)]
    if not limited:
        return found
    free = {code: voucher for code, voucher in found.items() if not is_counted(voucher)}
    return free | _read(connection, LOCKED, limited, held)


def _read(
    connection: Connection,
    statement: Select[Any],
    codes: Iterable[str],
    held: Collection[str] = (),
) -> dict[str, Voucher]:
    """Those that are not withdrawn, or ``held``."""
    rows = connection.execute(statement, {"codes": list(set(codes))})
    return {row.code: voucher_of(row) for row in rows if not row.is_removed or row.code in held}


def uses_by_customer(connection: Connection, customer_id: UUID) -> Mapping[str, int]:
    counted = connection.execute(USES, {"customer_id": customer_id})
    return {code: int(count) for code, count in counted}


def replace_uses(
    connection: Connection,
    before: Iterable[tuple[Voucher, int]],
    after: Iterable[tuple[Voucher, int]],
    *,
    order_id: UUID,
    customer_id: UUID,
) -> None:
    """The order uses the codes of ``after``, each with the cents it took off, and no longer those
    of ``before``: a code that is given back can be used once more, a credit keeps that much more
    or less. The limited ones are locked by this transaction. Rows that change are touched by
    code, each once: who gives one code back for another meets nobody who takes both.
    """
    given_back, taken = list(before), list(after)
    send(connection, COUNTED, _counted(given_back, taken))
    if given_back:
        connection.execute(voucher_uses.delete().where(voucher_uses.c.order_id == order_id))
    used = [
        {
            "order_id": order_id,
            "code": voucher.code,
            "customer_id": customer_id,
            "amount_cents": cents,
        }
        for voucher, cents in taken
    ]
    send(connection, USED, used)


def _counted(
    given_back: Sequence[tuple[Voucher, int]], taken: Sequence[tuple[Voucher, int]]
) -> list[dict[str, object]]:
    """By code, what its uses and its rest are moved by; nothing of a code that stays as it is."""
    uses, rest = Counter[str](), Counter[str]()
    for sign, codes in ((-1, given_back), (1, taken)):
        for voucher, cents in codes:
            uses[voucher.code] += sign
            rest[voucher.code] -= sign * _spent(voucher, cents)
    return [
        {"of": code, "count": uses[code], "cents": rest[code]}
        for code in sorted(uses)
        if uses[code] or rest[code]
    ]


def tell_of(connection: Connection, codes: Collection[str]) -> None:
    """Consoles that follow the codes are given these anew, each with a number that this
    transaction has drawn.
    """
    told = [{"of": code, "before_last": before_last} for before_last, code in enumerate(codes)]
    send(connection, TOLD, told)


def _spent(voucher: Voucher, cents: int) -> int:
    return cents if voucher.kind is VoucherKind.CREDIT else 0


def voucher_of(row: Row[Any]) -> Voucher:
    return replace(_stored(row.body), uses=row.uses, remaining_cents=row.remaining_cents)


@lru_cache(maxsize=VOUCHERS_KEPT)
def _stored(body: str) -> Voucher:
    return VoucherWire.model_validate_json(body).to_domain()
