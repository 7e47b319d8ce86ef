"""The OpenAPI document is the contract: whoever changes it sees it in a diff."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from central.app import create_app
from central.settings import CentralSettings
from models.errors import Conflict, Rejected, Unavailable
from models.wire.problems import PROBLEMS, Problem, error_of, problem
from models.wording import error_sentence

GOLDEN = Path(__file__).with_name("openapi.json")
RENEW = "KIOSK_NEW_CONTRACT"

STATUS_OF = {
    Conflict: {409, 410},
    Rejected: {403, 404, 409, 413, 422},
    Unavailable: {401, 404, 405, 422, 429, 500, 503},
}
"""What an HTTP status may mean on the other side; a code narrows it down."""


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return create_app(CentralSettings(Path("nowhere.sqlite3"))).openapi()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_the_contract_is_the_one_that_is_kept(document: dict[str, Any]) -> None:
    """A change that is meant: run this test with KIOSK_NEW_CONTRACT=1 and look at the diff.
    Fields may be added, words may be added where the reader passes them over; what an older
    console sends has to stay right for ever.
    """
    text = json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    if os.environ.get(RENEW):
        GOLDEN.write_text(text, encoding="utf-8")
    assert json.loads(GOLDEN.read_text(encoding="utf-8")) == json.loads(text), (
        f"the contract changed; if that is meant: {RENEW}=1 pytest {Path(__file__).name}"
    )


def test_every_route_says_what_it_does_and_how_it_fails(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    ids = [operation["operationId"] for _, operation in operations(document)]
    assert len(ids) == len(set(ids))
    told: set[str] = set()
    for name, operation in operations(document):
        assert operation["description"].strip(), name
        assert operation["summary"], name
        for status, answer in operation["responses"].items():
            assert answer["description"], name
            if status >= "4":
                codes = _codes(answer)
                assert {PROBLEMS[code][0] for code in codes} == {int(status)}, name
                told |= codes
    assert told == set(PROBLEMS) - {"method_not_allowed"}


def _codes(answer: dict[str, Any]) -> set[str]:
    (media_type,) = answer["content"]
    assert media_type == "application/problem+json"
    schema = answer["content"][media_type]["schema"]
    assert schema["$ref"] == "#/components/schemas/Problem"
    return set(schema["properties"]["code"]["enum"])


def test_every_guarded_route_says_so(document: dict[str, Any]) -> None:
    open_routes = {"POST /v1/enrolments", "GET /healthz", "GET /readyz", "GET /metrics"}
    for name, operation in operations(document):
        if name in open_routes:
            assert {"ConsoleToken": []} not in operation.get("security", [])
            continue
        assert operation["security"] == [{"ConsoleToken": []}], name
        assert {"401", "500", "503"} <= set(operation["responses"]), name
        if "requestBody" in operation or operation.get("parameters"):
            assert "422" in operation["responses"], name
        if "requestBody" in operation:
            assert "413" in operation["responses"], name


def test_no_request_may_have_a_field_that_is_not_named(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        if "requestBody" in operation:
            (content,) = operation["requestBody"]["content"].values()
            model = content["schema"]["$ref"].rpartition("/")[2]
            assert document["components"]["schemas"][model]["additionalProperties"] is False, name


@pytest.mark.parametrize("code", PROBLEMS)
def test_a_code_has_one_status_one_error_and_one_sentence(code: str) -> None:
    """The one table of both sides: what central answers, what the console makes of it, and
    what the operator reads.
    """
    status, kind = PROBLEMS[code]
    said = problem(code)
    assert (said.status, said.code, said.type) == (status, code, f"urn:kiosk:problem:{code}")
    error = error_of(Problem.model_validate_json(said.model_dump_json()))
    assert (type(error), error.code) == (kind, code)
    assert status in STATUS_OF[kind]
    sentence = error_sentence(error)
    assert code not in sentence
    assert sentence.rstrip(" »").endswith((".", "!", "…"))  # it may end with words to say
