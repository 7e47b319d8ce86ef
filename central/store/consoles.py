"""Which consoles may talk to central. A token is shown once and kept as its SHA-256."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import uuid6
from sqlalchemy import and_, or_, select
from sqlalchemy.engine import Connection, Row

from models.errors import DomainError
from models.tables.central import consoles, enrolment_codes


@dataclass(frozen=True, slots=True)
class Console:
    """A console that proved who it is. ``token_expires_at`` None: when it is revoked."""

    console_id: UUID
    name: str
    token_expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ConsoleRow:
    """A console as the administrator sees it: no secret. ``enrolled_at`` None: it was given a
    code and nobody has said it; ``code_expires_at``: of a code that was not used, or is None.
    """

    name: str
    created_at: datetime
    enrolled_at: datetime | None
    revoked_at: datetime | None
    token_expires_at: datetime | None
    code_expires_at: datetime | None


def new_token() -> str:
    """256 random bits in URL-safe letters; who holds it is the console."""
    return secrets.token_urlsafe(32)


def add_console(connection: Connection, name: str, *, token: str, at: datetime) -> Console:
    """Raises DomainError("console_name_taken")."""
    if connection.scalar(select(consoles.c.name).where(consoles.c.name == name)):
        raise DomainError("console_name_taken", name=name)
    return _add(connection, name, token, created_at=at, enrolled_at=at)


def expect_console(connection: Connection, name: str, *, at: datetime) -> Console:
    """The console of this name; a new one, which nobody is yet, where there is none."""
    known = connection.execute(select(consoles).where(consoles.c.name == name)).first()
    if known is not None:
        return _console(known)
    return _add(connection, name, new_token(), created_at=at, enrolled_at=None)


def _add(connection: Connection, name: str, token: str, **at: datetime | None) -> Console:
    console = Console(UUID(int=uuid6.uuid7().int), name)
    row = {"console_id": console.console_id, "name": name, "token_sha256": digest_of(token)}
    connection.execute(consoles.insert().values(row | at))
    return console


def ensure_console(connection: Connection, name: str, *, token: str, at: datetime) -> Console:
    """The console of this name, which from now on has this token for good. Idempotent."""
    known = connection.execute(select(consoles).where(consoles.c.name == name)).first()
    if known is None:
        return add_console(connection, name, token=token, at=at)
    return give_token(connection, known.console_id, token=token, at=at, expires_at=None)


def give_token(
    connection: Connection,
    console_id: UUID,
    *,
    token: str,
    at: datetime,
    expires_at: datetime | None,
) -> Console:
    """From now on this is the console's one token; the one before is worth nothing."""
    changed = (
        consoles.update()
        .where(consoles.c.console_id == console_id)
        .values(
            token_sha256=digest_of(token),
            enrolled_at=at,
            revoked_at=None,
            token_expires_at=expires_at,
        )
        .returning(consoles)
    )
    return _console(connection.execute(changed).one())


def find_console(connection: Connection, token: str) -> Console | None:
    """The console with this token, unless it was revoked; whether the token has expired is
    for the caller to see. Takes as long for a near miss.
    """
    digest = digest_of(token)
    row = connection.execute(
        select(consoles).where(consoles.c.token_sha256 == digest, consoles.c.revoked_at.is_(None))
    ).first()
    if row is None or not hmac.compare_digest(row.token_sha256, digest):
        return None
    return _console(row)


def console_once_known_by(connection: Connection, token: str) -> UUID | None:
    """Whose newest token this is, also where it was revoked or has expired: it opens nothing, and
    tells who somebody was.
    """
    digest = digest_of(token)
    row = connection.execute(select(consoles).where(consoles.c.token_sha256 == digest)).first()
    if row is None or not hmac.compare_digest(row.token_sha256, digest):
        return None
    found: UUID = row.console_id
    return found


def good_tokens(connection: Connection, *, at: datetime) -> frozenset[str]:
    """Digests of all tokens that are good at that moment."""
    table = consoles.c
    is_unexpired = or_(table.token_expires_at.is_(None), table.token_expires_at > at)
    wanted = select(table.token_sha256).where(table.revoked_at.is_(None), is_unexpired)
    return frozenset(connection.scalars(wanted))


def revoke_console(connection: Connection, name: str, *, at: datetime) -> None:
    """Its token and its enrolment codes are worth nothing any more. Its orders and references
    stay, and a new code brings it back. Idempotent: the first time stays noted.
    Raises DomainError("console_unknown").
    """
    known = connection.execute(select(consoles).where(consoles.c.name == name)).first()
    if known is None:
        raise DomainError("console_unknown", name=name)
    connection.execute(
        enrolment_codes.delete().where(enrolment_codes.c.console_id == known.console_id)
    )
    connection.execute(
        consoles.update()
        .where(consoles.c.console_id == known.console_id, consoles.c.revoked_at.is_(None))
        .values(revoked_at=at)
    )


def list_consoles(connection: Connection) -> Sequence[ConsoleRow]:
    """All there are, by name. When one was last seen is in the log: keeping it here would be
    a write a request.
    """
    is_unused_code_of_it = and_(
        enrolment_codes.c.console_id == consoles.c.console_id, enrolment_codes.c.used_at.is_(None)
    )
    wanted = select(
        consoles.c.name,
        consoles.c.created_at,
        consoles.c.enrolled_at,
        consoles.c.revoked_at,
        consoles.c.token_expires_at,
        enrolment_codes.c.expires_at.label("code_expires_at"),
    ).select_from(consoles.outerjoin(enrolment_codes, is_unused_code_of_it))
    rows = connection.execute(wanted.order_by(consoles.c.name))
    return [ConsoleRow(**row) for row in rows.mappings()]


def _console(row: Row[Any]) -> Console:
    return Console(row.console_id, row.name, row.token_expires_at)


def digest_of(token: str) -> str:
    """SHA-256 in hexadecimal: what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
