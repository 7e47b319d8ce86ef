"""How central answers when it does not do what was asked: RFC 9457, always, without a stack.

Owns the turning of errors into problems, and of what is large into bytes. What was sent is
never repeated and never logged: it is full of people.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from central.observed import PROBLEM
from models.errors import KioskError
from models.wire.fields import WireModel
from models.wire.problems import MEDIA_TYPE, PROBLEMS, problem

CODE_OF_STATUS = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}
FIELDS_MAX = 20
UNKNOWN_FIELD = "extra_forbidden"
"""pydantic's word for a field that the contract does not have."""


def install(app: FastAPI) -> None:
    """Every error we know becomes a problem; for the rest see ``central.guards``."""
    app.add_exception_handler(KioskError, _on_kiosk_error)
    app.add_exception_handler(RequestValidationError, _on_malformed)
    app.add_exception_handler(HTTPException, _on_http_error)


class Answer(Response):
    """What went well. Written as it is: FastAPI would look through it once more, and in a
    thread of its own.
    """

    media_type = "application/json"

    def __init__(self, answer: WireModel) -> None:
        super().__init__(answer.model_dump_json())


class ProblemResponse(Response):
    """An answer that notes its code in the ASGI scope, for ``central.observed``."""

    def __init__(
        self, code: str, *, fields: tuple[str, ...] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        found = problem(code, fields=fields)
        how = {"WWW-Authenticate": "Bearer"} if found.status == 401 else {}  # noqa: PLR2004
        super().__init__(
            found.model_dump_json(),
            status_code=found.status,
            media_type=MEDIA_TYPE,
            headers={**how, **(headers or {})},
        )
        self._code = code

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[PROBLEM] = self._code
        await super().__call__(scope, receive, send)


def spelled(page: WireModel, rows: str, told: Iterable[str]) -> Response:
    """``page`` with many ``rows``, each ``told`` as its JSON. To be called in the route's own
    thread: FastAPI would check all of it once more and spell it on the event loop. Row by row,
    because one call of pydantic keeps the loop out for as long as it lasts.
    """
    around = page.model_dump_json(exclude={rows})[1:-1]
    content = f'{{"{rows}":[{",".join(told)}]{"," if around else ""}{around}}}'
    return Response(content, media_type="application/json")


def error_response(error: KioskError) -> Response:
    """The problem of an error; of its facts, the names of fields and when to come back.

    Raises the error itself where its code is in no table: that is a defect.
    """
    if error.code not in PROBLEMS:
        raise error
    fields, wait = error.facts.get("fields"), error.facts.get("retry_after_seconds")
    return ProblemResponse(
        error.code,
        fields=fields if isinstance(fields, tuple) else (),
        headers={"Retry-After": str(wait)} if isinstance(wait, int) else None,
    )


async def _on_kiosk_error(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, KioskError)  # noqa: S101 - starlette hands over the class we named
    return error_response(error)


async def _on_malformed(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, RequestValidationError)  # noqa: S101 - see above
    found = error.errors()
    where = dict.fromkeys(".".join(_names(one)) for one in found)
    # Nothing wrong but what we do not know: it may come from a console that is newer.
    is_newer = all(one["type"] == UNKNOWN_FIELD for one in found)
    code = "field_unknown" if is_newer else "body_malformed"
    return ProblemResponse(code, fields=tuple(where)[:FIELDS_MAX])


def _names(found: Mapping[str, Any]) -> list[str]:
    """The way to a field. One that the contract does not know was named by the sender, with
    whatever words: the object it stands in is named instead.
    """
    way = [str(part) for part in found["loc"]]
    return way[:-1] if found["type"] == UNKNOWN_FIELD else way


async def _on_http_error(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, HTTPException)  # noqa: S101 - see above
    code = CODE_OF_STATUS.get(error.status_code, "body_malformed")
    return ProblemResponse(code, headers=error.headers)
