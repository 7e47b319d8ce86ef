"""``kiosk orders``: the orders of this console; what can be done with them, by action."""

from __future__ import annotations

import argparse
import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

from kiosk.commands import orders_follow_up, orders_from_file
from kiosk.container import Container

if TYPE_CHECKING:
    from services.ports import OrderRow

LIMIT = 50
LIMIT_MAX = 100_000


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="en JSON")
    parser.add_argument(
        "--limit", type=_count, default=LIMIT, metavar="N", help=f"au plus N ({LIMIT})"
    )
    parser.set_defaults(act=_list)
    actions = parser.add_subparsers(dest="action", title="actions", metavar="ACTION")
    orders_from_file.configure(actions)
    orders_follow_up.configure(actions)


def _count(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(LIMIT_MAX))
    if not is_number or not 1 <= int(text) <= LIMIT_MAX:
        raise argparse.ArgumentTypeError(f"un nombre de 1 à {LIMIT_MAX} est attendu")
    return int(text)


def run(args: argparse.Namespace) -> int:
    code: int = args.act(args)
    return code


def _list(args: argparse.Namespace) -> int:
    rows = _rows(args.limit)
    if args.json:
        print(json.dumps([_as_json(row) for row in rows], ensure_ascii=False, indent=2))
        return 0
    if not rows:
        print("Aucune commande.")
    for row in rows:
        print(_as_line(row))
    return 0


def _rows(limit: int) -> tuple[OrderRow, ...]:
    """Newest first; a console that was never used has none, and gets no file by being asked."""
    with closing(Container.from_environment()) as container:
        if not container.has_store:
            return ()
        with container.store.read() as tx:
            return tuple(tx.orders.recent(limit=limit))


def _as_json(row: OrderRow) -> dict[str, Any]:
    order = row.order
    name = order.customer.name
    return {
        **orders_follow_up.order_facts(order),
        "sync_state": row.sync_state.value,
        "last_error": row.last_error,
        "placed_at": order.placed_at.isoformat(),
        "customer": f"{name.last_name} {name.first_name}",
        "is_demo": order.is_demo,
    }


def _as_line(row: OrderRow) -> str:
    from kiosk.commands.moments import minute  # noqa: PLC0415 - only for the list
    from models.money import format_cents  # noqa: PLC0415 - see above
    from models.reference import grouped  # noqa: PLC0415 - see above
    from models.wording import labels  # noqa: PLC0415 - see above

    order = row.order
    return "  ".join(
        (
            grouped(order.reference),
            minute(order.placed_at),
            f"{format_cents(order.quote.total_cents):>12}",
            f"{labels.method_name(order.payment_method):<14}",
            f"{labels.state_name(order.state):<24}",
            f"{SYNC_NAMES[row.sync_state.value]:<18}",
            f"{order.customer.name.last_name} {order.customer.name.first_name}",
        )
    )


SYNC_NAMES = {
    "waiting": "à envoyer",
    "sent": "envoyée",
    "confirmed": "confirmée",
    "refused": "refusée",
    "practice": "essai, ne part pas",
}
