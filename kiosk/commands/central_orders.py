"""``kiosk central orders``: what central holds, for whoever looks after the shop."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.commands.central_database import Actions, action, database_of, opened

if TYPE_CHECKING:
    from models.wire.orders import OrderRowOut

ORDERS_MAX = 1_000


def configure(actions: Actions) -> None:
    orders = action(actions, "orders", "lister les commandes reçues", _orders)
    orders.add_argument("--json", action="store_true", help="en JSON")


def _orders(args: argparse.Namespace) -> int:
    rows = _newest(args)
    if args.json:
        print(json.dumps([row.model_dump(mode="json") for row in rows], indent=2))
    else:
        _print_table(rows)
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
