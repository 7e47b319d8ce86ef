"""Introducing a console with a code that works once (``models.enrolment_code``).

Owns the codes, kept as their SHA-256: 67 random bits need no salt, and are worth nothing
after a day. An answer that was lost can be had again with the same code and key while the
code is valid; by then the token in it is another one, so that of two the later counts.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection, Row

from central.store.consoles import Console, expect_console, give_token, new_token
from central.store.references import lease_block
from models.enrolment_code import read_code
from models.errors import DomainError, Rejected
from models.tables.central import enrolment_codes

CODE_LASTS = timedelta(hours=24)
FIRST_REFERENCES = 200
"""Numbers that a console begins with: enough for a day without a network."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Who the console is from now on; ``token`` is told here and nowhere else. ``blocks``:
    first and last number of each block of references it may begin with.
    """

    console: Console
    token: str
    blocks: Sequence[tuple[int, int]]


def allow_enrolment(connection: Connection, name: str, *, code: str, at: datetime) -> Console:
    """Whoever says ``code`` within ``CODE_LASTS`` is the console of this name.

    A console that is known keeps its id, and its token until the code is used; codes that it
    was given before are worth nothing any more.
    """
    console = expect_console(connection, name, at=at)
    connection.execute(
        enrolment_codes.delete().where(enrolment_codes.c.console_id == console.console_id)
    )
    connection.execute(
        enrolment_codes.insert().values(
            code_sha256=_sha256(code),
            console_id=console.console_id,
            created_at=at,
            expires_at=at + CODE_LASTS,
        )
    )
    return console


def enrol(
    connection: Connection,
    code: str,
    key: str,
    *,
    at: datetime,
    token_lasts: timedelta | None = None,
) -> Enrolled:
    """The console of this code, with a new token each time and the same first references.

    Raises Rejected("enrolment_refused"), and does not say which, for a code that is unknown,
    has expired, or was used with another key.
    """
    row = _usable(connection, code, key, at=at)
    connection.execute(
        enrolment_codes.update()
        .where(enrolment_codes.c.code_sha256 == row.code_sha256)
        .values(key_sha256=_sha256(key), used_at=row.used_at or at)
    )
    token = new_token()
    expires_at = None if token_lasts is None else at + token_lasts
    console = give_token(connection, row.console_id, token=token, at=at, expires_at=expires_at)
    lease_key = f"enrolment:{row.code_sha256}"
    block = lease_block(connection, row.console_id, FIRST_REFERENCES, at=at, key=lease_key)
    return Enrolled(console, token, [block])


def _usable(connection: Connection, code: str, key: str, *, at: datetime) -> Row[Any]:
    try:
        digest = _sha256(read_code(code))
    except DomainError as error:
        raise Rejected("enrolment_refused") from error
    # Locked, so that of two that say the code at once the second finds it used.
    wanted = select(enrolment_codes).where(enrolment_codes.c.code_sha256 == digest)
    row = connection.execute(wanted.with_for_update()).first()
    if row is None or row.expires_at <= at or not _is_free(row, key):
        raise Rejected("enrolment_refused")
    return row


def _is_free(row: Row[Any], key: str) -> bool:
    return row.key_sha256 is None or hmac.compare_digest(row.key_sha256, _sha256(key))


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
