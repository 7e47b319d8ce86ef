"""Customers by number: the same person for the same number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from benchmarks.central.gapped_text import GappedText
from models.customer import (
    Address,
    Civility,
    Customer,
    Dwelling,
    PersonName,
    Phone,
    PhoneKind,
)
from models.wire.customers import CustomerWire

NAMESPACE = UUID("0190a000-0000-7000-8000-00000000b000")
PEOPLE_MAX = 1_000_000
MODEL = 765_432
"""Somebody of whom no two facts are spelled alike."""

CUSTOMER_COLUMNS = ("customer_id", "body", "version", "seq")
PHONE_COLUMNS = ("e164", "customer_id")


def customer(number: int) -> Customer:
    """With a phone that nobody else has, below ``PEOPLE_MAX``. Mobiles of 06 39 98 for the first
    ten thousand, then numbers that nobody can call.
    """
    e164 = f"+3363998{number:04d}" if number < 10_000 else f"+33999{number:06d}"
    return Customer(
        UUID(int=NAMESPACE.int + number),
        PersonName(Civility.MME, f"Prenom{number % 997}", f"NOM{number}"),
        (Phone(e164, PhoneKind.MOBILE, can_receive_sms=True),),
        Address(f"{number % 200 + 1} RUE DES ESSAIS", "51100", "REIMS", Dwelling.HOUSE),
    )


def said_of(number: int) -> Mapping[str, str]:
    """What differs between customers, as it stands in a body."""
    who = customer(number)
    return {
        "customer_id": str(who.customer_id),
        "first_name": who.name.first_name,
        "last_name": who.name.last_name,
        "e164": who.phones[0].e164,
        "street": who.billing.street,
    }


def customer_rows(numbers: Iterable[int]) -> Iterator[tuple[object, ...]]:
    wire = CustomerWire.model_validate(customer(MODEL))
    text = GappedText(wire.canonical(), said_of(MODEL))
    for number in numbers:
        said = said_of(number)
        yield said["customer_id"].replace("-", ""), text.filled(said), wire.version, number + 1


def phone_rows(numbers: Iterable[int]) -> Iterator[tuple[object, ...]]:
    for number in numbers:
        said = said_of(number)
        yield said["e164"], said["customer_id"].replace("-", "")
