"""``kiosk central``: the reference central API, run and looked after from the command line."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk import paths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from central.database import Database
    from models.wire.orders import OrderRowOut

PORT = 8321
ORDERS_MAX = 1_000


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", title="actions", metavar="ACTION", required=True)
    serve = _action(actions, "serve", "servir l'API")
    serve.add_argument("--host", default="127.0.0.1", help="adresse d'écoute (127.0.0.1)")
    serve.add_argument("--port", type=_port, default=PORT, help=f"port ({PORT} ; 0 : libre)")
    _action(actions, "migrate", "mettre la base à la version du programme")
    orders = _action(actions, "orders", "lister les commandes reçues")
    orders.add_argument("--json", action="store_true", help="en JSON")
    console = actions.add_parser("console", help="les consoles de la centrale")
    console_actions = console.add_subparsers(
        dest="console_action", title="actions", metavar="ACTION", required=True
    )
    add = _action(console_actions, "add", "ajouter une console et dire son jeton, une seule fois")
    add.add_argument("name", metavar="NOM")


def _action(
    actions: argparse._SubParsersAction[argparse.ArgumentParser], name: str, help_: str
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=help_, description=help_.capitalize() + ".")
    parser.add_argument(
        "--database", type=Path, metavar="FICHIER", help="base (celle du dossier de la console)"
    )
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:  # noqa: PLR2004 - RFC 9293
        raise argparse.ArgumentTypeError("un port entre 0 et 65535 est attendu")
    return int(text)


def run(args: argparse.Namespace) -> int:
    match args.action:
        case "serve":
            return _serve(args)
        case "migrate":
            return _migrate(args)
        case "orders":
            return _orders(args)
    return _add_console(args)


def _serve(args: argparse.Namespace) -> int:
    from central.database import migrate  # noqa: PLC0415 - sqlalchemy
    from central.settings import CentralSettings  # noqa: PLC0415 - with the server
    from kiosk import central_server  # noqa: PLC0415 - see above

    central_server.log_to_stderr()
    folder = paths.ensure_folder(paths.state_dir())
    with ExitStack() as held:
        if args.database is None:
            held.enter_context(central_server.seat(paths.central_lock(folder), wait=False))
        migrate(_database(args))
        listener = held.enter_context(central_server.listen(args.host, args.port))
        server = central_server.new_server(CentralSettings(_database(args)))
        if args.database is None:
            address_file = paths.central_address_file(folder)
            held.enter_context(central_server.announced(address_file, listener))
        print(f"centrale à l'écoute : {central_server.url_of(listener)}", flush=True)
        server.run(sockets=[listener])
    return 0


def _migrate(args: argparse.Namespace) -> int:
    from central.database import HEAD, migrate  # noqa: PLC0415 - sqlalchemy

    migrate(_database(args))
    print(f"{_database(args)} : version {HEAD}")
    return 0


def _add_console(args: argparse.Namespace) -> int:
    from datetime import UTC, datetime  # noqa: PLC0415 - here only

    from central.store.consoles import add_console, new_token  # noqa: PLC0415 - sqlalchemy

    token = new_token()
    with _opened(_database(args)) as database, database.write() as connection:
        add_console(connection, args.name, token=token, at=datetime.now(UTC))
    print(token)
    return 0


def _orders(args: argparse.Namespace) -> int:
    from central.store.orders import newest_orders  # noqa: PLC0415 - sqlalchemy

    rows: Sequence[OrderRowOut] = ()
    if _database(args).exists():
        with _opened(_database(args)) as database, database.read() as connection:
            rows = newest_orders(connection, limit=ORDERS_MAX)
    if args.json:
        print(json.dumps([row.model_dump(mode="json") for row in rows], indent=2))
    else:
        _print_table(rows)
    return 0


def _print_table(rows: Sequence[OrderRowOut]) -> None:
    from models.money import format_cents  # noqa: PLC0415 - here only
    from models.reference import grouped  # noqa: PLC0415 - see above
    from models.wording.labels import state_name  # noqa: PLC0415 - see above

    if not rows:
        print("Aucune commande à la centrale.")
    for row in rows:
        received = row.received_at.astimezone()
        print(
            f"{grouped(row.reference)}  {received:%d/%m/%Y %H:%M}  "
            f"{format_cents(row.total_cents):>12}  {state_name(row.state)}  {row.console}"
        )


def _database(args: argparse.Namespace) -> Path:
    chosen: Path | None = args.database
    return chosen.absolute() if chosen else paths.central_file(paths.state_dir())


@contextmanager
def _opened(path: Path) -> Iterator[Database]:
    from central.database import Database, migrate  # noqa: PLC0415 - sqlalchemy

    migrate(path)
    database = Database(path)
    try:
        yield database
    finally:
        database.close()
