"""``kiosk central backup | restore``: a copy while it serves, and putting one back."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from kiosk.commands.central_arguments import number
from kiosk.commands.central_database import Actions, action, database_of, named, seat_of

TO_DO_AGAIN = """\
À refaire avant « kiosk central serve » : la centrale ne sait plus ce qui s'est
fait depuis la copie, et ne peut pas dire quoi.
  - consoles révoquées depuis (volées, perdues) : elles sont acceptées de
    nouveau ; « kiosk central console revoke »
  - opérateurs désactivés, mots de passe changés depuis : l'ancien est bon de
    nouveau ; « kiosk central operator disable » ou « operator password »
  - codes promo retirés depuis : ils comptent de nouveau ;
    « kiosk central voucher remove »
  - consoles rattachées depuis : elles ne sont plus connues ; un nouveau code,
    sous le même nom, par « kiosk central console enrol »"""

NUMBERS = number(100_000, 50_000_000, "un nombre de références entre 100000 et 50000000")
DAYS = number(1, 3_650, "un nombre de jours entre 1 et 3650")


def configure(actions: Actions) -> None:
    backup = action(
        actions, "backup", "copier la base dans un fichier, même pendant qu'elle sert", _back_up
    )
    where = backup.add_mutually_exclusive_group(required=True)
    where.add_argument("file", type=Path, nargs="?", metavar="FICHIER", help="fichier à créer")
    where.add_argument(
        "--into", type=Path, metavar="DOSSIER", help="dossier où ranger la copie, sous son heure"
    )
    backup.add_argument(
        "--keep",
        type=DAYS,
        metavar="JOURS",
        help="avec --into : effacer les anciennes copies de ce dossier, sauf les"
        " 48 dernières et la dernière de chacun des JOURS derniers jours",
    )
    backup.set_defaults(refuse=backup.error)
    restore = action(
        actions,
        "restore",
        "remettre une copie en place, la centrale étant arrêtée ; l'ancienne base est mise de côté",
        _restore,
    )
    restore.add_argument("file", type=Path, metavar="FICHIER", help="copie à remettre")
    restore.add_argument(
        "--skip-numbers",
        type=NUMBERS,
        metavar="N",
        help="sauter au moins N références (sinon 100000) : là où la même copie, ou une plus"
        " récente, a déjà été remise en place depuis un autre dossier, plus qu'il n'en a été pris",
    )


def _back_up(args: argparse.Namespace) -> int:
    from central.backup import back_up  # noqa: PLC0415 - sqlalchemy

    if args.into is not None:
        return _add_copy(args)
    if args.keep is not None:
        args.refuse("--keep va avec --into : le reste n'est pas à nous d'effacer")
    back_up(database_of(args), args.file.absolute())
    _say_made(args.file)
    return 0


def _add_copy(args: argparse.Namespace) -> int:
    from central.copies import add_copy  # noqa: PLC0415 - sqlalchemy

    folder = args.into.absolute()
    made, gone = add_copy(database_of(args), folder, at=datetime.now(UTC), days=args.keep)
    _say_made(made)
    for copy in gone:
        print(f"Ancienne copie effacée : {copy.name}")
    return 0


def _say_made(copy: Path) -> None:
    print(f"Copie faite : {copy} ({copy.stat().st_size} octets)")


def _restore(args: argparse.Namespace) -> int:
    from central.restore import REFERENCES_SKIPPED, restore  # noqa: PLC0415 - sqlalchemy

    with seat_of(args):
        skipping = args.skip_numbers or REFERENCES_SKIPPED
        aside = restore(
            args.file.absolute(), database_of(args), at=datetime.now(UTC), skipping=skipping
        )
    print(f"Copie remise en place : {named(database_of(args))}")
    if aside is not None:
        print(f"L'ancienne base est dans {aside}")
    print(
        f"{skipping} références au moins sont sautées, pour n'en donner aucune deux fois ; les"
        " consoles renvoient d'elles-mêmes les commandes prises depuis la copie."
    )
    print(
        f"Jusqu'où, c'est noté dans {args.file.absolute().parent}, pour la prochaine fois :"
        " n'effacez pas « restored-….json »."
    )
    print(TO_DO_AGAIN)
    return 0
