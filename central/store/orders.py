"""Orders at central: taken in exactly once, judged, and read back.

The uuid is an order's identity for ever. One transaction holds the order, the verdict, the
stock it takes, the codes it uses and the customer it brings: all of it or nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.engine import Connection, Row

from central.database import next_number
from central.judge import Judgement, Known, judge, quantities_of
from central.store.catalogue import articles_by_sku, prices_between, take_stock
from central.store.consoles import Console
from central.store.customers import put_customers
from central.store.references import is_leased_to
from central.store.vouchers import record_use, uses_by_customer, vouchers_by_code
from models import reference
from models.errors import Conflict, Rejected
from models.order import OrderState
from models.shop import ShopRules
from models.tables.central import consoles, orders, reservations
from models.wire.orders import OrderIn, OrderOut, OrderRowOut, Outcome, VerdictOut


def take_order(
    connection: Connection, console: Console, order: OrderIn, *, at: datetime, rules: ShopRules
) -> VerdictOut:
    """The verdict on this order: the first time it is reckoned, ever after it is the same.

    Raises Conflict("order_conflict") where this uuid came with another body or from
    another console, Rejected for what can never be taken (see ``models.wire.problems``).
    """
    known = connection.execute(
        select(orders.c.console_id, orders.c.fingerprint, orders.c.verdict).where(
            orders.c.order_id == order.order_id
        )
    ).first()
    if known is not None:
        if (known.console_id, known.fingerprint) != (console.console_id, order.fingerprint()):
            raise Conflict("order_conflict")
        return VerdictOut.model_validate_json(known.verdict)
    _ensure_takeable(connection, console, order)
    return _take(connection, console, order, at=at, rules=rules)


def get_order(connection: Connection, console: Console, order_id: UUID) -> OrderOut:
    """Raises Rejected("not_found") for one that this console did not send."""
    wanted = select(orders).where(
        orders.c.order_id == order_id, orders.c.console_id == console.console_id
    )
    row = connection.execute(wanted).first()
    if row is None:
        raise Rejected("not_found")
    return OrderOut(
        order=OrderIn.model_validate_json(row.body),
        state=OrderState(row.state),
        verdict=VerdictOut.model_validate_json(row.verdict),
    )


def orders_since(
    connection: Connection, console: Console, seq: int, *, limit: int
) -> tuple[Sequence[OrderRowOut], int | None]:
    """Orders this console sent, in the order they came, after number ``seq``; and the number
    of the last one, None where there are no more.
    """
    wanted = _listing().where(orders.c.console_id == console.console_id, orders.c.seq > seq)
    rows = connection.execute(wanted.order_by(orders.c.seq).limit(limit + 1)).all()
    page = rows[:limit]
    return _rows_out(page), page[-1].seq if len(rows) > limit else None


def newest_orders(connection: Connection, *, limit: int) -> Sequence[OrderRowOut]:
    """Of all consoles, for the administrator, the newest first."""
    return _rows_out(connection.execute(_listing().order_by(orders.c.seq.desc()).limit(limit)))


def _ensure_takeable(connection: Connection, console: Console, order: OrderIn) -> None:
    if order.is_demo:  # placed for practice, before the console was enrolled
        raise Rejected("demo_order_refused", fields=("is_demo",))
    if not reference.is_valid(order.reference):
        raise Rejected("reference_check", fields=("reference",))
    if not is_leased_to(connection, console.console_id, int(order.reference[:8])):
        raise Rejected("reference_not_leased", fields=("reference",))
    if connection.scalar(select(orders.c.order_id).where(orders.c.reference == order.reference)):
        raise Rejected("reference_taken", fields=("reference",))
    if not _adds_up(order):
        raise Rejected("amounts_do_not_add_up", fields=("amounts",))


def _adds_up(order: OrderIn) -> bool:
    said = order.amounts
    total = said.goods_cents - said.discount_cents + said.delivery_cents - said.credit_cents
    return (
        all(line.total_cents == line.quantity * line.unit_price_cents for line in order.lines)
        and said.goods_cents == sum(line.total_cents for line in order.lines)
        and said.total_cents == total
    )


def _take(
    connection: Connection, console: Console, order: OrderIn, *, at: datetime, rules: ShopRules
) -> VerdictOut:
    known = _known(connection, order, rules)
    judgement = judge(order, known, rules)
    verdict = VerdictOut(
        order_id=order.order_id,
        reference=order.reference,
        outcome=Outcome.ACCEPTED_WITH_DIFFERENCES if judgement.differences else Outcome.ACCEPTED,
        differences=judgement.differences,
        received_at=at,
    )
    is_covered = judgement.quote.is_covered
    state = OrderState.IN_PREPARATION if is_covered else OrderState.AWAITING_PAYMENT
    _add(connection, console, order, verdict, state)
    _reserve(connection, order, known)
    _count_codes(connection, order, known, judgement)
    put_customers(connection, [order.customer])
    return verdict


def _known(connection: Connection, order: OrderIn, rules: ShopRules) -> Known:
    skus = [line.sku for line in order.lines]
    kept = timedelta(seconds=rules.price_kept_seconds)
    return Known(
        articles=articles_by_sku(connection, skus),
        said_prices=prices_between(connection, skus, order.placed_at - kept, order.placed_at),
        vouchers=vouchers_by_code(connection, [code.code for code in order.codes]),
        uses_by_customer=uses_by_customer(connection, order.customer.customer_id),
    )


def _add(
    connection: Connection,
    console: Console,
    order: OrderIn,
    verdict: VerdictOut,
    state: OrderState,
) -> None:
    connection.execute(
        orders.insert().values(
            order_id=order.order_id,
            reference=order.reference,
            console_id=console.console_id,
            customer_id=order.customer.customer_id,
            state=state,
            payment_method=order.payment_method,
            total_cents=order.amounts.total_cents,
            fingerprint=order.fingerprint(),
            body=order.canonical(),
            verdict=verdict.canonical(),
            outcome=verdict.outcome,
            placed_at=order.placed_at,
            received_at=verdict.received_at,
            seq=next_number(connection, "orders"),
        )
    )


def _reserve(connection: Connection, order: OrderIn, known: Known) -> None:
    for sku, wanted in quantities_of(order).items():
        if sku in known.articles:
            taken = take_stock(connection, sku, wanted)
            connection.execute(
                reservations.insert().values(
                    order_id=order.order_id, sku=sku, wanted=wanted, reserved=taken
                )
            )


def _count_codes(
    connection: Connection, order: OrderIn, known: Known, judgement: Judgement
) -> None:
    for outcome in judgement.accepted_codes:
        record_use(
            connection,
            known.vouchers[outcome.code],
            order_id=order.order_id,
            customer_id=order.customer.customer_id,
            cents=outcome.discount_cents,
        )


def _listing() -> Select[Any]:
    return select(orders, consoles.c.name.label("console")).join(
        consoles, consoles.c.console_id == orders.c.console_id
    )


def _rows_out(rows: Iterable[Row[Any]]) -> Sequence[OrderRowOut]:
    return [OrderRowOut.model_validate(row) for row in rows]
