"""E-mail addresses: syntax, and suggestions that never replace."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shelf import vectors

from models.email import check_email, suggest_email
from models.errors import DomainError

CASES = vectors("03_emails")["cases"]


@pytest.mark.parametrize(
    "case", [case for case in CASES if case["ok"]], ids=lambda case: case["in"]
)
def test_accepted_as_in_the_vectors(case):
    assert check_email(case["in"]) == case.get("normalized", case["in"])


@pytest.mark.parametrize(
    "case", [case for case in CASES if not case["ok"]], ids=lambda case: case["in"]
)
def test_refused_as_in_the_vectors(case):
    with pytest.raises(DomainError, match=r"^email_malformed$"):
        check_email(case["in"])


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if "suggest" in case or "fix" in case],
    ids=lambda case: case["in"],
)
def test_suggested_as_in_the_vectors(case):
    assert suggest_email(case["in"]) == case.get("fix", case.get("suggest"))


@pytest.mark.parametrize(
    "typed, meant",
    [
        ("www.jean@free.fr", "jean@free.fr"),
        ("jean @ orange.fr", "jean@orange.fr"),
        ("jean@wanado.fr", "jean@wanadoo.fr"),
        ("jean@orange", "jean@orange.fr"),
        ("jean@hotmail", None),  # .fr or .com: to be asked
        ("jean@live.com", None),
        ("jean@sfr.fr", None),
        ("jean@example.org", None),
        ("jean", None),
        ("@", None),
        ("", None),
    ],
)
def test_suggestions(typed, meant):
    assert suggest_email(typed) == meant


def test_too_long_a_local_part_is_refused():
    with pytest.raises(DomainError):
        check_email("a" * 65 + "@example.org")


@given(st.text(max_size=40).map(lambda local: f"{local}@orang.fr") | st.text(max_size=40))
def test_a_suggestion_is_well_formed_and_final(text):
    meant = suggest_email(text)
    if meant is not None:
        assert check_email(meant)
        assert suggest_email(meant) is None
