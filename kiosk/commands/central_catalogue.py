"""``kiosk central catalogue import``: the shop's catalogue from CSV files, for all consoles."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from kiosk.commands.catalogue import IMPORT_HELP, ProgressBar, refused, say_loaded
from kiosk.commands.central_database import Actions, action, group, opened


def configure(actions: Actions) -> None:
    catalogue = group(actions, "catalogue", "le catalogue de la boutique")
    load = action(catalogue, "import", "charger des fichiers CSV, tout ou rien", _import)
    load.description = f"{IMPORT_HELP}\n\nLes consoles le reçoivent d'elles-mêmes."
    load.add_argument("folder", type=Path, metavar="DOSSIER")


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
    from central.store.catalogue import import_catalogue  # noqa: PLC0415 - sqlalchemy

    with opened(args) as database, database.write() as connection:
        import_catalogue(
            connection,
            version=imported.version,
            is_demo=imported.demo_price_count > 0,
            printers_in=imported.printers,
            articles_in=imported.articles,
            pairs_in=imported.pairs,
            at=now,
        )
    say_loaded(imported)
    return 0
