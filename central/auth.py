"""Who is asking: the bearer token of a console (RFC 6750)."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from central.database import Database
from central.settings import CentralSettings
from central.store.consoles import Console, find_console
from models.errors import Unavailable

bearer = HTTPBearer(auto_error=False, description="The token of one console.")


def get_database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


def get_settings(request: Request) -> CentralSettings:
    settings: CentralSettings = request.app.state.settings
    return settings


DatabaseOf = Annotated[Database, Depends(get_database)]
SettingsOf = Annotated[CentralSettings, Depends(get_settings)]


def get_console(
    database: DatabaseOf,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Console:
    """Raises Unavailable("unauthorised") without a token that is known and not revoked."""
    if credentials is not None:
        with database.read() as connection:
            console = find_console(connection, credentials.credentials)
        if console is not None:
            return console
    raise Unavailable("unauthorised")


ConsoleOf = Annotated[Console, Depends(get_console)]
