"""``kiosk central orders | order``: what central holds, and what happens to it: the money
came, the parcel left. Consoles hear of it at once.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from kiosk.commands.central_database import Actions, action, database_of, group, opened

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from models.order import OrderState
    from models.wire.orders import OrderRowOut

    class Mark(Protocol):
        """One of ``central.store.lifecycle``."""

        def __call__(self, connection: Connection, name: str, *, at: datetime) -> OrderState: ...


ORDERS_MAX = 1_000


def configure(actions: Actions) -> None:
    orders = action(actions, "orders", "lister les commandes reçues", _orders)
    orders.add_argument("--json", action="store_true", help="en JSON")
    _configure_order(group(actions, "order", "ce qui arrive à une commande"))


def _configure_order(order: Actions) -> None:
    for name, help_, act in (
        ("paid", "l'argent attendu est arrivé : la commande part en préparation", _paid),
        ("dispatched", "le transporteur l'a prise", _dispatched),
        ("delivered", "le colis est arrivé", _delivered),
        ("returned", "le colis est revenu", _returned),
    ):
        parser = action(order, name, help_, act)
        parser.add_argument("reference", metavar="RÉFÉRENCE")
        if act is _dispatched:
            parser.add_argument("parcel", metavar="COLISSIMO", help="numéro du colis")


def _orders(args: argparse.Namespace) -> int:
    rows = _newest(args)
    if args.json:
        print(json.dumps([row.model_dump(mode="json") for row in rows], indent=2))
    else:
        _print_table(rows)
    return 0


def _paid(args: argparse.Namespace) -> int:
    from central.store.lifecycle import mark_paid  # noqa: PLC0415 - sqlalchemy

    return _happened(args, mark_paid)


def _dispatched(args: argparse.Namespace) -> int:
    from central.store.lifecycle import mark_dispatched  # noqa: PLC0415 - sqlalchemy

    def mark(connection: Connection, name: str, *, at: datetime) -> OrderState:
        return mark_dispatched(connection, name, args.parcel, at=at)

    return _happened(args, mark)


def _delivered(args: argparse.Namespace) -> int:
    from central.store.lifecycle import mark_delivered  # noqa: PLC0415 - sqlalchemy

    return _happened(args, mark_delivered)


def _returned(args: argparse.Namespace) -> int:
    from central.store.lifecycle import mark_returned  # noqa: PLC0415 - sqlalchemy

    return _happened(args, mark_returned)


def _happened(args: argparse.Namespace, mark: Mark) -> int:
    from models.wording.labels import state_name  # noqa: PLC0415 - here only

    now = datetime.now(UTC)
    with opened(args) as database:
        state = database.run(lambda connection: mark(connection, args.reference, at=now))
    print(f"{args.reference} : {state_name(state)}")
    return 0


def _newest(args: argparse.Namespace) -> Sequence[OrderRowOut]:
    from central.store.orders import newest_orders  # noqa: PLC0415 - sqlalchemy

    database = database_of(args)
    if isinstance(database, Path) and not database.exists():
        return ()  # looking makes no database
    with opened(args) as found, found.read() as connection:
        return newest_orders(connection, limit=ORDERS_MAX)


def _print_table(rows: Sequence[OrderRowOut]) -> None:
    from models.money import format_cents  # noqa: PLC0415 - here only
    from models.reference import grouped  # noqa: PLC0415 - see above
    from models.wording.labels import state_name  # noqa: PLC0415 - see above

    if not rows:
        print("Aucune commande à la centrale.")
    for row in rows:
        received = row.received_at.astimezone()
        print(
            f"{grouped(row.reference)}  {received:%d/%m/%Y %H:%M}  "
            f"{format_cents(row.total_cents):>12}  {state_name(row.state)}  {row.console}"
        )
