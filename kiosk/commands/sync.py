"""``kiosk sync``: exchange with central once, without a screen."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import getpass
import json
import re
import sys
from typing import TYPE_CHECKING

from kiosk.presenter import EXIT_TRY_LATER

if TYPE_CHECKING:
    from kiosk.container import Container
    from services.sync.engine import SyncEngine
    from services.sync.status import SyncReport

TOKEN = re.compile(r"[A-Za-z0-9_-]{32,128}")
"""A console's token; a code has sixteen signs."""

SEAT_SECONDS = 3.0
"""A console that is just closing, or another ``kiosk sync --once``, is waited for."""

EPILOG = """\
code de retour : 0 tout est échangé ; 1 une commande est refusée par la centrale ;
3 la centrale ne répond pas comme il faut, ou quelque chose attend encore."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--once", action="store_true", help="échanger une fois, et dire où on en est")
    what.add_argument(
        "--enrol",
        metavar="URL",
        help="rattacher cette console à une centrale, ou à nouveau ; le code donné par"
        " l'administrateur est lu sur l'entrée standard (« local » : la centrale servie dans le"
        " même dossier)",
    )
    parser.add_argument(
        "--insecure",
        action="store_true",
        help="avec --enrol : accepter http:// vers un autre ordinateur, où le jeton et les noms"
        " passent en clair",
    )
    parser.add_argument("--json", action="store_true", help="en JSON")


def run(args: argparse.Namespace) -> int:
    from kiosk.container import Container  # noqa: PLC0415 - light, but not for --help

    container = Container.from_environment()
    try:
        if args.enrol is not None:
            return _enrol(container, args.enrol, is_insecure_accepted=args.insecure)
        return _once(container, is_json=args.json)
    finally:
        container.close()


def _once(container: Container, *, is_json: bool) -> int:
    from services.sync.status import NO_CATALOGUE  # noqa: PLC0415 - not for --enrol

    _ = container.catalogue  # made, where nothing was set up yet
    with contextlib.closing(container.sync_engine()) as engine:
        report = _exchange(container, engine)
    if is_json:
        print(json.dumps(dataclasses.asdict(report), indent=2))
    else:
        _say(report)
    # A central with nothing to sell has taken all there was: it is said, and no failure.
    if not report.is_complete or report.error_code not in {None, NO_CATALOGUE}:
        return EXIT_TRY_LATER
    return 1 if report.refused else 0


def _exchange(container: Container, engine: SyncEngine) -> SyncReport:
    """By us, or what the console says that has this folder open: one program syncs at a time."""
    from kiosk import paths  # noqa: PLC0415 - see ``run``
    from services.sync.election import Election, LineNews  # noqa: PLC0415 - not for --enrol
    from services.sync.status import Connection  # noqa: PLC0415 - see above

    election = Election(paths.sync_lock(container.folder))
    before = election.hear() or LineNews(Connection.OFFLINE)
    if not election.win_within(SEAT_SECONDS):
        print(
            "kiosk: la console ouverte échange déjà avec la centrale ; voici où elle en est",
            file=sys.stderr,
        )
        news = election.hear() or before
        return dataclasses.replace(
            engine.watch(), connection=news.connection, error_code=news.last_error_code
        )
    try:
        report = engine.run_once(retry_all=True)
        is_online = report.connection is Connection.ONLINE
        contact_at = container.clock.now() if is_online else before.last_contact_at
        election.tell(LineNews(report.connection, contact_at, report.error_code))
        return report
    finally:
        election.leave()


def _say(report: SyncReport) -> None:
    said = [f"{report.sent} envoyée(s)", f"{report.still_waiting} en attente"]
    if report.refused_in_all:
        said.append(f"{report.refused_in_all} refusée(s) : voir « kiosk orders work »")
    if report.differences:
        said.append(f"{report.differences} avec des différences : voir « kiosk orders work »")
    print("commandes : " + ", ".join(said))
    print(f"références d'avance : {report.references_left}")
    if report.is_catalogue_new:
        print(f"catalogue : {report.catalogue_version}")
    if report.unread:
        print(
            f"laissé de côté : {report.unread} ligne(s) qu'une centrale plus récente écrit"
            " autrement ; mettez cette console à jour"
        )
    if report.error_code is not None:
        print(f"kiosk: {_what_to_do(report.error_code)}", file=sys.stderr)


def _what_to_do(code: str) -> str:
    from models import wording  # noqa: PLC0415 - only when something went wrong
    from models.errors import Unavailable  # noqa: PLC0415 - see above

    return wording.error_sentence(Unavailable(code))


def _enrol(container: Container, url: str, *, is_insecure_accepted: bool) -> int:
    """With the administrator's code; a console's bare token is taken as well, for whoever
    copies a console by hand: it is of another form, so there is nothing to choose.
    """
    from services.sync.central_url import check_central_url  # noqa: PLC0415 - here only

    check_central_url(url, is_insecure_accepted=is_insecure_accepted)
    url = url.rstrip("/")
    is_asked = sys.stdin.isatty()
    said = (getpass.getpass("Code : ") if is_asked else sys.stdin.readline()).strip()
    if TOKEN.fullmatch(said):
        _enrol_with_token(container, url, said)
        print("Console rattachée ; « kiosk sync --once » échange avec la centrale.")
        return 0
    console = _enrol_with_code(container, url, said)
    print(f"Console « {console} » rattachée ; « kiosk sync --once » échange avec la centrale.")
    return 0


def _enrol_with_token(container: Container, url: str, token: str) -> None:
    from services.sync.enrolment import Enrolment, enrol_with_token  # noqa: PLC0415 - here only

    enrol_with_token(container.store, container.clock, Enrolment(url, token))


def _enrol_with_code(container: Container, url: str, code: str) -> str:
    """The console's name at central."""
    from functools import partial  # noqa: PLC0415 - here only

    from kiosk import paths  # noqa: PLC0415 - see ``run``
    from services.adapters.central_enrolment import (  # noqa: PLC0415 - httpx, here only
        ask_introduction,
        new_key,
    )
    from services.adapters.central_line import CentralLine  # noqa: PLC0415 - httpx
    from services.adapters.central_link import read_address  # noqa: PLC0415 - httpx
    from services.sync.enrolment import LOCAL, enrol_with_code  # noqa: PLC0415 - here only

    address = paths.central_address_file(container.folder)
    line = CentralLine(lambda: read_address(address) if url == LOCAL else url)
    with contextlib.closing(line):
        ask = partial(ask_introduction, line)
        store, clock = container.store, container.clock
        return enrol_with_code(store, clock, url, code, ask=ask, new_key=new_key).console
