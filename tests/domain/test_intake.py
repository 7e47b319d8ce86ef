"""Everything that is missing, at once and in the form's order; nothing harmful gets through."""

import subprocess
import sys
import unicodedata
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from models.draft import CustomerEntry, DeliveryEntry, PersonEntry
from models.intake import (
    CUSTOMER_FIELDS,
    DELIVERY_FIELDS,
    LIMITS,
    Checked,
    CustomerFacts,
    FieldProblem,
    check_customer,
    check_delivery,
    clean,
)
from models.wording.people import problem_sentence

DUVAL = PersonEntry(
    civility="mme",
    last_name="Duval",
    first_name="Odette",
    dwelling="flat",
    inside="3e étage, porte gauche",
    street="12 rue de Vesle",
    postcode="51 100",
    city="Reims",
)
ENTRY = CustomerEntry(person=DUVAL, phone="01 99 00 12 34")
FACTS = CustomerFacts(
    name=PersonName(Civility.MME, "Odette", "Duval"),
    phones=(Phone("+33199001234", PhoneKind.LANDLINE, can_receive_sms=False),),
    billing=Address(
        street="12 rue de Vesle",
        postcode="51100",
        city="Reims",
        dwelling=Dwelling.FLAT,
        inside="3e étage, porte gauche",
    ),
)
CARD = "4111 1111 1111 1111"

texts = st.text(max_size=80)
people = st.builds(
    PersonEntry,
    civility=st.sampled_from(["", "mme", "m", "x"]) | texts,
    dwelling=st.sampled_from(["", "house", "flat"]) | texts,
    **dict.fromkeys(
        ["last_name", "first_name", "inside", "outside", "street", "place", "postcode", "city"],
        texts,
    ),
)


def _told(checked: Checked) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in checked.problems]


def _with_person(**changes: str) -> CustomerEntry:
    return replace(ENTRY, person=replace(DUVAL, **changes))


# --- one line ----------------------------------------------------------------


@pytest.mark.parametrize(
    "text, limit, cleaned",
    [
        ("  Odette \t\r\n Duval ", 60, "Odette Duval"),
        ("Du\x00v\x1b[31mal", 60, "Duv[31mal"),
        ("\u202eDuval\u202c\u2066x\u2069", 60, "Duvalx"),
        ("zero\u200bwidth\ufeff", 60, "zerowidth"),
        ("Lefe\u0300vre", 60, "Lefèvre"),
        ("a\u00a0b\u202fc\u2028d", 60, "a b c d"),
        ("[/b] 😀", 60, "[/b] 😀"),
        ("\ud800x", 60, "x"),
        ("ab cd", 3, "ab"),
        ("abc", 0, ""),
        ("x" * 10_000, 5, "xxxxx"),
    ],
)
def test_a_line_is_cleaned(text, limit, cleaned):
    assert clean(text, limit) == cleaned


@given(st.text() | st.text(st.characters(categories=["Cc", "Cf", "Cs", "Zs", "Mn", "L"])))
def test_a_cleaned_line_is_harmless_and_final(text):
    line = clean(text, 50)
    assert len(line) <= 50
    assert not any(unicodedata.category(char)[0] == "C" for char in line)
    assert line == line.strip()
    assert "  " not in line
    assert unicodedata.is_normalized("NFC", line)
    assert clean(line, 50) == line
    line.encode()


def test_nothing_slow_is_loaded_before_it_is_asked_for():
    asked = (
        "import sys; from models import intake, read_back; "
        "slow = {'phonenumbers', 'email_validator', 'holidays'}; "
        "before = slow & set(sys.modules); intake.warm_up(); "
        "print(sorted(before), sorted(slow & set(sys.modules)))"
    )
    said = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True
    ).stdout
    assert said == "[] ['email_validator', 'phonenumbers']\n"


# --- who pays ----------------------------------------------------------------


def test_a_complete_customer_is_taken_as_typed():
    assert check_customer(ENTRY) == Checked(FACTS)


def test_everything_missing_is_told_at_once_in_the_forms_order():
    checked = check_customer(CustomerEntry())
    assert checked.value is None
    assert _told(checked) == [
        ("civility", "missing"),
        ("last_name", "missing"),
        ("first_name", "missing"),
        ("dwelling", "missing"),
        ("street", "street_missing"),
        ("postcode", "missing"),
        ("city", "missing"),
        ("phone", "missing"),
    ]


@pytest.mark.parametrize(
    "changes, told",
    [
        ({"inside": ""}, [("inside", "flat_details_missing")]),
        ({"inside": "", "outside": "bâtiment B"}, []),
        ({"inside": "", "dwelling": "house"}, []),
        ({"street": "", "place": "Le Mas Neuf"}, []),
        ({"postcode": "2A004"}, [("postcode", "postcode_corsica")]),
        ({"postcode": "5110"}, [("postcode", "postcode_malformed")]),
        ({"postcode": "99123"}, [("postcode", "postcode_unknown_department")]),
        ({"last_name": "\x00 \u200b"}, [("last_name", "missing")]),
        ({"last_name": "123"}, [("last_name", "no_letter")]),
        ({"last_name": "[/b]"}, []),
        ({"city": "😀"}, [("city", "no_letter")]),
        ({"civility": "dr"}, [("civility", "missing")]),
        # A door code says which door opens, not where it is.
        (
            {"inside": "digicode 12A34"},
            [("inside", "flat_details_missing"), ("inside", "door_code_in_address")],
        ),
    ],
)
def test_rules_of_a_deliverable_address(changes, told):
    assert _told(check_customer(_with_person(**changes))) == told


