"""The command line: finds the command, turns its outcome into an exit code.

Exit codes: 0 done; 1 refused or not found, said on standard error; 2 wrong usage; 3 try
again later (no network, file busy, disk full); 70 a fault of the program (EX_SOFTWARE);
130 interrupted. Standard output carries the answer only.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

COMMANDS = {
    "console": "ouvrir la console (par défaut)",
    "demo": "ouvrir la console sur une boutique de démonstration complète",
    "search": "chercher une imprimante ou une cartouche",
    "orders": "lister, chiffrer ou passer des commandes sans écran",
    "sync": "échanger avec la centrale",
    "catalogue": "charger un catalogue",
    "doctor": "vérifier l'installation et dire quoi faire",
    "central": "l'API centrale de référence",
}
"""Each is a module of ``kiosk.commands`` with ``configure(parser)`` and ``run(args) -> int``."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; never raises but SystemExit from argparse."""
    words = list(sys.argv[1:] if argv is None else argv)
    name = words[0] if words and words[0] in COMMANDS else "console"
    parser = _parser(name, words)
    args = parser.parse_args(words)
    return _run(name, args)


def _parser(name: str, words: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kiosk", description="Prise de commandes de cartouches, au téléphone et au comptoir."
    )
    parser.add_argument("--version", action="version", version=_version(words))
    commands = parser.add_subparsers(title="commandes", metavar="COMMANDE")
    for known, help_ in COMMANDS.items():
        sub = commands.add_parser(known, help=help_, description=f"{help_[0].upper()}{help_[1:]}.")
        if known == name:
            importlib.import_module(f"kiosk.commands.{known}").configure(sub)
    return parser


def _version(words: Sequence[str]) -> str:
    if "--version" not in words:
        return ""  # reading the metadata costs 10 ms that the first screen does not have
    from importlib.metadata import version  # noqa: PLC0415

    return f"kiosk {version('kiosk-console')}"


def _run(name: str, args: argparse.Namespace) -> int:
    from kiosk import presenter  # noqa: PLC0415 - only once there is something to run

    try:
        return int(importlib.import_module(f"kiosk.commands.{name}").run(args))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # the reader left: as other Unix programs, without a word
        return 141
    except Exception as error:  # noqa: BLE001 - the boundary of the process
        return presenter.report(error, sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main())
