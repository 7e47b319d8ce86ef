"""Orders at central: taken in exactly once, judged, and read back.

The uuid is an order's identity for ever. One transaction holds the order, the verdict, what
it takes of the shop, the customer it brings, what is asked for it and what consoles are
told: all of it or nothing. Rows are locked in one order: articles, vouchers, and counters
last, because who holds a counter keeps all others waiting: everything that is written is sent
together, with the commit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, exists, literal, or_, select
from sqlalchemy.engine import Connection, Row

from central.database import committed_together, drawn, raise_counters, send
from central.judge import judge
from central.store import happenings
from central.store.acceptance import answered_before, due_for, ensure_sound, verdict_on
from central.store.catalogue import LOCKED, article_of
from central.store.consoles import Console
from central.store.customers import COUNTER as PEOPLE
from central.store.customers import VERSION, is_newer, write_customers
from central.store.events import COUNTER as EVENTS
from central.store.events import write
from central.store.holdings import (
    NOTHING,
    Looked,
    apply,
    lock_for,
    numbers_of,
    said_codes,
    said_skus,
    taking,
)
from central.store.payments import ask
from central.store.references import LAST_OF_BLOCK, is_leased
from central.store.vouchers import voucher_of
from models import reference
from models.errors import Conflict, Rejected
from models.order import OrderState
from models.shop import ShopRules
from models.tables.central import consoles, orders, vouchers
from models.wire.fields import fingerprint_of
from models.wire.orders import OrderIn, OrderOut, OrderRowOut, VerdictOut

COUNTER = "orders"

# Statements of every order are made once: making one takes longer than running it.
IS_THIS_OR_HAS_ITS_REFERENCE = or_(
    orders.c.order_id == bindparam("order_id"), orders.c.reference == bindparam("reference")
)
KNOWN = select(orders).where(IS_THIS_OR_HAS_ITS_REFERENCE)
_once = select(literal(1)).subquery()
_articles = LOCKED.cte("locked")
FIRST_LOOK = select(
    exists(select(orders.c.order_id).where(IS_THIS_OR_HAS_ITS_REFERENCE)).label("is_known"),
    LAST_OF_BLOCK.scalar_subquery().label("leased_to"),
    VERSION.scalar_subquery().label("customer_version"),
    *(vouchers.c[name] for name in ("code", "body", "uses", "remaining_cents")),
    *(column for column in _articles.c if column.name not in ("is_removed", "seq")),
).select_from(
    _once.outerjoin(
        vouchers,
        vouchers.c.code.in_(bindparam("codes", expanding=True)) & vouchers.c.is_removed.is_(False),
    ).outerjoin(_articles, _articles.c.is_removed.is_(False))
)
"""All that is looked at, and its articles locked, at once: a row for each code and article that
there are, or one without either. An order that is here already, or that is refused, waits for its
articles as well: that is rare, and what it waits for is short.
"""
ADDED = orders.insert().values(seq=drawn(COUNTER))


def take_order(
    connection: Connection, console: Console, order: OrderIn, *, at: datetime, rules: ShopRules
) -> VerdictOut:
    """The verdict on this order: the first time it is reckoned, ever after it is the same. The
    first that is heard of an order may be a change of it: what came before was not accepted.
    Ends the transaction where it takes the order.

    Raises Conflict("order_conflict") where this uuid came with another body or from
    another console, Rejected for what can never be taken (see ``models.wire.problems``).
    """
    looked = _first_look(connection, console, order)
    seen = looked[0]
    if seen.is_known:
        known = _known(connection, order)
        if known is not None:
            return _answer_again(connection, console, known, order)
    _ensure_takeable(connection, order, seen)
    return _take(connection, console, order, looked, at=at, rules=rules)


def get_order(connection: Connection, console: Console, order_id: UUID) -> OrderOut:
    """As it was said last. Raises Rejected("not_found") for one that this console did not send."""
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
        parcel_number=row.parcel_number,
    )


def ensure_sent_by(connection: Connection, console: Console, order_id: UUID) -> None:
    """Raises Rejected("order_unknown") for an order that this console did not send."""
    wanted = select(orders.c.order_id).where(
        orders.c.order_id == order_id, orders.c.console_id == console.console_id
    )
    if connection.scalar(wanted) is None:
        raise Rejected("order_unknown")


def sent_by_others(
    connection: Connection, console: Console, order_ids: Collection[UUID]
) -> Sequence[UUID]:
    """Those of these orders that are here, and that another console sent."""
    wanted = select(orders.c.order_id).where(
        orders.c.order_id.in_(order_ids), orders.c.console_id != console.console_id
    )
    return connection.scalars(wanted.order_by(orders.c.order_id)).all()


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


def _first_look(connection: Connection, console: Console, order: OrderIn) -> Sequence[Row[Any]]:
    return connection.execute(
        FIRST_LOOK,
        {
            "order_id": order.order_id,
            "reference": order.reference,
            "console_id": console.console_id,
            "number": _number(order),
            "customer_id": order.customer.customer_id,
            "codes": said_codes(order),
            "skus": sorted({*said_skus(order)}),
        },
    ).all()


def _number(order: OrderIn) -> int:
    """Without its check digit."""
    return int(order.reference[:8])


def _known(connection: Connection, order: OrderIn) -> Row[Any] | None:
    named = {"order_id": order.order_id, "reference": order.reference}
    rows = connection.execute(KNOWN, named)
    return next((row for row in rows if row.order_id == order.order_id), None)


def _answer_again(
    connection: Connection, console: Console, known: Row[Any], order: OrderIn
) -> VerdictOut:
    verdict = answered_before(connection, known, order)
    if verdict is None or known.console_id != console.console_id:
        raise Conflict("order_conflict")
    return verdict


def _ensure_takeable(connection: Connection, order: OrderIn, seen: Row[Any]) -> None:
    ensure_sound(order)
    if not reference.is_valid(order.reference):
        raise Rejected("reference_check", fields=("reference",))
    if not is_leased(connection, _number(order), seen.leased_to):
        raise Rejected("reference_not_leased", fields=("reference",))
    if seen.is_known:
        raise Rejected("reference_taken", fields=("reference",))


def _take(
    connection: Connection,
    console: Console,
    order: OrderIn,
    looked: Sequence[Row[Any]],
    *,
    at: datetime,
    rules: ShopRules,
) -> VerdictOut:
    of_skus = {row.sku: row for row in looked if row.sku is not None}
    of_codes = {row.code: row for row in looked if row.code is not None}
    known = Looked(
        articles={sku: article_of(row) for sku, row in of_skus.items()},
        vouchers={code: voucher_of(row) for code, row in of_codes.items()},
    )
    locked = lock_for(connection, order, NOTHING, rules=rules, looked=known)
    judgement = judge(order, locked.known, rules)
    change = taking(order, locked, judgement)
    verdict = verdict_on(order, judgement, at=at)
    due = due_for(order, judgement)
    state = OrderState.AWAITING_PAYMENT if due else OrderState.IN_PREPARATION
    has_news = is_newer(order.customer, looked[0].customer_version)
    told = [
        happenings.order_state(console.console_id, order.order_id, state),
        *happenings.payment_followed(console.console_id, order.order_id, None, due),
        *happenings.shop_changed(change, has_new_customer=has_news),
    ]
    # Undone where the same order came twice at once: begun anew, it is known.
    with committed_together(connection):
        raise_counters(
            connection,
            {COUNTER: 1, PEOPLE: has_news, EVENTS: len(told), **numbers_of(change)},
        )
        if has_news:
            write_customers(connection, [order.customer])
        said = said_last(order, verdict, judgement.account.costs_cents)
        _add(connection, console, order, said, state)
        if due is not None:
            ask(connection, order.order_id, order.reference, due, at=at)
        apply(connection, change)
        write(connection, told, at=at)
    return verdict


def _add(
    connection: Connection,
    console: Console,
    order: OrderIn,
    said: dict[str, Any],
    state: OrderState,
) -> None:
    row = {
        "order_id": order.order_id,
        "reference": order.reference,
        "console_id": console.console_id,
        "state": state,
        "placed_at": order.placed_at,
    }
    send(connection, ADDED, [row | said])


def said_last(order: OrderIn, verdict: VerdictOut, costs_cents: int) -> dict[str, Any]:
    """The columns of ``orders`` that each revision of it sets."""
    body = order.canonical()
    return {
        "customer_id": order.customer.customer_id,
        "payment_method": order.payment_method,
        "total_cents": order.amounts.total_cents,
        "costs_cents": costs_cents,
        "fingerprint": fingerprint_of(body),
        "body": body,
        "verdict": verdict.canonical(),
        "outcome": verdict.outcome,
        "received_at": verdict.received_at,
        "revision": order.revision,
    }


def _listing() -> Select[Any]:
    return select(orders, consoles.c.name.label("console")).join(
        consoles, consoles.c.console_id == orders.c.console_id
    )


def _rows_out(rows: Iterable[Row[Any]]) -> Sequence[OrderRowOut]:
    return [OrderRowOut.model_validate(row) for row in rows]
