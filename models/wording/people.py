"""The words about people: names, phones, addresses, and what may be wrong with them.

Owns one sentence for each code of ``models.intake``, made to be read at a glance while the
caller waits: what is missing, and what to ask. Knows no screen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from models.intake import FieldProblem

Facts = Mapping[str, object]
Sentence = str | Callable[[Facts], str]

_FIELDS: Mapping[str, str] = {
    "civility": "La civilité",
    "last_name": "Le nom",
    "first_name": "Le prénom",
    "dwelling": "Le type de logement",
    "inside": "L'étage ou la porte",
    "outside": "Le bâtiment ou la résidence",
    "street": "La rue",
    "place": "Le lieu-dit",
    "postcode": "Le code postal",
    "city": "La commune",
    "phone": "Le téléphone",
    "second_phone": "Le second téléphone",
    "email": "L'adresse e-mail",
    "instructions": "Les consignes",
}

_FEMININE = frozenset({"civility", "street", "city", "email"})

_MISSING: Mapping[str, str] = {
    "civility": "Madame ou Monsieur ?",
    "last_name": "Il manque le nom de famille.",
    "first_name": "Il manque le prénom.",
    "dwelling": "Maison ou appartement ?",
    "postcode": "Il manque le code postal.",
    "city": "Il manque la commune.",
    "phone": "Il faut au moins un numéro de téléphone.",
}

_PHONE_REASONS: Mapping[object, str] = {
    "empty": "Ce numéro n'a aucun chiffre.",
    "letters": "Un numéro n'a que des chiffres ; notez le reste ailleurs.",
    "short_number": "C'est un numéro court : demandez le numéro de la personne.",
    "prefix": "Un numéro français commence par 01 à 09, un numéro étranger par + ou 00.",
    "foreign": "Ce numéro étranger ne peut pas exister : faites-le répéter avec son indicatif.",
}


def field_name(field: str) -> str:
    """With its article and a capital: "Le code postal"."""
    return _FIELDS.get(field, "Ce champ")


def problem_sentence(problem: FieldProblem) -> str:
    """What is wrong and what to do or ask next. A code without a sentence is shown as a code."""
    if problem.code == "missing":
        return _MISSING.get(problem.field, f"{field_name(problem.field)} est à remplir.")
    sentence = _PROBLEMS.get(problem.code) or ERROR_SENTENCES.get(problem.code)
    if sentence is None:
        return f"{field_name(problem.field)} est à vérifier (code {problem.code})."
    facts = {"field": problem.field, **problem.facts}
    return sentence if isinstance(sentence, str) else sentence(facts)


def _phone_malformed(facts: Facts) -> str:
    if facts.get("reason") == "length":
        return f"Ce numéro a {_counted(facts.get('digits'), 'chiffre')} ; il en faut 10."
    return _PHONE_REASONS.get(facts.get("reason"), "Ce numéro est illisible, faites-le répéter.")


def _email_malformed(facts: Facts) -> str:
    meant = facts.get("suggestion")
    asked = f"serait-ce {meant} ?" if meant else "faites-la épeler, ou laissez vide."
    return f"Adresse e-mail incomplète ou mal écrite : {asked}"


def _too_long(facts: Facts) -> str:
    limit = _counted(facts.get("limit"), "caractère")
    field = str(facts.get("field"))
    if field == "instructions":
        return f"Les consignes sont trop longues : {limit} au plus."
    long = "longue" if field in _FEMININE else "long"
    return f"{field_name(field)} est trop {long} : {limit} au plus."


def _no_letter(facts: Facts) -> str:
    return f"{field_name(str(facts.get('field')))} n'a aucune lettre."


def _door_code(facts: Facts) -> str:
    moved = facts.get("moved")
    return f"« {moved} » est pour le transporteur : à déplacer dans les consignes ?"


def _line_too_long(facts: Facts) -> str:
    length, maximum = facts.get("length"), facts.get("maximum")
    return f"Ligne d'étiquette de {length} caractères pour {maximum} : à abréger si possible."


def _instructions_cut(facts: Facts) -> str:
    maximum = _counted(facts.get("maximum"), "caractère")
    return f"Le transporteur ne lit que les {maximum} du début : mettez-y l'essentiel."


def _counted(count: object, word: str) -> str:
    return f"{count} {word}" if count in {0, 1} else f"{count} {word}s"


_PROBLEMS: Mapping[str, Sentence] = {
    "too_long": _too_long,
    "no_letter": _no_letter,
    "flat_details_missing": (
        "Appartement : demandez l'étage, la porte, l'escalier ou le bâtiment."
    ),
    "street_missing": "Il manque la rue, ou le lieu-dit.",
    "postcode_malformed": "Un code postal a cinq chiffres.",
    "postcode_corsica": "En Corse le code postal commence par 20 ; 2A et 2B n'en sont pas.",
    "postcode_unknown_department": "Aucun département n'a ce code postal : faites-le répéter.",
    "customer_incomplete": "Complétez d'abord le client, ou donnez une autre adresse.",
    "phone_doubtful": "Numéro inhabituel : faites-le répéter. Il peut être gardé tel quel.",
    "email_suggestion": lambda facts: f"Serait-ce {facts.get('suggestion')} ?",
    "door_code_in_address": _door_code,
    "line_too_long": _line_too_long,
    "instructions_cut": _instructions_cut,
}

ERROR_SENTENCES: dict[str, Sentence] = {
    "phone_malformed": _phone_malformed,
    "email_malformed": _email_malformed,
    "card_number_refused": (
        "C'est un numéro de carte, il n'est pas gardé. Dites : « Ne me donnez pas votre carte, "
        "vous recevrez un lien pour payer. »"
    ),
}
