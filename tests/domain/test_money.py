from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shelf import vectors

from models.errors import Defect, DomainError
from models.money import allocate, format_cents, parse_cents, round_half_up, share_bp

FORMATS = [case for case in vectors("14_i18n")["cases"] if case["fmt"] == "currency"]
PARSES = [case for case in vectors("14_i18n")["cases"] if case["fmt"] == "parse"]


def in_cents(decimal: str) -> int:
    return int(Fraction(decimal) * 100)


@pytest.mark.parametrize(
    "numerator, denominator, whole",
    [(1, 2, 1), (-1, 2, -1), (3, 2, 2), (149, 100, 1), (150, 100, 2), (-149, 100, -1), (0, 7, 0)],
)
def test_halves_go_away_from_zero(numerator: int, denominator: int, whole: int) -> None:
    assert round_half_up(numerator, denominator) == whole


@given(st.integers(), st.integers(min_value=1))
def test_rounding_is_off_by_half_at_most_and_symmetric(numerator: int, denominator: int) -> None:
    rounded = round_half_up(numerator, denominator)
    assert abs(Fraction(numerator, denominator) - rounded) <= Fraction(1, 2)
    assert round_half_up(-numerator, denominator) == -rounded


def test_a_denominator_is_positive() -> None:
    with pytest.raises(Defect, match="denominator_not_positive"):
        round_half_up(1, 0)


def test_share_in_basis_points() -> None:
    assert share_bp(4870, 1000) == 487
    assert share_bp(4875, 1000) == 488
    assert share_bp(999, 0) == 0


@given(
    st.integers(min_value=-(10**9), max_value=10**9),
    st.lists(st.integers(min_value=0, max_value=10**6), min_size=1, max_size=20).filter(any),
)
def test_shares_sum_exactly_and_stay_within_a_cent_of_proportion(
    total: int, weights: list[int]
) -> None:
    shares = allocate(total, weights)
    assert sum(shares) == total
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - Fraction(total * weight, sum(weights))) < 1


@given(st.data())
def test_no_share_exceeds_its_weight(data: st.DataObject) -> None:
    weights = data.draw(st.lists(st.integers(min_value=0, max_value=10**6), max_size=20))
    total = data.draw(st.integers(min_value=0, max_value=sum(weights)))
    assert all(0 <= s <= w for s, w in zip(allocate(total, weights), weights, strict=True))


def test_equal_remainders_go_to_the_first() -> None:
    assert allocate(100, [1, 1, 1]) == [34, 33, 33]
    assert allocate(-100, [1, 1, 1]) == [-34, -33, -33]
    assert allocate(0, [0, 0]) == [0, 0]


@pytest.mark.parametrize("weights", [[], [0, 0], [3, -1]])
def test_there_must_be_something_to_share_by(weights: list[int]) -> None:
    with pytest.raises(Defect, match="nothing_to_allocate_to"):
        allocate(1, weights)


@pytest.mark.parametrize("case", FORMATS, ids=lambda case: case["in"])
def test_written_as_in_the_vectors(case: dict[str, str]) -> None:
    # The vectors were written down with plain spaces; the exact ones are tested below.
    plain = format_cents(in_cents(case["in"])).replace("\u202f", " ").replace("\u00a0", " ")
    assert plain == case["fr"].replace("\u202f", " ").replace("\u00a0", " ")


def test_written_with_the_spaces_that_do_not_break() -> None:
    assert format_cents(123450) == "1\u202f234,50\u00a0€"
    assert format_cents(5) == "0,05\u00a0€"
    assert format_cents(-490) == "-4,90\u00a0€"
    assert format_cents(100000000) == "1\u202f000\u202f000,00\u00a0€"


@pytest.mark.parametrize("case", PARSES, ids=lambda case: case["in"])
def test_read_as_in_the_vectors(case: dict[str, str]) -> None:
    assert parse_cents(case["in"]) == in_cents(case["out"])


@given(st.integers(min_value=0, max_value=99_999_999_999))
def test_what_is_written_can_be_read(cents: int) -> None:
    assert parse_cents(format_cents(cents)) == cents


@pytest.mark.parametrize(
    "text", ["", "abc", "1.234,50", "1.234", "12,345", "-5", "1 2", "12,", ",5", "١٢", "9" * 10000]
)
def test_what_could_be_misread_is_refused(text: str) -> None:
    with pytest.raises(DomainError) as refused:
        parse_cents(text)
    assert refused.value.code == "amount_malformed"
