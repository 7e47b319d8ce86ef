"""``/metrics``: counts for Prometheus, for whoever watches the server."""

from __future__ import annotations

import hmac
from ipaddress import ip_address
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from central.auth import DatabaseOf, SettingsOf
from central.contract import problems, streamed
from central.database import HEAD, Database
from central.metrics import Metrics
from central.store.references import numbers_left
from models.errors import KioskError, Unavailable

router = APIRouter(tags=["health"])

TEXT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""Prometheus' text format."""
PROXIED = ("forwarded", "x-forwarded-for", "x-real-ip")

bearer = HTTPBearer(
    auto_error=False, scheme_name="MetricsToken", description="The token of who watches, if set."
)


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        **streamed("text/plain", "Prometheus' text format."),
        **problems("unauthorised", "defect_at_central"),
    },
)
def metrics(
    request: Request,
    database: DatabaseOf,
    settings: SettingsOf,
    token: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Response:
    """Counts since the start, without ids and names. With the metrics token, where one is
    set; otherwise to programs on this computer alone, and to nobody through a proxy.
    """
    if settings.metrics_token is None:
        is_allowed = _is_of_this_computer(request)
    else:
        said = token.credentials if token else ""
        is_allowed = hmac.compare_digest(said.encode(), settings.metrics_token.encode())
    if not is_allowed:
        raise Unavailable("unauthorised")
    counted: Metrics = request.app.state.metrics
    text = counted.text(schema=HEAD, references_left=_references_left(database))
    return Response(text, media_type=TEXT_TYPE)


def _is_of_this_computer(request: Request) -> bool:
    if request.client is None or any(name in request.headers for name in PROXIED):
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _references_left(database: Database) -> int | None:
    """None where the database does not answer: the counts are wanted most of all then."""
    try:
        with database.read() as connection:
            return numbers_left(connection)
    except KioskError:
        return None
