"""``kiosk orders show``, ``cancel``, ``work`` and ``outbox``: orders after they were placed."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from kiosk.container import Container
from models.errors import DomainError

if TYPE_CHECKING:
    from datetime import datetime

    from models.order import Order
    from models.work import WorkItem
    from services.follow_up_state import FollowUp, OrderDossier, OwedRow, WorkRow

Actions = Any
"""What ``add_subparsers`` gives; argparse keeps its type to itself."""

LIMIT = 1_000

CANCEL_HELP = """\
Annule la commande de référence REF, tant que le transporteur ne l'a pas ; hors ligne,
l'annulation part dès que la centrale répond. Deux fois, c'est une fois."""


def configure(actions: Actions) -> None:
    show = actions.add_parser("show", help="une commande et son histoire")
    cancel = actions.add_parser(
        "cancel",
        help="annuler une commande",
        description=CANCEL_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for action in (show, cancel):
        action.add_argument("reference", metavar="REF", help="neuf chiffres, avec ou sans espaces")
    cancel.add_argument("--reason", default="", metavar="TEXTE", help="pourquoi, une ligne")
    work = actions.add_parser("work", help="à traiter, avec ce qu'il faut dire")
    outbox = actions.add_parser("outbox", help="ce que la centrale n'a pas confirmé, et pourquoi")
    for action, act in ((show, _show), (cancel, _cancel), (work, _work), (outbox, _outbox)):
        action.set_defaults(act=act)
        action.add_argument(
            "--json", action="store_true", default=argparse.SUPPRESS, help="en JSON"
        )


# --- one order ------------------------------------------------------------------------


def _show(args: argparse.Namespace) -> int:
    with closing(Container.from_environment()) as container:
        dossier = _dossier(container, args.reference)
    _print(args, _order_json(dossier), _order_lines(dossier))
    return 0


def _cancel(args: argparse.Namespace) -> int:
    with closing(Container.from_environment()) as container:
        order = _dossier(container, args.reference).order
        container.cancel(order.order_id, args.reason)
        dossier = _dossier(container, args.reference)
    _print(args, _order_json(dossier), _order_lines(dossier))
    return 0


def _dossier(container: Container, reference: str) -> OrderDossier:
    """A console that was never used has no order, and gets no file by being asked."""
    if not container.has_store:
        raise DomainError("order_not_found")
    from services.follow_up import order_by_reference, order_dossier  # noqa: PLC0415 - as needed

    with container.store.read() as tx:
        order = order_by_reference(tx, reference)
        return order_dossier(tx, order.order_id, now=container.clock.now())


def _order_json(dossier: OrderDossier) -> dict[str, Any]:
    order = dossier.order
    return {
        **order_facts(order),
        "is_changeable": dossier.is_changeable,
        "lines": [
            {
                "sku": line.sku,
                "label": line.label,
                "quantity": line.quantity,
                "unit_price_cents": line.unit_price_cents,
                "total_cents": line.total_cents,
            }
            for line in order.quote.lines
        ],
        "events": [
            {"at": event.at.isoformat(), "kind": event.kind.value, "facts": dict(event.facts)}
            for event in dossier.events
        ],
        "outbox": [_owed_json(row, dossier.seen_at) for row in dossier.owed],
        "work": [_work_json(item) for item in dossier.work],
    }


def _order_lines(dossier: OrderDossier) -> Iterator[str]:
    from models.money import format_cents  # noqa: PLC0415 - only for text
    from models.wording import labels  # noqa: PLC0415 - see above

    order = dossier.order
    changed = f", modifiée {order.revision - 1} fois" if order.revision > 1 else ""
    yield f"{_name(order)} : {labels.state_name(order.state)}{changed}"
    for line in order.quote.lines:
        yield f"  {line.quantity:>2} × {line.label}  {format_cents(line.total_cents)}"
    total = format_cents(order.quote.total_cents)
    yield f"  Total TTC {total}, {labels.method_name(order.payment_method)}"
    for row in dossier.owed:
        yield f"  {_owed_sentence(row, dossier.seen_at)}"
    for item in dossier.open_work:
        yield from _advice_lines(item, (order, *dossier.revisions))


# --- lists ----------------------------------------------------------------------------


def _work(args: argparse.Namespace) -> int:
    seen = _follow_up()
    rows = seen.work if seen else ()
    told = [{**order_facts(row.order), **_work_json(row.item)} for row in rows]
    _print(args, told, _work_lines(rows))
    return 0


def _outbox(args: argparse.Namespace) -> int:
    seen = _follow_up()
    told = [_owed_row_json(row, seen.seen_at) for row in seen.owed] if seen else []
    _print(args, told, _owed_lines(seen))
    if told:
        _say_who_is_silent()
    return 0


def _say_who_is_silent() -> None:
    """Why nothing is tried, which no item of the list knows."""
    from kiosk import paths  # noqa: PLC0415 - only here
    from kiosk.presenter import sentence  # noqa: PLC0415 - only here
    from models.errors import Unavailable  # noqa: PLC0415 - only here
    from services.sync.election import Election  # noqa: PLC0415 - only here

    if Election(paths.sync_lock(paths.state_dir())).is_silent():
        print(f"kiosk: {sentence(Unavailable('sync_holder_silent'))}", file=sys.stderr)


def _follow_up() -> FollowUp | None:
    with closing(Container.from_environment()) as container:
        if not container.has_store:
            return None
        from services.follow_up import follow_up  # noqa: PLC0415 - as needed

        with container.store.read() as tx:
            return follow_up(tx, now=container.clock.now(), limit=LIMIT)


def _work_lines(rows: Sequence[WorkRow]) -> Iterator[str]:
    if not rows:
        yield "Rien à traiter."
    for row in rows:
        yield _name(row.order)
        yield from _advice_lines(row.item, (row.order,))


def _owed_lines(seen: FollowUp | None) -> Iterator[str]:
    if seen is None or not seen.owed:
        yield "Tout est confirmé par la centrale."
        return
    for row in seen.owed:
        yield f"{_name(row.order)} : {_owed_sentence(row, seen.seen_at)}"


# --- words ----------------------------------------------------------------------------


def _print(args: argparse.Namespace, told: object, lines: Iterator[str]) -> None:
    if args.json:
        print(json.dumps(told, ensure_ascii=False, indent=2, default=str))
        return
    for line in lines:
        print(line)


def _name(order: Order) -> str:
    from models.reference import grouped  # noqa: PLC0415 - only for text

    name = order.customer.name
    return f"{grouped(order.reference)}  {name.last_name} {name.first_name}"


def _owed_sentence(row: OwedRow, now: datetime) -> str:
    from models.wording import outbox  # noqa: PLC0415 - only for text

    said = outbox.item_sentence(
        row.item.state,
        attempts=row.item.attempts,
        next_try_at=row.item.next_try_at,
        last_error=row.item.last_error,
        now=now,
        is_held_back=row.is_held_back,
    )
    return f"{outbox.kind_name(row.item.kind)}, {said}"


def _advice_lines(item: WorkItem, orders: Sequence[Order]) -> Iterator[str]:
    from models.wording.work import advice  # noqa: PLC0415 - only for text

    for one in advice(item, _labels(orders)):
        yield f"  ! {one.happened}"
        if one.to_say:
            yield f"    {one.to_say}"


def _labels(orders: Sequence[Order]) -> Callable[[str], str]:
    names = {line.sku: line.label for order in orders for line in order.quote.lines}
    return lambda sku: names.get(sku, sku)


# --- JSON -----------------------------------------------------------------------------


def order_facts(order: Order) -> dict[str, Any]:
    """What every answer in JSON says of an order first."""
    return {
        "reference": order.reference,
        "uuid": str(order.order_id),
        "revision": order.revision,
        "state": order.state.value,
        "payment_method": order.payment_method.value,
        "total_cents": order.quote.total_cents,
    }


def _owed_row_json(row: OwedRow, now: datetime) -> dict[str, Any]:
    return {**order_facts(row.order), **_owed_json(row, now)}


def _owed_json(row: OwedRow, now: datetime) -> dict[str, Any]:
    item = row.item
    return {
        "kind": item.kind,
        "sync_state": item.state.value,
        "attempts": item.attempts,
        "next_try_at": item.next_try_at.isoformat(),
        "last_error": item.last_error,
        "created_at": item.created_at.isoformat(),
        "is_held_back": row.is_held_back,
        "message": _owed_sentence(row, now),
    }


def _work_json(item: WorkItem) -> dict[str, Any]:
    return {
        "work_id": str(item.work_id),
        "work_kind": item.kind.value,
        "facts": dict(item.facts),
        "raised_at": item.raised_at.isoformat(),
        "settlement": item.settlement.value if item.settlement else None,
        "note": item.note,
    }
