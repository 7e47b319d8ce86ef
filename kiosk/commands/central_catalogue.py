"""``kiosk central catalogue import | stock set``: what is sold, and how much of it there is."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.commands.catalogue import IMPORT_HELP, ProgressBar, counted, refused, say_loaded
from kiosk.commands.central_arguments import day, number
from kiosk.commands.central_database import Actions, action, group, opened

if TYPE_CHECKING:
    from central.store.catalogue_difference import Plan

STOCK_MAX = 1_000_000
STOCK = number(0, STOCK_MAX, f"un nombre entre 0 et {STOCK_MAX}")
STOCK_HELP = """\
Le stock des cartouches déjà connues reste celui de la centrale : des commandes en ont réservé
depuis que les fichiers sont écrits. Avec --with-stock, celui de offers.csv est ce qui vient
d'être compté en rayon ; ce qui est réservé pour des commandes non expédiées en est déduit.
Les consoles reçoivent le tout d'elles-mêmes."""


def configure(actions: Actions) -> None:
    catalogue = group(actions, "catalogue", "le catalogue de la boutique")
    load = action(catalogue, "import", "charger des fichiers CSV, tout ou rien", _import)
    load.description = f"{IMPORT_HELP}\n\n{STOCK_HELP}"
    load.add_argument("folder", type=Path, metavar="DOSSIER")
    load.add_argument(
        "--with-stock",
        action="store_true",
        help="offers.csv est un comptage : ce qui est réservé en est déduit",
    )
    stock = group(actions, "stock", "ce qu'il y a en stock")
    count = action(stock, "set", "dire ce qui a été compté ; les consoles l'apprennent", _set_stock)
    count.add_argument("sku", metavar="SKU")
    count.add_argument("stock", type=STOCK, metavar="NOMBRE", help="sans ce qui est réservé")
    count.add_argument(
        "--restock-on", type=day, metavar="AAAA-MM-JJ", help="date du fournisseur, s'il en manque"
    )


def _set_stock(args: argparse.Namespace) -> int:
    from central.store.catalogue import set_stock  # noqa: PLC0415 - sqlalchemy

    now = datetime.now(UTC)
    with opened(args) as database:
        database.run(
            lambda connection: set_stock(
                connection, args.sku, args.stock, restock_on=args.restock_on, at=now
            )
        )
    print(f"{args.sku} : {args.stock} en stock")
    return 0


def _import(args: argparse.Namespace) -> int:
    from services.catalogue_import import CatalogueRefused, read_catalogue  # noqa: PLC0415 - csv

    now, bar = datetime.now(UTC), ProgressBar(sys.stderr)
    try:
        imported = read_catalogue(args.folder, as_of=now, progress=bar.show)
    except CatalogueRefused as error:
        bar.clear()
        return refused(error, sys.stderr)
    finally:
        bar.clear()
    from central.store.catalogue_difference import rows_of  # noqa: PLC0415 - sqlalchemy
    from central.store.catalogue_import import bring_in  # noqa: PLC0415

    rows = rows_of(
        version=imported.version,
        is_demo=imported.demo_price_count > 0,
        printers_in=imported.printers,
        articles_in=imported.articles,
        pairs_in=imported.pairs,
    )
    with opened(args) as database:
        plan = bring_in(database, rows, at=now, with_stock=args.with_stock)
    say_loaded(imported)
    if plan is not None:
        _say_stock(plan)
    return 0


def _say_stock(plan: Plan) -> None:
    if plan.differing:
        what = counted(plan.differing, "cartouche")
        print(
            f"{what} : stock de la centrale gardé, il n'est pas celui des fichiers (--with-stock)."
        )
