"""One call: everything the operator has entered so far, in the form it was typed.

A draft is a value; each change is a new one, and each is on disk before the next key is
handled. Texts are raw (``models.intake`` turns them into checked values), so that half an
address survives a power cut.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from models.cart import Cart
from models.payment import LinkChannel, PaymentMethod


class Step(StrEnum):
    PRINTER = "printer"
    CART = "cart"
    CUSTOMER = "customer"
    DELIVERY = "delivery"
    PAYMENT = "payment"
    READ_BACK = "read_back"
    CONFIRMATION = "confirmation"


class DraftState(StrEnum):
    OPEN = "open"
    PARKED = "parked"
    PLACED = "placed"
    ABANDONED = "abandoned"


@dataclass(frozen=True, slots=True)
class PersonEntry:
    """Name and address as typed. ``civility`` and ``dwelling`` are enum values or ""."""

    civility: str = ""
    last_name: str = ""
    first_name: str = ""
    dwelling: str = ""
    inside: str = ""
    outside: str = ""
    street: str = ""
    place: str = ""
    postcode: str = ""
    city: str = ""


@dataclass(frozen=True, slots=True)
class CustomerEntry:
    """Who pays, as typed. ``customer_id`` is set once a known customer was chosen."""

    customer_id: UUID | None = None
    person: PersonEntry = field(default_factory=PersonEntry)
    phone: str = ""
    second_phone: str = ""
    email: str = ""
    search: str = ""
    """What was typed to find a known customer."""


@dataclass(frozen=True, slots=True)
class DeliveryEntry:
    """Where the parcel goes, as typed. ``is_same``: to the customer at the billing address."""

    is_same: bool = True
    person: PersonEntry = field(default_factory=PersonEntry)
    instructions: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A call in progress, or one that was parked."""

    draft_id: UUID
    called_at: datetime
    step: Step = Step.PRINTER
    focus: str = "search"
    """Id of the field that had the focus, so that the very field is offered again."""
    search: str = ""
    printer_id: str | None = None
    chosen_sku: str = ""
    """The cartridge the mark stands on, where digits are its quantity."""
    unknown_printer: str = ""
    """R5: the model as the caller reads it, where the catalogue has none."""
    cart: Cart = field(default_factory=Cart)
    code_entry: str = ""
    """A code being typed, not yet given."""
    customer: CustomerEntry = field(default_factory=CustomerEntry)
    delivery: DeliveryEntry = field(default_factory=DeliveryEntry)
    payment_method: PaymentMethod | None = None
    link_channel: LinkChannel | None = None
    state: DraftState = DraftState.OPEN
    parked_reason: str = ""
    order_id: UUID | None = None
    """Set once placed: confirming again gives the same order."""
    revises: UUID | None = None
    """The placed order that this call changes (R8): confirming makes its next revision."""

    @property
    def is_blank(self) -> bool:
        """Nothing in it that anybody would miss."""
        return (
            self.cart == Cart()
            and self.customer == CustomerEntry()
            and self.delivery == DeliveryEntry()
            and not (self.search or self.unknown_printer or self.code_entry)
        )

    @property
    def delivery_postcode(self) -> str:
        """Where the parcel goes as far as it was typed; "" before."""
        person = self.customer.person if self.delivery.is_same else self.delivery.person
        return "".join(person.postcode.split())

    def taken_up(self, at: datetime) -> Draft:
        """Open again. The caller is on the line anew: the promise counts from then (R14)."""
        return replace(self, state=DraftState.OPEN, called_at=at)

    def at(self, step: Step, focus: str = "") -> Draft:
        return replace(self, step=step, focus=focus)
