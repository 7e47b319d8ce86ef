"""``kiosk central serve | migrate``: the API, in this process or in several workers."""

from __future__ import annotations

import argparse
from contextlib import ExitStack

from kiosk import paths
from kiosk.commands.central_arguments import number
from kiosk.commands.central_database import (
    Actions,
    action,
    database_of,
    is_of_folder,
    named,
    seat_of,
)

PORT = 8321
PORTS = number(0, 65_535, "un port entre 0 et 65535")  # RFC 9293
WORKERS = number(1, 64, "un nombre entre 1 et 64")


def configure(actions: Actions) -> None:
    serve = action(actions, "serve", "servir l'API", _serve)
    serve.add_argument("--host", default="127.0.0.1", help="adresse d'écoute (127.0.0.1)")
    serve.add_argument("--port", type=PORTS, default=PORT, help=f"port ({PORT} ; 0 : libre)")
    serve.add_argument("--workers", type=WORKERS, default=1, help="processus (1)")
    action(actions, "migrate", "mettre la base à la version du programme", _migrate)


def _serve(args: argparse.Namespace) -> int:
    from central.database import migrate  # noqa: PLC0415 - sqlalchemy
    from kiosk import central_server  # noqa: PLC0415 - see above

    settings = central_server.settings_for(database_of(args))
    central_server.log_to_stderr()
    folder = paths.ensure_folder(paths.state_dir())
    with ExitStack() as held:
        held.enter_context(seat_of(args))
        migrate(database_of(args))
        listener = held.enter_context(
            central_server.listen(args.host, args.port, is_shared=args.workers > 1)
        )
        if is_of_folder(args):
            address_file = paths.central_address_file(folder)
            held.enter_context(central_server.announced(address_file, listener))
        print(f"centrale à l'écoute : {central_server.url_of(listener)}", flush=True)
        central_server.serve(settings, listener, workers=args.workers)
    return 0


def _migrate(args: argparse.Namespace) -> int:
    from central.database import HEAD, migrate  # noqa: PLC0415 - sqlalchemy

    migrate(database_of(args))
    print(f"{named(database_of(args))} : version {HEAD}")
    return 0
