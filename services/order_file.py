"""An order as a JSON file: its form, what is wrong with one in French, the draft it makes.

Owns the contract of ``kiosk orders quote|place FILE``. An order of a file becomes a draft
and goes through the very services the screen uses; there is no second set of rules.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    Strict,
    StrictInt,
    StringConstraints,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from models.cards import mask_pans
from models.cart import CODES_MAX, LINES_MAX, QUANTITY_MAX, Cart
from models.catalogue import Article
from models.customer import Civility, Dwelling
from models.draft import CustomerEntry, DeliveryEntry, Draft, PersonEntry, Step
from models.errors import DomainError
from models.payment import LinkChannel, PaymentMethod

SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"
PHONES_MAX = 2

Line = Annotated[str, StringConstraints(max_length=200)]
Named = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]

EARLIEST_CALL = datetime(2000, 1, 1, tzinfo=UTC)
LATEST_CALL = datetime(2100, 1, 1, tzinfo=UTC)
"""Beyond them a date is a slip, and calendars know no holidays."""


def _in_this_century(at: datetime) -> datetime:
    if not EARLIEST_CALL <= at < LATEST_CALL:
        raise PydanticCustomError("call_far_away", "not in this century")
    return at


CallTime = Annotated[AwareDatetime, Strict(), AfterValidator(_in_this_century)]
"""Strict: a number is no time of day, whatever epoch it may count from."""


class FilePart(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AddressPart(FilePart):
    """R2: for a flat, ``inside`` (étage, porte, escalier) or ``outside`` (bâtiment)."""

    street: Line
    postcode: Line
    city: Line
    dwelling: Dwelling
    inside: Line = ""
    outside: Line = ""
    place: Line = ""


class CustomerPart(FilePart):
    civility: Civility
    first_name: Line
    last_name: Line
    phones: Annotated[tuple[Named, ...], Field(min_length=1, max_length=PHONES_MAX)]
    email: Line | None = None
    address: AddressPart


class DeliveryPart(FilePart):
    """Another person or address than the customer's (R16)."""

    civility: Civility
    first_name: Line
    last_name: Line
    address: AddressPart
    instructions: Line = ""


class LinePart(FilePart):
    sku: Named
    quantity: Annotated[StrictInt, Field(ge=1, le=QUANTITY_MAX)]


class OrderFile(FilePart):
    """One order. What a quote can do without may be missing; placing says what it needs."""

    uuid: UUID | None = Field(
        default=None,
        description="Identité de la commande : la même deux fois est une seule commande.",
    )
    customer: CustomerPart | None = None
    delivery: DeliveryPart | None = Field(
        default=None, description="Absent : au client, à son adresse."
    )
    lines: Annotated[tuple[LinePart, ...], Field(min_length=1, max_length=LINES_MAX)]
    codes: Annotated[tuple[Named, ...], Field(max_length=CODES_MAX)] = ()
    payment_method: PaymentMethod | None = None
    link_channel: LinkChannel | None = None
    called_at: CallTime | None = Field(
        default=None,
        description="Heure de l'appel avec son fuseau ; maintenant si elle est absente.",
    )


EXAMPLE: Mapping[str, object] = {
    "customer": {
        "civility": "mme",
        "first_name": "Jeanne",
        "last_name": "Duval",
        "phones": ["01 99 00 12 34"],
        "address": {
            "street": "8 rue de Vesle",
            "postcode": "51100",
            "city": "Reims",
            "dwelling": "house",
        },
    },
    "delivery": {
        "civility": "mme",
        "first_name": "Claire",
        "last_name": "Martin",
        "address": {
            "street": "14 rue de la République",
            "postcode": "69002",
            "city": "Lyon",
            "dwelling": "flat",
            "inside": "3e étage, porte gauche",
        },
        "instructions": "Interphone MARTIN",
    },
    "lines": [
        {"sku": "BRO-LC970BK", "quantity": 1},
        {"sku": "BRO-LC970C", "quantity": 2},
    ],
    "codes": ["MERCI5"],
    "payment_method": "cheque",
}
"""One black and two cyan for a Brother DCP-350C, to the daughter's flat, paid by cheque."""


def example() -> str:
    return json.dumps(EXAMPLE, ensure_ascii=False, indent=2)


def schema() -> str:
    """JSON Schema 2020-12 of an order file."""
    described = {
        "$schema": SCHEMA_DIALECT,
        **OrderFile.model_json_schema(),
        "title": "Commande Kiosk",
    }
    return json.dumps(described, ensure_ascii=False, indent=2)


def read_order(text: str | bytes) -> OrderFile:
    """Raises DomainError("order_file_malformed", problems=...): each with its JSON path."""
    try:
        return OrderFile.model_validate_json(text)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        problems = tuple(_problem(fault) for fault in faults if not _follows(fault, faults))
        raise DomainError("order_file_malformed", problems=problems) from None


