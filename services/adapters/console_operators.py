"""The people who may sign in at this console, in its file.

Never a password: what is kept is an Argon2 hash that was made here, and only until the day
central named.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from models.tables.console import operators
from services.adapters.upserts import upsert
from services.ports import KnownOperator

ADD_OPERATOR = insert(operators)
PUT_OPERATOR = upsert(operators)
BY_NAME = select(operators).order_by(operators.c.name, operators.c.login)


class ConsoleOperators:
    """``services.ports.Operators``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def replace_all(self, operators_: Iterable[KnownOperator]) -> None:
        before = {one.operator_id: one for one in self.all()}
        rows = [_row(_with_verifier_of(before.get(one.operator_id), one)) for one in operators_]
        self._connection.execute(delete(operators))
        if rows:
            self._connection.execute(ADD_OPERATOR, rows)

    def all(self) -> Sequence[KnownOperator]:
        return tuple(_operator(row) for row in self._connection.execute(BY_NAME).mappings())

    def by_login(self, login: str) -> KnownOperator | None:
        found = self._connection.execute(select(operators).where(operators.c.login == login))
        row = found.mappings().first()
        return None if row is None else _operator(row)

    def keep_verifier(self, operator: KnownOperator) -> None:
        # A login may have gone from one person to another.
        taken = (operators.c.login == operator.login) & (
            operators.c.operator_id != operator.operator_id
        )
        self._connection.execute(delete(operators).where(taken))
        self._connection.execute(PUT_OPERATOR, _row(operator))


def _with_verifier_of(before: KnownOperator | None, now: KnownOperator) -> KnownOperator:
    if before is None or now.is_disabled:
        return replace(now, verifier=None, verifiable_until=None)
    return replace(now, verifier=before.verifier, verifiable_until=before.verifiable_until)


def _row(operator: KnownOperator) -> dict[str, Any]:
    return {**asdict(operator), "is_disabled": int(operator.is_disabled)}


def _operator(row: Any) -> KnownOperator:
    return KnownOperator(**{**row, "is_disabled": bool(row["is_disabled"])})
