"""Customers in the console's file, and finding them by what a caller says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    ScalarSelect,
    Select,
    Subquery,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal,
    select,
    union_all,
)
from sqlalchemy.dialects.sqlite import insert as insert_or

from models import reference
from models.customer import Customer
from models.tables.console import (
    customer_phones,
    customer_words,
    customers,
    orders,
    word_variants,
)
from services.adapters.name_words import (
    TYPO_LENGTH_MIN,
    is_one_typo,
    variants,
    words_of,
    words_of_name,
)
from services.adapters.stored_forms import dump, load_customer
from services.adapters.upserts import upsert

SAVE = upsert(customers)
GET = select(customers.c.body).where(customers.c.customer_id == bindparam("customer_id"))
VERSIONS = select(
    customers.c.customer_id, func.json_extract(customers.c.body, "$.version").label("version")
).where(customers.c.customer_id.in_(bindparam("some", expanding=True)))
FORGET_INDEX = tuple(
    delete(table).where(table.c.customer_id == bindparam("who"))
    for table in (customer_phones, customer_words)
)
ADD_PHONE = insert(customer_phones)
ADD_WORD = insert(customer_words)
ADD_VARIANT = insert_or(word_variants).on_conflict_do_nothing()

AFTER_ANY_LETTER = "\U0010ffff"
PHONE_DIGITS_MIN = 3
POSTCODE_DIGITS = 5
REFERENCE_DIGITS = 9
NATIONAL_DIGITS = 10
TEXT_MAX = 80

BEGINNING_LENGTH_MIN = 2
"""One letter alone begins too many names to be worth a list."""


class ConsoleCustomers:
    """``services.ports.Customers``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, customer: Customer) -> None:
        self.add_all((customer,))

    def add_all(self, customers_in: Sequence[Customer]) -> None:
        if customers_in:
            self._connection.execute(SAVE, [_row(customer) for customer in customers_in])
            self._index(customers_in)

    def _index(self, customers_in: Sequence[Customer]) -> None:
        execute = self._connection.execute
        for forget in FORGET_INDEX:
            execute(forget, [{"who": customer.customer_id} for customer in customers_in])
        if phones := [row for customer in customers_in for row in _phone_rows(customer)]:
            execute(ADD_PHONE, phones)
        if words := [row for customer in customers_in for row in _word_rows(customer)]:
            execute(ADD_WORD, words)
            found = sorted({str(row["word"]) for row in words})
            execute(
                ADD_VARIANT,
                [{"variant": v, "word": word} for word in found for v in variants(word)],
            )

    def versions(self, customer_ids: Sequence[UUID]) -> Mapping[UUID, int]:
        rows = self._connection.execute(VERSIONS, {"some": customer_ids})
        return {row.customer_id: row.version for row in rows}

    def get(self, customer_id: UUID) -> Customer | None:
        body = self._connection.execute(GET, {"customer_id": customer_id}).scalar_one_or_none()
        return None if body is None else load_customer(body)

    def find(self, text: str, *, limit: int = 20) -> Sequence[Customer]:
        """A reference before a phone before a postcode; names by exactness, then alphabet."""
        found: dict[UUID, str] = {}
        for query in self._queries(text[:TEXT_MAX]):
            for row in self._connection.execute(query.limit(limit)):
                found.setdefault(row.customer_id, row.body)
            if len(found) >= limit:
                break
        return tuple(load_customer(body) for body in list(found.values())[:limit])

    def _queries(self, text: str) -> Iterator[Select[tuple[UUID, str]]]:
        words = words_of(text)
        if any(not word.isdecimal() for word in words):
            yield from self._by_name(words)
            return
        digits = "".join(words)
        if len(digits) == REFERENCE_DIGITS:
            yield _by_reference(digits)
        if len(digits) >= PHONE_DIGITS_MIN:
            yield _by_last_digits(digits)
        if len(digits) == POSTCODE_DIGITS:
            yield _found().where(customers.c.postcode == digits).order_by(customers.c.sort_name)

    def _by_name(self, words: Sequence[str]) -> Iterator[Select[tuple[UUID, str]]]:
        """The longest word finds, the others choose among those found."""
        longest, *others = sorted({word for word in words if not word.isdecimal()}, key=_by_length)
        found = _having(longest, self._mistyped(longest))
        query = _found().join(found, found.c.customer_id == customers.c.customer_id)
        mark: ColumnElement[int] = found.c.mark
        for word in others:
            also = _mark_of(word, self._mistyped(word))
            query, mark = query.where(also.is_not(None)), mark + also
        for postcode in (word for word in words if re.fullmatch(r"\d{5}", word)):
            query = query.where(customers.c.postcode == postcode)
        yield query.order_by(mark, customers.c.sort_name)

    def _mistyped(self, word: str) -> Sequence[str]:
        """Known words one typo away from this one."""
        if len(word) < TYPO_LENGTH_MIN:
            return ()
        near = self._connection.scalars(
            select(word_variants.c.word)
            .where(word_variants.c.variant.in_(list(variants(word))))
            .distinct()
        )
        return [other for other in near if other != word and is_one_typo(word, other)]


