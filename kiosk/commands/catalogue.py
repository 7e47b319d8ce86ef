"""``kiosk catalogue import``: a shop's own catalogue from CSV files, all or nothing."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from kiosk import paths
from kiosk.presenter import EXIT_REFUSED

if TYPE_CHECKING:
    from services.catalogue_import import CatalogueRefused, ImportedCatalogue, Problem

IMPORT_HELP = """\
Charge printers.csv, cartridges.csv et compatibility.csv de DOSSIER et, s'il y est, offers.csv
(sku,price_cents,stock,restock_on). Tout ou rien : au moindre défaut, l'ancien catalogue reste
et chaque défaut est dit avec son fichier et sa ligne. Une cartouche sans offre reçoit un prix
de démonstration, marqué comme tel."""

_REASONS = {
    "missing_file": "fichier absent",
    "unreadable_file": "fichier illisible",
    "empty_file": "fichier vide",
    "nul_byte": "octet nul : ce n'est pas un fichier texte",
    "not_utf8": "n'est pas en UTF-8",
    "not_csv": "guillemets mal fermés, ou champ démesuré",
    "wrong_header": "en-tête attendu : {value}",
    "wrong_field_count": "nombre de champs : {value}",
    "not_printable": "caractère de contrôle dans « {value} »",
    "cell_too_long": "champ trop long : « {value}… »",
    "empty_cell": "champ obligatoire vide",
    "space_in_sku": "espace dans le sku « {value} »",
    "duplicate_id": "identifiant déjà vu : « {value} »",
    "duplicate_ean": "EAN déjà pris : « {value} »",
    "unknown_kind": "genre d'imprimante inconnu (inkjet, laser, other)",
    "unknown_colour": "couleur inconnue : « {value} »",
    "unknown_capacity": "capacité inconnue : « {value} »",
    "unknown_technology": "technique inconnue : « {value} »",
    "not_a_number": "nombre entier attendu, au lieu de « {value} »",
    "no_price": "prix nul : au moins 1 centime est attendu",
    "not_a_date": "date AAAA-MM-JJ attendue, au lieu de « {value} »",
    "bad_ean": "EAN-13 faux : « {value} »",
    "unknown_printer": "imprimante inconnue : « {value} »",
    "unknown_sku": "cartouche inconnue : « {value} »",
}


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, title="actions", metavar="ACTION")
    load = actions.add_parser(
        "import", help="charger des fichiers CSV, tout ou rien", description=IMPORT_HELP
    )
    load.add_argument("folder", type=Path, metavar="DOSSIER")


def run(args: argparse.Namespace) -> int:
    from services.adapters.system import SystemClock  # noqa: PLC0415 - after the arguments
    from services.catalogue_import import CatalogueRefused, read_catalogue  # noqa: PLC0415 - see above

    bar = ProgressBar(sys.stderr)
    try:
        imported = read_catalogue(args.folder, as_of=SystemClock().now(), progress=bar.show)
    except CatalogueRefused as error:
        bar.clear()
        return refused(error, sys.stderr)
    try:
        _write(imported, bar)
    finally:
        bar.clear()
    say_loaded(imported)
    return 0


def _write(imported: ImportedCatalogue, bar: ProgressBar) -> None:
    from services.adapters.catalogue_file import build_catalogue  # noqa: PLC0415 - sqlite3

    build_catalogue(
        paths.catalogue_file(paths.ensure_folder(paths.state_dir())),
        imported.printers,
        imported.articles,
        imported.pairs,
        version=imported.version,
        is_demo=imported.demo_price_count > 0,
        progress=lambda done, total: bar.show("catalogue", done, total),
    )


def refused(error: CatalogueRefused, stream: TextIO) -> int:
    print("kiosk: catalogue refusé, l'ancien reste en service :", file=stream)
    for problem in error.problems:
        print(told_problem(problem), file=stream)
    more = error.count - len(error.problems)
    if more:
        print(f"et {more} autres défauts." if more > 1 else "et un autre défaut.", file=stream)
    return EXIT_REFUSED


def told_problem(problem: Problem) -> str:
    """As compilers say it, so that editors can jump there: file, line, reason."""
    where = f"{problem.file}:{problem.line}" if problem.line else problem.file
    return f"{where}: {_REASONS[problem.code].format(value=problem.value)}"


def say_loaded(imported: ImportedCatalogue) -> None:
    loaded = (
        counted(len(imported.printers), "imprimante"),
        counted(len(imported.articles), "cartouche"),
        counted(len(imported.pairs), "compatibilité"),
    )
    print(f"Catalogue chargé : {', '.join(loaded)}.")
    if imported.demo_price_count:
        cartridges = counted(imported.demo_price_count, "cartouche")
        print(f"{cartridges} sans offre : prix et stock de démonstration, marqués comme tels.")


def counted(count: int, word: str) -> str:
    return f"{count} {word}s" if count > 1 else f"{count} {word}"


class ProgressBar:
    """One line on a terminal, nothing anywhere else. By hand: thirty columns and a carriage
    return are no reason for a dependency.
    """

    WIDTH = 30

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_shown = stream.isatty()

    def show(self, what: str, done: int, total: int) -> None:
        if not self._is_shown:
            return
        share = min(done, total) * self.WIDTH // max(total, 1)
        bar = "█" * share + "░" * (self.WIDTH - share)
        self._stream.write(f"\r\x1b[K{what:<18} {bar} {done}")
        self._stream.flush()

    def clear(self) -> None:
        if self._is_shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
