"""``kiosk search``: the same ranking as the screen, for a shell or a script.

Answers from the console's catalogue; where nothing was set up yet, from the built-in one.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk import paths
from kiosk.presenter import EXIT_REFUSED
from models.errors import Unavailable

if TYPE_CHECKING:
    from services.hits import Hit
    from services.ports import Catalogue

LIMIT = 20
LIMIT_MAX = 50
"""What one search ranks."""

_GAP = "  "


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", nargs="+", metavar="TEXTE", help="ce que dit l'appelant, ou un EAN")
    parser.add_argument(
        "--limit",
        type=_limit,
        default=LIMIT,
        metavar="N",
        help=f"au plus N résultats, de 1 à {LIMIT_MAX} ({LIMIT})",
    )
    parser.add_argument("--json", action="store_true", help="en JSON")


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= LIMIT_MAX:
        raise argparse.ArgumentTypeError(f"un nombre de 1 à {LIMIT_MAX} est attendu")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Exit code 1 and a word on standard error where nothing is found."""
    from models.cards import refuse_pan  # noqa: PLC0415 - after the arguments were read

    text = " ".join(args.text)
    refuse_pan(text, "text")
    with open_catalogue() as catalogue:
        result = catalogue.search(text, limit=args.limit)
    if args.json:
        print(json.dumps([_as_json(hit) for hit in result.hits], ensure_ascii=False, indent=2))
    else:
        print_aligned([_as_row(hit) for hit in result.hits])
    if not result.hits:
        print("kiosk: rien trouvé ; essayez la référence de la cartouche.", file=sys.stderr)
        return EXIT_REFUSED
    if result.corrected:
        print(f"kiosk: compris comme « {result.corrected} ».", file=sys.stderr)
    return 0


@contextmanager
def open_catalogue() -> Iterator[Catalogue]:
    """The console's catalogue; a passing copy of the built-in one where there is none yet and
    its folder cannot be written (a guest looking at somebody's installation).
    """
    with tempfile.TemporaryDirectory() as passing:
        catalogue = _own_catalogue() or _ensured(Path(passing))
        try:
            yield catalogue
        finally:
            catalogue.close()


def _own_catalogue() -> Catalogue | None:
    from services.adapters.catalogue_file import CatalogueFile  # noqa: PLC0415 - sqlite3

    folder = paths.state_dir()
    with suppress(Unavailable):
        return CatalogueFile.open(paths.catalogue_file(folder))
    try:
        return _ensured(paths.ensure_folder(folder))
    except OSError:
        return None


def _ensured(folder: Path) -> Catalogue:
    from services.adapters.catalogue_file import ensure_builtin  # noqa: PLC0415 - sqlite3
    from services.adapters.system import SystemClock  # noqa: PLC0415 - with the above

    return ensure_builtin(paths.catalogue_file(folder), SystemClock().now())


def _as_json(hit: Hit) -> dict[str, Any]:
    from services.hits import PrinterHit  # noqa: PLC0415 - see ``run``

    if isinstance(hit, PrinterHit):
        printer = hit.printer
        return {
            "kind": "printer",
            "id": printer.printer_id,
            "label": printer.label,
            "brand": printer.brand,
        }
    offer = hit.article.offer
    return {
        "kind": "cartridge",
        "id": hit.article.sku,
        "label": hit.label,
        "brand": hit.article.cartridge.brand,
        "price_cents": offer.price_cents,
        "stock": offer.stock,
        "is_demo": offer.is_demo,
    }


def _as_row(hit: Hit) -> tuple[str, ...]:
    from models.money import format_cents  # noqa: PLC0415 - see ``run``
    from services.hits import PrinterHit  # noqa: PLC0415 - see ``run``

    if isinstance(hit, PrinterHit):
        return ("imprimante", hit.printer.brand, hit.printer.model, "", "", hit.printer.printer_id)
    article = hit.article
    return (
        "cartouche",
        article.cartridge.brand,
        hit.label,
        format_cents(article.offer.price_cents),
        str(article.offer.stock),
        article.sku,
    )


_NUMBERS = frozenset({3, 4})
"""Columns that stand right: price and stock."""


def print_aligned(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            cell.rjust(width) if at in _NUMBERS else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print(_GAP.join(cells).rstrip())
