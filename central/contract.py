"""What the OpenAPI document says about answers that are not a success.

Owns that part of the description alone; the answers themselves come from
``central.answers``, the codes from ``models.wire.problems``.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from central.auth import is_guarded
from models.wire.problems import MEDIA_TYPE, PROBLEMS, Problem

UNGUARDED = ("central_busy", "defect_at_central")
"""What any route may say that needs the database."""
GUARDED = (*UNGUARDED, "token_expired", "unauthorised")
"""And one that needs a token."""
READS_A_BODY = ("body_malformed", "body_too_large", "field_unknown")
SEPARATOR = " | "
CONSOLE_TOKEN = "ConsoleToken"  # noqa: S105 - its name
BEARER = {"type": "http", "scheme": "bearer", "description": "The token of one console."}


def problems(*codes: str) -> dict[int | str, dict[str, Any]]:
    """``responses`` of a route that answers with these codes, by their status."""
    by_status: dict[int | str, list[str]] = {}
    for code in codes:
        by_status.setdefault(PROBLEMS[code][0], []).append(code)
    return {
        status: {"model": Problem, "description": SEPARATOR.join(sorted(told))}
        for status, told in sorted(by_status.items(), key=lambda found: str(found[0]))
    }


def streamed(media_type: str, description: str) -> dict[int | str, dict[str, Any]]:
    """``responses`` of a route whose answer comes piece by piece and has no model."""
    content = {media_type: {"schema": {"type": "string"}}}
    return {200: {"description": description, "content": content}}


def operation_id(route: APIRoute) -> str:
    """Stable as long as neither the tag nor the function of the route is renamed."""
    return f"{route.tags[0]}_{route.name}"


def describe(app: FastAPI) -> None:
    """Every problem is described as problem+json with the codes it may have, where FastAPI
    would say plain JSON; and what is guarded names the token, which no route reads.
    """
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = plain()
            schema["components"].setdefault("securitySchemes", {})[CONSOLE_TOKEN] = BEARER
            for path, operations in schema["paths"].items():
                for operation in operations.values():
                    _describe_problems(operation)
                    if is_guarded(path):
                        operation["security"] = [{CONSOLE_TOKEN: []}]
        assert app.openapi_schema is not None  # noqa: S101 - ``plain`` has just kept it
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way


def _describe_problems(operation: dict[str, Any]) -> None:
    for status, answer in operation["responses"].items():
        if status >= "4":
            answer["content"] = {MEDIA_TYPE: {"schema": _schema(answer)}}


def _schema(answer: dict[str, Any]) -> dict[str, Any]:
    codes = answer["description"].split(SEPARATOR)
    return {"$ref": "#/components/schemas/Problem", "properties": {"code": {"enum": codes}}}
