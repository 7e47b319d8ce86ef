from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shelf import vectors

from models.vat import VatRegime, VatShare, vat_regime, vat_shares

CASES = vectors("09_vat")["cases"]
DESTINATIONS = vectors("09_vat")["dest"]


def cents(decimal: str) -> int:
    return int(Fraction(decimal) * 100)


@pytest.mark.parametrize("case", CASES, ids=lambda case: "+".join(case["lines_ttc"]))
def test_vat_of_the_vectors(case: dict[str, str]) -> None:
    gross = sum(map(cents, case["lines_ttc"]))
    rate = int(Fraction(case["rate"]) * 100)
    assert vat_shares({rate: gross}) == (
        VatShare(rate, gross, cents(case["ht"]), cents(case["vat"])),
    )


@pytest.mark.parametrize("case", DESTINATIONS, ids=lambda case: case["postcode"])
def test_regime_of_the_vectors(case: dict[str, str]) -> None:
    regime = vat_regime(case["postcode"])
    assert regime.is_due == (case["regime"] != "export")
    if "mention" in case:
        assert regime.mention == case["mention"]


@pytest.mark.parametrize("postcode", ["97500", "97133", "97 150", "98600", "98799", "98800"])
def test_territories_are_not_departments(postcode: str) -> None:
    assert vat_regime(postcode) is VatRegime.EXPORT_TERRITORY


@pytest.mark.parametrize("postcode", ["97130", "97139", "97200", "97600"])
def test_departments_overseas(postcode: str) -> None:
    assert vat_regime(postcode) is VatRegime.EXPORT_DROM


def test_territories_have_their_own_mention() -> None:
    assert "262 I" in (VatRegime.EXPORT_TERRITORY.mention or "")
    assert VatRegime.DOMESTIC.mention is None


@pytest.mark.parametrize("postcode", ["", "9", "98000", "69 003", "nonsense"])
def test_anything_else_is_domestic(postcode: str) -> None:
    assert vat_regime(postcode) is VatRegime.DOMESTIC


@given(st.dictionaries(st.integers(0, 3000), st.integers(0, 10**8), max_size=4))
def test_net_and_vat_sum_to_what_is_paid(gross_by_rate: dict[int, int]) -> None:
    shares = vat_shares(gross_by_rate)
    assert sum(share.gross_cents for share in shares) == sum(gross_by_rate.values())
    for share in shares:
        assert share.net_cents + share.vat_cents == share.gross_cents
        exact = Fraction(share.gross_cents * 10_000, 10_000 + share.rate_bp)
        assert abs(share.net_cents - exact) <= Fraction(1, 2)
    assert [share.rate_bp for share in shares] == sorted(
        (rate for rate, gross in gross_by_rate.items() if gross), reverse=True
    )
