"""The whole contract tried with what nobody thought of: no 500, and every answer as it says.

Right and wrong requests are made from the OpenAPI document itself, so a new route is tried
as soon as it is there. One shop stands for all examples of a route: they meet its orders.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from argon2 import PasswordHasher
from contract.conftest import Served, Shop
from contract.shop import NOW, make_order
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS

from central.app import create_app
from central.passwords import Passwords
from central.settings import CentralSettings
from central.store.operators import add_operator
from models.wire.orders import order_to_wire

EXAMPLES = {"sqlite": 10, "postgresql": 4}
"""Of one route. Fewer of the second: what differs is how values are compared and kept."""
ENDLESS = "GET /v1/events/stream"

OF_EVERY_ANSWER = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
]
OF_WRONG_REQUESTS = [*OF_EVERY_ANSWER, "negative_data_rejection"]


def contract() -> dict[str, Any]:
    """Without its security: every request here comes from a console that may ask. Those that
    may not have a table of their own, ``test_central_authorisation``.
    """
    document = create_app(CentralSettings(Path("nowhere.sqlite3"))).openapi()
    for methods in document["paths"].values():
        for operation in methods.values():
            operation.pop("security", None)
    return document


SCHEMA = schemathesis.openapi.from_dict(contract())
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations()}

TRIED = {
    kind: settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],  # a failure is told as it is: shrinking takes long
        suppress_health_check=list(HealthCheck),
    )
    for kind, examples in EXAMPLES.items()
}


@pytest.fixture
def asked(shop: Shop, served: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Asks a shop where something is going on, as one of its consoles."""
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setitem(served.app.state._state, "passwords", Passwords(hasher))
    shop.fill()
    order = make_order(10_000_000, codes=["Noel5"])
    with shop.client() as client:
        client.post("/v1/reference-blocks", json={"count": 2})
        client.put(f"/v1/orders/{order.order_id}", content=order_to_wire(order))
    with shop.database.write() as connection:
        kept = hasher.hash("trois petits chats")
        add_operator(connection, "odile", "Odile MARTIN", password_hash=kept, at=NOW)
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {shop.token()}"

        def ask(case: Case, checks: list[str]) -> None:
            wanted = case.as_transport_kwargs(base_url=shop.url)
            with session.request(**wanted, stream=True, timeout=10) as answer:
                if case.operation.label == ENDLESS and answer.status_code == 200:
                    assert answer.headers["content-type"].startswith("text/event-stream")
                    assert next(answer.iter_lines()).startswith(b":")
                    return
                case.validate_response(answer, checks=CHECKS.get_by_names(checks))

        yield ask


@pytest.mark.parametrize("label", OPERATIONS)
def test_a_right_request_is_answered_as_the_contract_says(
    label: str, kind: str, asked: Any
) -> None:
    @TRIED[kind]
    @given(OPERATIONS[label].as_strategy())
    def ask(case: Case) -> None:
        asked(case, OF_EVERY_ANSWER)

    ask()


def _can_be_wrong(label: str) -> bool:
    """A route without a parameter and without a body cannot be asked wrongly."""
    definition = OPERATIONS[label].definition.raw
    return "requestBody" in definition or bool(definition.get("parameters"))


@pytest.mark.parametrize("label", list(filter(_can_be_wrong, OPERATIONS)))
def test_a_wrong_request_is_refused_as_the_contract_says(label: str, kind: str, asked: Any) -> None:
    @TRIED[kind]
    @given(OPERATIONS[label].as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def ask(case: Case) -> None:
        asked(case, OF_WRONG_REQUESTS)

    ask()
