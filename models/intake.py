"""Turns what an operator typed into checked values, and says all that is missing at once.

Owns what may be typed into each field (limits, R1, R2, R9) and the form's order. Makes no
sentence: ``models.wording.people`` does. Needs no file: whether a postcode and a commune go
together is asked of ``services.postal`` by the screen.
"""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from models import address as postal
from models.cards import find_pan
from models.customer import Address, Civility, DeliveryAddress, Dwelling, PersonName, Phone
from models.draft import CustomerEntry, DeliveryEntry, PersonEntry
from models.email import check_email, suggest_email
from models.errors import DomainError
from models.phone import looks_doubtful, parse_phone

T = TypeVar("T")

PERSON_FIELDS = (
    *("civility", "last_name", "first_name", "dwelling", "inside", "outside"),
    *("street", "place", "postcode", "city"),
)
CUSTOMER_FIELDS = (*PERSON_FIELDS, "phone", "second_phone", "email")
DELIVERY_FIELDS = (*PERSON_FIELDS, "instructions")
"""In the order they are asked, which is the order problems are told in."""

LIMITS: Mapping[str, int] = {
    "civility": 8,
    "last_name": 60,
    "first_name": 60,
    "dwelling": 8,
    "inside": 128,
    "outside": 128,
    "street": 128,
    "place": 128,
    "postcode": 12,
    "city": 64,
    "phone": 32,
    "second_phone": 32,
    "email": 254,
    "instructions": 250,
}
"""Characters; those of an address are what the shop's web store keeps, 254 is RFC 5321's."""

INSTRUCTIONS_ON_PARCEL = 70
"""Characters of instructions that Colissimo prints; what follows may not be read."""

_UNLIMITED = 100_000


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """Something about one field; ``field`` is a name of ``models.draft``, ``code`` is stable.

    Blocking codes: "missing", "too_long", "no_letter", "card_number_refused",
    "flat_details_missing", "street_missing", "phone_malformed", "email_malformed",
    "customer_incomplete" and those of ``models.address.postcode_problem``. Warnings:
    "phone_doubtful", "email_suggestion", "door_code_in_address", "line_too_long",
    "instructions_cut".
    """

    field: str
    code: str
    facts: Mapping[str, object] = dataclasses.field(default_factory=dict)
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

    def of(self, field: str) -> tuple[FieldProblem, ...]:
        return tuple(problem for problem in self.problems if problem.field == field)


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


def warm_up() -> None:
    """Loads what the first check needs, some 40 ms: to be called off the event loop."""
    looks_doubtful("01 99 00 00 00")
    check_email("contact@example.org")


def clean(text: str, limit: int) -> str:
    """One line of at most ``limit`` characters that cannot disturb a screen or a file.

    NFC, trimmed, runs of blanks and line ends as one space. Control, invisible and
    direction characters, lone surrogates and unassigned code points are gone.
    """
    spaced = (" " if char.isspace() else char for char in text)
    seen = "".join(char for char in spaced if not unicodedata.category(char).startswith("C"))
    return " ".join(unicodedata.normalize("NFC", seen).split())[:limit].rstrip()


def check_customer(entry: CustomerEntry) -> Checked[CustomerFacts]:
    """R1 and R2 of who pays, all problems in the order of ``CUSTOMER_FIELDS``.

    E-mail and second phone may be empty; a second phone that repeats the first is dropped.
    Never raises.
    """
    texts = _cleaned(entry.person) | {
        name: clean(getattr(entry, name), _UNLIMITED) for name in ("phone", "second_phone", "email")
    }
    problems = [
        *_text_problems(texts),
        *_person_problems(texts),
        *_phone_problems(texts),
        *_email_problems(texts["email"]),
    ]
    return _checked(problems, CUSTOMER_FIELDS, lambda: _customer_facts(texts))


def check_delivery(entry: DeliveryEntry, customer: Payer | None) -> Checked[DeliveryAddress]:
    """R2 and R16 of where the parcel goes, problems in the order of ``DELIVERY_FIELDS``.

    To the same address: the customer's name and billing address, which have to be known
    (``None`` is the problem "customer_incomplete" of field "is_same"). Never raises.
    """
    instructions = {"instructions": clean(entry.instructions, _UNLIMITED)}
    if entry.is_same:
        return _to_the_customer(instructions, customer)
    texts = _cleaned(entry.person) | instructions
    problems = [
        *_text_problems(texts),
        *_person_problems(texts),
        *_instruction_problems(texts["instructions"]),
    ]
    return _checked(problems, DELIVERY_FIELDS, lambda: _delivery_address(texts))


# --- values ------------------------------------------------------------------


def _checked(
    problems: list[FieldProblem], order: tuple[str, ...], make: Callable[[], T]
) -> Checked[T]:
    """Sorted as the form is, blocking ones first; a refused text is told of once."""
    refused = {p.field for p in problems if p.code in {"card_number_refused", "too_long"}}
    told = [
        problem
        for problem in problems
        if problem.field not in refused or problem.code in {"card_number_refused", "too_long"}
    ]
    told.sort(key=lambda problem: (order.index(problem.field), problem.is_warning))
    is_blocked = any(not problem.is_warning for problem in told)
    return Checked(None if is_blocked else make(), tuple(told))


def _to_the_customer(texts: Mapping[str, str], customer: Payer | None) -> Checked[DeliveryAddress]:
    problems = [*_text_problems(texts), *_instruction_problems(texts["instructions"])]
    if customer is None:
        return Checked(None, (FieldProblem("is_same", "customer_incomplete"), *problems))
    address = DeliveryAddress(customer.name, customer.billing, texts["instructions"])
    return _checked(problems, DELIVERY_FIELDS, lambda: address)


