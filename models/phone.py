"""Phone numbers of callers: what was dictated, as E.164, with what it can do.

Owns the French numbering plan as far as a shop needs it (ARCEP 2018-0881 as amended by
2022-1583) and the routing of overseas numbers, which have country codes of their own.
``phonenumbers`` is asked about foreign numbers and for doubts only: read as mainland French
it calls most overseas numbers invalid, and takes some for others.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from models.customer import Phone, PhoneKind
from models.errors import DomainError
from models.speech import digits_in_groups, digits_in_words

_OVERSEAS: Mapping[str, str] = {
    "0590": "590",  # Guadeloupe, Saint-Martin, Saint-Barthélemy
    "0690": "590",
    "0691": "590",
    "0594": "594",  # Guyane
    "0694": "594",
    "0596": "596",  # Martinique
    "0696": "596",
    "0697": "596",
    "0262": "262",  # Réunion
    "0263": "262",
    "0692": "262",
    "0693": "262",
    "0269": "262",  # Mayotte
    "0639": "262",
}

_MIQUELON_PREFIX = "0508"
"""Saint-Pierre-et-Miquelon: dialled 0508 and six digits, +508 and the six in E.164."""

_FICTION_PREFIX = "063998"
"""Reserved for films and tests, on the mainland although 0639 is Mayotte's."""

_MACHINE_PREFIXES = ("0700",)
_PLATFORM_PREFIXES = (
    *("0162", "0163", "0270", "0271", "0377", "0378", "0424", "0425"),
    *("0568", "0569", "0948", "0949", "09475"),
)
"""Blocks for automated calls: they call people, nobody is reached on them."""

_FRENCH_CODES = ("33", "590", "594", "596", "262", "508")
_NATIONAL_LENGTH = 10
_ALLOWED = re.compile(r"\(?\+?[0-9 .,\-/()_]*")


def parse_phone(text: str) -> Phone:
    """The number as E.164 with its kind; SMS only where the plan makes them mandatory.

    Spaces, dots, hyphens, slashes and brackets are ignored, the letter O is a zero, "00"
    is "+". A foreign number counts as unable to receive an SMS, because nothing promises it.
    Raises DomainError("phone_malformed", reason, digits) with reason one of "empty",
    "letters", "short_number", "length", "prefix", "foreign".
    """
    dialled = _dialled(text)
    if not dialled.startswith("+"):
        return _french(dialled)
    national = _national(dialled)
    return _foreign(dialled) if national is None else _french(national)


def looks_doubtful(text: str) -> bool:
    """Whether to ask the caller again: well formed, but nobody should be reached on it.

    A warning and never more: numbering plans are younger than their lists. False where
    ``parse_phone`` would raise.
    """
    try:
        phone = parse_phone(text)
    except DomainError:
        return False
    national = _national(phone.e164) or ""
    if phone.kind is PhoneKind.SERVICE or national.startswith(_PLATFORM_PREFIXES):
        return True
    import phonenumbers  # noqa: PLC0415 - 20 ms that no first screen waits for

    return not phonenumbers.is_valid_number(phonenumbers.parse(phone.e164, None))


def in_pairs(e164: str) -> str:
    """As dialled in France, by pairs: "06 39 98 12 34"; foreign ones as that country writes."""
    national = _national(e164)
    return _foreign_as_written(e164) if national is None else digits_in_groups(national, 2)


def spoken(e164: str) -> str:
    """In words, by pairs: "zéro six, trente-neuf, quatre-vingt-dix-huit, douze, trente-quatre"."""
    return ", ".join(digits_in_words(group) for group in in_pairs(e164).lstrip("+").split())


def _dialled(text: str) -> str:
    """Digits, after a "+" where it is international. Raises DomainError("phone_malformed")."""
    plain = unicodedata.normalize("NFKC", text).strip().replace("O", "0").replace("o", "0")
    plain = "".join(" " if unicodedata.category(c) in {"Zs", "Pd"} else c for c in plain)
    if not _ALLOWED.fullmatch(plain):
        raise _malformed("letters", plain)
    digits = re.sub(r"[^0-9]", "", plain)
    if not digits:
        raise _malformed("empty", plain)
    if plain.lstrip("(").startswith("+"):
        return f"+{digits}"
    return f"+{digits[2:]}" if digits.startswith("00") else digits


def _national(e164: str) -> str | None:
    """The ten digits dialled in France; None for a number of another country.

    Also mends +33 596..., which is how the mainland's code is often put before Martinique.
    """
    digits = e164.removeprefix("+")
    code = next((code for code in _FRENCH_CODES if digits.startswith(code)), None)
    if code is None:
        return None
    rest = digits.removeprefix(code).removeprefix("0")
    is_miquelon = code == _MIQUELON_PREFIX[1:] and not rest.startswith(code)
    return f"{_MIQUELON_PREFIX}{rest}" if is_miquelon else f"0{rest}"


def _french(national: str) -> Phone:
    if len(national) == 4 and national[0] in "13":  # noqa: PLR2004 - 3xxx and 1xxx are short numbers
        raise _malformed("short_number", national)
    if len(national) != _NATIONAL_LENGTH:
        raise _malformed("length", national)
    if national[0] != "0" or national[1] == "0":
        raise _malformed("prefix", national)
    kind = _kind_of(national)
    return Phone(_e164_of(national), kind, can_receive_sms=kind is PhoneKind.MOBILE)


def _kind_of(national: str) -> PhoneKind:
    if national.startswith(_MACHINE_PREFIXES) or national[1] == "8":
        return PhoneKind.SERVICE
    if national[1] in "67":
        return PhoneKind.MOBILE
    return PhoneKind.VOIP if national[1] == "9" else PhoneKind.LANDLINE


def _e164_of(national: str) -> str:
    if national.startswith(_MIQUELON_PREFIX):
        return f"+508{national[4:]}"
    if national.startswith(_FICTION_PREFIX):
        return f"+33{national[1:]}"
    return f"+{_OVERSEAS.get(national[:4], '33')}{national[1:]}"


def _foreign(e164: str) -> Phone:
    import phonenumbers  # noqa: PLC0415 - 20 ms that no first screen waits for

    try:
        parsed = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException as error:
        raise _malformed("foreign", e164) from error
    if not phonenumbers.is_possible_number(parsed):
        raise _malformed("foreign", e164)
    as_e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return Phone(as_e164, PhoneKind.FOREIGN, can_receive_sms=False)


def _foreign_as_written(e164: str) -> str:
    import phonenumbers  # noqa: PLC0415 - 20 ms that no first screen waits for

    parsed = phonenumbers.parse(e164, None)
    written = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return written.replace("-", " ")


def _malformed(reason: str, typed: str) -> DomainError:
    """Carries no digit of the number: errors end up in logs."""
    count = sum(char.isdecimal() for char in typed)
    return DomainError("phone_malformed", reason=reason, digits=count)
