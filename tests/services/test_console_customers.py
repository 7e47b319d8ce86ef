from __future__ import annotations

from uuid import UUID

import pytest
from console_fixtures import NOW, complete_draft, enrol, placing
from hypothesis import given
from hypothesis import strategies as st

from models.customer import Address, Civility, Customer, Dwelling, PersonName, Phone, PhoneKind
from models.reference import grouped
from services.adapters.name_words import is_one_typo, variants, words_of
from services.drafts import save_draft
from services.place_order import place_in


def customer(number, first, last, *phones, postcode="51100"):
    return Customer(
        customer_id=UUID(int=number),
        name=PersonName(Civility.MME, first, last),
        phones=tuple(Phone(phone, PhoneKind.LANDLINE, can_receive_sms=False) for phone in phones),
        billing=Address("8 rue de Vesle", postcode, "Reims", Dwelling.HOUSE),
    )


PEOPLE = (
    customer(1, "Jeanne", "Duval", "+33199001234", "+33639981111"),
    customer(2, "Zoé", "Le Gall", "+33199005678", postcode="69002"),
    customer(3, "Hélène", "D’Alméida-Rœux", "+33199002345"),
    customer(4, "Marc", "Duvallet", "+33199009999", postcode="69002"),
    customer(5, "Paul", "Dural", "+33199008888"),
    customer(6, "Jean-Pierre", "[/b]", "+33639981234"),
)


@pytest.fixture
def known(store):
    with store.write() as tx:
        for one in PEOPLE:
            tx.customers.add(one)
    return store


def found(store, text, limit=20):
    with store.read() as tx:
        return [one.customer_id.int for one in tx.customers.find(text, limit=limit)]


@pytest.mark.parametrize(
    "text,numbers",
    [
        ("1234", [6, 1]),
        ("12 34", [6, 1]),
        ("01 99 00 12 34", [1]),
        ("+33 1 99 00 12 34", [1]),
        ("0033199001234", [1]),
        ("11.11", [1]),
        ("34", []),
        ("0634", []),
        ("duval", [1, 4, 5]),
        ("DUVAL", [1, 4, 5]),
        ("duval jeanne", [1]),
        ("Jeanne Duval", [1]),
        ("jeane duval", [1]),
        ("duvla", [1]),
        ("duva", [1, 4]),
        ("le gall", [2]),
        ("legall", [2]),
        ("legal", [2]),
        ("zoe", [2]),
        ("almeida", [3]),
        ("d'alméida", [3]),
        ("roeux", [3]),
        ("helene rœux", [3]),
        ("jean pierre", [6]),
        ("69002", [4, 2]),
        ("gall 69002", [2]),
        ("duval 69002", [4]),
        ("", []),
        ("   ", []),
        ("%", []),
        ("_____", []),
        ("nobody", []),
        ("[/b]", [6]),
    ],
)
def test_what_is_said_finds_whom(known, text, numbers):
    assert found(known, text) == numbers


def test_a_reference_finds_whose_it_is_and_forgives_one_digit(known, catalogue_path):
    enrol(known)
    with known.write() as tx:
        draft = complete_draft(UUID(int=50))
        save_draft(draft, tx=tx, holder=None, now=NOW)
        order = place_in(tx, draft, placing(catalogue_path))
    mine = order.customer.customer_id.int
    assert found(known, order.reference) == [mine]
    assert found(known, grouped(order.reference)) == [mine]
    wrong = order.reference[:-1] + str((int(order.reference[-1]) + 1) % 10)
    assert found(known, wrong) == [mine]


def test_a_changed_customer_is_found_by_what_holds_now(known):
    with known.write() as tx:
        tx.customers.add(customer(1, "Jeanne", "Martin", "+33199007777", postcode="75011"))
    assert found(known, "duval") == [4, 5]
    assert found(known, "jeanne martin") == [1]
    assert found(known, "7777") == [1]
    assert found(known, "01 99 00 12 34") == []


def test_no_more_than_asked(known):
    assert found(known, "69002", limit=1) == [4]


words = st.text("abcdé", min_size=1, max_size=7)


@given(words, words)
def test_one_typo_is_a_distance_of_one_with_neighbours_swapped(one, other):
    assert is_one_typo(one, other) == (other in _edits(one) | {one})


def _edits(word):
    """All that is one edit away, made letter by letter (P. Norvig's way)."""
    splits = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    letters = "abcdé"
    return {
        *(a + b[1:] for a, b in splits if b),
        *(a + b[1] + b[0] + b[2:] for a, b in splits if len(b) > 1),
        *(a + c + b[1:] for a, b in splits if b for c in letters),
        *(a + c + b for a, b in splits for c in letters),
    }


@given(st.text("abcd", min_size=4, max_size=8), st.data())
def test_two_words_one_typo_apart_share_a_variant(word, data):
    other = data.draw(st.sampled_from(sorted(_edits(word))))
    assert set(variants(word)) & set(variants(other))


def test_words_of_a_name():
    assert words_of("D’Alméida-RŒUX") == ("d", "almeida", "roeux")
    assert words_of("ŒUVRE ß") == ("oeuvre", "ss")
