"""Who this console is at central, kept in its own file, and how it becomes so.

The URL is that of a real central, or ``LOCAL`` for one that serves the same state folder
(the demo's, or ``kiosk central serve``) and says itself at which port it can be found.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from models.enrolment_code import read_code
from services.ports import Clock, Settings, Store, Transaction
from services.training import CENTRAL_URL

CENTRAL_TOKEN = "central_token"  # noqa: S105 - the name of a setting
CONSOLE_NAME = "central_console"
CONSOLE_ID = "central_console_id"
CENTRAL_ID = "central_id"
"""Setting: who the central is, as it said itself; "" until it did (``services.sync.former``)."""
ENROLMENT_KEY = "enrolment_key"
"""Setting: the key of an enrolment whose answer has not come yet, with its code's SHA-256."""
CUSTOMERS_CURSOR = "customers_cursor"
VOUCHERS_CURSOR = "vouchers_cursor"
EVENTS_CURSOR = "events_cursor"
IS_DEMO = "is_demo"
"""Setting that is there where ``kiosk demo`` made or took the console."""

FORMER_TOKENS = "former_tokens"
"""Setting: tokens that this console had, each with the id of its central. A central knows by
them whose numbers were ours.
"""
FORMER_KEPT = 8

LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """``token`` is a secret: who holds it is this console. ``console_id`` is "" where central
    never told it.
    """

    url: str
    token: str
    console: str = ""
    console_id: str = ""

    @property
    def is_local(self) -> bool:
        return self.url == LOCAL

    def is_same_console(self, other: Enrolment) -> bool:
        """For that central we are who we were: what it confirmed and leased stays good. Where
        nobody told who a token is, another token may be another console's, at the same central
        too: its orders are not ours, and all of ours would be missing there.
        """
        if self.console_id and other.console_id:
            return self.console_id == other.console_id
        return self.token == other.token

    def __repr__(self) -> str:
        return f"Enrolment(url={self.url!r}, console={self.console!r})"


@dataclass(frozen=True, slots=True)
class Introduction:
    """Central's answer to a code: who the console is, and its first blocks of references."""

    console_id: str
    console: str
    token: str
    blocks: tuple[tuple[int, int], ...] = ()

    def __repr__(self) -> str:
        return f"Introduction(console={self.console!r})"


def read_enrolment(settings: Settings) -> Enrolment | None:
    url, token = settings.get(CENTRAL_URL), settings.get(CENTRAL_TOKEN)
    if not url or not token:
        return None
    console, console_id = settings.get(CONSOLE_NAME), settings.get(CONSOLE_ID)
    return Enrolment(url, token, console or "", console_id or "")


def write_enrolment(settings: Settings, enrolment: Enrolment) -> None:
    """From now on this console belongs to that central; what was read from another is
    asked for anew.
    """
    settings.put(CENTRAL_URL, enrolment.url)
    settings.put(CENTRAL_TOKEN, enrolment.token)
    settings.put(CONSOLE_NAME, enrolment.console)
    settings.put(CONSOLE_ID, enrolment.console_id)
    settings.put(CUSTOMERS_CURSOR, "")
    settings.put(VOUCHERS_CURSOR, "")
    settings.put(EVENTS_CURSOR, "")


def former_tokens(settings: Settings, central_id: str) -> Sequence[str]:
    """Those that this console had at this central, and at no other: a token that still is
    somebody's is told to nobody else.
    """
    known = json.loads(settings.get(FORMER_TOKENS) or "[]")
    return [token for central, token in known if central == central_id]


def _keep_former(settings: Settings, before: Enrolment) -> None:
    of = settings.get(CENTRAL_ID)
    if of:  # else nothing was exchanged as that console
        known = json.loads(settings.get(FORMER_TOKENS) or "[]")
        settings.put(FORMER_TOKENS, json.dumps([*known, [of, before.token]][-FORMER_KEPT:]))


def enrol_with_token(store: Store, clock: Clock, enrolment: Enrolment) -> None:
    """On disk on return. Idempotent; see ``enrol_with_code`` for what stays."""
    with store.write() as tx:
        _become(tx, enrolment, (), clock.now())


def enrol_with_code(
    store: Store,
    clock: Clock,
    url: str,
    code: str,
    *,
    ask: Callable[[str, str], Introduction],
    new_key: Callable[[], str],
) -> Enrolment:
    """Become the console that central made ``code`` for; on disk on return. ``ask`` puts the
    code and a key to central.

    The key is on disk before it is asked with: where the answer is lost, in whatever way, the
    same code again gets it again. What is owed stays owed, and is tried at once: the code of
    a console that is known gives it a new token and no other identity.

    Raises DomainError("enrolment_code_malformed") before anything is asked, and what ``ask``
    raises: Rejected("enrolment_refused") and Unavailable.
    """
    plain = read_code(code)
    told = ask(plain, _key_for(store, plain, new_key))
    enrolment = Enrolment(url, told.token, told.console, told.console_id)
    with store.write() as tx:
        _become(tx, enrolment, told.blocks, clock.now())
        tx.settings.put(ENROLMENT_KEY, "")
    return enrolment


def _key_for(store: Store, code: str, new_key: Callable[[], str]) -> str:
    """The same for the same code, until it was answered. The code itself is not kept."""
    digest = hashlib.sha256(code.encode()).hexdigest()
    with store.write() as tx:
        known, key = json.loads(tx.settings.get(ENROLMENT_KEY) or '["", ""]')
        if known != digest:
            key = new_key()
            tx.settings.put(ENROLMENT_KEY, json.dumps([digest, key]))
    return str(key)


def _become(
    tx: Transaction, enrolment: Enrolment, blocks: tuple[tuple[int, int], ...], now: datetime
) -> None:
    before = read_enrolment(tx.settings)
    if before is not None and before.token != enrolment.token:
        _keep_former(tx.settings, before)
    if before is None or not enrolment.is_same_console(before):
        # Numbers of somebody else are refused at central, and what another central confirmed
        # is not missing at this one; whether it is another is not known yet.
        tx.references.give_up()
        tx.outbox.disown_confirmed(tx.settings.get(CENTRAL_ID) or "")
        tx.settings.put(CENTRAL_ID, "")
    write_enrolment(tx.settings, enrolment)
    for first, last in blocks:
        tx.references.add_block(first, last)
    tx.outbox.retry_now(now=now)
