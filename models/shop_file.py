"""The shop's settings as its owner writes them: the fields of ``ShopRules``, in TOML.

Owns what may stand there. What is left out stays as it is in ``ShopRules``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from models.errors import DomainError
from models.reference import has_check_97
from models.shop import HolidayZone, ShopRules

MAX = 1_000_000_000
"""Of a number; a delay of thirty years in seconds."""
TEXT_MAX = 140
"""Of a text; what a transfer may say (EPC rulebook)."""
LINES_MAX = 6
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")


def rules_in(text: str) -> ShopRules:
    """Raises DomainError("shop_file_malformed", key=...): which setting, "" where the text is no
    TOML.
    """
    import tomllib  # noqa: PLC0415 - for a shop that has such a file

    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DomainError("shop_file_malformed", key="") from error
    return rules_from(told)


def rules_from(told: Mapping[str, object]) -> ShopRules:
    """Raises DomainError("shop_file_malformed", key=...)."""
    known = {field.name: getattr(ShopRules(), field.name) for field in fields(ShopRules)}
    return ShopRules(**{key: _value(key, said, known) for key, said in told.items()})


def _value(key: str, said: object, known: Mapping[str, object]) -> Any:
    value = None
    if key == "currency":
        value = said if said == known[key] else None
    elif key == "iban":
        value = _iban(said)
    elif isinstance(known.get(key), HolidayZone):
        value = next((zone for zone in HolidayZone if zone == said), None)
    elif isinstance(known.get(key), int):
        value = said if type(said) is int and 0 <= said <= MAX else None
    elif isinstance(known.get(key), str):
        value = _text(said)
    elif isinstance(known.get(key), tuple):
        value = _lines(said)
    if value is None:
        raise DomainError("shop_file_malformed", key=key)
    return value


def _text(said: object) -> str | None:
    is_text = isinstance(said, str) and said.strip() == said and said.isprintable()
    return str(said) if is_text and 0 < len(str(said)) <= TEXT_MAX else None


def _lines(said: object) -> tuple[str, ...] | None:
    lines = tuple(map(_text, said)) if isinstance(said, list) else ()
    kept = tuple(line for line in lines if line is not None)
    return kept if 0 < len(lines) <= LINES_MAX and len(kept) == len(lines) else None


def _iban(said: object) -> str | None:
    """ISO 13616: without spaces, with a right check."""
    plain = "".join(said.split()) if isinstance(said, str) else ""
    return plain if _IBAN.fullmatch(plain) and has_check_97(plain) else None
