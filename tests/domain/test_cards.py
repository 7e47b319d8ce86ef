"""No card number gets in, whatever stands between its digits; two phones are not a card."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shelf import vectors

from models.cards import find_pan, mask_pans, refuse_pan
from models.errors import DomainError

VISA = "4111111111111111"

_RANGES = {
    14: ("300", "305", "3095", "36", "38"),
    15: ("34", "37"),
    16: ("4", "51", "55", "2221", "2720", "6011", "3528", "3589", "50", "5612", "62", "81"),
    19: ("4", "62", "6304"),
}


def _check_digit(digits: str) -> str:
    figures = [int(digit) for digit in reversed(digits)]
    odd = sum(sum(divmod(2 * figure, 10)) for figure in figures[::2])
    return str(-(odd + sum(figures[1::2])) % 10)


@st.composite
def pans(draw):
    length = draw(st.sampled_from(sorted(_RANGES)))
    prefix = draw(st.sampled_from(_RANGES[length]))
    rest = length - len(prefix) - 1
    body = prefix + draw(st.text("0123456789", min_size=rest, max_size=rest))
    return body + _check_digit(body)


@st.composite
def written(draw, pan: str) -> str:
    scripts = st.sampled_from("0٠०０")
    separators = st.sampled_from(["", "", " ", "-", ".", " - ", "\u00a0", "\u202f", "/", "\u200b"])
    digits = [chr(ord(draw(scripts)) + int(digit)) for digit in pan]
    return digits[0] + "".join(draw(separators) + digit for digit in digits[1:])


@pytest.mark.parametrize("case", vectors("07_pan")["cases"], ids=lambda case: case["in"])
def test_found_as_in_the_vectors(case):
    assert find_pan(case["in"]) == case["pan"]


@given(st.data(), pans())
def test_found_with_any_separators_and_digits(data, pan):
    assert find_pan(f"carte {data.draw(written(pan))} svp") == pan


@given(st.data(), pans())
def test_masked_to_the_last_four(data, pan):
    masked = mask_pans(f"carte {data.draw(written(pan))} svp")
    assert masked == f"carte •••• {pan[-4:]} svp"
    assert find_pan(masked) is None


@pytest.mark.parametrize(
    "text",
    [
        "12 4111 1111 1111 1111",
        "4111 1111 1111 1111 12/28",
        "4111111111111111 06 39 98 12 34",
        "06 39 98 12 34 4111 1111 1111 1111",
        "CB4111111111111111exp",
    ],
)
def test_found_beside_other_numbers(text):
    assert find_pan(text) == VISA


@pytest.mark.parametrize(
    "text",
    [
        "06 39 98 12 34 06 39 98 56 78",
        "0639981234 0199001234",
        "0639981234 / 0199001234 / 0639985678",
        "69003 06 39 98 12 34",
        "8715946412345 8715946412352",
        "41111111111111111111111",
        "4111 1111\nrue 1111 1111",
        "",
    ],
)
def test_other_numbers_are_left_alone(text):
    assert find_pan(text) is None
    assert mask_pans(text) == text


@given(*[st.from_regex(r"0[1-9]( [0-9]{2}){4}", fullmatch=True)] * 3)
def test_phones_one_after_the_other_are_not_a_card(first, second, third):
    assert find_pan(f"{first} {second} {third}") is None


def test_two_cards_are_both_masked():
    assert mask_pans(f"{VISA} puis 3782 822463 10005.") == "•••• 1111 puis •••• 0005."


def test_refused_without_repeating_it():
    with pytest.raises(DomainError) as refused:
        refuse_pan(f"ma carte {VISA}", "instructions")
    assert refused.value.code == "card_number_refused"
    assert dict(refused.value.facts) == {"field": "instructions"}
    refuse_pan("06 39 98 12 34", "instructions")


@given(st.text(max_size=200))
def test_masking_ends_and_leaves_no_card(text):
    assert find_pan(mask_pans(text)) is None
