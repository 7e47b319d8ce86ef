"""Who pays and who receives (R1, R2, R16).

Owns the people and their addresses as values that were already checked; what an operator
is still typing is in ``models.draft``, the checking in ``models.intake``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Civility(StrEnum):
    MME = "mme"
    M = "m"


class Dwelling(StrEnum):
    """R2: "maison ou appartement ?"."""

    HOUSE = "house"
    FLAT = "flat"


class PhoneKind(StrEnum):
    LANDLINE = "landline"
    MOBILE = "mobile"
    VOIP = "voip"
    SERVICE = "service"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Phone:
    """A number in E.164, with what it can do. ``can_receive_sms``: ARCEP 2018-0881."""

    e164: str
    kind: PhoneKind
    can_receive_sms: bool


@dataclass(frozen=True, slots=True)
class PersonName:
    civility: Civility
    first_name: str
    last_name: str


@dataclass(frozen=True, slots=True)
class Address:
    """Where a house or flat is, without the name of who lives there (NF Z10-011 lines 2-6).

    ``inside``: floor, door, staircase; ``outside``: building, residence; ``place``:
    lieu-dit. ``country`` is ISO 3166-1 alpha-2; overseas departments are "FR".
    """

    street: str
    postcode: str
    city: str
    dwelling: Dwelling
    inside: str = ""
    outside: str = ""
    place: str = ""
    country: str = "FR"


@dataclass(frozen=True, slots=True)
class DeliveryAddress:
    """Where the parcel goes and to whom; ``instructions`` are the carrier's (door code...)."""

    name: PersonName
    address: Address
    instructions: str = ""


@dataclass(frozen=True, slots=True)
class Customer:
    """Who pays: R1. ``printers`` are printer_ids this customer is known to own."""

    customer_id: UUID
    name: PersonName
    phones: tuple[Phone, ...]
    billing: Address
    email: str | None = None
    printers: tuple[str, ...] = ()
    version: int = 1
