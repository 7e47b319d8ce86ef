"""Customers in the console's file, and finding them by what a caller says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from sqlalchemy import Connection, Select, Subquery, case, delete, func, insert, select
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

AFTER_ANY_LETTER = "\U0010ffff"
PHONE_DIGITS_MIN = 3
POSTCODE_DIGITS = 5
REFERENCE_DIGITS = 9
NATIONAL_DIGITS = 10
TEXT_MAX = 80


class ConsoleCustomers:
    """``services.ports.Customers``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, customer: Customer) -> None:
        values = {
            "postcode": customer.billing.postcode,
            "sort_name": " ".join(
                words_of(f"{customer.name.last_name} {customer.name.first_name}")
            ),
            "body": dump(customer),
        }
        self._connection.execute(
            insert_or(customers)
            .values(customer_id=customer.customer_id, **values)
            .on_conflict_do_update(index_elements=[customers.c.customer_id], set_=values)
        )
        self._index(customer)

    def _index(self, customer: Customer) -> None:
        who = customer.customer_id
        for table in (customer_phones, customer_words):
            self._connection.execute(delete(table).where(table.c.customer_id == who))
        phones = {_reversed_digits(phone.e164) for phone in customer.phones}
        if phones:
            self._connection.execute(
                insert(customer_phones),
                [{"reversed_digits": digits, "customer_id": who} for digits in phones],
            )
        words = words_of_name(customer.name.first_name, customer.name.last_name)
        if words:
            self._connection.execute(
                insert(customer_words), [{"word": word, "customer_id": who} for word in words]
            )
            self._connection.execute(
                insert_or(word_variants).on_conflict_do_nothing(),
                [
                    {"variant": variant, "word": word}
                    for word in words
                    for variant in variants(word)
                ],
            )

    def get(self, customer_id: UUID) -> Customer | None:
        row = self._connection.execute(
            select(customers.c.body).where(customers.c.customer_id == customer_id)
        ).first()
        return None if row is None else load_customer(row.body)

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
        postcodes = [word for word in words if re.fullmatch(r"\d{5}", word)]
        names = [word for word in words if not word.isdecimal()]
        query, marks = _found(), []
        for word in names:
            matches = _matches(word, self._mistyped(word))
            query = query.join(matches, matches.c.customer_id == customers.c.customer_id)
            marks.append(matches.c.mark)
        for postcode in postcodes:
            query = query.where(customers.c.postcode == postcode)
        yield query.order_by(sum(marks[1:], start=marks[0]), customers.c.sort_name)

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


def _found() -> Select[tuple[UUID, str]]:
    return select(customers.c.customer_id, customers.c.body)


def _matches(word: str, mistyped: Iterable[str]) -> Subquery:
    """Customers with this word (mark 0), one that begins with it (1), a typo of it (2)."""
    known = customer_words.c.word
    exact_or_begun = known.between(word, word + AFTER_ANY_LETTER)
    near = known.in_(list(mistyped))
    mark = func.min(case((known == word, 0), (near, 2), else_=1)).label("mark")
    return (
        select(customer_words.c.customer_id, mark)
        .where(exact_or_begun | near)
        .group_by(customer_words.c.customer_id)
        .subquery()
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
