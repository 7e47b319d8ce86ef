"""The spelling of the contract: one form, byte for byte, and nothing in it that is unknown."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path
from uuid import UUID

import pytest
from contract.shop import CUSTOMER, make_order
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from central.settings import CentralSettings
from models.cart import LINES_MAX
from models.customer import Address, Customer, Dwelling
from models.errors import Conflict, DomainError, Rejected, Unavailable
from models.order import Order
from models.pricing import CodeOutcome
from models.wire.catalogue import ArticleWire, PrinterWire
from models.wire.customers import CustomerWire
from models.wire.orders import (
    ORDER_BYTES_MAX,
    OrderIn,
    VerdictOut,
    cancellation_to_wire,
    order_from_wire,
    order_to_wire,
)
from models.wire.problems import PROBLEMS, Problem, error_of, problem
from models.wire.references import BlockOut
from models.wire.vouchers import VoucherWire
from models.wording import error_sentence

ORDER = make_order(
    10_000_000, codes=["Noel5"], order_id=UUID("01930000-0000-7000-8000-000000000001")
)


def _named(last_name: str) -> Customer:
    return replace(CUSTOMER, name=replace(CUSTOMER.name, last_name=last_name))


def _coded(code: str) -> tuple[CodeOutcome, ...]:
    return (replace(ORDER.quote.codes[0], code=code),)


def test_the_body_is_canonical() -> None:
    body = order_to_wire(ORDER)
    assert body == json.dumps(
        json.loads(body), sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )
    assert order_from_wire(body).canonical() == body


def test_the_body_says_what_was_said() -> None:
    body = json.loads(order_to_wire(ORDER))
    assert body["reference"] == "100000006"
    assert body["placed_at"] == "2026-11-23T10:42:00Z"
    assert body["ordered_on"] == "2026-11-23"
    assert [
        (line["sku"], line["quantity"], line["unit_price_cents"]) for line in body["lines"]
    ] == [
        ("LC970BK", 1, 2290),
        ("LC970C", 2, 1290),
    ]
    assert body["codes"][0]["code"] == "Noel5"
    assert body["amounts"]["total_cents"] == 4370
    assert body["payment_method"] == "cheque"
    assert body["promise"]["dispatch_by"] == ORDER.promise.dispatch_by.isoformat()
    assert body["delivery"]["instructions"] == "code 12B4"
    assert "draft_id" not in body


def test_the_same_moment_in_another_zone_is_the_same_body() -> None:
    elsewhere = ORDER.placed_at.astimezone(timezone(timedelta(hours=9)))
    assert order_to_wire(replace(ORDER, placed_at=elsewhere)) == order_to_wire(ORDER)


def _with(path: str, value: object) -> dict[str, object]:
    body = json.loads(order_to_wire(ORDER))
    *way, last = path.split(".")
    inside = body
    for step in way:
        inside = inside[int(step)] if step.isdigit() else inside[step]
    inside[last] = value
    return body


@pytest.mark.parametrize(
    "path,value",
    [
        ("surprise", 1),
        ("customer.surprise", 1),
        ("lines.0.surprise", 1),
        ("amounts.total_cents", 43.7),
        ("amounts.total_cents", "4370"),
        ("amounts.total_cents", True),
        ("amounts.total_cents", -1),
        ("lines.0.quantity", 0),
        ("lines.0.quantity", 100),
        ("lines", []),
        ("placed_at", 1_763_894_520),
        ("placed_at", "2026-11-23T10:42:00"),
        ("placed_at", "0001-01-01T00:00:00+14:00"),
        ("placed_at", "9999-12-31T23:59:59-12:00"),
        ("ordered_on", 20_000),
        ("ordered_on", "9999-12-31"),
        ("reference", "10000000"),
        ("reference", "١٢٣٤٥٦٧٨٩"),
        ("payment_method", "cash"),
        ("delivery.instructions", "a\x00b"),
        ("delivery.instructions", "\ud800"),
        ("customer.phones", []),
    ],
)
def test_central_refuses_what_the_contract_does_not_know(path: str, value: object) -> None:
    with pytest.raises(ValidationError) as refused:
        OrderIn.model_validate(_with(path, value))
    assert "DUVAL" not in str(refused.value)
    assert "+33199001234" not in str(refused.value)


def test_the_console_ignores_what_a_newer_central_adds() -> None:
    told = {
        "order_id": str(ORDER.order_id),
        "reference": "100000006",
        "outcome": "accepted",
        "differences": [{"code": "new_kind", "said": "1", "central": "2", "weight": 3}],
        "received_at": "2026-11-23T10:42:00Z",
        "mood": "good",
    }
    verdict = VerdictOut.read_answer(json.dumps(told))
    assert verdict.differences[0].code == "new_kind"


def test_a_block_that_ends_before_it_begins_is_none() -> None:
    with pytest.raises(ValidationError):
        BlockOut.read_answer('{"first": 10000099, "last": 10000000}')


def test_an_order_with_no_room_in_the_contract_is_named_to_the_operator() -> None:
    too_long = replace(ORDER, delivery=replace(ORDER.delivery, instructions="x" * 2_001))
    with pytest.raises(DomainError) as refused:
        order_to_wire(too_long)
    assert refused.value.code == "order_not_sendable"
    assert refused.value.facts == {"field": "instructions"}


CARD = "4970 1012 3456 7893"


@pytest.mark.parametrize(
    "field,said",
    [
        ("last_name", replace(ORDER, customer=_named(f"DUVAL {CARD}"))),
        ("instructions", replace(ORDER, delivery=replace(ORDER.delivery, instructions=CARD))),
        ("code", replace(ORDER, quote=replace(ORDER.quote, codes=_coded(CARD)))),
    ],
)
def test_no_card_number_leaves_a_console(field: str, said: Order) -> None:
    with pytest.raises(DomainError) as refused:
        order_to_wire(said)
    assert refused.value.code == "card_number_refused"
    assert refused.value.facts == {"field": field}
    assert CARD not in str(refused.value)


def test_no_card_number_leaves_with_a_reason() -> None:
    with pytest.raises(DomainError) as refused:
        cancellation_to_wire(ORDER.placed_at, CARD, None)
    assert refused.value.facts == {"field": "reason"}


def test_what_the_shop_calls_its_articles_keeps_no_order_back() -> None:
    line = replace(ORDER.quote.lines[0], label=CARD, sku=CARD.replace(" ", ""))
    quote = replace(ORDER.quote, lines=(line, *ORDER.quote.lines[1:]))
    assert CARD in order_to_wire(replace(ORDER, quote=quote))


def order_of(size: int) -> Order:
    """One whose body has that many bytes, by labels that no shop has."""
    line = ORDER.quote.lines[0]

    def labelled(labels: list[str]) -> Order:
        lines = tuple(replace(line, label=label) for label in labels)
        return replace(ORDER, quote=replace(ORDER.quote, lines=lines))

    room = size - len(order_to_wire(labelled([""] * LINES_MAX)).encode())
    each, rest = divmod(room, LINES_MAX)
    return labelled([_label(each + rest)] + [_label(each)] * (LINES_MAX - 1))


def _label(size: int) -> str:
    return "🖨" * (size // 4) + "e" * (size % 4)


def test_an_order_is_as_long_as_central_takes_and_no_longer() -> None:
    assert CentralSettings(Path()).body_max_bytes == ORDER_BYTES_MAX
    body = order_to_wire(order_of(ORDER_BYTES_MAX))
    assert len(body.encode()) == ORDER_BYTES_MAX
    with pytest.raises(DomainError) as refused:
        order_to_wire(order_of(ORDER_BYTES_MAX + 1))
    assert refused.value.code == "order_too_long"
    assert refused.value.facts == {"size": ORDER_BYTES_MAX + 1, "maximum": ORDER_BYTES_MAX}
    assert "partagez-la en deux" in error_sentence(refused.value)


@given(
    street=st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60
    ),
    printers=st.lists(st.from_regex(r"[a-z0-9-]{1,20}", fullmatch=True), max_size=3),
    email=st.none() | st.just("odette@example.org"),
)
def test_a_customer_comes_back_as_they_went(
    street: str, printers: list[str], email: str | None
) -> None:
    sent = replace(
        CUSTOMER,
        billing=Address(street, "51100", "REIMS", Dwelling.HOUSE),
        printers=tuple(printers),
        email=email,
    )
    wire = CustomerWire.model_validate(sent).canonical()
    assert CustomerWire.read_answer(wire).to_domain() == sent


def test_catalogue_and_codes_come_back_as_they_went() -> None:
    from contract.shop import ARTICLES, PRINTERS, VOUCHERS  # noqa: PLC0415 - a table of three

    for kind, values in (
        (PrinterWire, PRINTERS),
        (ArticleWire, ARTICLES),
        (VoucherWire, VOUCHERS),
    ):
        for value in values:
            wire = kind.model_validate(value).canonical()
            assert kind.read_answer(wire).to_domain() == value


@pytest.mark.parametrize("code", PROBLEMS)
def test_every_problem_means_one_error_on_the_other_side(code: str) -> None:
    said = problem(code, fields=("reference",))
    heard = Problem.model_validate_json(said.model_dump_json())
    error = error_of(heard)
    status, kind = PROBLEMS[code]
    assert (said.status, type(error), error.code) == (status, kind, code)
    assert error.facts == {"fields": ("reference",)}


@pytest.mark.parametrize(
    "status,kind",
    [
        (400, Rejected),
        (404, Unavailable),
        (409, Conflict),
        (422, Rejected),
        (429, Unavailable),
        (500, Unavailable),
        (503, Unavailable),
    ],
)
def test_an_unknown_problem_goes_by_its_status(status: int, kind: type[Exception]) -> None:
    heard = Problem(type="urn:x", title="x", status=status, code="from_the_future")
    assert type(error_of(heard)) is kind
