"""Envelope lines of NF Z10-011, postcodes, and door codes that are no address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shelf import vectors

from models.address import (
    LINE_MAX,
    door_code_in,
    fold,
    label_lines,
    postcode_problem,
    split_door_code,
    too_long,
)
from models.customer import Address, Civility, Dwelling, PersonName

VECTORS = vectors("01_addresses")


def _name(text: str) -> PersonName:
    civility, first, last = text.split(" ", 2)
    return PersonName(Civility(civility.rstrip(".").lower()), first, last)


def _address(**texts: str) -> Address:
    given_texts = {"street": "", "postcode": "51100", "city": "Reims"} | texts
    return Address(dwelling=Dwelling.HOUSE, **given_texts)


@pytest.mark.parametrize(
    "case", [case for case in VECTORS["cases"] if "out" in case], ids=lambda case: case["out"][0]
)
def test_lines_as_in_the_vectors(case):
    texts = dict(case["in"])
    assert label_lines(_name(texts.pop("name")), _address(**texts)) == tuple(case["out"])


@pytest.mark.parametrize(
    "street, line",
    [
        (
            "1 boulevard du Maréchal Jean Marie de Lattre de Tassigny",
            "1 BD MAL J M DE LATTRE DE TASSIGNY",
        ),
        ("3 avenue des Fleurs", "3 AVENUE DES FLEURS"),
        ("12ter avenue du Général Leclerc", "12 TER AVENUE DU GENERAL LECLERC"),
        # 33 characters of street: its type alone is enough.
        ("7 avenue de la Libération de Paris XX", "7 AV DE LA LIBERATION DE PARIS XX"),
        ("8 rue Léon", "8 RUE LEON"),
    ],
)
def test_streets_are_abbreviated_only_as_far_as_needed(street, line):
    lines = label_lines(PersonName(Civility.M, "Paul", "Leroy"), _address(street=street))
    assert lines[1] == line


def test_names_and_buildings_are_abbreviated_beyond_the_line():
    name = PersonName(Civility.MME, "Marie-Christine", "de la Rochefoucauld-Montbel")
    address = _address(
        inside="Appartement 12, escalier B, troisième étage",
        outside="Résidence du Bâtiment Saint Nicolas Ouest",
        street="1 rue A",
    )
    assert label_lines(name, address)[:3] == (
        "MME M C DE LA ROCHEFOUCAULD MONTBEL",
        "APT 12 ESC B TROISIEME ETG",
        "RES DU BAT ST NICOLAS OUEST",
    )


def test_what_stays_too_long_is_kept_whole_and_told():
    lines = label_lines(
        PersonName(Civility.M, "Paul", "Leroy"), _address(street=f"1 rue {'Z' * 40}")
    )
    assert too_long(lines) == (f"1 RUE {'Z' * 40}",)


def test_abroad_the_country_is_the_last_line():
    lines = label_lines(
        PersonName(Civility.M, "Paul", "Leroy"), _address(street="1 rue A", country="BE")
    )
    assert lines[-1] == "BELGIQUE"


@given(*[st.text(max_size=60)] * 3)
def test_lines_are_in_capitals_and_none_is_lost_silently(street, inside, city):
    address = _address(street=street, inside=inside, city=city)
    lines = label_lines(PersonName(Civility.MME, "Zoé", "Œuf"), address)
    assert lines[0] == "MME ZOE OEUF"
    assert all(line == fold(line) and line for line in lines)
    assert set(too_long(lines)) == {line for line in lines if len(line) > LINE_MAX}


@pytest.mark.parametrize("case", VECTORS["postcodes"], ids=lambda case: case["pc"])
def test_postcodes_as_in_the_vectors(case):
    assert (postcode_problem(case["pc"]) is None) is case["ok"]


@pytest.mark.parametrize(
    "postcode, problem",
    [
        ("2A004", "postcode_corsica"),
        ("2b300", "postcode_corsica"),
        ("20090", None),
        ("5110", "postcode_malformed"),
        ("٥١١٠٠", "postcode_malformed"),
        ("96000", "postcode_unknown_department"),
        ("97900", "postcode_unknown_department"),
        ("97500", None),
        ("98412", "postcode_unknown_department"),
        ("01000", None),
        ("95880", None),
    ],
)
def test_postcode_problems(postcode, problem):
    assert postcode_problem(postcode) == problem


@pytest.mark.parametrize("case", VECTORS["digicode"], ids=lambda case: case["text"])
def test_door_codes_of_the_vectors_are_instructions(case):
    assert door_code_in(case["text"])


@pytest.mark.parametrize(
    "text",
    ["Apt 12, étage 3", "Résidence du Code", "escalier B porte 4", "rue du Code civil", ""],
)
def test_addresses_are_no_door_codes(text):
    assert not door_code_in(text)
    assert split_door_code(text) == (text, "")


@pytest.mark.parametrize(
    "text, kept, moved",
    [
        ("2e étage, digicode 12A34", "2e étage", "digicode 12A34"),
        ("2e étage porte gauche code 4589B", "2e étage porte gauche", "code 4589B"),
        ("Code d'entrée 1234 ; bât. C", "bât. C", "Code d'entrée 1234"),
        ("interphone DUPONT", "", "interphone DUPONT"),
    ],
)
def test_door_codes_are_split_off(text, kept, moved):
    assert split_door_code(text) == (kept, moved)
