"""Runs a central in this process: its seat, its socket, its server.

Owns what one computer needs to find a central and not to start two of them on one folder.
Knows nothing of what the API does.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from kiosk import paths
from kiosk.shop_file import rules_of_shop
from models.errors import Conflict, DomainError

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

    from central.settings import CentralSettings

LOOPBACK = "127.0.0.1"
GRACE_SECONDS = 2
"""For requests under way when the server is told to stop."""
KEEP_ALIVE_SECONDS = 75
"""Longer than a proxy keeps an idle connection (nginx: 60), so that none is closed under it."""
CONNECTIONS_MAX = 2_000
"""Of one worker, streams included; more are told 503. What a connection that dribbles its
headers may hold is for the proxy to limit: uvicorn has no time for it.
"""

UNREAD_SECONDS = 60
"""How long somebody may take nothing of what is sent to them, or not even acknowledge it."""

BACKLOG = 1024
"""Five hundred consoles may come back at the same moment."""

DATABASE_VARIABLE = "KIOSK_CENTRAL_DATABASE"


@contextlib.contextmanager
def seat(lock: Path, *, wait: bool) -> Iterator[None]:
    """The place of the one central of a folder; the kernel frees it when its holder dies.

    Raises Conflict("central_running") if it is taken and ``wait`` is False.
    """
    paths.ensure_folder(lock.parent)
    held = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, paths.FILE_MODE)
    try:
        _take(held, lock, wait=wait)
        yield
    finally:
        os.close(held)


def _take(held: int, lock: Path, *, wait: bool) -> None:
    try:
        fcntl.flock(held, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise Conflict("central_running", folder=str(lock.parent)) from error


def listen(host: str, port: int, *, is_shared: bool = False) -> socket.socket:
    """A socket that takes connections from now on; port 0 is any free one. One that ``is_shared``
    has its port with those of ``OwnListener``.

    Raises DomainError("port_unusable").
    """
    try:
        listener = _listener(host, port)
        if is_shared:
            # Only now: a port that somebody else serves is theirs, shared or not.
            port = listener.getsockname()[1]
            listener.close()
            listener = _listener(host, port, reuse_port=True)
    except (OSError, UnicodeError) as error:  # the latter for a name that no DNS could hold
        raise DomainError("port_unusable", host=host, port=port) from error
    return listener


def _listener(host: str, port: int, *, reuse_port: bool = False) -> socket.socket:
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    listener = socket.create_server(
        (host, port), family=family, backlog=BACKLOG, reuse_port=reuse_port
    )
    # What is accepted inherits it. asyncio would set it, but not on a socket whose protocol
    # was left open, as create_server does; without it every answer comes 40 ms late.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if sys.platform == "linux":
        # Inherited too. Else who never reads holds an answer for ever, a cut line for 15 minutes:
        # the application waits for the buffer, and only the kernel sees that nothing moves.
        unread = UNREAD_SECONDS * 1000
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, unread)
    return listener


class OwnListener:
    """Beside a shared socket, which the worker that wakes first empties: of connections that come
    together it takes all, and the others have nothing to do. Handed to a new worker this becomes
    a socket of that worker's own on the same port, and the kernel deals connections out (Linux:
    SO_REUSEPORT, socket(7)).
    """

    def __init__(self, shared: socket.socket) -> None:
        self._host, self._port = shared.getsockname()[:2]

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(_listener, reuse_port=True), (self._host, self._port)


def listen_where_before(address_file: Path) -> socket.socket:
    """On loopback, at the port that was announced last if it is free, else at any."""
    try:
        return listen(LOOPBACK, announced_port(address_file))
    except DomainError:
        return listen(LOOPBACK, 0)


def url_of(listener: socket.socket) -> str:
    """Where this computer reaches it: one that listens everywhere is on loopback as well."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": LOOPBACK, "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextlib.contextmanager
def announced(address_file: Path, listener: socket.socket) -> Iterator[None]:
    """Consoles of the same folder find this central while the block runs.

    The file is locked all that time, and from before it has its name: an address that
    nobody holds is that of a dead central, whose port may be anybody's by now.
    """
    said = json.dumps({"url": url_of(listener), "pid": os.getpid()})
    aside = address_file.with_name(f"{address_file.name}.{os.getpid()}")
    held = os.open(aside, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, paths.FILE_MODE)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        os.write(held, said.encode())
        aside.replace(address_file)
        yield
    finally:
        os.close(held)


def announced_port(address_file: Path) -> int:
    """0 where nothing was announced that can be read."""
    try:
        return urlsplit(json.loads(address_file.read_bytes())["url"]).port or 0
    except (OSError, ValueError, TypeError, KeyError):
        return 0


def new_server(settings: CentralSettings) -> uvicorn.Server:
    """A server of the API; ``run(sockets=[...])`` blocks until ``should_exit`` is set."""
    from central.app import create_app  # noqa: PLC0415 - only in a process that serves
    from central.server import Server  # noqa: PLC0415 - see above

    app = create_app(settings)
    return Server(app, _config(app))


def serve(settings: CentralSettings, listener: socket.socket, *, workers: int) -> None:
    """Serve until told to stop (SIGTERM, SIGINT), in this process or in ``workers`` of them
    that share the socket; one that dies is replaced, and none outlives this process.
    """
    if workers == 1:
        new_server(settings).run(sockets=[listener])
        return
    from uvicorn.supervisors import Multiprocess  # noqa: PLC0415 - see ``new_server``

    from central.metrics import share_between_workers  # noqa: PLC0415 - see above

    os.environ[DATABASE_VARIABLE] = str(settings.database)
    with tempfile.TemporaryDirectory(prefix="kiosk-metrics-") as counts:
        share_between_workers(Path(counts))  # before anybody imports what counts
        config = _config(f"{__name__}:app_of_worker", factory=True, workers=workers)
        # The shared one takes what comes before the first worker is there, or while one is replaced.
        sockets: list[Any] = [listener, OwnListener(listener)]
        Multiprocess(config, sockets=sockets).run()


def app_of_worker() -> FastAPI:
    """The application of one worker, made in its own process."""
    from central.app import create_app  # noqa: PLC0415 - see ``new_server``
    from central.database import where_is  # noqa: PLC0415 - see above
    from central.server import end_streams_when_told_to_stop  # noqa: PLC0415 - see above

    log_to_stderr()
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    database = where_is(os.environ[DATABASE_VARIABLE])
    app = create_app(settings_for(database))
    end_streams_when_told_to_stop(app)
    return app


def settings_for(database: Path | str) -> CentralSettings:
    """As the environment says; each worker makes its own. Raises DomainError, see ``settings_from`` and ``rules_of_shop``."""
    from central.settings import settings_from  # noqa: PLC0415 - sqlalchemy

    settings = settings_from(os.environ, database)
    return replace(settings, rules=rules_of_shop(os.environ) or settings.rules)


def _end_with_parent() -> None:
    """Killed as it may be, the parent leaves no worker behind that still takes requests."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(GRACE_SECONDS + 1)
    os._exit(1)


def _config(app: FastAPI | str, **how: Any) -> uvicorn.Config:
    import uvicorn  # noqa: PLC0415 - see ``new_server``

    return uvicorn.Config(
        app,
        log_config=None,
        # central.observed writes a line a request, without ids and queries.
        access_log=False,
        ws="none",
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        limit_concurrency=CONNECTIONS_MAX,
        **how,
    )


def log_to_stderr() -> None:
    """One JSON object a line (``central.logs``)."""
    from central.logs import log_as_json  # noqa: PLC0415 - structlog

    log_as_json()
