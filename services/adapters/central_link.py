"""Which central this console belongs to, and where it is to be found just now."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path
from urllib.parse import urlsplit

from models.errors import Unavailable
from services.adapters.central_http import CentralHttp
from services.ports import Central, Store
from services.sync.enrolment import Enrolment, read_enrolment


class CentralLink:
    """A ``central_factory`` for ``SyncEngine``: the central of this console's enrolment.

    ``address_file`` is where a central that serves the same state folder says its URL.
    """

    def __init__(self, store: Store, address_file: Path) -> None:
        self._store = store
        self._address_file = address_file
        self._enrolment: Enrolment | None = None
        self._central: CentralHttp | None = None

    def __call__(self) -> Central:
        """Raises Unavailable("not_enrolled")."""
        with self._store.read() as tx:
            enrolment = read_enrolment(tx.settings)
        if enrolment is None:
            raise Unavailable("not_enrolled")
        if self._central is None or enrolment != self._enrolment:
            self.close()
            self._enrolment = enrolment
            self._central = CentralHttp(lambda: self._url(enrolment), enrolment.token)
        return self._central

    def close(self) -> None:
        if self._central is not None:
            self._central.close()
            self._central = None

    def _url(self, enrolment: Enrolment) -> str:
        return read_address(self._address_file) if enrolment.is_local else enrolment.url


def read_address(address_file: Path) -> str:
    """The URL of the local central that runs now: it holds a lock on what it wrote. Without
    one the port may be a stranger's, who would be told the token and people's addresses.

    Raises Unavailable("central_unreachable").
    """
    try:
        with address_file.open("rb") as file:
            if not _is_held(file.fileno()):
                raise Unavailable("central_unreachable")
            url = str(json.loads(file.read())["url"])
        if urlsplit(url).scheme not in {"http", "https"}:
            raise Unavailable("central_unreachable")
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise Unavailable("central_unreachable") from error
    return url


def _is_held(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
