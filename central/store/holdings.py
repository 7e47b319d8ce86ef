"""What an order holds of the shop: articles put aside for it, and uses of codes.

Owns how much that is, for an order that is taken, changed or given up, and in which order
rows are locked for it: articles by sku, then limited vouchers by code; those without a limit,
by code, only when they are counted. A changed order is judged as if what it holds already were
free again, so that it never stands in its own way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.engine import Connection

from central.database import send
from central.judge import Judgement, Known, agreed_at, quantities_of
from central.store.catalogue import COUNTER as STOCK_COUNTER
from central.store.catalogue import lock_articles, move_stock, prices_between
from central.store.vouchers import COUNTER as CODES_COUNTER
from central.store.vouchers import (
    lock_vouchers,
    replace_uses,
    tell_of,
    uses_by_customer,
)
from models.catalogue import Article
from models.shop import ShopRules
from models.tables.central import reservations, voucher_uses
from models.voucher_rules import is_used_up
from models.vouchers import Voucher, VoucherKind
from models.wire.orders import OrderIn


@dataclass(frozen=True, slots=True)
class Holding:
    """What an order holds: ``reserved`` so many of each sku, ``used`` so many cents by each
    code. ``said``: the prices in cents that were agreed on, by sku, and stay right.
    """

    reserved: Mapping[str, int] = field(default_factory=dict)
    used: Mapping[str, int] = field(default_factory=dict)
    said: Mapping[str, frozenset[int]] = field(default_factory=dict)
    customer_id: UUID | None = None


NOTHING = Holding()
RESERVED = reservations.insert()
"""Made once, for every order: making a statement takes longer than running it."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What a transaction has just read: the articles of an order, which it has locked, and the
    codes that the order says.
    """

    articles: Mapping[str, Article]
    vouchers: Mapping[str, Voucher]


@dataclass(frozen=True, slots=True)
class Locked:
    """The rows an order may change, as they stand, and the same as if it held nothing."""

    held: Holding
    vouchers: Mapping[str, Voucher]
    known: Known


@dataclass(frozen=True, slots=True)
class Change:
    """What an order holds from now on, and what that does to the shop."""

    order_id: UUID
    customer_id: UUID
    before: Locked
    wanted: Mapping[str, int]
    reserved: Mapping[str, int]
    uses: tuple[tuple[Voucher, int], ...]
    stock: Mapping[str, int]
    """What is added to the stock of each sku that has another figure afterwards."""
    told_codes: Sequence[str]
    """Codes that are used up by this, that can be used again, or that are worth another amount:
    all consoles should know.
    """


def held_by(connection: Connection, order: OrderIn) -> Holding:
    """What this revision of the order, which is the present one, holds."""
    mine = reservations.c.order_id == order.order_id
    rows = connection.execute(select(reservations.c.sku, reservations.c.reserved).where(mine))
    uses = connection.execute(
        select(voucher_uses.c.code, voucher_uses.c.amount_cents).where(
            voucher_uses.c.order_id == order.order_id
        )
    )
    said: dict[str, set[int]] = {}
    for line in order.lines:
        said.setdefault(line.sku, set()).add(line.unit_price_cents)
    return Holding(
        reserved={row.sku: row.reserved for row in rows},
        used={row.code: row.amount_cents for row in uses},
        said={sku: frozenset(prices) for sku, prices in said.items()},
        customer_id=order.customer.customer_id,
    )


def lock_for(
    connection: Connection,
    order: OrderIn,
    held: Holding,
    *,
    rules: ShopRules,
    paid_cents: int = 0,
    looked: Looked | None = None,
) -> Locked:
    """Everything that bears on the order, and nobody else changes it before this transaction
    ends. ``looked``: for an order that holds nothing, what has been read and locked of it.
    """
    locked = (
        looked.articles
        if looked
        else lock_articles(connection, {*held.reserved, *said_skus(order)})
    )
    articles = {sku: _with_more(found, held.reserved.get(sku, 0)) for sku, found in locked.items()}
    seen = looked.vouchers if looked else None
    vouchers = _locked_vouchers(connection, said_codes(order), held, seen)
    return Locked(
        held,
        vouchers,
        Known(
            articles=articles,
            said_prices=_said_prices(connection, order, articles, held, rules),
            vouchers={code: _as_if_free(voucher, held) for code, voucher in vouchers.items()},
            uses_by_customer=_other_uses(connection, order, held, vouchers.values()),
            paid_cents=paid_cents,
        ),
    )


def said_codes(order: OrderIn) -> Sequence[str]:
    """Those that were not refused on the phone."""
    return [code.code for code in order.codes if code.refusal is None]


def said_skus(order: OrderIn) -> Sequence[str]:
    return [line.sku for line in order.lines]


def lock_to_release(connection: Connection, held: Holding) -> Locked:
    """The rows that change when the order is given up."""
    if held.reserved:
        lock_articles(connection, held.reserved)
    vouchers = _locked_vouchers(connection, (), held, None)
    return Locked(held, vouchers, Known(articles={}))


def taking(order: OrderIn, locked: Locked, judgement: Judgement) -> Change:
    """As much of each article as there is, and the codes that count."""
    wanted = {
        sku: quantity
        for sku, quantity in quantities_of(order).items()
        if sku in locked.known.articles
    }
    reserved = {
        sku: min(quantity, locked.known.articles[sku].offer.stock)
        for sku, quantity in wanted.items()
    }
    uses = tuple(
        (locked.vouchers[outcome.code], outcome.discount_cents)
        for outcome in judgement.accepted_codes
    )
    return _change(order, locked, wanted, reserved, uses)


def releasing(order: OrderIn, locked: Locked) -> Change:
    return _change(order, locked, wanted={}, reserved={}, uses=())


def numbers_of(change: Change) -> Mapping[str, int]:
    """What is drawn for it from which counter."""
    return {STOCK_COUNTER: len(change.stock), CODES_COUNTER: len(change.told_codes)}


def apply(connection: Connection, change: Change) -> None:
    """Put aside, count and give back; the order's row is there, and this transaction has drawn the
    ``numbers_of`` the change.
    """
    move_stock(connection, change.stock)
    before = change.before
    if before.held.reserved:
        connection.execute(reservations.delete().where(reservations.c.order_id == change.order_id))
    send(connection, RESERVED, _reservation_rows(change))
    given_back = [(before.vouchers[code], cents) for code, cents in before.held.used.items()]
    replace_uses(
        connection,
        given_back,
        change.uses,
        order_id=change.order_id,
        customer_id=change.customer_id,
    )
    tell_of(connection, change.told_codes)


def _change(
    order: OrderIn,
    locked: Locked,
    wanted: Mapping[str, int],
    reserved: Mapping[str, int],
    uses: tuple[tuple[Voucher, int], ...],
) -> Change:
    return Change(
        order_id=order.order_id,
        customer_id=order.customer.customer_id,
        before=locked,
        wanted=wanted,
        reserved=reserved,
        uses=uses,
        stock=_moved(locked.held.reserved, reserved),
        told_codes=_told_codes(locked, uses),
    )


def _moved(before: Mapping[str, int], after: Mapping[str, int]) -> Mapping[str, int]:
    moved = {sku: before.get(sku, 0) - after.get(sku, 0) for sku in sorted({*before, *after})}
    return {sku: change for sku, change in moved.items() if change}


def _told_codes(before: Locked, uses: Iterable[tuple[Voucher, int]]) -> Sequence[str]:
    after = {code: _as_if_free(v, before.held) for code, v in before.vouchers.items()}
    after |= {voucher.code: after[voucher.code].after_use(cents) for voucher, cents in uses}
    return [
        code
        for code, voucher in sorted(before.vouchers.items())
        if is_used_up(voucher) != is_used_up(after[code])
        or voucher.remaining_cents != after[code].remaining_cents
    ]


def _reservation_rows(change: Change) -> list[dict[str, object]]:
    return [
        {
            "order_id": change.order_id,
            "sku": sku,
            "wanted": quantity,
            "reserved": change.reserved[sku],
        }
        for sku, quantity in change.wanted.items()
    ]


def _locked_vouchers(
    connection: Connection,
    said: Iterable[str],
    held: Holding,
    seen: Mapping[str, Voucher] | None,
) -> Mapping[str, Voucher]:
    wanted = {*said, *held.used}
    return lock_vouchers(connection, wanted, held=held.used, seen=seen) if wanted else {}


def _said_prices(
    connection: Connection,
    order: OrderIn,
    articles: Mapping[str, Article],
    held: Holding,
    rules: ShopRules,
) -> Mapping[str, frozenset[int]]:
    """Every price that the order may name. Most orders name what is the price now."""
    known = dict(held.said)
    asked = [
        line.sku
        for line in order.lines
        if line.sku in articles
        and line.unit_price_cents != articles[line.sku].offer.price_cents
        and line.unit_price_cents not in known.get(line.sku, ())
    ]
    kept = timedelta(seconds=rules.price_kept_seconds)
    for at in _moments(order, held) if asked else ():
        for sku, cents in prices_between(connection, asked, at - kept, at).items():
            known[sku] = known.get(sku, frozenset()) | cents
    return known


def _moments(order: OrderIn, held: Holding) -> set[datetime]:
    """When prices were said. Where a change is the first that is heard of the order, nobody
    here knows which lines were said when it was placed.
    """
    return {agreed_at(order)} if held.customer_id else {agreed_at(order), order.placed_at}


def _other_uses(
    connection: Connection, order: OrderIn, held: Holding, codes: Iterable[Voucher]
) -> Mapping[str, int]:
    """Counted only where a code asks for it."""
    if all(voucher.uses_per_customer_max is None for voucher in codes):
        return {}
    customer_id = order.customer.customer_id
    counted = uses_by_customer(connection, customer_id)
    if customer_id != held.customer_id:
        return counted
    return {code: count - (code in held.used) for code, count in counted.items()}


def _with_more(article: Article, quantity: int) -> Article:
    if not quantity:
        return article
    offer = article.offer
    return replace(article, offer=replace(offer, stock=offer.stock + quantity))


def _as_if_free(voucher: Voucher, held: Holding) -> Voucher:
    """As if this order did not use it; and good on any day, if it did: a code that counted
    when the order was placed is not lost by a change made the day after it ends.
    """
    if voucher.code not in held.used:
        return voucher
    spent = held.used[voucher.code] if voucher.kind is VoucherKind.CREDIT else 0
    return replace(
        voucher,
        uses=voucher.uses - 1,
        remaining_cents=voucher.remaining_cents + spent,
        valid_from=None,
        valid_until=None,
    )
