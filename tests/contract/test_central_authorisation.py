"""Every route there is, asked by everybody who may not: what they hear, and that nothing happens.

The routes are those of the application itself, so that a new one is in the table or fails it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from contract.conftest import Served, Shop
from contract.shop import CUSTOMER, NOW, make_order
from fastapi.routing import iter_route_contexts
from sqlalchemy import select

from central.app import create_app
from central.settings import CentralSettings
from models.tables import central as tables
from models.wire.customers import CustomerWire
from models.wire.orders import order_to_wire

OPEN = {
    ("GET", "/openapi.json"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),  # to this computer; see test_central_observed
    ("POST", "/v1/enrolments"),
}
"""Asked by whoever has no token. Whatever else there is needs one."""

OF_ANOTHER = {
    ("PUT", "/v1/orders/{order_id}"): (409, "order_conflict"),
    ("PUT", "/v1/orders/{order_id}/revisions/{revision}"): (404, "order_unknown"),
    ("PUT", "/v1/orders/{order_id}/cancellation"): (404, "order_unknown"),
    ("GET", "/v1/orders/{order_id}"): (404, "not_found"),
    ("GET", "/v1/orders/{order_id}/payment-requests"): (404, "order_unknown"),
}
"""What a console hears about an order that another one sent: as if there were none."""


def routes() -> Iterator[tuple[str, str]]:
    app = create_app(CentralSettings(Path("nowhere.sqlite3")))
    for found in iter_route_contexts(app.routes):
        for method in found.methods or ():
            if method != "HEAD":
                yield method, found.path or ""


ROUTES = sorted(set(routes()))
GUARDED = [route for route in ROUTES if route not in OPEN]


def test_there_are_routes_to_ask_and_each_is_open_or_guarded() -> None:
    assert set(ROUTES) >= OPEN
    assert len(GUARDED) >= 19
    assert all(path.startswith("/v1/") for _, path in GUARDED)
    assert {route for route in ROUTES if "{order_id}" in route[1]} == set(OF_ANOTHER)


def filled(path: str, order_id: UUID) -> str:
    return path.format(order_id=order_id, revision=2, customer_id=CUSTOMER.customer_id)


def body(path: str, order_id: UUID) -> str:
    """One that would be taken, from a console that may."""
    order = make_order(10_000_000, order_id=order_id)
    if path.endswith("/cancellation"):
        return json.dumps({"cancelled_at": NOW.isoformat()})
    if path.endswith("/revisions/{revision}"):
        return order_to_wire(replace(order, revision=2, revised_at=NOW))
    if path.startswith("/v1/orders"):
        return order_to_wire(order)
    if path.startswith("/v1/customers"):
        return CustomerWire.model_validate(CUSTOMER).canonical()
    others: dict[str, dict[str, object]] = {
        "/v1/sign-ins": {"login": "odile", "password": "trois petits chats"},
        "/v1/reference-blocks/of-former-console": {"token": "t" * 43},
    }
    return json.dumps(others.get(path, {"count": 1}))


def everything(shop: Shop) -> dict[str, list[Any]]:
    with shop.database.read() as connection:
        return {
            table.name: sorted(map(str, connection.execute(select(table))))
            for table in tables.metadata.sorted_tables
        }


def stranger(shop: Shop, who: str) -> list[str | bytes | None]:
    """Authorization headers of somebody who may not ask."""
    token = shop.token(who)
    changed: dict[str, object] = {}
    if who == "revoked":
        changed = {"revoked_at": NOW}
    elif who == "expired":
        changed = {"token_expires_at": NOW}
    if changed:
        with shop.database.write() as connection:
            table = tables.consoles
            connection.execute(table.update().where(table.c.name == who).values(**changed))
        return [f"Bearer {token}"]
    if who == "nobody":
        return [None]
    return [
        "",
        "Bearer",
        f"Bearer {token}x",
        f"Bearer {token[:-1]}",
        f"Basic {token}",
        token,
        "Bearer é".encode("latin-1"),
        b"Bearer \xff",
    ]


@pytest.mark.parametrize(
    "who,code",
    [
        ("nobody", "unauthorised"),
        ("malformed", "unauthorised"),
        ("revoked", "unauthorised"),
        ("expired", "token_expired"),
    ],
)
def test_whoever_has_no_good_token_hears_nothing_and_changes_nothing(
    shop: Shop, who: str, code: str
) -> None:
    shop.fill()
    headers = stranger(shop, who)
    before = everything(shop)
    with httpx.Client(base_url=shop.url, trust_env=False) as client:
        for method, path in GUARDED:
            order_id = uuid4()
            for said in headers:
                for content in (body(path, order_id), "{", "x" * 100_000):
                    answer = client.request(
                        method,
                        filled(path, order_id),
                        content=content,
                        headers={} if said is None else {b"Authorization": said},
                    )
                    assert (answer.status_code, answer.json()["code"]) == (401, code), path
                    assert answer.headers["content-type"] == "application/problem+json"
                    assert answer.headers["www-authenticate"] == "Bearer"
                    assert answer.json()["fields"] == []
    assert everything(shop) == before


@pytest.mark.parametrize("route", OF_ANOTHER, ids=" ".join)
def test_an_order_of_another_console_is_none_and_stays_as_it_is(
    shop: Shop, route: tuple[str, str]
) -> None:
    shop.fill()
    method, path = route
    order = make_order(10_000_000)
    with shop.client("comptoir") as theirs:
        theirs.post("/v1/reference-blocks", json={"count": 2})
        sent = theirs.put(f"/v1/orders/{order.order_id}", content=order_to_wire(order))
        assert sent.status_code == 200
    with shop.client("bureau") as client:
        before = everything(shop)
        content = None if method == "GET" else body(path, order.order_id)
        answer = client.request(method, filled(path, order.order_id), content=content)
    assert (answer.status_code, answer.json()["code"]) == OF_ANOTHER[route]
    assert everything(shop) == before
    assert "DUVAL" not in answer.text


def test_what_one_console_lists_is_its_own(shop: Shop) -> None:
    shop.fill()
    order = make_order(10_000_000)
    with shop.client("comptoir") as theirs, shop.client("bureau") as client:
        theirs.post("/v1/reference-blocks", json={"count": 2})
        theirs.put(f"/v1/orders/{order.order_id}", content=order_to_wire(order))
        assert len(theirs.get("/v1/orders").json()["orders"]) == 1
        assert client.get("/v1/orders").json()["orders"] == []
        mine, other = (found.get("/v1/events?cursor=0").json() for found in (theirs, client))
    kinds = {event["kind"] for event in other["events"]}
    assert str(order.order_id) in json.dumps(mine)
    assert str(order.order_id) not in json.dumps(other)
    assert not kinds & {"order_state", "payment"}


def test_a_revoked_token_dies_within_the_time_a_worker_believes_it(
    shop: Shop, served: Served
) -> None:
    """At once where it believes nothing, and never later than it says."""
    settings = served.app.state.settings
    assert settings.token_cache_seconds <= 2
    with shop.client() as client:
        assert client.get("/v1/vouchers").status_code == 200
        with shop.database.write() as connection:
            connection.execute(tables.consoles.update().values(revoked_at=NOW))
        served.app.state.settings = replace(settings, token_cache_seconds=0)
        assert client.get("/v1/vouchers").status_code == 401


def test_a_token_that_expires_while_it_is_believed_is_refused(shop: Shop, served: Served) -> None:
    served.app.state.settings = replace(served.app.state.settings, token_cache_seconds=1_000)
    with shop.client() as client:
        with shop.database.write() as connection:
            end = NOW + timedelta(seconds=1)
            connection.execute(tables.consoles.update().values(token_expires_at=end))
        assert client.get("/v1/vouchers").status_code == 200
        shop.clock.at = end
        answer = client.get("/v1/vouchers")
    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")
