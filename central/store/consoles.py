"""Which consoles may talk to central. A token is shown once and kept as its SHA-256."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import uuid6
from sqlalchemy import select
from sqlalchemy.engine import Connection

from models.errors import DomainError
from models.tables.central import consoles


@dataclass(frozen=True, slots=True)
class Console:
    """A console that proved who it is."""

    console_id: UUID
    name: str


def new_token() -> str:
    """256 random bits in URL-safe letters; who holds it is the console."""
    return secrets.token_urlsafe(32)


def add_console(connection: Connection, name: str, *, token: str, at: datetime) -> Console:
    """Raises DomainError("console_name_taken")."""
    if connection.scalar(select(consoles.c.name).where(consoles.c.name == name)):
        raise DomainError("console_name_taken", name=name)
    console = Console(UUID(int=uuid6.uuid7().int), name)
    connection.execute(
        consoles.insert().values(
            console_id=console.console_id, name=name, token_sha256=_sha256(token), created_at=at
        )
    )
    return console


def ensure_console(connection: Connection, name: str, *, token: str, at: datetime) -> Console:
    """The console of this name, which from now on has this token. Idempotent."""
    known = connection.execute(select(consoles).where(consoles.c.name == name)).first()
    if known is None:
        return add_console(connection, name, token=token, at=at)
    connection.execute(
        consoles.update()
        .where(consoles.c.name == name)
        .values(token_sha256=_sha256(token), revoked_at=None)
    )
    return Console(known.console_id, name)


def find_console(connection: Connection, token: str) -> Console | None:
    """The console with this token, unless it was revoked. Takes as long for a near miss."""
    digest = _sha256(token)
    row = connection.execute(
        select(consoles).where(consoles.c.token_sha256 == digest, consoles.c.revoked_at.is_(None))
    ).first()
    if row is None or not hmac.compare_digest(row.token_sha256, digest):
        return None
    return Console(row.console_id, row.name)


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
