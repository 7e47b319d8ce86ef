"""Addresses as the post wants them (NF Z10-011), postcodes, and door codes (R2).

Owns the lines of a label and what makes one too long. Knows no list of communes
(``services.postal``) and asks nothing: where a line stays too long, the operator shortens it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping

from models.customer import Address, Civility, PersonName

LINE_MAX = 38
"""Characters on one line, spaces included (NF Z10-011)."""

STREET_LABEL_MAX = 32
"""Characters of the street without its number, beyond which the norm abbreviates."""

_STREET_TYPES: Mapping[str, str] = {
    "ALLEE": "ALL",
    "AVENUE": "AV",
    "BOULEVARD": "BD",
    "CHAUSSEE": "CHS",
    "CHEMIN": "CHE",
    "COURS": "CRS",
    "DOMAINE": "DOM",
    "ESPLANADE": "ESP",
    "FAUBOURG": "FG",
    "HAMEAU": "HAM",
    "IMPASSE": "IMP",
    "LOTISSEMENT": "LOT",
    "MONTEE": "MTE",
    "PASSAGE": "PAS",
    "PLACE": "PL",
    "PROMENADE": "PROM",
    "QUARTIER": "QUA",
    "RESIDENCE": "RES",
    "ROUTE": "RTE",
    "SENTIER": "SEN",
    "SQUARE": "SQ",
    "TRAVERSE": "TRA",
}

_TITLES: Mapping[str, str] = {
    "ADJUDANT": "ADJ",
    "CAPITAINE": "CNE",
    "COLONEL": "CNL",
    "COMMANDANT": "CDT",
    "DOCTEUR": "DR",
    "GENERAL": "GAL",
    "INGENIEUR": "ING",
    "LIEUTENANT": "LT",
    "MADAME": "MME",
    "MADEMOISELLE": "MLLE",
    "MAITRE": "ME",
    "MARECHAL": "MAL",
    "MONSEIGNEUR": "MGR",
    "MONSIEUR": "M",
    "PRESIDENT": "PDT",
    "PROFESSEUR": "PR",
    "SAINT": "ST",
    "SAINTE": "STE",
    "SERGENT": "SGT",
}

_BUILDING: Mapping[str, str] = {
    "APPARTEMENT": "APT",
    "BATIMENT": "BAT",
    "ENTREE": "ENT",
    "ESCALIER": "ESC",
    "ETAGE": "ETG",
    "IMMEUBLE": "IMM",
}

_FIRST_NAMES = frozenset(
    (  # noqa: SIM905 - words read best as words
        "ALBERT ALEXANDRE ALFRED ALPHONSE ANATOLE ANDRE ANTOINE ARISTIDE AUGUSTE BLAISE CAMILLE "
        "CHARLES CLAUDE DENIS EDOUARD EMILE ERNEST EUGENE FELIX FERDINAND FRANCOIS FREDERIC "
        "GABRIEL GASTON GEORGES GERARD GUSTAVE GUY HENRI HONORE JACQUES JEAN JEANNE JOSEPH JULES "
        "LEON LOUIS LOUISE LUCIEN MARCEL MARIE MARTIN MAURICE MICHEL NICOLAS PAUL PHILIPPE PIERRE "
        "RAYMOND RENE ROBERT ROGER ROLAND SIMONE THEODORE THEOPHILE VICTOR VINCENT YVES"
    ).split()
)
"""First names that streets are named after, which may become an initial."""

_COUNTRIES: Mapping[str, str] = {
    "AD": "ANDORRE",
    "BE": "BELGIQUE",
    "CH": "SUISSE",
    "DE": "ALLEMAGNE",
    "LU": "LUXEMBOURG",
    "MC": "MONACO",
}

_NUMBER = re.compile(r"(?:\d+ )+(?:(?:BIS|TER|QUATER|QUINQUIES|[A-Z]) )?")
_AFTER_TYPE = re.compile(r"^(\S+) (?:DE LA|DE L|DES|DE|DU) ")
_STREET_NUMBER_FIRST = re.compile(r"^(\d+)(BIS|TER|QUATER)\b")

_DOOR_CODE = re.compile(
    r"""\b(?:
        digicodes? | interphone | visiophone | vigik
      | codes?\s+(?:d['’]\s*|de\s+la\s+|de\s+l['’]\s*|du\s+)?
        (?:porte|portail|portillon|entr[ée]e|acc[èe]s|immeuble|b[âa]timent|hall|ascenseur|bo[îi]te)
      | codes?\s*:?\s*(?=\w*\d)\w{3,8}
      | bo[îi]te\s+[àa]\s+cl[ée]s?
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_PARTS = re.compile(r"\s*[,;]\s*")

_POSTCODE = re.compile(r"[0-9]{5}")
_CORSICA = re.compile(r"2[AB][0-9]{3}", re.IGNORECASE)
_OVERSEAS = frozenset({*(str(n) for n in range(971, 979)), "980", "986", "987", "988"})
"""Departments and territories that La Poste serves with a postcode of their own; 980 is Monaco."""


def fold(text: str) -> str:
    """Unaccented capitals, digits and single spaces; punctuation becomes a space."""
    joined = text.replace("œ", "oe").replace("Œ", "OE").replace("æ", "ae").replace("Æ", "AE")
    bare = "".join(c for c in unicodedata.normalize("NFKD", joined) if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in bare.upper()).split())


