"""Turns what an operator typed into checked values, and says all that is missing at once.

Owns what may be typed into each field (limits, R1, R2, R9) and the form's order. Makes no
sentence: ``models.wording.people`` does. Needs no file: whether a postcode and a commune go
together is asked of ``services.postal`` by the screen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from models.customer import Address, DeliveryAddress, PersonName, Phone
from models.draft import CustomerEntry, DeliveryEntry

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """Something about one field; ``field`` is a name of ``models.draft``, ``code`` is stable."""

    field: str
    code: str
    facts: Mapping[str, object] = field(default_factory=dict)
    is_warning: bool = False


@dataclass(frozen=True, slots=True)
class Checked(Generic[T]):
    """``value`` is None exactly while a blocking problem is there."""

    value: T | None
    problems: tuple[FieldProblem, ...] = ()

    @property
    def blocking(self) -> tuple[FieldProblem, ...]:
        return tuple(problem for problem in self.problems if not problem.is_warning)

    @property
    def warnings(self) -> tuple[FieldProblem, ...]:
        return tuple(problem for problem in self.problems if problem.is_warning)

    def of(self, field_name: str) -> tuple[FieldProblem, ...]:
        return tuple(problem for problem in self.problems if problem.field == field_name)


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """Who pays, checked: a ``models.customer.Customer`` before it has an identity."""

    name: PersonName
    phones: tuple[Phone, ...]
    billing: Address
    email: str | None = None


class Payer(Protocol):
    """What a delivery to the same address takes over; Customer and CustomerFacts both are."""

    @property
    def name(self) -> PersonName: ...

    @property
    def billing(self) -> Address: ...


def clean(text: str, limit: int) -> str:
    """One line of at most ``limit`` characters that cannot disturb a screen or a file."""
    raise NotImplementedError


def check_customer(entry: CustomerEntry) -> Checked[CustomerFacts]:
    """R1 and R2 of who pays. Never raises."""
    raise NotImplementedError


def check_delivery(entry: DeliveryEntry, customer: Payer | None) -> Checked[DeliveryAddress]:
    """R2 and R16 of where the parcel goes. Never raises."""
    raise NotImplementedError
