"""Whom a central knows, read back."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.engine import Connection

from central.store.customers import bodies_by_phone
from models.wire.customers import CustomerWire


def people_by_phone(connection: Connection, e164: str) -> Sequence[CustomerWire]:
    return [CustomerWire.model_validate_json(body) for body in bodies_by_phone(connection, e164)]
