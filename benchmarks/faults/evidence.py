"""Reads what an audit looks at: the run's folder, the consoles' files, central's database.

Owns the way from rows to facts, past everything the program under test would put between:
it looks into the tables themselves.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Table, create_engine, func, select
from sqlalchemy.engine import Connection

from benchmarks.faults import central_database
from benchmarks.faults.facts import (
    Beginning,
    Block,
    CentralFacts,
    CodeLeft,
    ConsoleFacts,
    Event,
    Fetched,
    OrderAtCentral,
    OrderAtConsole,
    Owed,
    Payment,
    Reservation,
    Snapshot,
)
from central.store.vouchers import all_vouchers
from kiosk import paths
from models.catalogue import Article
from models.order import Order
from models.tables import central as there
from models.tables import console as here
from models.voucher_rules import is_used_up
from models.vouchers import Voucher
from models.wire.orders import OrderIn, Outcome, VerdictOut
from services.adapters.catalogue_file import CatalogueFile
from services.adapters.stored_forms import load_customer, load_order, load_voucher
from services.ports import OutboxKind

Rows = list[Row[Any]]

PRINTERS_MAX = 1_000


def save_beginning(path: Path, beginning: Beginning) -> None:
    path.write_text(json.dumps(asdict(beginning)))


def load_beginning(path: Path) -> Beginning:
    return Beginning(**json.loads(path.read_text()))


# --- a console ---------------------------------------------------------------------


def read_console(folder: Path, name: str) -> ConsoleFacts:
    with _file(paths.console_file(folder)) as connection:
        first = _all(connection, here.orders)
        changed = _by_order(_all(connection, here.order_revisions, "revision"))
        owed = _by_order(_all(connection, here.outbox, "created_at"))
        work = _by_order(_all(connection, here.work_items, "raised_at"))
        blocks = _all(connection, here.reference_blocks, "first")
    return ConsoleFacts(
        name,
        tuple(
            _order_here(row, changed[row.order_id], owed[row.order_id], work[row.order_id])
            for row in first
        ),
        tuple(Block(name, block.first, block.last) for block in blocks),
        fetched_by(folder),
    )


def fetched_by(folder: Path) -> Fetched:
    """What came down to a console so far."""
    with _file(paths.console_file(folder)) as connection:
        codes = [load_voucher(row.body) for row in _all(connection, here.vouchers)]
        people = [load_customer(row.body) for row in _all(connection, here.customers)]
    with closing(CatalogueFile.open(paths.catalogue_file(folder))) as catalogue:
        skus = {article.sku for article in _sold(catalogue)}
        articles = catalogue.articles(skus)
    return Fetched(
        stock={sku: article.offer.stock for sku, article in articles.items()},
        codes=_left(codes),
        customers={person.customer_id: person.version for person in people},
    )


def _left(vouchers: Iterable[Voucher]) -> dict[str, CodeLeft]:
    return {each.code: CodeLeft(is_used_up(each), each.remaining_cents) for each in vouchers}


def _sold(catalogue: CatalogueFile) -> Iterator[Article]:
    for brand in catalogue.brands():
        for printer in catalogue.printers(brand, limit=PRINTERS_MAX):
            yield from catalogue.articles_for(printer.printer_id)


def owed_by(folder: Path) -> int:
    """How many rows of the console's outbox central has not answered for good yet."""
    with _file(paths.console_file(folder)) as connection:
        states = connection.scalars(select(here.outbox.c.state)).all()
    return sum(state in {"waiting", "sent"} for state in states)


def states_here(folder: Path) -> dict[UUID, str]:
    """How each order stands, as the console knows it."""
    with _file(paths.console_file(folder)) as connection:
        rows = connection.execute(select(here.orders.c.order_id, here.orders.c.state))
        return {row.order_id: row.state for row in rows}


def _order_here(row: Row[Any], changed: Rows, owed: Rows, work: Rows) -> OrderAtConsole:
    rows_owed = tuple(_owed(item) for item in owed)
    sent = {item.revision: item.fingerprint for item in rows_owed if item.fingerprint}
    orders = [load_order(row.body), *(load_order(later.body) for later in changed)]
    return OrderAtConsole(
        order_id=row.order_id,
        reference=row.reference,
        state=row.state,
        snapshots=tuple(_as_stored(order, sent.get(order.revision, "")) for order in orders),
        owed=rows_owed,
        work=tuple(item.kind for item in work),
    )


def _as_stored(order: Order, fingerprint: str) -> Snapshot:
    lines = ((line.sku, line.quantity, line.unit_price_cents) for line in order.quote.lines)
    return Snapshot(order.revision, order.quote.total_cents, tuple(sorted(lines)), fingerprint)


def _owed(item: Row[Any]) -> Owed:
    if item.kind == OutboxKind.CANCELLATION:
        return Owed(item.kind, item.state, error=item.last_error)
    sent = OrderIn.model_validate_json(item.body)
    return Owed(item.kind, item.state, sent.revision, item.last_error, sent.fingerprint())


