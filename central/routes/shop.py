"""``/v1/shop``: the settings that central judges by. They stand in its own, so no query is made."""

from __future__ import annotations

from fastapi import APIRouter

from central.auth import SettingsOf
from central.contract import GUARDED, problems
from models.wire.shop import ShopOut, ShopRulesWire

router = APIRouter(prefix="/v1", tags=["shop"])


@router.get("/shop", responses=problems(*GUARDED))
def shop(settings: SettingsOf) -> ShopOut:
    """Who is paid and where, fees, delays. A console whose own settings are others is told an
    order's differences by them.
    """
    rules = ShopRulesWire.model_validate(settings.rules)
    return ShopOut(version=rules.fingerprint(), rules=rules)
