"""``kiosk central backup | restore``: a copy while it serves, and putting one back."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from kiosk.commands.central_database import Actions, action, database_of, named, seat_of


def configure(actions: Actions) -> None:
    backup = action(
        actions, "backup", "copier la base dans un fichier, même pendant qu'elle sert", _back_up
    )
    backup.add_argument("file", type=Path, metavar="FICHIER", help="fichier à créer")
    restore = action(
        actions,
        "restore",
        "remettre une copie en place, la centrale étant arrêtée ; l'ancienne base est mise de côté",
        _restore,
    )
    restore.add_argument("file", type=Path, metavar="FICHIER", help="copie à remettre")


def _back_up(args: argparse.Namespace) -> int:
    from central.backup import back_up  # noqa: PLC0415 - sqlalchemy

    back_up(database_of(args), args.file.absolute())
    print(f"Copie faite : {args.file} ({args.file.stat().st_size} octets)")
    return 0


def _restore(args: argparse.Namespace) -> int:
    from central.restore import REFERENCES_SKIPPED, restore  # noqa: PLC0415 - sqlalchemy

    with seat_of(args):
        aside = restore(args.file.absolute(), database_of(args), at=datetime.now(UTC))
    print(f"Copie remise en place : {named(database_of(args))}")
    if aside is not None:
        print(f"L'ancienne base est dans {aside}")
    print(
        f"{REFERENCES_SKIPPED} références sont sautées, pour n'en donner aucune deux fois ; les"
        " consoles renvoient d'elles-mêmes les commandes prises depuis la copie."
    )
    return 0
