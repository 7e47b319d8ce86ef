"""Numbers as they are dictated: overseas ones, fiction blocks, and what only warns."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shelf import vectors

from models.customer import Phone, PhoneKind
from models.errors import DomainError
from models.phone import in_pairs, looks_doubtful, parse_phone, spoken

CASES = vectors("02_phones")["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["in"])
def test_parsed_as_in_the_vectors(case):
    phone = parse_phone(case["in"])
    # Of a foreign number nothing promises an SMS; the vectors leave it open.
    assert phone == Phone(case["e164"], PhoneKind(case["kind"]), bool(case["sms"]))


@pytest.mark.parametrize(
    "case", [case for case in CASES if "spoken" in case], ids=lambda case: case["in"]
)
def test_shown_by_pairs_as_in_the_vectors(case):
    assert in_pairs(case["e164"]) == case["spoken"]


@pytest.mark.parametrize(
    "typed, e164",
    [
        ("+33 (0)6 39 98 12 34", "+33639981234"),
        ("(06) 39.98.12/34", "+33639981234"),
        ("(+33) 6 39 98 12 34", "+33639981234"),
        ("(0)6 39 98 12 34", "+33639981234"),
        ("+44 (0)20 7946 0018", "+442079460018"),
        ("06\u00a039\u202f98\u201112\u201334", "+33639981234"),
        ("０６３９９８１２３４", "+33639981234"),
        ("+33 596 70 12 34", "+596596701234"),
        ("+596 0596 70 12 34", "+596596701234"),
        ("00508 41 12 34", "+508411234"),
        ("0639 01 23 45", "+262639012345"),
        ("01 99 OO 12 34", "+33199001234"),
    ],
)
def test_other_ways_of_writing(typed, e164):
    assert parse_phone(typed).e164 == e164


@pytest.mark.parametrize(
    "typed, reason, digits",
    [
        ("", "empty", 0),
        (" . ", "empty", 0),
        ("06 39 98 12 3", "length", 9),
        ("06 39 98 12 34 5", "length", 11),
        ("06 39 98 12 34 (le fils)", "letters", 10),
        ("3900", "short_number", 4),
        ("16 39 98 12 34", "prefix", 10),
        ("0099 12", "foreign", 4),
        ("+99 999 999 999", "foreign", 11),
        ("+", "empty", 0),
    ],
)
def test_refused_with_a_reason_and_without_the_number(typed, reason, digits):
    with pytest.raises(DomainError) as refused:
        parse_phone(typed)
    assert refused.value.code == "phone_malformed"
    assert dict(refused.value.facts) == {"reason": reason, "digits": digits}


@pytest.mark.parametrize(
    "typed, is_doubtful",
    [
        ("06 39 98 12 34", True),  # a fiction block: accepted, but nobody answers
        ("01 99 00 12 34", False),
        ("0596 70 12 34", False),
        ("0508 41 12 34", False),
        ("+32 470 12 34 56", False),
        ("0892 35 00 00", True),
        ("0162 12 34 56", True),
        ("0700 12 34 56", True),
        ("not a number", False),
    ],
)
def test_doubts_are_warnings(typed, is_doubtful):
    assert looks_doubtful(typed) is is_doubtful


def test_a_machine_gets_no_sms():
    assert parse_phone("0700 12 34 56") == Phone(
        "+33700123456", PhoneKind.SERVICE, can_receive_sms=False
    )


def test_foreign_numbers_are_shown_as_their_country_writes_them():
    assert in_pairs("+32470123456") == "+32 470 12 34 56"


def test_said_in_words_with_leading_zeros():
    assert spoken("+33639980034") == (
        "zéro six, trente-neuf, quatre-vingt-dix-huit, zéro zéro, trente-quatre"
    )


@given(st.from_regex(r"0[1-9][0-9]{8}", fullmatch=True))
def test_what_is_shown_is_understood_again(national):
    phone = parse_phone(national)
    assert in_pairs(phone.e164).replace(" ", "") == national
    assert parse_phone(in_pairs(phone.e164)) == phone
    assert parse_phone(phone.e164) == phone


@given(st.text(max_size=40))
def test_anything_typed_is_a_number_or_a_domain_error(text):
    with suppress(DomainError):
        assert parse_phone(text).e164.startswith("+")
