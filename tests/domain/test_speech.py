"""Numbers, names and groups made to be heard."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shelf import vectors

from models.speech import (
    amount_in_words,
    digits_in_groups,
    digits_in_words,
    integer_in_words,
    spell,
    spell_email,
    spoken_date,
    spoken_email,
    spoken_postcode,
)

AMOUNTS = vectors("12_amount_words")["cases"]
ALPHABET = vectors("12_spelling")["cases"]


@pytest.mark.parametrize("case", AMOUNTS, ids=lambda case: case["in"])
def test_amounts_as_in_the_vectors(case):
    assert amount_in_words(int(case["in"].replace(".", ""))) == case["fr"]


@pytest.mark.parametrize(
    "cents, words",
    [
        (1, "un centime"),
        (80, "quatre-vingts centimes"),
        (-250, "moins deux euros et cinquante centimes"),
        (100_000_000, "un million d'euros"),
        (100_000_100, "un million un euros"),
        (8_000_000_000, "quatre-vingts millions d'euros"),
    ],
)
def test_amounts(cents, words):
    assert amount_in_words(cents) == words


@pytest.mark.parametrize(
    "number, words",
    [
        (16, "seize"),
        (17, "dix-sept"),
        (21, "vingt et un"),
        (61, "soixante et un"),
        (70, "soixante-dix"),
        (71, "soixante et onze"),
        (72, "soixante-douze"),
        (79, "soixante-dix-neuf"),
        (80, "quatre-vingts"),
        (81, "quatre-vingt-un"),
        (90, "quatre-vingt-dix"),
        (91, "quatre-vingt-onze"),
        (99, "quatre-vingt-dix-neuf"),
        (100, "cent"),
        (180, "cent quatre-vingts"),
        (200, "deux cents"),
        (1000, "mille"),
        (80_000, "quatre-vingt mille"),
        (200_200, "deux cent mille deux cents"),
        (999_999, "neuf cent quatre-vingt-dix-neuf mille neuf cent quatre-vingt-dix-neuf"),
    ],
)
def test_integers(number, words):
    assert integer_in_words(number) == words


@pytest.mark.parametrize(
    "number, words",
    [(1, "une"), (2, "deux"), (11, "onze"), (21, "vingt et une"), (81, "quatre-vingt-une")],
)
def test_counted_in_the_feminine(number, words):
    assert integer_in_words(number, is_feminine=True) == words


@pytest.mark.parametrize("number", [-1, 1_000_000_000])
def test_integers_out_of_range(number):
    with pytest.raises(ValueError, match=str(number)):
        integer_in_words(number)


@given(*[st.integers(0, 999_999_999)] * 2)
def test_no_two_numbers_sound_alike(one, other):
    assert (integer_in_words(one) == integer_in_words(other)) is (one == other)


@pytest.mark.parametrize("case", ALPHABET, ids=lambda case: case["letter"])
def test_the_alphabet(case):
    assert spell(case["letter"]) == f"{case['letter']} comme {case['word']}"


@pytest.mark.parametrize(
    "case", vectors("12_spelling")["examples"][:2], ids=lambda case: case["in"]
)
def test_spelled_as_in_the_vectors(case):
    assert spell(case["in"]) == case["out"]


def test_signs_of_an_email_as_in_the_vectors():
    example = vectors("12_spelling")["examples"][3]
    assert spell_email(example["in"]) == example["out"]


@pytest.mark.parametrize(
    "name, said",
    [
        ("Goff", "G comme Gaston, O comme Oscar, deux F comme François"),
        (
            "Le-Roy",
            (
                "L comme Louis, E comme Eugène, trait d'union, R comme Raoul, O comme Oscar, "
                "Y comme Yvonne"
            ),
        ),
        ("D’A", "D comme Désiré, apostrophe, A comme Anatole"),
        ("A Z", "A comme Anatole, espace, Z comme Zoé"),
        ("çèü", "C cédille comme Célestin, E accent grave comme Eugène, U tréma comme Ursule"),
        ("e\u0301", "É comme Émile"),
        ("Œ", "O comme Oscar, E comme Eugène"),
        ("22", "deux, deux"),
        ("Ж", "Ж"),
        ("", ""),
    ],
)
def test_spelled(name, said):
    assert spell(name) == said


@given(st.text(max_size=100))
def test_anything_can_be_spelled(text):
    assert isinstance(spell(text), str)
    assert isinstance(spell_email(text), str)
    assert isinstance(spoken_email(text), str)


@pytest.mark.parametrize(
    "text, size, grouped",
    [
        ("482013957", 3, "482 013 957"),
        ("FR76 3000-6000 011", 4, "FR76 3000 6000 011"),
        ("0639981234", 2, "06 39 98 12 34"),
        ("", 3, ""),
    ],
)
def test_groups(text, size, grouped):
    assert digits_in_groups(text, size) == grouped


@pytest.mark.parametrize(
    "digits, words",
    [("013", "zéro treize"), ("00", "zéro zéro"), ("482", "quatre cent quatre-vingt-deux")],
)
def test_digits_dictated_in_a_group(digits, words):
    assert digits_in_words(digits) == words


def test_days_postcodes_and_emails():
    assert spoken_date(date(2026, 11, 25)) == "mercredi vingt-cinq novembre"
    assert spoken_date(date(2026, 5, 1)) == "vendredi premier mai"
    assert spoken_postcode("51100") == "51 100"
    assert spoken_email("marie-jo.du_pont42@example.org") == (
        "marie tiret jo point du tiret bas pont42 arobase example point org"
    )
