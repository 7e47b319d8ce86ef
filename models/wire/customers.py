"""People on the wire: who pays, where the parcel goes, and the list of known customers."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from models.customer import (
    Address,
    Civility,
    Customer,
    DeliveryAddress,
    Dwelling,
    PersonName,
    Phone,
    PhoneKind,
)
from models.wire.fields import Count, Text, WireModel, WirePage, Word

E164_PATTERN = r"^\+[1-9][0-9]{3,14}$"
E164 = Annotated[str, StringConstraints(pattern=E164_PATTERN)]


class NameWire(WireModel):
    civility: Civility
    first_name: Text
    last_name: Text

    def to_domain(self) -> PersonName:
        return PersonName(self.civility, self.first_name, self.last_name)


class PhoneWire(WireModel):
    e164: E164
    kind: PhoneKind
    can_receive_sms: bool

    def to_domain(self) -> Phone:
        return Phone(self.e164, self.kind, self.can_receive_sms)


class AddressWire(WireModel):
    """NF Z10-011 lines 2 to 6, each in its own field."""

    street: Text
    postcode: Word
    city: Text
    dwelling: Dwelling
    inside: Text = ""
    outside: Text = ""
    place: Text = ""
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] = "FR"

    def to_domain(self) -> Address:
        return Address(**dict(self))


class DeliveryWire(WireModel):
    name: NameWire
    address: AddressWire
    instructions: Text = ""

    def to_domain(self) -> DeliveryAddress:
        return DeliveryAddress(self.name.to_domain(), self.address.to_domain(), self.instructions)


class CustomerWire(WireModel):
    """R1: at least one phone; no e-mail is ever invented."""

    customer_id: UUID
    name: NameWire
    phones: Annotated[tuple[PhoneWire, ...], Field(min_length=1, max_length=20)]
    billing: AddressWire
    email: Text | None = None
    printers: Annotated[tuple[Word, ...], Field(max_length=200)] = ()
    version: Count = 1

    def to_domain(self) -> Customer:
        return Customer(
            customer_id=self.customer_id,
            name=self.name.to_domain(),
            phones=tuple(phone.to_domain() for phone in self.phones),
            billing=self.billing.to_domain(),
            email=self.email,
            printers=self.printers,
            version=self.version,
        )


class CustomersPage(WirePage):
    """``cursor`` goes into the next request; it moves on even where the page is empty. A
    person in newer words is left out: half understood, they would be written back wrong.
    """

    ROWS = "customers"

    customers: tuple[CustomerWire, ...]
    cursor: Word
    has_more: bool = False


class CustomersFound(WirePage):
    """Whose phone it is; usually one, rarely a household."""

    ROWS = "customers"

    customers: tuple[CustomerWire, ...]