def _cleaned(person: PersonEntry) -> dict[str, str]:
    return {name: clean(getattr(person, name), _UNLIMITED) for name in PERSON_FIELDS}


def _name(texts: Mapping[str, str]) -> PersonName:
    return PersonName(Civility(texts["civility"]), texts["first_name"], texts["last_name"])


def _address(texts: Mapping[str, str]) -> Address:
    return Address(
        street=texts["street"],
        postcode=_postcode(texts),
        city=texts["city"],
        dwelling=Dwelling(texts["dwelling"]),
        inside=texts["inside"],
        outside=texts["outside"],
        place=texts["place"],
    )


def _postcode(texts: Mapping[str, str]) -> str:
    """As it is said, "51 100", without the space."""
    return texts["postcode"].replace(" ", "")


def _customer_facts(texts: Mapping[str, str]) -> CustomerFacts:
    numbers = [texts[name] for name in ("phone", "second_phone") if texts[name]]
    phones = dict.fromkeys(parse_phone(number) for number in numbers)
    email = check_email(texts["email"]) if texts["email"] else None
    return CustomerFacts(_name(texts), tuple(phones), _address(texts), email)


def _delivery_address(texts: Mapping[str, str]) -> DeliveryAddress:
    return DeliveryAddress(_name(texts), _address(texts), texts["instructions"])


# --- problems ----------------------------------------------------------------


def _text_problems(texts: Mapping[str, str]) -> Iterator[FieldProblem]:
    """What no field may hold: a card number (R9), or more than there is room for."""
    for name, text in texts.items():
        if find_pan(text[: LIMITS[name] * 2]) is not None:
            yield FieldProblem(name, "card_number_refused")
        elif len(text) > LIMITS[name]:
            yield FieldProblem(name, "too_long", {"limit": LIMITS[name]})


def _person_problems(texts: Mapping[str, str]) -> Iterator[FieldProblem]:
    yield from _name_problems(texts)
    yield from _dwelling_problems(texts)
    yield from _place_problems(texts)
    for name in ("inside", "outside", "street", "place"):
        yield from _label_problems(name, texts[name])
    yield from _long_line_problems(texts)


def _name_problems(texts: Mapping[str, str]) -> Iterator[FieldProblem]:
    if texts["civility"] not in set(Civility):
        yield FieldProblem("civility", "missing")
    for name in ("last_name", "first_name"):
        if not texts[name]:
            yield FieldProblem(name, "missing")
        elif not any(char.isalpha() for char in texts[name]):
            yield FieldProblem(name, "no_letter")


def _dwelling_problems(texts: Mapping[str, str]) -> Iterator[FieldProblem]:
    """R2: without floor, door, staircase or building the carrier does not deliver."""
    if texts["dwelling"] not in set(Dwelling):
        yield FieldProblem("dwelling", "missing")
    elif texts["dwelling"] == Dwelling.FLAT and not _is_found_in_building(texts):
        yield FieldProblem("inside", "flat_details_missing")


def _is_found_in_building(texts: Mapping[str, str]) -> bool:
    """A door code opens the door, but does not say which."""
    return any(postal.split_door_code(texts[name])[0] for name in ("inside", "outside"))


def _place_problems(texts: Mapping[str, str]) -> Iterator[FieldProblem]:
    if not (texts["street"] or texts["place"]):
        yield FieldProblem("street", "street_missing")
    if not texts["city"]:
        yield FieldProblem("city", "missing")
    elif not any(char.isalpha() for char in texts["city"]):
        yield FieldProblem("city", "no_letter")
    if not texts["postcode"]:
        yield FieldProblem("postcode", "missing")
    elif code := postal.postcode_problem(_postcode(texts)):
        yield FieldProblem("postcode", code)


def _label_problems(name: str, text: str) -> Iterator[FieldProblem]:
    if postal.door_code_in(text):
        kept, moved = postal.split_door_code(text)
        facts = {"kept": kept, "moved": moved}
        yield FieldProblem(name, "door_code_in_address", facts, is_warning=True)


def _long_line_problems(texts: Mapping[str, str]) -> Iterator[FieldProblem]:
    """Lines that stay over 38 characters once the norm's abbreviations were tried."""
    for name, line in postal.lines_by_field(texts).items():
        if len(line) > postal.LINE_MAX:
            facts = {"line": line, "length": len(line), "maximum": postal.LINE_MAX}
            yield FieldProblem(name, "line_too_long", facts, is_warning=True)


def _phone_problems(texts: Mapping[str, str]) -> Iterator[FieldProblem]:
    if not texts["phone"] and not texts["second_phone"]:
        yield FieldProblem("phone", "missing")
    for name in ("phone", "second_phone"):
        if not texts[name]:
            continue
        try:
            parse_phone(texts[name])
        except DomainError as error:
            yield FieldProblem(name, error.code, error.facts)
            continue
        if looks_doubtful(texts[name]):
            yield FieldProblem(name, "phone_doubtful", is_warning=True)


def _email_problems(email: str) -> Iterator[FieldProblem]:
    if not email:
        return
    meant = suggest_email(email)
    facts = {} if meant is None else {"suggestion": meant}
    try:
        check_email(email)
    except DomainError as error:
        yield FieldProblem("email", error.code, facts)
        return
    if meant is not None:
        yield FieldProblem("email", "email_suggestion", facts, is_warning=True)


def _instruction_problems(instructions: str) -> Iterator[FieldProblem]:
    if len(instructions) > INSTRUCTIONS_ON_PARCEL:
        facts = {"length": len(instructions), "maximum": INSTRUCTIONS_ON_PARCEL}
        yield FieldProblem("instructions", "instructions_cut", facts, is_warning=True)
