"""What a shop may write into its file of settings, and what is refused."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from models.errors import DomainError
from models.shop import HolidayZone, ShopRules
from models.shop_file import rules_in

EXAMPLE = Path(__file__).parents[2] / "docs" / "admin" / "shop.toml"


def test_an_empty_file_changes_nothing() -> None:
    assert rules_in("") == ShopRules()


def test_what_is_said_is_taken_and_the_rest_stays() -> None:
    rules = rules_in('price_kept_seconds = 3600\nholiday_zone = "reunion"\n')
    assert (rules.price_kept_seconds, rules.holiday_zone) == (3600, HolidayZone.REUNION)
    assert rules.delivery_fee_cents == ShopRules().delivery_fee_cents


def test_the_example_of_the_documentation_names_all_there_is() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    rules = rules_in(text)
    assert rules.iban == "FR7630006000011234567890189"
    assert rules.postal_address[2] == "51100 REIMS"
    named = {line.partition(" = ")[0] for line in text.splitlines() if " = " in line}
    assert named == {field.name for field in fields(ShopRules)} - {"currency"}


@pytest.mark.parametrize(
    "text, key",
    [
        ("delivery_fee_cents = ", ""),
        ("fee = 3", "fee"),
        ("delivery_fee_cents = -1", "delivery_fee_cents"),
        ("delivery_fee_cents = 4.9", "delivery_fee_cents"),
        ("delivery_fee_cents = true", "delivery_fee_cents"),
        ('delivery_fee_cents = "490"', "delivery_fee_cents"),
        ("price_kept_seconds = 10000000000", "price_kept_seconds"),
        ('holiday_zone = "corse"', "holiday_zone"),
        ('iban = "FR76 3000 6000 0112 3456 7890 188"', "iban"),
        ("iban = 3", "iban"),
        ('name = ""', "name"),
        ('name = "a\\u0007b"', "name"),
        (f'name = "{"a" * 141}"', "name"),
        ("postal_address = []", "postal_address"),
        ('postal_address = ["a", 3]', "postal_address"),
        ('postal_address = "a"', "postal_address"),
        ('currency = "CHF"', "currency"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(text: str, key: str) -> None:
    with pytest.raises(DomainError) as refused:
        rules_in(text)
    assert (refused.value.code, refused.value.facts["key"]) == ("shop_file_malformed", key)
