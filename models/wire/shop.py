"""The shop's own settings, as central judges by them and consoles say them to callers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from models.shop import ShopRules
from models.shop_file import LINES_MAX, MAX, rules_from
from models.wire.fields import Text, WireModel

Amount = Annotated[int, Field(strict=True, ge=0, le=MAX)]


class ShopRulesWire(WireModel):
    """The fields of ``models.shop.ShopRules``, by the same names."""

    delivery_fee_cents: Amount
    free_delivery_from_cents: Annotated[int, Field(strict=True, ge=-MAX, le=MAX)]
    delivery_vat_rate_bp: Amount
    price_kept_seconds: Amount
    holiday_zone: Text
    dispatch_open_days: Amount
    transfer_bank_days_max: Amount
    cheque_post_days: Amount
    currency: Text
    name: Text
    cheque_payee: Text
    account_holder: Text
    iban: Text
    postal_address: Annotated[tuple[Text, ...], Field(min_length=1, max_length=LINES_MAX)]
    service_phone: Text
    service_hours: Text

    def to_domain(self) -> ShopRules:
        """Raises DomainError("shop_file_malformed") for what no shop's file may say here."""
        return rules_from(self.model_dump(mode="json"))


class ShopOut(WireModel):
    """``version`` names these settings: others have another one."""

    version: Text
    rules: ShopRulesWire
