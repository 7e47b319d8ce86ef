"""``kiosk central orders | order``: what central holds, of which orders money has to go back, and
what happens to a parcel. Consoles hear of it at once. ``central_accounts`` has the money of one
order.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from kiosk.commands import central_accounts
from kiosk.commands.central_accounts import remarks_on, standing
from kiosk.commands.central_database import Actions, action, database_of, group, opened
from kiosk.commands.moments import minute
from models.money import format_cents
from models.reference import grouped
from models.wording.labels import state_name

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from central.store.accounts import OrderAccount
    from models.account import Account
    from models.order import OrderState
    from models.wire.orders import OrderRowOut

    class Mark(Protocol):
        """One of ``central.store.lifecycle``."""

        def __call__(self, connection: Connection, name: str, *, at: datetime) -> OrderState: ...


ORDERS_MAX = 1_000
NOTHING = {False: "Aucune commande à la centrale.", True: "Rien n'est à rembourser."}

Row = TypeVar("Row")


def configure(actions: Actions) -> None:
    orders = action(actions, "orders", "lister les commandes reçues", _orders)
    orders.add_argument("--json", action="store_true", help="en JSON")
    orders.add_argument(
        "--to-refund",
        action="store_true",
        help="toutes celles dont il reste à rembourser, et rien d'autre",
    )
    _configure_order(group(actions, "order", "ce qui arrive à une commande"))


def _configure_order(order: Actions) -> None:
    central_accounts.configure(order)
    for name, help_, act in (
        ("dispatched", "le transporteur l'a prise", _dispatched),
        ("delivered", "le colis est arrivé", _delivered),
        ("returned", "le colis est revenu", _returned),
    ):
        parser = action(order, name, help_, act)
        parser.add_argument("reference", metavar="RÉFÉRENCE")
        if act is _dispatched:
            parser.add_argument("parcel", metavar="COLISSIMO", help="numéro du colis")


# --- what there is ----------------------------------------------------------------------


def _orders(args: argparse.Namespace) -> int:
    from central.store.accounts import to_refund  # noqa: PLC0415 - sqlalchemy

    owed = _found(args, to_refund)
    if args.to_refund:
        _say(args, [_owed_json(order) for order in owed], [_owed_line(order) for order in owed])
        return 0
    rows = _found(args, _newest)
    _say(args, [_row_json(*row) for row in rows], [_row_line(*row) for row in rows])
    if owed and not args.json:
        cents = sum(order.account.refund_due_cents for order in owed)
        print(f"À rembourser : {format_cents(cents)} (kiosk central orders --to-refund)")
    return 0


def _found(args: argparse.Namespace, read: Callable[[Connection], Sequence[Row]]) -> Sequence[Row]:
    database = database_of(args)
    if isinstance(database, Path) and not database.exists():
        return ()  # looking makes no database
    with opened(args) as found, found.read() as connection:
        return read(connection)


def _newest(connection: Connection) -> Sequence[tuple[OrderRowOut, Account]]:
    from central.store.accounts import accounts_of  # noqa: PLC0415 - sqlalchemy
    from central.store.orders import newest_orders  # noqa: PLC0415 - see above

    rows = newest_orders(connection, limit=ORDERS_MAX)
    accounts = accounts_of(connection, [row.order_id for row in rows])
    return [(row, accounts[row.order_id]) for row in rows]


def _say(
    args: argparse.Namespace, as_json: Sequence[dict[str, Any]], as_text: Sequence[str]
) -> None:
    if args.json:
        print(json.dumps(as_json, indent=2))
    else:
        print("\n".join(as_text) or NOTHING[args.to_refund])


def _row_json(row: OrderRowOut, account: Account) -> dict[str, Any]:
    return {**row.model_dump(mode="json"), **_money_json(account)}


def _owed_json(order: OrderAccount) -> dict[str, Any]:
    return {"reference": order.reference, "state": order.state, **_money_json(order.account)}


def _money_json(account: Account) -> dict[str, int]:
    return {"paid_cents": account.paid_cents, "refund_due_cents": account.refund_due_cents}


def _row_line(row: OrderRowOut, account: Account) -> str:
    # What nothing came in for yet is said by its state.
    remark = f"  {remarks_on(account)}" if account.paid_cents else ""
    return (
        f"{grouped(row.reference)}  {minute(row.received_at)}  "
        f"{format_cents(row.total_cents):>12}  {state_name(row.state)}  {row.console}{remark}"
    ).rstrip()


def _owed_line(order: OrderAccount) -> str:
    return standing(grouped(order.reference), order)


# --- what happens to a parcel -------------------------------------------------------------


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
    now = datetime.now(UTC)
    with opened(args) as database:
        state = database.run(lambda connection: mark(connection, args.reference, at=now))
    print(f"{args.reference} : {state_name(state)}")
    return 0
