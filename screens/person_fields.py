"""The fields that say who and where, in speaking order; used for who pays and who receives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from models.customer import Civility, Dwelling
from models.draft import PersonEntry
from models.intake import FieldProblem
from models.wording.people import problem_sentence
from screens.widgets.form import Choice, Field, Remark
from screens.words import _
from services.postal import Commune, PostalCodes, matches

POSTCODE_DIGITS = 5
COMMUNES_SHOWN = 4

CIVILITY = Field(
    "civility",
    _("Civilité"),
    choices=(Choice(Civility.MME, _("Mme")), Choice(Civility.M, _("M."))),
)
LAST_NAME = Field("last_name", _("Nom"))
FIRST_NAME = Field("first_name", _("Prénom"))
DWELLING = Field(
    "dwelling",
    _("Maison, appart. ?"),
    choices=(
        Choice(Dwelling.HOUSE, _("maison")),
        Choice(Dwelling.FLAT, _("appartement")),
    ),
)
STREET = Field("street", _("N° et rue"))
INSIDE = Field("inside", _("Étage, porte, esc."))
OUTSIDE = Field("outside", _("Bâtiment, résidence"))
PLACE = Field("place", _("Lieu-dit"))
POSTCODE = Field("postcode", _("Code postal"), limit=10)
CITY = Field("city", _("Commune"), is_replaced=True)

NAME_FIELDS = (CIVILITY, LAST_NAME, FIRST_NAME)
ADDRESS_FIELDS = (DWELLING, STREET, INSIDE, OUTSIDE, PLACE, POSTCODE, CITY)
PERSON_FIELDS = frozenset(field.name for field in (*NAME_FIELDS, *ADDRESS_FIELDS))


def values_of(person: PersonEntry) -> dict[str, str]:
    """What each field shows."""
    return {name: str(getattr(person, name)) for name in PERSON_FIELDS}


def entered(person: PersonEntry, name: str, value: str, postal: PostalCodes | None) -> PersonEntry:
    """The person with one field changed, and with what the postcode tells of the commune."""
    if name == CITY.name:
        value = city_by_number(value, communes_for(person, postal)) or value
    person = replace(person, **{name: value})
    if name == POSTCODE.name and not person.city:
        found = communes_for(person, postal)
        return replace(person, city=found[0].name) if len(found) == 1 else person
    return person


def remarks_of(problems: Iterable[FieldProblem], passed: Mapping[str, bool]) -> dict[str, Remark]:
    """What to say beside each field; nothing is called missing before it was passed by."""
    remarks: dict[str, Remark] = {}
    for problem in problems:
        if problem.field not in remarks and (problem.is_warning or passed.get(problem.field)):
            remarks[problem.field] = Remark(problem_sentence(problem), not problem.is_warning)
    return remarks


def communes_for(person: PersonEntry, postal: PostalCodes | None) -> Sequence[Commune]:
    """The communes of the postcode typed, each name once; empty until it is complete."""
    postcode = person.postcode.strip()
    if postal is None or len(postcode) != POSTCODE_DIGITS:
        return ()
    by_name = {commune.name: commune for commune in postal.communes(postcode)}
    return tuple(by_name.values())


def commune_remark(person: PersonEntry, postal: PostalCodes | None) -> Remark | None:
    """The list is a help: numbered names to choose from, or that the code is unknown."""
    communes = communes_for(person, postal)
    if postal is None:
        return None
    if not communes:
        known = len(person.postcode.strip()) != POSTCODE_DIGITS
        return None if known else Remark(_("code postal inconnu : faites-le répéter"))
    if person.city.strip() and matches(communes, person.city):
        return None
    names = [f"{n} {c.name}" for n, c in enumerate(communes[:COMMUNES_SHOWN], 1)]
    more = len(communes) - COMMUNES_SHOWN
    return Remark("  ".join(names) + (f"  +{more}" if more > 0 else ""))


def city_by_number(typed: str, communes: Sequence[Commune]) -> str | None:
    """A digit in the commune's field chooses from the list beside it."""
    number = int(typed) if typed.isdecimal() and len(typed) == 1 else 0
    return communes[number - 1].name if 1 <= number <= min(len(communes), COMMUNES_SHOWN) else None
