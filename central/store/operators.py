"""The people who sign in at consoles, and who of them has to wait after wrong passwords.

Owns their rows. A password comes here as its hash; verifying one takes long and happens
between two transactions, so each of them looks at the row anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

import uuid6
from sqlalchemy import Update, select
from sqlalchemy.engine import Connection, Row

from models.errors import DomainError, Rejected, Unavailable
from models.tables.central import operators
from models.wire.operators import OperatorWire


@dataclass(frozen=True, slots=True)
class LockRule:
    """So many wrong passwords in a row, and the operator has to wait so long."""

    failures_max: int
    seconds: int


def add_operator(
    connection: Connection, login: str, name: str, *, password_hash: str, at: datetime
) -> OperatorWire:
    """Raises DomainError("operator_login_taken"); capitals in a login do not matter."""
    if _row(connection, login) is not None:
        raise DomainError("operator_login_taken", login=login)
    added = operators.insert().values(
        operator_id=UUID(int=uuid6.uuid7().int),
        login=_plain(login),
        name=name,
        password_hash=password_hash,
        is_disabled=False,
        created_at=at,
        failures=0,
    )
    return _operator(connection.execute(added.returning(operators)).one())


def list_operators(connection: Connection) -> Sequence[OperatorWire]:
    """All there are, by login, the disabled ones too."""
    return [_operator(row) for row in connection.execute(select(operators).order_by("login"))]


def disable_operator(connection: Connection, login: str) -> None:
    """Cannot sign in any more; consoles forget them with the next exchange. Idempotent.
    Raises DomainError("operator_unknown").
    """
    _change(connection, login, is_disabled=True)


def enable_operator(connection: Connection, login: str) -> None:
    """Idempotent; whoever was locked out is let in. Raises DomainError("operator_unknown")."""
    _change(connection, login, is_disabled=False, failures=0, locked_until=None)


def set_password(connection: Connection, login: str, *, password_hash: str) -> None:
    """Raises DomainError("operator_unknown")."""
    _change(connection, login, password_hash=password_hash, failures=0, locked_until=None)


def kept_hash(connection: Connection, login: str, *, at: datetime) -> str | None:
    """What a password is to be verified against; None where nobody may sign in by this login.

    Raises Unavailable("too_many_requests") while the operator is locked out.
    """
    row = _row(connection, login)
    if row is None or row.is_disabled:
        return None
    _ensure_unlocked(row, at)
    kept: str = row.password_hash
    return kept


def note_success(
    connection: Connection, login: str, *, verified: str, renewed: str, at: datetime
) -> OperatorWire:
    """The password fitted the hash ``verified``, which is ``renewed`` from now on.

    Raises Rejected("sign_in_refused") where the operator was disabled or has another
    password by now, Unavailable("too_many_requests") where others failed too often meanwhile.
    """
    row = _row(connection, login, is_locked=True)
    if row is None or row.is_disabled or row.password_hash != verified:
        raise Rejected("sign_in_refused")
    _ensure_unlocked(row, at)
    if (row.failures, row.locked_until, row.password_hash) != (0, None, renewed):
        _change(connection, login, failures=0, locked_until=None, password_hash=renewed)
    return _operator(row)


def note_failure(connection: Connection, login: str, *, at: datetime, rule: LockRule) -> None:
    """One more wrong password; at the last one that the rule allows the wait begins."""
    row = _row(connection, login, is_locked=True)
    if row is None:
        return
    failures = row.failures + 1
    if failures < rule.failures_max:
        _change(connection, login, failures=failures)
    else:
        until = at + timedelta(seconds=rule.seconds)
        _change(connection, login, failures=0, locked_until=until)


def _ensure_unlocked(row: Row[Any], at: datetime) -> None:
    if row.locked_until is not None and row.locked_until > at:
        wait = ceil((row.locked_until - at).total_seconds())
        raise Unavailable("too_many_requests", retry_after_seconds=wait)


def _row(connection: Connection, login: str, *, is_locked: bool = False) -> Row[Any] | None:
    wanted = select(operators).where(operators.c.login == _plain(login))
    return connection.execute(wanted.with_for_update() if is_locked else wanted).first()


def _change(connection: Connection, login: str, **values: object) -> None:
    changed: Update = operators.update().where(operators.c.login == _plain(login))
    if connection.execute(changed.values(**values)).rowcount == 0:
        raise DomainError("operator_unknown", login=login)


def _operator(row: Row[Any]) -> OperatorWire:
    return OperatorWire(
        operator_id=row.operator_id, login=row.login, name=row.name, is_disabled=row.is_disabled
    )


def _plain(login: str) -> str:
    return login.strip().casefold()