def label_lines(name: PersonName, address: Address) -> tuple[str, ...]:
    """The lines of an envelope, top to bottom, empty ones left out (NF Z10-011).

    Unaccented capitals throughout. Abbreviated only where a line would be over 38
    characters or a street label over 32, and then by the norm's short forms; a line that
    is still too long is given whole, see ``too_long``.
    """
    lines = lines_by_field(
        {
            "civility": name.civility.value,
            "first_name": name.first_name,
            "last_name": name.last_name,
            "inside": address.inside,
            "outside": address.outside,
            "street": address.street,
            "place": address.place,
            "postcode": address.postcode,
            "city": address.city,
        }
    )
    country = "" if address.country == "FR" else _COUNTRIES.get(address.country, address.country)
    return tuple(line for line in (*lines.values(), country) if line)


def lines_by_field(texts: Mapping[str, str]) -> dict[str, str]:
    """The six lines, each under the field an operator would shorten it in."""
    return {
        "last_name": _name_line(texts["civility"], texts["first_name"], texts["last_name"]),
        "inside": _shortened(fold(texts["inside"]), _in_building),
        "outside": _shortened(fold(texts["outside"]), _in_building),
        "street": _street_line(texts["street"]),
        "place": _shortened(fold(texts["place"]), _in_building),
        "city": _shortened(fold(f"{texts['postcode']} {texts['city']}"), _with_titles),
    }


def too_long(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Those that no label has room for."""
    return tuple(line for line in lines if len(line) > LINE_MAX)


def door_code_in(text: str) -> bool:
    """Whether this holds a door code or an intercom: the carrier's business, not an address."""
    return _DOOR_CODE.search(text) is not None


def split_door_code(text: str) -> tuple[str, str]:
    """What stays an address and what goes to the instructions, either possibly empty."""
    kept, moved = [], []
    for part in _PARTS.split(text.strip()):
        found = _DOOR_CODE.search(part)
        cut = found.start() if found else len(part)
        kept.append(part[:cut].strip())
        moved.append(part[cut:].strip())
    return ", ".join(filter(None, kept)), ", ".join(filter(None, moved))


def postcode_problem(postcode: str) -> str | None:
    """A stable code for what is wrong with a French postcode, None where it may exist.

    "postcode_corsica" for the department's 2A and 2B, "postcode_malformed" for what is not
    five digits, "postcode_unknown_department" for a department nobody lives in.
    """
    if _CORSICA.fullmatch(postcode):
        return "postcode_corsica"
    if not _POSTCODE.fullmatch(postcode):
        return "postcode_malformed"
    is_mainland = 1 <= int(postcode[:2]) <= 95  # noqa: PLR2004 - 01 Ain to 95 Val-d'Oise
    is_known = is_mainland or postcode[:3] in _OVERSEAS
    return None if is_known else "postcode_unknown_department"


# --- shortening --------------------------------------------------------------


def _name_line(civility: str, first_name: str, last_name: str) -> str:
    title = "MME" if civility == Civility.MME else "M"
    line = f"{title} {fold(first_name)} {fold(last_name)}"
    if len(line) <= LINE_MAX:
        return line
    initials = " ".join(word[0] for word in fold(first_name).split())
    return f"{title} {initials} {fold(last_name)}"


def _street_line(street: str) -> str:
    line = _STREET_NUMBER_FIRST.sub(r"\1 \2", fold(street))
    number = _NUMBER.match(line)
    start = number.end() if number else 0
    label = line[start:]
    for shorten in (_with_street_type, _with_titles, _without_article, _with_initials):
        if len(label) <= STREET_LABEL_MAX and start + len(label) <= LINE_MAX:
            break
        label = shorten(label)
    return line[:start] + label


def _shortened(line: str, shorten: Callable[[str], str]) -> str:
    return line if len(line) <= LINE_MAX else shorten(line)


def _with_street_type(label: str) -> str:
    kind, _, rest = label.partition(" ")
    return f"{_STREET_TYPES.get(kind, kind)} {rest}" if rest else label


def _with_titles(label: str) -> str:
    return _replaced(label, _TITLES)


def _in_building(line: str) -> str:
    return _replaced(line, {**_BUILDING, **_STREET_TYPES, **_TITLES})


def _without_article(label: str) -> str:
    return _AFTER_TYPE.sub(r"\1 ", label)


def _with_initials(label: str) -> str:
    """First names before the last word become initials; the last word is the name itself."""
    *words, last = label.split()
    return " ".join([*(word[0] if word in _FIRST_NAMES else word for word in words), last])


def _replaced(line: str, short_forms: Mapping[str, str]) -> str:
    return " ".join(short_forms.get(word, word) for word in line.split())
