"""Sentences about the console's file, calls and orders: what happened and what to do next.

Pure; chosen by code, made from facts. What is wrong with a person's fields is said by
``wording.people``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from models.calendar import paris_day
from models.completeness import OrderProblem
from models.draft import Step
from models.wording import labels, people
from models.wording.rules import long_date

Facts = Mapping[str, object]

STEP_NAMES: Mapping[Step, str] = {
    Step.PRINTER: "imprimante",
    Step.CART: "panier",
    Step.CUSTOMER: "client",
    Step.DELIVERY: "livraison",
    Step.PAYMENT: "paiement",
    Step.READ_BACK: "relecture",
    Step.CONFIRMATION: "confirmation",
}

PROBLEM_SENTENCES: Mapping[str, str | Callable[[Facts], str]] = {
    "cart_empty": "Le panier est vide.",
    "sku_unknown": lambda facts: (
        f"L'article {facts['sku']} n'est pas au catalogue : retirez-le ou remplacez-le."
    ),
    "payment_method_missing": "Le moyen de paiement n'est pas choisi.",
    "no_mobile_and_no_email": lambda _facts: labels.unavailable_sentence("no_mobile_and_no_email"),
    "link_channel_unavailable": "Le lien ne peut pas partir par ce moyen pour ce client.",
}


def order_problem_sentence(problem: OrderProblem) -> str:
    """What is missing or wrong, without its step."""
    sentence = PROBLEM_SENTENCES.get(problem.code)
    if sentence is None:
        return people.problem_sentence(problem.problem)
    return sentence if isinstance(sentence, str) else sentence(problem.problem.facts)


def _incomplete(facts: Facts) -> str:
    problems = facts.get("problems")
    told = [
        f"{STEP_NAMES[problem.step]} : {order_problem_sentence(problem)}"
        for problem in (problems if isinstance(problems, Iterable) else ())
        if isinstance(problem, OrderProblem)
    ]
    return "\n".join(["La commande n'est pas complète.", *(f"  - {line}" for line in told)])


ERROR_SENTENCES: dict[str, str | Callable[[Facts], str]] = {
    "store_read_only": lambda facts: (
        "Écriture impossible : vérifiez les droits (« kiosk doctor » dit lesquels) de"
        f" {facts.get('path')}."
    ),
    "store_broken": lambda facts: (
        "Fichier abîmé, ou qui n'est pas de Kiosk : mettez-le de côté avec ses voisins -wal et "
        "-shm, remettez une sauvegarde (ou rien, pour repartir à neuf), puis lancez "
        f"« kiosk doctor ». Il est laissé tel quel : {facts.get('path')}."
    ),
    "order_incomplete": _incomplete,
    "order_file_malformed": lambda facts: "\n".join(
        ["La commande ne peut pas être lue.", *(f"  - {line}" for line in _lines(facts))]
    ),
    "order_file_unreadable": lambda facts: (
        f"Impossible de lire {_named(facts)} : "
        f"{_UNREADABLE.get(str(facts.get('reason')), 'le disque ou le réseau ne répond pas.')}"
    ),
    "order_file_differs": lambda facts: (
        f"Une autre commande a déjà été passée sous l'uuid {facts.get('uuid')} : rien n'a été fait."
    ),
    "called_in_future": lambda facts: (
        f"L'appel est daté du {_day(facts)}, dans l'avenir : corrigez called_at, ou l'horloge de "
        "ce poste. Rien n'a été fait."
    ),
    "called_long_ago": lambda facts: (
        f"L'appel est daté du {_day(facts)}, il y a plus de {facts.get('days')} jours : corrigez "
        "called_at, ou retirez-le pour commander maintenant. Rien n'a été fait."
    ),
    "codes_refused": lambda facts: "\n".join(
        [
            "Un code est refusé ; rien n'a été fait (--allow-refused-codes passe la commande sans).",
            *(f"  - {line}" for line in _lines(facts)),
        ]
    ),
}


def _day(facts: Facts) -> str:
    at = facts.get("at")
    return long_date(paris_day(at)) if isinstance(at, datetime) else "jour inconnu"


_UNREADABLE: Mapping[str, str] = {
    "missing": "ce fichier n'existe pas.",
    "folder": "c'est un dossier, donnez le fichier.",
    "forbidden": "vérifiez les droits du fichier.",
    "too_large": "plus de 1 Mo, ce n'est pas une commande.",
}


def _named(facts: Facts) -> str:
    name = str(facts.get("path"))
    return "l'entrée standard" if name == "-" else name


def _lines(facts: Facts) -> Iterable[str]:
    lines = facts.get("problems")
    return [str(line) for line in lines] if isinstance(lines, Iterable) else []
