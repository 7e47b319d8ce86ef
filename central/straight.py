"""Routes on the way of every order, without what none of ours needs.

FastAPI solves a graph of dependencies anew for each request, reads a body into objects on the
event loop and checks those once more; for an order that is more than a quarter of what HTTP
costs. Here a function's parameters are looked at once, when the route is made: what is known of
the request is handed over as it is, and what was sent is read from its bytes in the function's
own thread. The contract stays FastAPI's own reading of the same function, and what is wrong is
told as FastAPI tells it.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Protocol, TypeVar, get_args, get_origin, get_type_hints

from fastapi import APIRouter, FastAPI, Request, params
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from central.answers import Answer
from central.contract import operation_id

MISSING = {"type": "missing", "msg": "Field required", "input": None}
"""pydantic's own words for what was not said."""
ORDER = ("path", "query", "body")
THREADS = 40
"""As many as Starlette has for all other routes."""

T = TypeVar("T")


def straight_router(tag: str) -> APIRouter:
    """For ``add``: whose routes are ``StraightRoute`` all."""
    return APIRouter(
        prefix="/v1",
        tags=[tag],
        route_class=StraightRoute,
        generate_unique_id_function=operation_id,
    )


def add(app: FastAPI, routers: Sequence[APIRouter]) -> None:
    """As routes of the application's own: those of a router that is included are asked for twice
    for each request. A request is compared with the first route of each before all others. They
    have threads of their own, which nobody else keeps waiting.
    """
    app.state.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="straight")
    by_place = zip_longest(*(router.routes for router in routers))
    app.router.routes.extend(route for place in by_place for route in place if route is not None)


class StraightRoute(APIRoute):
    """A route of a plain function whose parameters are a body of JSON (a model), parts of the
    path, of the query (``Query``) or of what the application knows (``Depends`` of an ``async``
    function of the request). It answers with a Response, or a model whose JSON is the answer.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        assert self.status_code is None, self.path  # noqa: S101 - an answer says its own
        call = self.endpoint
        given: dict[str, Callable[[Request], Awaitable[object]]] = {}
        readers: dict[str, Reader] = {}
        for name, parameter in _parameters(call).items():
            known = next((one for one in parameter.said if isinstance(one, params.Depends)), None)
            if known is not None and known.dependency is not None:
                given[name] = known.dependency
            else:
                readers[name] = _reader(name, parameter, is_in_path=f"{{{name}}}" in self.path)
        has_body = any(isinstance(reader, _Body) for reader in readers.values())
        # What is wrong is told in FastAPI's order.
        readers = dict(sorted(readers.items(), key=lambda named: ORDER.index(named[1].where[0])))

        def answer(request: Request, body: bytes, values: dict[str, object]) -> Response:
            said = call(**values, **_read(readers, request, body))
            return said if isinstance(said, Response) else Answer(said)

        async def handle(request: Request) -> Response:
            values = {name: await get(request) for name, get in given.items()}
            body = await _body_of(request) if has_body else b""
            return await in_thread(request.app, answer, request, body, values)

        self._answer = handle
        return handle

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Without what FastAPI keeps open around a function for dependencies that are closed."""
        assert self.methods is not None  # noqa: S101 - APIRoute's are GET at least
        if scope["method"] not in self.methods:
            raise HTTPException(405, headers={"Allow": ", ".join(sorted(self.methods))})
        response = await self._answer(Request(scope, receive, send))
        await response(scope, receive, send)


async def in_thread(app: FastAPI, work: Callable[..., T], *given: object) -> T:
    """As Starlette's ``run_in_threadpool``, at half its cost: what is logged says for which
    request.
    """
    threads: ThreadPoolExecutor = app.state.threads
    context = contextvars.copy_context()
    return await asyncio.get_running_loop().run_in_executor(threads, context.run, work, *given)


class Reader(Protocol):
    """Reads one parameter. Raises pydantic.ValidationError, or ``Missing``."""

    @property
    def where(self) -> tuple[str, ...]: ...
    def read(self, request: Request, body: bytes) -> object: ...


class Missing(Exception):
    """Nothing was said where something is needed."""


@dataclass(frozen=True, slots=True)
class _Parameter:
    """``hint`` as it is annotated, and what stands beside the type in it."""

    hint: Any
    default: Any

    @property
    def said(self) -> tuple[Any, ...]:
        return get_args(self.hint)[1:]


@dataclass(frozen=True, slots=True)
class _Body:
    model: type[BaseModel]
    where: tuple[str, ...] = ("body",)

    def read(self, request: Request, body: bytes) -> object:
        if not body or not _is_json(request.headers.get("content-type", "")):
            raise Missing
        return self.model.model_validate_json(body)


@dataclass(frozen=True, slots=True)
class _InPath:
    name: str
    kind: TypeAdapter[Any]

    @property
    def where(self) -> tuple[str, ...]:
        return ("path", self.name)

    def read(self, request: Request, body: bytes) -> object:
        del body
        return self.kind.validate_python(request.path_params[self.name])


@dataclass(frozen=True, slots=True)
class _InQuery:
    name: str
    kind: TypeAdapter[Any]
    is_many: bool
    default: Any

    @property
    def where(self) -> tuple[str, ...]:
        return ("query", self.name)

    def read(self, request: Request, body: bytes) -> object:
        del body
        said = request.query_params.getlist(self.name)
        if said:
            return self.kind.validate_python(said if self.is_many else said[-1])
        if self.default is inspect.Parameter.empty:
            raise Missing
        return self.default


def _parameters(call: Callable[..., Any]) -> Mapping[str, _Parameter]:
    hints = get_type_hints(call, include_extras=True)
    return {
        name: _Parameter(hints[name], parameter.default)
        for name, parameter in inspect.signature(call).parameters.items()
    }


def _reader(name: str, parameter: _Parameter, *, is_in_path: bool) -> Reader:
    """Raises TypeError for a parameter of another sort, when the route is made."""
    hint = parameter.hint
    if is_in_path:
        return _InPath(name, TypeAdapter(hint))
    if any(isinstance(one, params.Query) for one in parameter.said):
        is_many = get_origin(get_args(hint)[0]) is list
        return _InQuery(name, TypeAdapter(hint), is_many, parameter.default)
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return _Body(hint)
    raise TypeError(name)


async def _body_of(request: Request) -> bytes:
    try:
        return await request.body()
    except ClientDisconnect as error:  # there is nobody to tell, and it is no defect
        raise HTTPException(400) from error


def _read(readers: Mapping[str, Reader], request: Request, body: bytes) -> dict[str, object]:
    """Raises RequestValidationError with all that is wrong."""
    values: dict[str, object] = {}
    wrong: list[Any] = []
    for name, reader in readers.items():
        try:
            values[name] = reader.read(request, body)
        except (ValidationError, Missing) as error:
            wrong += _told(error, reader.where)
    if wrong:
        raise RequestValidationError(wrong)
    return values


def _told(error: ValidationError | Missing, where: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    if isinstance(error, Missing):
        yield MISSING | {"loc": where}
        return
    for one in error.errors(include_url=False, include_context=False, include_input=False):
        yield {**one, "loc": (*where, *one["loc"])}


def _is_json(media_type: str) -> bool:
    """RFC 6839, 3.1: what ends in ``+json`` is JSON too."""
    kind = media_type.partition(";")[0].strip().lower()
    return kind == "application/json" or (
        kind.startswith("application/") and kind.endswith("+json")
    )