@pytest.mark.parametrize("name", [name for name in CUSTOMER_FIELDS if LIMITS[name] > 8])
def test_no_field_takes_a_card_number_or_too_much(name):
    for text, code in ((CARD, "card_number_refused"), ("x" * (LIMITS[name] + 1), "too_long")):
        entry = (
            replace(ENTRY, **{name: text}) if hasattr(ENTRY, name) else _with_person(**{name: text})
        )
        checked = check_customer(entry)
        assert checked.value is None
        assert [problem.code for problem in checked.of(name)] == [code]
        assert CARD not in repr(checked)


@pytest.mark.parametrize(
    "phone, second, told",
    [
        ("", "06 39 98 12 34", [("second_phone", "phone_doubtful")]),
        ("", "", [("phone", "missing")]),
        ("01 99 00 12", "", [("phone", "phone_malformed")]),
        ("01 99 00 12 34", "3900", [("second_phone", "phone_malformed")]),
    ],
)
def test_at_least_one_phone(phone, second, told):
    assert _told(check_customer(replace(ENTRY, phone=phone, second_phone=second))) == told


def test_a_second_phone_that_repeats_the_first_is_dropped():
    checked = check_customer(replace(ENTRY, second_phone="+33 1 99 00 12 34"))
    assert checked.value == FACTS


@pytest.mark.parametrize(
    "typed, email, problems",
    [
        ("odette@Example.org", "odette@example.org", ()),
        (
            "odette@orange,fr",
            None,
            (FieldProblem("email", "email_malformed", {"suggestion": "odette@orange.fr"}),),
        ),
        ("odette@", None, (FieldProblem("email", "email_malformed"),)),
        (
            "odette@gmial.com",
            "odette@gmial.com",
            (
                FieldProblem(
                    "email", "email_suggestion", {"suggestion": "odette@gmail.com"}, is_warning=True
                ),
            ),
        ),
    ],
)
def test_an_email_is_optional_and_never_replaced(typed, email, problems):
    checked = check_customer(replace(ENTRY, email=typed))
    assert checked.problems == problems
    assert (checked.value.email if checked.value else None) == email


def test_a_door_code_is_offered_to_the_instructions():
    checked = check_customer(_with_person(inside="3e étage, code 12A34"))
    assert checked.value is not None
    assert checked.warnings == (
        FieldProblem(
            "inside",
            "door_code_in_address",
            {"kept": "3e étage", "moved": "code 12A34"},
            is_warning=True,
        ),
    )


def test_a_line_no_label_has_room_for_is_a_warning():
    street = f"1 rue {'z' * 40}"
    checked = check_customer(_with_person(street=street))
    assert checked.value is not None
    assert checked.problems == (
        FieldProblem(
            "street",
            "line_too_long",
            {"line": street.upper(), "length": 46, "maximum": 38},
            is_warning=True,
        ),
    )


# --- who receives ------------------------------------------------------------


def test_the_same_address_is_the_customers_own():
    entry = DeliveryEntry(is_same=True, person=PersonEntry(last_name="x"), instructions=" code 12 ")
    assert check_delivery(entry, FACTS) == Checked(
        DeliveryAddress(FACTS.name, FACTS.billing, "code 12")
    )


def test_a_known_customer_will_do():
    customer = Customer(UUID(int=1), FACTS.name, FACTS.phones, FACTS.billing)
    assert check_delivery(DeliveryEntry(), customer).value == DeliveryAddress(
        FACTS.name, FACTS.billing
    )


def test_the_same_address_needs_a_customer():
    assert check_delivery(DeliveryEntry(), None) == Checked(
        None, (FieldProblem("is_same", "customer_incomplete"),)
    )


def test_another_persons_address_needs_no_customer():
    daughter = replace(DUVAL, first_name="Claire", last_name="Roux", city="Épernay")
    checked = check_delivery(DeliveryEntry(is_same=False, person=daughter), None)
    assert checked.problems == ()
    assert checked.value is not None
    assert checked.value.name == PersonName(Civility.MME, "Claire", "Roux")
    assert checked.value.address.city == "Épernay"


@pytest.mark.parametrize("is_same", [True, False])
@pytest.mark.parametrize(
    "instructions, told",
    [
        (CARD, [("instructions", "card_number_refused")]),
        ("x" * 71, [("instructions", "instructions_cut")]),
        ("x" * 251, [("instructions", "too_long")]),
        ("digicode 12A34", []),
    ],
)
def test_instructions(is_same, instructions, told):
    entry = DeliveryEntry(is_same=is_same, person=DUVAL, instructions=instructions)
    assert _told(check_delivery(entry, FACTS)) == told


# --- whatever is typed -------------------------------------------------------


@given(st.builds(CustomerEntry, person=people, phone=texts, second_phone=texts, email=texts))
def test_a_value_exactly_while_nothing_blocks(entry):
    checked = check_customer(entry)
    assert (checked.value is None) is bool(checked.blocking)
    places = [CUSTOMER_FIELDS.index(problem.field) for problem in checked.problems]
    assert places == sorted(places)
    for problem in checked.problems:
        assert "(code " not in problem_sentence(problem)


@given(st.builds(DeliveryEntry, is_same=st.booleans(), person=people, instructions=texts))
def test_a_delivery_exactly_while_nothing_blocks(entry):
    checked = check_delivery(entry, FACTS)
    assert (checked.value is None) is bool(checked.blocking)
    places = [DELIVERY_FIELDS.index(problem.field) for problem in checked.problems]
    assert places == sorted(places)
