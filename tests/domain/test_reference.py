from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shelf import vectors

from models import reference
from models.errors import Defect, DomainError

NUMBERS = st.integers(0, reference.NUMBER_MAX)
NINE = [case for case in vectors("15_order_refs")["cases"] if case["scheme"] == "B"]
CREDITORS = [case for case in vectors("05_references")["cases"] if case["kind"] == "rf"]


def test_check_digits_of_the_vectors() -> None:
    made = next(case for case in NINE if "payload" in case)
    assert reference.with_check(int(made["payload"])) == made["ref"]
    wrong = next(case for case in NINE if "in" in case)
    assert not reference.is_valid("".join(wrong["in"].split()))
    assert reference.check_digit("572") == 4


@given(NUMBERS, st.integers(0, 8), st.integers(1, 9))
def test_every_wrong_digit_is_detected(number: int, place: int, by: int) -> None:
    right = reference.with_check(number)
    other = (int(right[place]) + by) % 10
    assert not reference.is_valid(f"{right[:place]}{other}{right[place + 1 :]}")


@given(NUMBERS, st.integers(0, 7))
def test_every_swap_of_neighbours_is_detected(number: int, place: int) -> None:
    right = reference.with_check(number)
    one, two = right[place], right[place + 1]
    swapped = f"{right[:place]}{two}{one}{right[place + 2 :]}"
    assert reference.is_valid(swapped) == (one == two)


@given(NUMBERS)
def test_a_reference_is_read_however_it_is_written(number: int) -> None:
    right = reference.with_check(number)
    assert reference.parse(right) == right
    assert reference.parse(f"  {reference.grouped(right)} ") == right
    assert reference.parse(reference.grouped(right).replace(" ", "-")) == right
    assert reference.parse(right.replace("0", "O").replace("1", "l")) == right
    assert reference.parse(".".join(right.replace("0", "o").replace("1", "I"))) == right


@pytest.mark.parametrize(
    "text", ["", "48201395", "4820139571", "48201395X", "٤٨٢٠١٣٩٥٧", "9" * 9999]
)
def test_what_is_not_nine_digits_is_malformed(text: str) -> None:
    with pytest.raises(DomainError) as refused:
        reference.parse(text)
    assert refused.value.code == "reference_malformed"
    assert reference.neighbours(text) == ()


def test_a_wrong_digit_is_named_as_such() -> None:
    with pytest.raises(DomainError) as refused:
        reference.parse("010 000 021")
    assert refused.value.code == "reference_check"
    assert refused.value.facts["reference"] == "010000021"


@given(NUMBERS, st.integers(0, 8), st.integers(1, 9))
def test_the_meant_reference_is_among_the_neighbours(number: int, place: int, by: int) -> None:
    right = reference.with_check(number)
    wrong = f"{right[:place]}{(int(right[place]) + by) % 10}{right[place + 1 :]}"
    found = reference.neighbours(wrong)
    assert right in found
    assert list(found) == sorted(set(found))
    assert all(map(reference.is_valid, found))


def test_a_swap_is_among_the_neighbours() -> None:
    assert "010000012" in reference.neighbours("010 000 021")
    assert reference.neighbours("010000012") == (), "the check rules all of them out"


@pytest.mark.parametrize("number", [-1, 100_000_000])
def test_only_eight_digits_are_leased(number: int) -> None:
    with pytest.raises(Defect, match="reference_number_out_of_range"):
        reference.with_check(number)


def test_grouped_in_threes() -> None:
    assert reference.grouped("482013957") == "482 013 957"


@pytest.mark.parametrize("case", CREDITORS, ids=lambda case: case["in"])
def test_creditor_references_of_the_vectors(case: dict[str, object]) -> None:
    assert reference.is_creditor_reference(str(case["in"])) == case["ok"]


def test_creditor_reference_is_made_as_in_the_vectors() -> None:
    made = next(case for case in vectors("05_references")["cases"] if case["kind"] == "rf-make")
    assert reference.creditor_reference(made["in"]) == made["out"]


@given(NUMBERS)
def test_a_creditor_reference_proves_itself(number: int) -> None:
    made = reference.creditor_reference(reference.with_check(number))
    assert reference.is_creditor_reference(made)
    assert made.endswith(reference.with_check(number))
    assert not reference.is_creditor_reference(f"RF{(int(made[2:4]) + 1) % 100:02d}{made[4:]}")


@pytest.mark.parametrize(
    "text", ["", "RF", "RF18", "DE18539007547034", "RF18 5390/0754", "RF1" + "8" * 40]
)
def test_what_is_no_creditor_reference(text: str) -> None:
    assert not reference.is_creditor_reference(text)
