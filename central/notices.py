"""What PostgreSQL tells a worker: that events were committed, by any worker.

Owns one connection of its own, because a pooled one that listens could do nothing else, and
its renewal. A notice that is lost delays an event until the next look, and loses nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sqlalchemy.engine import URL

from central.logs import new_logger
from central.store.events import CHANNEL

log = new_logger("kiosk.central")

AGAIN_SECONDS = 2.0
"""After a connection broke, before the next."""


async def listen(url: URL, ring: Callable[[], object]) -> None:
    """Ring at each notice, and at each new connection, until cancelled."""
    import psycopg  # noqa: PLC0415 - 60 ms that a central on SQLite does not pay

    # By SQLAlchemy's own reading of the URL: it knows several hosts, and options with spaces.
    parts, how = url.get_dialect()().create_connect_args(url)
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(
                *parts, **how, autocommit=True
            ) as connection:
                await connection.execute(f"LISTEN {CHANNEL}")
                ring()
                async for _ in connection.notifies():
                    ring()
        except psycopg.Error as error:
            # Not its text: that names hosts and users.
            log.warning("PostgreSQL does not notify", sqlstate=error.sqlstate)
        await asyncio.sleep(AGAIN_SECONDS)