def _row(customer: Customer) -> dict[str, object]:
    name = customer.name
    return {
        "customer_id": customer.customer_id,
        "postcode": customer.billing.postcode,
        "sort_name": " ".join(words_of(f"{name.last_name} {name.first_name}")),
        "body": dump(customer),
    }


def _phone_rows(customer: Customer) -> list[dict[str, object]]:
    digits = {_reversed_digits(phone.e164) for phone in customer.phones}
    return [{"reversed_digits": d, "customer_id": customer.customer_id} for d in digits]


def _word_rows(customer: Customer) -> list[dict[str, object]]:
    words = words_of_name(customer.name.first_name, customer.name.last_name)
    return [{"word": word, "customer_id": customer.customer_id} for word in words]


def _found() -> Select[tuple[UUID, str]]:
    return select(customers.c.customer_id, customers.c.body)


def _by_length(word: str) -> int:
    return -len(word)


def _marked(word: str, mistyped: Sequence[str]) -> Iterator[tuple[ColumnElement[bool], int]]:
    """How a customer's word may match, each with its mark: as said 0, begun so 1, a typo 2."""
    known = customer_words.c.word
    yield known == word, 0
    if len(word) >= BEGINNING_LENGTH_MIN:
        yield known.between(word, word + AFTER_ANY_LETTER), 1
    if mistyped:
        yield known.in_(mistyped), 2


def _having(word: str, mistyped: Sequence[str]) -> Subquery:
    """Customers that match ``word``, with their best mark. One index range for each way."""
    ways = union_all(
        *(
            select(customer_words.c.customer_id, literal(mark).label("mark")).where(matches)
            for matches, mark in _marked(word, mistyped)
        )
    ).subquery()
    best = func.min(ways.c.mark).label("mark")
    return select(ways.c.customer_id, best).group_by(ways.c.customer_id).subquery()


def _mark_of(word: str, mistyped: Sequence[str]) -> ScalarSelect[int]:
    """The best mark of one customer for ``word``, which may be an initial; null for none."""
    ways = [
        *_marked(word, mistyped),
        (customer_words.c.word.between(word, word + AFTER_ANY_LETTER), 1),
    ]
    return (
        select(func.min(case(*ways)))
        .where(customer_words.c.customer_id == customers.c.customer_id)
        .correlate(customers)
        .scalar_subquery()
    )


def _by_last_digits(digits: str) -> Select[tuple[UUID, str]]:
    national = digits[1:] if len(digits) == NATIONAL_DIGITS and digits[0] == "0" else digits
    ending = national.removeprefix("00")[::-1]
    having = select(customer_phones.c.customer_id).where(
        customer_phones.c.reversed_digits.between(ending, ending + AFTER_ANY_LETTER)
    )
    return _found().where(customers.c.customer_id.in_(having)).order_by(customers.c.sort_name)


def _by_reference(digits: str) -> Select[tuple[UUID, str]]:
    """Of the order with this reference or, where it is mistyped, of those one digit away."""
    meant = [digits] if reference.is_valid(digits) else list(reference.neighbours(digits))
    owners = select(orders.c.customer_id).where(orders.c.reference.in_(meant))
    return _found().where(customers.c.customer_id.in_(owners)).order_by(customers.c.sort_name)


def _reversed_digits(e164: str) -> str:
    return re.sub(r"\D", "", e164)[::-1]
