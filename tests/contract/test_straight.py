"""Routes that are straight answer as FastAPI's own do: the same function, asked in both ways."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi.responses import PlainTextResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.types import Message, Receive, Scope, Send

from central.answers import install
from central.guards import LastResort
from central.straight import StraightRoute, add, straight_router
from models.wire.fields import WireModel

ID = "00000000-0000-7000-8000-000000000001"
JSON = {"content-type": "application/json"}


class Line(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sku: Annotated[str, Field(min_length=1, max_length=5)]
    quantity: Annotated[int, Field(strict=True, ge=1)]


class Said(WireModel):
    order_id: UUID
    lines: tuple[Line, ...]
    note: str = ""


async def get_shop(request: Request) -> str:
    return str(request.app.state.shop)


def put(
    order_id: UUID,
    said: Said,
    shop: Annotated[str, Depends(get_shop)],
    cursor: Annotated[int, Query(ge=0, le=9)] = 3,
) -> Said:
    return said.model_copy(update={"order_id": order_id, "note": f"{said.note} {shop} {cursor}"})


def look(
    phone: Annotated[str, Query(pattern=r"^\+[0-9]+$")],
    ids: Annotated[list[UUID], Query(min_length=1, max_length=2)],
) -> Response:
    return PlainTextResponse(f"{phone} {ids}")


def app_of(router: APIRouter, *, is_straight: bool) -> FastAPI:
    router.put("/orders/{order_id}")(put)
    router.get("/look", response_model=None)(look)
    app = FastAPI()
    app.state.shop = "boutique"
    install(app)
    if is_straight:
        add(app, [router])
    else:
        app.include_router(router)
    return app


STRAIGHT = app_of(straight_router("orders"), is_straight=True)
PLAIN = app_of(APIRouter(prefix="/v1"), is_straight=False)


async def asked(app: FastAPI, method: str, where: str, **how: Any) -> httpx.Response:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://central") as client:
        return await client.request(method, f"/v1/{where}", **how)


GOOD = b'{"order_id": "%s", "lines": [{"sku": "A", "quantity": 2}]}' % ID.encode()
BODIES = (
    GOOD,
    GOOD.replace(b'"A"', '"é€😀"'.encode()),
    GOOD.replace(b'"A"', rb'"\ud83d\ude00"'),
    GOOD.replace(b"2}", b"2.0}"),
    GOOD.replace(b"2}", b'"2"}'),
    GOOD.replace(b"2}", b"true}"),
    GOOD.replace(b"2}", b"NaN}"),
    GOOD.replace(b"2}", b"1e400}"),
    GOOD.replace(b"2}", b"9" * 400 + b"}"),
    GOOD.replace(b"2}", b'2, "more": 1}'),
    GOOD.replace(b"2}", b'0}, {"sku": "", "quantity": 1}'),
    GOOD.replace(b'"lines"', b'"linez"'),
    GOOD.replace(b'"lines"', b'"lines": [], "lines"'),
    b"",
    b"null",
    b"[]",
    b'"text"',
    b"{}",
)
NO_JSON = (
    GOOD.replace(b'"A"', rb'"\ud800"'),  # half of a pair is no letter
    GOOD.replace(b'"A"', b'"\x00"'),
    GOOD.replace(b'"A"', b'"\xff"'),
    GOOD.replace(b"2}", b"2, "),
    GOOD + b" x",
    b" ",
    b"[" * 5_000 + b"]" * 5_000,
    b'{"a":' * 5_000,
)
TYPES = (
    JSON,
    {"content-type": "application/json; charset=utf-8"},
    {"content-type": "APPLICATION/JSON"},
    {"content-type": "application/vnd.kiosk+json"},
    {"content-type": "text/plain"},
    {"content-type": "text/json"},
    {"content-type": "application/x-www-form-urlencoded"},
    {"content-type": ";"},
    {},
)


async def assert_same(method: str, where: str, **how: Any) -> None:
    here = await asked(STRAIGHT, method, where, **how)
    there = await asked(PLAIN, method, where, **how)
    assert (here.status_code, here.json()) == (there.status_code, there.json())
    assert here.headers["content-type"] == there.headers["content-type"]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:60]))
async def test_a_body_is_read_as_fastapi_reads_it(body: bytes) -> None:
    await assert_same("PUT", f"orders/{ID}", content=body, headers=JSON)


@pytest.mark.parametrize("body", NO_JSON, ids=lambda body: repr(body[:60]))
async def test_what_is_no_json_is_told_of_the_body(body: bytes) -> None:
    """FastAPI names a number for where, as if it were a field."""
    where = f"orders/{ID}"
    here, there = [
        (await asked(app, "PUT", where, content=body, headers=JSON)) for app in (STRAIGHT, PLAIN)
    ]
    assert (here.status_code, here.json()["code"]) == (422, "body_malformed")
    assert (there.status_code, there.json()["code"]) == (422, "body_malformed")
    assert here.json()["fields"] == ["body"]


@pytest.mark.parametrize("body", [GOOD, b""])
@pytest.mark.parametrize("kind", TYPES)
async def test_it_is_json_by_what_it_is_called(kind: dict[str, str], body: bytes) -> None:
    await assert_same("PUT", f"orders/{ID}", content=body, headers=kind)


@pytest.mark.parametrize(
    "where",
    [
        f"orders/{ID}?cursor=9",
        f"orders/{ID}?cursor=10",
        f"orders/{ID}?cursor=",
        f"orders/{ID}?cursor=1&cursor=x",
        f"orders/{ID}?cursor=x&cursor=1",
        f"orders/{ID.upper()}",
        "orders/none?cursor=-1",
        "orders/%00",
    ],
)
@pytest.mark.parametrize("body", [GOOD, b"{}"])
async def test_all_that_is_wrong_is_told_at_once(where: str, body: bytes) -> None:
    await assert_same("PUT", where, content=body, headers=JSON)


@pytest.mark.parametrize(
    "query",
    ["", "phone=%2B331", "phone=331&ids=x", "phone=%2B331" + f"&ids={ID}" * 3, f"ids={ID}"],
)
async def test_a_query_is_read_as_fastapi_reads_it(query: str) -> None:
    await assert_same("GET", f"look?{query}")


async def test_what_is_right_is_answered() -> None:
    query = f"look?phone=%2B331&ids={ID}&ids={ID}"
    found = [(await asked(app, "GET", query)).text for app in (STRAIGHT, PLAIN)]
    assert found == [f"+331 {[UUID(ID)] * 2}"] * 2
    said = (await asked(STRAIGHT, "PUT", f"orders/{ID}", content=GOOD, headers=JSON)).json()
    assert (said["order_id"], said["note"]) == (ID, " boutique 3")


@pytest.mark.parametrize("method", ["POST", "DELETE", "HEAD", "OPTIONS", "PATCH"])
async def test_another_method_is_405(method: str) -> None:
    for app in (STRAIGHT, PLAIN):
        answer = await asked(app, method, f"orders/{ID}")
        assert (answer.status_code, answer.headers["allow"]) == (405, "PUT")


def test_what_no_route_can_read_is_found_when_it_is_made() -> None:
    def odd(request: Request) -> None: ...

    with pytest.raises(TypeError):
        StraightRoute("/odd", odd)


async def test_a_line_that_is_cut_in_a_body_is_no_defect(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = LastResort(STRAIGHT)
    scope: Scope = {
        "type": "http",
        "method": "PUT",
        "path": f"/v1/orders/{ID}",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }
    pieces: list[Message] = [
        {"type": "http.request", "body": GOOD[:9], "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[Message] = []
    receive: Receive = lambda: _next(pieces)  # noqa: E731 - shorter than a function

    async def send(message: Message) -> None:
        sent.append(message)

    told: Send = send
    await app(scope, receive, told)
    assert sent[0]["status"] == 422
    assert "defect" not in caplog.text


async def _next(pieces: list[Message]) -> Message:
    return pieces.pop(0)
