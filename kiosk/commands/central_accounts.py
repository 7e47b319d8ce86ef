"""``kiosk central order paid | refunded | show``: the money of one order, as the bank's statement
has it. What is asked for and the consoles follow at once.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kiosk.commands.central_arguments import cents
from kiosk.commands.central_database import Actions, action, opened
from kiosk.commands.moments import moment
from models.money import format_cents
from models.reference import grouped
from models.wording.labels import method_name, payment_state_name, state_name

if TYPE_CHECKING:
    from central.store.accounts import OrderAccount, Statement
    from central.store.ledger import Entry
    from central.store.receipts import Noted
    from models.account import Account

PAID_HELP = """\
Noter l'argent arrivé pour une commande. Payée en entier, elle part en préparation ; sinon le reste
est demandé. Sans --amount, c'est le montant demandé, s'il n'a jamais changé et que rien n'est
encore arrivé. Le même montant noté deux fois, ou la même référence bancaire, ne compte qu'une
fois."""

REFUNDED_HELP = """\
Noter l'argent rendu pour une commande, ou repris par la banque (chèque impayé). Le même montant
noté deux fois, ou la même référence bancaire, ne compte qu'une fois."""


def configure(order: Actions) -> None:
    paid = action(order, "paid", "noter l'argent arrivé pour une commande", _paid)
    paid.description = PAID_HELP
    refunded = action(order, "refunded", "noter l'argent rendu pour une commande", _refunded)
    refunded.description = REFUNDED_HELP
    show = action(order, "show", "dire ce qui est demandé, arrivé et à rembourser", _show)
    for parser in (paid, refunded, show):
        parser.add_argument("reference", metavar="RÉFÉRENCE")
    for parser, what in ((paid, "ce qui est arrivé"), (refunded, "ce qui est rendu")):
        is_refund = parser is refunded
        parser.add_argument("--amount", type=cents, required=is_refund, metavar="EUROS", help=what)
        parser.add_argument(
            "--bank-reference",
            default="",
            metavar="TEXTE",
            help="comme sur le relevé ; distingue deux versements du même montant",
        )


def remarks_on(account: Account) -> str:
    """What somebody has to see to; empty where there is nothing."""
    if account.rest_cents:
        return f"{format_cents(account.rest_cents)} attendus"
    if account.refund_due_cents:
        return f"{format_cents(account.refund_due_cents)} à rembourser"
    return ""


def _paid(args: argparse.Namespace) -> int:
    from central.store.receipts import note_received  # noqa: PLC0415 - sqlalchemy

    return _note(args, note_received)


def _refunded(args: argparse.Namespace) -> int:
    from central.store.receipts import note_refunded  # noqa: PLC0415 - sqlalchemy

    return _note(args, note_refunded)


def _note(args: argparse.Namespace, note: Callable[..., Noted]) -> int:
    said = {"bank_reference": args.bank_reference, "at": datetime.now(UTC)}
    with opened(args) as database:
        noted = database.run(
            lambda connection: note(connection, args.reference, args.amount, **said)
        )
    _say(args.reference, noted)
    return 0


def _show(args: argparse.Namespace) -> int:
    from central.store.accounts import statement_of  # noqa: PLC0415 - sqlalchemy

    with opened(args) as database, database.read() as connection:
        statement = statement_of(connection, args.reference)
    print(standing(grouped(statement.order.reference), statement.order))
    for line in _lines(statement):
        print(f"  {line}")
    return 0


def _say(reference: str, noted: Noted) -> None:
    print(standing(reference, noted.order))
    if noted.entry is None:
        print("  aucun argent n'est noté ; s'il en est arrivé, dites combien avec --amount")
    elif noted.is_new:
        print(f"  noté : {_amount(noted.entry)}")
    else:
        print(f"  déjà noté le {_dated(noted.entry)} ; rien n'est changé")
        print("  si c'en est un autre, donnez sa référence du relevé avec --bank-reference")


def standing(reference: str, order: OrderAccount) -> str:
    """One line: the order under the name it is to have there, its state, what is to be done."""
    said = (state_name(order.state), remarks_on(order.account))
    return f"{reference} : {', '.join(filter(None, said))}"


def _lines(statement: Statement) -> Iterator[str]:
    account = statement.order.account
    yield f"à payer {format_cents(account.costs_cents)}, payés {format_cents(account.paid_cents)}"
    for asked in statement.requests:
        yield (
            f"demandé le {moment(asked.created_at)} :"
            f" {format_cents(asked.amount_cents)}, {method_name(asked.method)},"
            f" {payment_state_name(asked.state)}"
        )
    for entry in statement.entries:
        yield f"noté le {_dated(entry)}"


def _dated(entry: Entry) -> str:
    return f"{moment(entry.noted_at)} : {_amount(entry)}"


def _amount(entry: Entry) -> str:
    what = "reçus" if entry.amount_cents > 0 else "remboursés"
    by = f", {entry.bank_reference}" if entry.bank_reference else ""
    return f"{format_cents(abs(entry.amount_cents))} {what}{by}"
