"""Where the shop's settings are: a file that ``KIOSK_SHOP`` names, the same for all consoles of
the shop and its central. A console without it goes by what its central hands out; a central
without it is the invented shop of ``ShopRules``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from models.errors import DomainError
from models.shop import ShopRules

VARIABLE = "KIOSK_SHOP"
BYTES_MAX = 100_000


def rules_of_shop(environ: Mapping[str, str]) -> ShopRules | None:
    """None where no file is named: a console asks its central then. Raises DomainError: "shop_file_unreadable", "shop_file_malformed"."""
    named = environ.get(VARIABLE, "").strip()
    if not named:
        return None
    from models.shop_file import rules_in  # noqa: PLC0415 - for a shop that has such a file

    try:
        with Path(named).expanduser().open("rb") as file:
            text = file.read(BYTES_MAX).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise DomainError("shop_file_unreadable", path=named) from error
    return rules_in(text)
