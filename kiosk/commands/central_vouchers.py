"""``kiosk central voucher``: promotion codes, personal advantages and credits (R7)."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from kiosk.commands.central_arguments import cents, day, number
from kiosk.commands.central_database import Actions, action, group, opened
from models.errors import DomainError
from models.money import format_cents
from models.vouchers import Voucher, VoucherKind

PERCENT = number(1, 100, "un nombre entre 1 et 100")
USES = number(1, None, "un nombre d'au moins 1")


def configure(actions: Actions) -> None:
    vouchers = group(actions, "voucher", "les codes promo, avantages et avoirs")
    add = action(vouchers, "add", "créer un code, exactement comme il sera imprimé", _add)
    add.add_argument("code", metavar="CODE")
    what = add.add_mutually_exclusive_group(required=True)
    what.add_argument("--percent", type=PERCENT, metavar="N", help="remise de N %%")
    what.add_argument("--amount", type=cents, metavar="EUROS", help="remise d'un montant")
    what.add_argument("--credit", type=cents, metavar="EUROS", help="avoir, utilisable en parts")
    what.add_argument("--free-delivery", action="store_true", help="livraison offerte")
    _configure_conditions(add)
    remove = action(vouchers, "remove", "retirer un code ; ce qui a été déduit le reste", _remove)
    remove.add_argument("code", metavar="CODE")
    action(vouchers, "list", "lister les codes et ce qui en a été utilisé", _list)


def _configure_conditions(add: argparse.ArgumentParser) -> None:
    add.add_argument("--minimum", type=cents, default=0, metavar="EUROS", help="à partir de")
    add.add_argument("--from", dest="valid_from", type=day, metavar="AAAA-MM-JJ", help="dès le")
    add.add_argument("--until", dest="valid_until", type=day, metavar="AAAA-MM-JJ", help="jusqu'au")
    add.add_argument("--uses", type=USES, metavar="N", help="N fois en tout")
    add.add_argument("--uses-per-customer", type=USES, metavar="N", help="N fois par client")
    add.add_argument("--brand", action="append", default=[], metavar="MARQUE", help="réservé à")
    add.add_argument("--combinable", action="store_true", help="cumulable avec d'autres codes")


def _add(args: argparse.Namespace) -> int:
    from central.store.vouchers import add_voucher  # noqa: PLC0415 - sqlalchemy

    voucher, now = _voucher(args), datetime.now(UTC)
    with opened(args) as database:
        database.run(lambda connection: add_voucher(connection, voucher, at=now))
    print(f"{voucher.code} : {_worth(voucher)}")
    return 0


def _remove(args: argparse.Namespace) -> int:
    from central.store.vouchers import remove_voucher  # noqa: PLC0415 - sqlalchemy

    now = datetime.now(UTC)
    with opened(args) as database:
        database.run(lambda connection: remove_voucher(connection, args.code, at=now))
    print(f"{args.code} : retiré")
    return 0


def _voucher(args: argparse.Namespace) -> Voucher:
    """Raises DomainError("voucher_code_spaced"): R7, no space before or after."""
    if args.code != args.code.strip() or not args.code:
        raise DomainError("voucher_code_spaced")
    return Voucher(
        code=args.code,
        kind=_kind(args),
        percent_bp=(args.percent or 0) * 100,
        amount_cents=args.amount or 0,
        remaining_cents=args.credit or 0,
        minimum_total_cents=args.minimum,
        brands=tuple(args.brand),
        valid_from=args.valid_from,
        valid_until=args.valid_until,
        uses_max=args.uses,
        uses_per_customer_max=args.uses_per_customer,
        is_combinable=args.combinable,
    )


def _kind(args: argparse.Namespace) -> VoucherKind:
    if args.percent is not None:
        return VoucherKind.PERCENT
    if args.amount is not None:
        return VoucherKind.AMOUNT
    return VoucherKind.CREDIT if args.credit is not None else VoucherKind.FREE_DELIVERY


def _list(args: argparse.Namespace) -> int:
    from central.store.vouchers import all_vouchers  # noqa: PLC0415 - sqlalchemy

    with opened(args) as database, database.read() as connection:
        found = all_vouchers(connection)
    if not found:
        print("Aucun code : « kiosk central voucher add » en crée un.")
    for voucher in found:
        of = "" if voucher.uses_max is None else f" sur {voucher.uses_max}"
        print(f"{voucher.code:<20}  {_worth(voucher):<24}  utilisé {voucher.uses} fois{of}")
    return 0


def _worth(voucher: Voucher) -> str:
    match voucher.kind:
        case VoucherKind.PERCENT:
            return f"remise de {voucher.percent_bp // 100} %"
        case VoucherKind.AMOUNT:
            return f"remise de {format_cents(voucher.amount_cents)}"
        case VoucherKind.CREDIT:
            return f"avoir, reste {format_cents(voucher.remaining_cents)}"
        case _:
            return "livraison offerte"