# --- central -------------------------------------------------------------------------


def read_central(database: str) -> CentralFacts:
    with (
        closing(central_database.opened(database)) as opened,
        opened.read() as connection,
    ):
        names = {row.console_id: row.name for row in _all(connection, there.consoles)}
        return CentralFacts(
            orders=tuple(_orders_there(connection, names)),
            holds=_holds(connection),
            uses={row.code: row.uses for row in _all(connection, there.vouchers)},
            blocks=tuple(
                Block(names[row.console_id], row.first, row.last)
                for row in _all(connection, there.reference_blocks)
            ),
            events=tuple(_event(row, names) for row in _all(connection, there.events, "seq")),
        )


def held_there(database: str) -> Fetched:
    """What every console should have."""
    with (
        closing(central_database.opened(database)) as opened,
        opened.read() as connection,
    ):
        return _holds(connection)


def _holds(connection: Connection) -> Fetched:
    return Fetched(
        stock={row.sku: row.stock for row in _all(connection, there.articles)},
        codes=_left(all_vouchers(connection)),
        customers={row.customer_id: row.version for row in _all(connection, there.customers)},
    )


def states_there(database: str) -> dict[UUID, str]:
    with (
        closing(central_database.opened(database)) as opened,
        opened.read() as connection,
    ):
        rows = connection.execute(select(there.orders.c.order_id, there.orders.c.state))
        return {row.order_id: row.state for row in rows}


def newest_events(database: str) -> dict[str, int]:
    """By console, the number of the last event that is for it; 0 where there is none."""
    whose = there.events.c.console_id
    wanted = select(whose, func.max(there.events.c.seq).label("seq")).group_by(whose)
    with (
        closing(central_database.opened(database)) as opened,
        opened.read() as connection,
    ):
        last = {row.console_id: int(row.seq) for row in connection.execute(wanted)}
        for_all = last.get(None, 0)
        return {
            row.name: max(last.get(row.console_id, 0), for_all)
            for row in _all(connection, there.consoles)
        }


def _orders_there(connection: Connection, names: Mapping[UUID, str]) -> Iterator[OrderAtCentral]:
    before = _by_order(_all(connection, there.order_revisions, "revision"))
    payments = _by_order(_all(connection, there.payment_requests, "created_at"))
    reservations = _by_order(_all(connection, there.reservations, "sku"))
    uses = _by_order(_all(connection, there.voucher_uses, "code"))
    money = _by_order(_all(connection, there.ledger, "noted_at"))
    for row in _all(connection, there.orders, "seq"):
        revisions = [*before[row.order_id], row]
        yield OrderAtCentral(
            order_id=row.order_id,
            reference=row.reference,
            console=names[row.console_id],
            customer_id=row.customer_id,
            state=row.state,
            snapshots=tuple(_as_taken(one) for one in revisions),
            differing=frozenset(one.revision for one in revisions if _has_differences(one)),
            payments=tuple(Payment(p.state, p.amount_cents) for p in payments[row.order_id]),
            paid_cents=sum(entry.amount_cents for entry in money[row.order_id]),
            reservations=tuple(
                Reservation(r.sku, r.wanted, r.reserved) for r in reservations[row.order_id]
            ),
            uses={use.code: use.amount_cents for use in uses[row.order_id]},
        )


def _as_taken(row: Row[Any]) -> Snapshot:
    order = OrderIn.model_validate_json(row.body)
    lines = ((line.sku, line.quantity, line.unit_price_cents) for line in order.lines)
    return Snapshot(
        row.revision, order.amounts.total_cents, tuple(sorted(lines)), order.fingerprint()
    )


def _has_differences(row: Row[Any]) -> bool:
    verdict = VerdictOut.model_validate_json(row.verdict)
    return verdict.outcome is Outcome.ACCEPTED_WITH_DIFFERENCES


def _event(row: Row[Any], names: Mapping[UUID, str]) -> Event:
    facts = json.loads(row.facts)
    order_id = facts.get("order_id")
    return Event(
        seq=row.seq,
        kind=row.kind,
        console=names[row.console_id] if row.console_id else None,
        order_id=UUID(order_id) if order_id else None,
        state=facts.get("state"),
    )


# --- rows ----------------------------------------------------------------------------


@contextmanager
def _file(path: Path) -> Iterator[Connection]:
    """To be read only, while others write or after all of them are gone."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 10})
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _all(connection: Connection, table: Table, *order: str) -> Rows:
    wanted = select(table).order_by(*(table.c[name] for name in order))
    return list(connection.execute(wanted))


def _by_order(rows: Rows) -> defaultdict[UUID, Rows]:
    found: defaultdict[UUID, Rows] = defaultdict(list)
    for row in rows:
        found[row.order_id].append(row)
    return found
