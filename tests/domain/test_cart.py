from __future__ import annotations

import pytest

from models import wording
from models.cart import CODES_MAX, Cart
from models.errors import DomainError


def test_a_cart_takes_ten_codes_and_says_so_at_the_eleventh():
    full = Cart()
    for number in range(CODES_MAX):
        full = full.add_code(f"CODE{number}")
    assert CODES_MAX == len(full.codes) == 10
    assert full.add_code("CODE3") == full
    with pytest.raises(DomainError) as refused:
        full.add_code("CODE10")
    assert wording.error_sentence(refused.value) == (
        "Pas plus de 10 codes par commande : retirez-en un."
    )
    assert full.remove_code("CODE3").add_code("CODE10").codes[-1] == "CODE10"
