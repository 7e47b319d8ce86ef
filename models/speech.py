"""French made to be heard: numbers in words, names spelled, groups of digits.

Owns the spoken forms (traditional spelling, the telephone alphabet of the PTT). Knows
nothing of what the numbers and names stand for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from itertools import groupby

_UNITS = (  # noqa: SIM905 - words read best as words
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze "
    "seize dix-sept dix-huit dix-neuf"
).split()
_TENS: Mapping[int, str] = {
    20: "vingt",
    30: "trente",
    40: "quarante",
    50: "cinquante",
    60: "soixante",
    80: "quatre-vingt",
}
_INTEGER_MAX = 999_999_999

_ALPHABET: Mapping[str, str] = {
    word[0]: word
    for word in (  # noqa: SIM905 - see above
        "Anatole Berthe Célestin Désiré Eugène Émile François Gaston Henri Irma Joseph Kléber "
        "Louis Marcel Nicolas Oscar Pierre Quintal Raoul Suzanne Thérèse Ursule Victor William "
        "Xavier Yvonne Zoé"
    ).split()
}
"""The telephone alphabet of the PTT directory; É has a word of its own."""

_ACCENTS: Mapping[str, str] = {
    "\u0300": "accent grave",
    "\u0301": "accent aigu",
    "\u0302": "accent circonflexe",
    "\u0308": "tréma",
    "\u0327": "cédille",
    "\u0303": "tilde",
}

_SIGNS: Mapping[str, str] = {
    "-": "trait d'union",
    "'": "apostrophe",
    "’": "apostrophe",
    " ": "espace",
    ".": "point",
    ",": "virgule",
    "/": "barre oblique",
    "&": "et commercial",
    "@": "arobase",
    "_": "tiret bas",
    "+": "plus",
}
_EMAIL_SIGNS: Mapping[str, str] = {**_SIGNS, "-": "tiret", " ": ""}
_EMAIL_PIECES = re.compile(r"[^\W_]+|[\W_]")

_WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août"),
    *("septembre", "octobre", "novembre", "décembre"),
)


# --- numbers -----------------------------------------------------------------


def integer_in_words(number: int, *, is_feminine: bool = False) -> str:
    """Of 0 to 999,999,999; "une" and "vingt et une" where ``is_feminine``. Raises ValueError."""
    if not 0 <= number <= _INTEGER_MAX:
        raise ValueError(number)
    words = _millions(number)
    return re.sub(r"\bun$", "une", words) if is_feminine else words


def amount_in_words(cents: int) -> str:
    """Euros and cents as read aloud and as written on a cheque; "moins" before a negative.

    No "zéro centime" after a round amount, no "zéro euro" before cents, "d'euros" after
    millions.
    """
    if cents < 0:
        return f"moins {amount_in_words(-cents)}"
    euros, rest = divmod(cents, 100)
    if not rest:
        return _euros(euros)
    return f"{_euros(euros)} et {_centimes(rest)}" if euros else _centimes(rest)


def _euros(euros: int) -> str:
    words = integer_in_words(euros)
    unit = "euro" if euros <= 1 else "euros"
    return f"{words} d'{unit}" if words.endswith(("million", "millions")) else f"{words} {unit}"


def _centimes(cents: int) -> str:
    return f"{integer_in_words(cents)} {'centime' if cents == 1 else 'centimes'}"


def _millions(number: int) -> str:
    millions, rest = divmod(number, 1_000_000)
    if not millions:
        return _thousands(number)
    words = f"{_hundreds(millions)} {'million' if millions == 1 else 'millions'}"
    return f"{words} {_thousands(rest)}" if rest else words


def _thousands(number: int) -> str:
    thousands, rest = divmod(number, 1000)
    if not thousands:
        return _hundreds(number)
    # "quatre-vingts" and "cents" lose their s before "mille", which is itself a numeral.
    before = "" if thousands == 1 else re.sub(r"(vingt|cent)s$", r"\1", _hundreds(thousands)) + " "
    return f"{before}mille {_hundreds(rest)}" if rest else f"{before}mille"


def _hundreds(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    if not hundreds:
        return _below_hundred(number)
    before = "cent" if hundreds == 1 else f"{_UNITS[hundreds]} cent"
    if rest:
        return f"{before} {_below_hundred(rest)}"
    return before if hundreds == 1 else f"{before}s"


def _below_hundred(number: int) -> str:
    if number < len(_UNITS):
        return _UNITS[number]
    if number == 80:  # noqa: PLR2004 - the one that takes an s
        return "quatre-vingts"
    # Seventy and ninety are counted on from sixty and eighty.
    base = max(tens for tens in _TENS if tens <= number)
    unit = number - base
    joint = " et " if unit in {1, 11} and base < 80 else "-"  # noqa: PLR2004
    return f"{_TENS[base]}{joint}{_UNITS[unit]}" if unit else _TENS[base]


def digits_in_words(digits: str) -> str:
    """A group of digits as it is dictated, leading zeros said: "013" is "zéro treize"."""
    stripped = digits.lstrip("0")
    zeros = ["zéro"] * (len(digits) - len(stripped))
    return " ".join([*zeros, integer_in_words(int(stripped))] if stripped else zeros)


def digits_in_groups(text: str, size: int) -> str:
    """Letters and digits of ``text`` in groups: an IBAN by 4, a reference by 3, a phone by 2."""
    bare = "".join(char for char in text if char.isalnum())
    return " ".join(bare[at : at + size] for at in range(0, len(bare), size))


def spoken_postcode(postcode: str) -> str:
    """Department, then the rest: "51 100"."""
    return f"{postcode[:2]} {postcode[2:]}".strip()


def spoken_date(day: date) -> str:
    """For example "mercredi vingt-cinq novembre", "vendredi premier mai".

    The year is left out: it is said of days within weeks, and the weekday tells them apart.
    """
    number = "premier" if day.day == 1 else integer_in_words(day.day)
    return f"{_WEEKDAYS[day.weekday()]} {number} {_MONTHS[day.month - 1]}"


# --- letters -----------------------------------------------------------------


def spell(text: str) -> str:
    """A name letter by letter: "D comme Désiré, U comme Ursule, deux P comme Pierre".

    Accents are said, doubled letters as "deux", hyphen, apostrophe and space by name; what
    has no name in French is said as it is.
    """
    return _spelled(text, _SIGNS)


def spell_email(text: str) -> str:
    """As ``spell``, with the names signs have in an e-mail address: arobase, tiret, tiret bas."""
    return _spelled(text, _EMAIL_SIGNS)


def spoken_email(email: str) -> str:
    """In pieces: "marie point dupont arobase orange point fr"."""
    pieces = (_EMAIL_SIGNS.get(piece, piece) for piece in _EMAIL_PIECES.findall(email))
    return " ".join(piece for piece in pieces if piece)


def _spelled(text: str, signs: Mapping[str, str]) -> str:
    letters = unicodedata.normalize("NFC", text).upper().replace("Œ", "OE").replace("Æ", "AE")
    said = (_said(char, len(list(same)), signs) for char, same in groupby(letters))
    return ", ".join(piece for piece in said if piece)


def _said(char: str, times: int, signs: Mapping[str, str]) -> str:
    if char.isalpha():
        count = f"{integer_in_words(times)} " if times > 1 else ""
        return f"{count}{_letter(char)}"
    one = _UNITS[int(char)] if char.isdecimal() else signs.get(char, char)
    return ", ".join([one] * times)


def _letter(char: str) -> str:
    if char in _ALPHABET:
        return f"{char} comme {_ALPHABET[char]}"
    base, *marks = list(unicodedata.normalize("NFD", char))
    accents = " ".join(_ACCENTS[mark] for mark in marks if mark in _ACCENTS)
    if base not in _ALPHABET or not accents:
        return char
    return f"{base} {accents} comme {_ALPHABET[base]}"
