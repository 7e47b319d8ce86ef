"""``kiosk demo``: the console on a complete demo shop, with a central of its own."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--fresh",
        action="store_true",
        help="recommencer à neuf ; l'ancien dossier est mis de côté, rien n'est effacé",
    )
    parser.add_argument("--yes", action="store_true", help="avec --fresh : ne pas demander")


def run(args: argparse.Namespace) -> int:
    """Refuse a terminal that cannot work, start the central beside, show the console."""
    from kiosk import demo, paths  # noqa: PLC0415 - only for this command
    from kiosk.terminal import unusable_because  # noqa: PLC0415 - see above

    reason = unusable_because(sys.stdin, sys.stdout, os.environ)
    if reason is not None:
        print(f"kiosk: {reason}", file=sys.stderr)
        return 1
    folder = paths.state_dir()
    demo.ensure_demo_folder(folder)
    if args.fresh and not _begin_anew(folder, is_agreed=args.yes):
        return 1
    with demo.central_beside(folder):
        return _show(folder)


def _show(folder: Path) -> int:
    from kiosk import demo  # noqa: PLC0415 - see ``run``
    from kiosk.app import run_console  # noqa: PLC0415 - see ``run``
    from kiosk.container import Container  # noqa: PLC0415 - see ``run``

    container = Container(
        folder,
        prepare_store=lambda store: demo.enrol(store, folder, container.clock.now()),
    )
    return run_console(container)


def _begin_anew(folder: Path, *, is_agreed: bool) -> bool:
    from kiosk import demo  # noqa: PLC0415 - see ``run``
    from services.adapters.system import SystemClock  # noqa: PLC0415 - see ``run``

    if not is_agreed:
        answer = input(f"Mettre de côté la démonstration de {folder} et recommencer ? [o/N] ")
        if answer.strip().lower() not in {"o", "oui", "y", "yes"}:
            print("Rien n'a été changé.")
            return False
    aside = demo.set_aside(folder, SystemClock().now())
    if aside is not None:
        print(f"L'ancienne démonstration est dans {aside}")
    return True
