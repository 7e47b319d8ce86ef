"""The code that is read out to introduce a console."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.enrolment_code import ALPHABET, LENGTH, grouped_code, new_code, read_code
from models.errors import DomainError
from models.wording import error_sentence

CODES = st.integers(0, 2**32).map(lambda seed: new_code(random.Random(seed).randrange))


def test_a_code_has_sixteen_signs_in_fours() -> None:
    assert new_code(lambda _: 0) == "3333333333333333"
    assert grouped_code(new_code(lambda n: n - 1)) == "YYYY-YYYY-YYYY-YYYV"
    assert not set("01IL2Z5SOB8U") & set(ALPHABET)


@given(CODES)
def test_a_code_is_read_however_it_is_written(code: str) -> None:
    assert read_code(code) == code
    assert read_code(f" {grouped_code(code).lower()} ") == code
    assert read_code(" ".join(code)) == code


@given(CODES, st.integers(0, LENGTH - 1), st.sampled_from(ALPHABET))
def test_one_wrong_sign_is_noticed(code: str, place: int, sign: str) -> None:
    wrong = code[:place] + sign + code[place + 1 :]
    if wrong != code:
        with pytest.raises(DomainError) as refused:
            read_code(wrong)
        assert refused.value.code == "enrolment_code_malformed"


@given(CODES, st.integers(0, LENGTH - 1), st.integers(0, LENGTH - 1))
def test_two_signs_that_changed_places_are_noticed(code: str, one: int, other: int) -> None:
    signs = list(code)
    signs[one], signs[other] = signs[other], signs[one]
    if "".join(signs) != code:
        with pytest.raises(DomainError):
            read_code("".join(signs))


@pytest.mark.parametrize("text", ["", "3333", "3" * 15, "3" * 17, "O" * 16, "333333333333333é"])
def test_what_is_no_code_is_said(text: str) -> None:
    with pytest.raises(DomainError) as refused:
        read_code(text)
    assert "code" in error_sentence(refused.value)
