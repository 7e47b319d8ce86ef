"""The shop's settings that central hands out, kept in the console's file.

Owns where they are kept, and in which a console's own differ from them. When a console begins to
use them is the desk's: with the next call, never under one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields

from models.errors import DomainError
from models.shop import ShopRules
from models.shop_file import rules_from
from services.ports import Settings

SHOP_RULES = "shop_rules"
"""Setting: as JSON, what central said last; "" until it did."""


def keep_rules(settings: Settings, rules: ShopRules) -> None:
    """Writes only what differs from the last time."""
    told = json.dumps(asdict(rules), ensure_ascii=False, sort_keys=True)
    if settings.get(SHOP_RULES) != told:
        settings.put(SHOP_RULES, told)


def kept_rules(settings: Settings) -> ShopRules | None:
    """None until central said them; what another version of this program kept and cannot be
    read counts as not said.
    """
    told = settings.get(SHOP_RULES)
    if not told:
        return None
    known = {field.name for field in fields(ShopRules)}
    try:
        return rules_from({key: value for key, value in json.loads(told).items() if key in known})
    except (DomainError, ValueError, AttributeError):
        return None


def differing(own: ShopRules, other: ShopRules) -> Sequence[str]:
    """Names of the settings that are not the same, in their order."""
    names = [field.name for field in fields(ShopRules)]
    return [name for name in names if getattr(own, name) != getattr(other, name)]