def digest(order: OrderFile) -> str:
    """The same for two files that say the same, however they are laid out."""
    said = order.model_dump(mode="json", exclude={"uuid"})
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def draft_of(
    order: OrderFile,
    *,
    draft_id: UUID,
    articles: Mapping[str, Article],
    now: datetime,
) -> Draft:
    """The draft an operator would have typed. Raises DomainError for too many of a sku."""
    at = called_at(order, now)
    return Draft(
        draft_id=draft_id,
        called_at=at,
        step=Step.READ_BACK,
        focus="",
        cart=_cart(order, articles, at),
        customer=_customer_entry(order.customer),
        delivery=_delivery_entry(order.delivery),
        payment_method=order.payment_method,
        link_channel=order.link_channel,
    )


def called_at(order: OrderFile, now: datetime) -> datetime:
    return order.called_at.astimezone(UTC) if order.called_at else now


def _cart(order: OrderFile, articles: Mapping[str, Article], at: datetime) -> Cart:
    cart = Cart()
    for line in order.lines:
        article = articles.get(line.sku)
        price = article.offer.price_cents if article else 0
        cart = cart.add(line.sku, line.quantity, price_cents=price, at=at)
    for code in order.codes:
        cart = cart.add_code(code)
    return cart


def _customer_entry(customer: CustomerPart | None) -> CustomerEntry:
    if customer is None:
        return CustomerEntry()
    return CustomerEntry(
        person=_person(customer),
        phone=customer.phones[0],
        second_phone=customer.phones[1] if len(customer.phones) > 1 else "",
        email=customer.email or "",
    )


def _delivery_entry(delivery: DeliveryPart | None) -> DeliveryEntry:
    if delivery is None:
        return DeliveryEntry()
    return DeliveryEntry(
        is_same=False, person=_person(delivery), instructions=delivery.instructions
    )


def _person(part: CustomerPart | DeliveryPart) -> PersonEntry:
    address = part.address
    return PersonEntry(
        civility=part.civility.value,
        last_name=part.last_name,
        first_name=part.first_name,
        dwelling=address.dwelling.value,
        inside=address.inside,
        outside=address.outside,
        street=address.street,
        place=address.place,
        postcode=address.postcode,
        city=address.city,
    )


# --- what is wrong with a file --------------------------------------------------

Facts = Mapping[str, Any]

FAULTS: Mapping[str, str | Callable[[Facts], str]] = {
    "missing": "manque",
    "extra_forbidden": "champ inconnu",
    "enum": lambda facts: f"valeurs possibles : {facts['expected'].replace(' or ', ', ')}",
    "int_type": "un nombre entier est attendu",
    "greater_than_equal": lambda facts: f"au moins {facts['ge']}",
    "less_than_equal": lambda facts: f"au plus {facts['le']}",
    "string_type": "un texte entre guillemets est attendu",
    "string_too_short": "est vide",
    "string_too_long": lambda facts: f"au plus {facts['max_length']} caractères",
    "too_short": lambda facts: f"au moins {facts['min_length']}",
    "too_long": lambda facts: f"au plus {facts['max_length']}",
    "tuple_type": "une liste [ ] est attendue",
    "model_type": "un objet { } est attendu",
    "uuid_type": "un UUID est attendu",
    "uuid_parsing": "un UUID est attendu",
    "timezone_aware": "heure sans fuseau : écrivez par exemple 2026-11-23T10:42:00+01:00",
    "call_far_away": f"une date de {EARLIEST_CALL.year} à {LATEST_CALL.year - 1} est attendue",
    "json_invalid": lambda facts: f"ce n'est pas du JSON ({facts['error']})",
}
"""By pydantic's error types (https://docs.pydantic.dev/latest/errors/validation_errors/)."""

TIME_FAULT = "une date et heure ISO 8601 est attendue, par exemple 2026-11-23T10:42:00+01:00"


def _follows(fault: Any, faults: Sequence[Any]) -> bool:
    """A list that is too short only because what is in it was faulty."""
    where = fault["loc"]
    inside = (other["loc"] for other in faults if len(other["loc"]) > len(where))
    return fault["type"] == "too_short" and any(loc[: len(where)] == where for loc in inside)


def _problem(fault: Any) -> str:
    told = FAULTS.get(fault["type"])
    if told is None:
        told = TIME_FAULT if fault["type"].startswith("datetime") else "valeur refusée"
    sentence = told if isinstance(told, str) else told(fault.get("ctx", {}))
    return mask_pans(f"{json_path(fault['loc'])} : {sentence}")


def json_path(where: tuple[int | str, ...]) -> str:
    """RFC 9535 in short form: $.lines[0].quantity."""
    return "$" + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in where)
