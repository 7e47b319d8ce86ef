"""The demo's central, in a process of its own: filled on first start, gone with its parent.

Run as ``python -m kiosk.demo_central FOLDER`` with a pipe on standard input that the parent
keeps open: when the parent ends, in whatever way, the pipe does too. One central at a time
serves a folder; a second one waits here until the first is gone.
"""

from __future__ import annotations

import os
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk import central_server, paths

if TYPE_CHECKING:
    import uvicorn
    from sqlalchemy.engine import Connection

    from central.database import Database

NICENESS = 5
"""The console paints its first screen while this fills a shop, perhaps on one core."""

LAST_SECONDS = 5.0
"""Given to a server to end well after the parent is gone."""


class Parent:
    """Watches standard input, in a thread, and ends this process with its parent."""

    def __init__(self) -> None:
        self._server: uvicorn.Server | None = None
        threading.Thread(target=self._watch, name="parent", daemon=True).start()

    def ends(self, server: uvicorn.Server) -> None:
        self._server = server

    def _watch(self) -> None:
        while os.read(sys.stdin.fileno(), 1024):
            pass
        if self._server is None:
            os._exit(0)  # nothing was begun that SQLite would not roll back
        self._server.should_exit = True
        threading.Event().wait(LAST_SECONDS)
        os._exit(0)


def main(folder: Path) -> None:
    """Serve the demo shop of ``folder`` until the parent ends."""
    os.nice(NICENESS)
    parent = Parent()
    central_server.log_to_stderr()
    with central_server.seat(paths.central_lock(folder), wait=True):
        from central.settings import CentralSettings  # noqa: PLC0415 - nothing while it waits

        settings = CentralSettings(paths.central_file(folder))
        fill(folder, settings.now())
        address_file = paths.central_address_file(folder)
        listener = central_server.listen_where_before(address_file)
        server = central_server.new_server(settings)
        parent.ends(server)
        with central_server.announced(address_file, listener):
            server.run(sockets=[listener])


def fill(folder: Path, now: datetime) -> None:
    """The demo shop is at the central of ``folder``. Idempotent; all or nothing."""
    from central.database import Database, migrate  # noqa: PLC0415 - nothing while it waits
    from central.store.feed import newest_import  # noqa: PLC0415 - see above
    from central.store.settings import is_demo, mark_demo  # noqa: PLC0415 - see above

    migrate(paths.central_file(folder))
    database = Database(paths.central_file(folder))
    try:
        with database.read() as connection:
            is_filled, is_marked = newest_import(connection) is not None, is_demo(connection)
        if not is_marked:  # before anything invented is in it
            with database.write() as connection:
                mark_demo(connection)
        if not is_filled:
            _fill(database, folder, now)
    finally:
        database.close()


def _fill(database: Database, folder: Path, now: datetime) -> None:
    from central.store.customers import put_customers  # noqa: PLC0415 - see ``fill``
    from central.store.vouchers import put_vouchers  # noqa: PLC0415
    from models.wire.customers import CustomerWire  # noqa: PLC0415
    from services.demo_people import demo_customers, demo_vouchers  # noqa: PLC0415

    as_of = _as_of(folder, now)
    with database.write() as connection:
        put_vouchers(connection, demo_vouchers(as_of))
        people = map(CustomerWire.model_validate, demo_customers(as_of))
        put_customers(connection, people)
        _fill_catalogue(connection, as_of, now)


def _fill_catalogue(connection: Connection, as_of: datetime, now: datetime) -> None:
    from central.store.catalogue_import import import_catalogue  # noqa: PLC0415 - see ``fill``
    from services import catalogue_csv  # noqa: PLC0415
    from services.adapters.catalogue_file import BUILTIN_VERSION  # noqa: PLC0415
    from services.demo_shop import demo_shop  # noqa: PLC0415

    tables = catalogue_csv.builtin()
    shop = demo_shop(tables.cartridges, tables.pairs, as_of)
    import_catalogue(
        connection,
        version=BUILTIN_VERSION,
        is_demo=True,
        printers_in=tables.printers,
        articles_in=shop.articles,
        pairs_in=shop.pairs,
        at=now,
    )


def _as_of(folder: Path, now: datetime) -> datetime:
    """The day of the console's built-in catalogue, so that both say the same dates and the
    console has nothing to load.
    """
    from services.adapters.catalogue_file import ensure_builtin  # noqa: PLC0415 - see ``fill``

    catalogue = ensure_builtin(paths.catalogue_file(folder), now)
    try:
        article = catalogue.cheapest() if catalogue.is_demo else None
        return article.offer.known_at.astimezone(UTC) if article else now
    finally:
        catalogue.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
