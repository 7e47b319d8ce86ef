"""Who this console is at central, kept in its own file.

The URL is that of a real central, or ``LOCAL`` for one that serves the same state folder
(the demo's, or ``kiosk central serve``) and says itself at which port it can be found.
"""

from __future__ import annotations

from dataclasses import dataclass

from services.ports import Settings
from services.training import CENTRAL_URL

CENTRAL_TOKEN = "central_token"  # noqa: S105 - the name of a setting
CONSOLE_NAME = "central_console"
CUSTOMERS_CURSOR = "customers_cursor"
EVENTS_CURSOR = "events_cursor"
IS_DEMO = "is_demo"
"""Setting that is there where ``kiosk demo`` made or took the console."""

LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """``token`` is a secret: who holds it is this console."""

    url: str
    token: str
    console: str = ""

    @property
    def is_local(self) -> bool:
        return self.url == LOCAL

    def __repr__(self) -> str:
        return f"Enrolment(url={self.url!r}, console={self.console!r})"


def read_enrolment(settings: Settings) -> Enrolment | None:
    url, token = settings.get(CENTRAL_URL), settings.get(CENTRAL_TOKEN)
    if not url or not token:
        return None
    return Enrolment(url, token, settings.get(CONSOLE_NAME) or "")


def write_enrolment(settings: Settings, enrolment: Enrolment) -> None:
    """From now on this console belongs to that central; what was read from another is
    asked for anew.
    """
    settings.put(CENTRAL_URL, enrolment.url)
    settings.put(CENTRAL_TOKEN, enrolment.token)
    settings.put(CONSOLE_NAME, enrolment.console)
    settings.put(CUSTOMERS_CURSOR, "")
    settings.put(EVENTS_CURSOR, "")
