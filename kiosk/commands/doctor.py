"""``kiosk doctor``: what is well, what is not, and what to do about it."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kiosk.health import Finding, Patient
    from services.ports import Central, Store

SHOWN = {"ok": "OK", "watch": "À VOIR", "error": "ERREUR"}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="en JSON")
    parser.epilog = "code de retour : 1 si une ligne dit ERREUR"


def run(args: argparse.Namespace) -> int:
    """Writes nothing but the findings."""
    from kiosk.health import Level, examine  # noqa: PLC0415 - not for --help

    findings = []
    for finding in examine(_patient()):
        findings.append(finding)
        if not args.json:
            print(_line(finding), flush=True)  # the network may take a while
    if args.json:
        told = [dataclasses.asdict(finding) for finding in findings]
        print(json.dumps(told, ensure_ascii=False, indent=2))
    return 1 if any(finding.level is Level.ERROR for finding in findings) else 0


def _line(finding: Finding) -> str:
    line = f"{SHOWN[finding.level.value]:<7} {finding.name} : {finding.told}"
    return f"{line}\n        → {finding.todo}" if finding.todo else line


def _patient() -> Patient:
    from kiosk import paths  # noqa: PLC0415 - see ``run``
    from kiosk.health import Patient  # noqa: PLC0415 - see ``run``
    from services.adapters.system import SystemClock  # noqa: PLC0415 - see ``run``

    folder = paths.state_dir()

    def connect(store: Store) -> Central | None:
        from services.adapters.central_link import CentralLink  # noqa: PLC0415 - httpx
        from services.training import is_enrolled  # noqa: PLC0415 - see above

        with store.read() as tx:
            if not is_enrolled(tx.settings):
                return None
        return CentralLink(store, paths.central_address_file(folder))()

    return Patient(folder, sys.stdin, sys.stdout, os.environ, SystemClock(), _opened_store, connect)


def _opened_store(path: Path) -> Store:
    from services.adapters.console_store import ConsoleStore  # noqa: PLC0415 - sqlalchemy

    return ConsoleStore.open(path)
