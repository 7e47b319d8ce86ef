"""Values as JSON in the console's file, and back.

A file may have been written by an older or a newer program: fields that are unknown are
passed over, missing ones take their default, and a part of a draft that is no longer
understood is left out rather than the whole call lost. Orders and vouchers are money:
what cannot be read of them is an error.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from models.customer import Customer
from models.draft import Draft
from models.errors import Unavailable
from models.order import Order
from models.vouchers import Voucher

REPAIRS_MAX = 50


ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}
"""Made once each, on first use: making one costs milliseconds."""


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    if kind not in ADAPTERS:
        ADAPTERS[kind] = TypeAdapter(kind)
    return ADAPTERS[kind]


@cache
def make_ready() -> None:
    """Make all of them now, some 10 ms: to be called before others wait for the file."""
    for kind in (Draft, Order, Customer, Voucher):
        _adapter(kind)


def dump(value: Draft | Order | Customer | Voucher) -> str:
    return _adapter(type(value)).dump_json(value).decode()


def dump_facts(facts: Mapping[str, object]) -> str:
    """Facts of an event: text, numbers, lists; anything else as its text."""
    return json.dumps(facts, ensure_ascii=False, default=str)


def load_facts(body: str) -> Mapping[str, object]:
    facts: Mapping[str, object] = json.loads(body)
    return facts


def load_order(body: str) -> Order:
    order: Order = _strictly(Order, body)
    return order


def load_customer(body: str) -> Customer:
    customer: Customer = _strictly(Customer, body)
    return customer


def load_voucher(body: str) -> Voucher:
    voucher: Voucher = _strictly(Voucher, body)
    return voucher


def _strictly(kind: type[Any], body: str) -> Any:
    try:
        return _adapter(kind).validate_json(body)
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        # Without its cause: that one quotes people's names.
        raise Unavailable("stored_form_unknown", kind=kind.__name__.lower(), field=where) from None


def load_draft(body: str) -> Draft:
    """As much of the draft as is understood. Raises Unavailable("stored_form_unknown")."""
    for _ in range(REPAIRS_MAX):
        try:
            draft: Draft = _adapter(Draft).validate_json(body)
        except ValidationError as error:
            body = _without(body, error.errors()[0]["loc"])
        else:
            return draft
    raise Unavailable("stored_form_unknown", kind="draft")


def _without(body: str, where: tuple[int | str, ...]) -> str:
    """The JSON without the part at ``where``, or without what should have held it."""
    data = json.loads(body)
    for depth in range(len(where), 0, -1):
        if _deleted(data, where[:depth]):
            return json.dumps(data)
    raise Unavailable("stored_form_unknown", kind="draft", field=".".join(map(str, where)))


def _deleted(data: Any, where: tuple[int | str, ...]) -> bool:
    try:
        for key in where[:-1]:
            data = data[key]
        del data[where[-1]]
    except (LookupError, TypeError):
        return False
    return True
