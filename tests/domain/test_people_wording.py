"""What is said about people: exact sentences, and a word for every value there is."""

import pytest

from models import wording
from models.customer import Civility, Dwelling, PhoneKind
from models.errors import DomainError
from models.intake import FieldProblem
from models.order import OrderState
from models.payment import LinkChannel, PaymentMethod, PaymentState
from models.wording import labels
from models.wording.people import problem_sentence


@pytest.mark.parametrize(
    "problem, sentence",
    [
        (FieldProblem("civility", "missing"), "Madame ou Monsieur ?"),
        (FieldProblem("phone", "missing"), "Il faut au moins un numéro de téléphone."),
        (FieldProblem("street", "missing"), "La rue est à remplir."),
        (
            FieldProblem("city", "too_long", {"limit": 64}),
            "La commune est trop longue : 64 caractères au plus.",
        ),
        (FieldProblem("last_name", "no_letter"), "Le nom n'a aucune lettre."),
        (
            FieldProblem("phone", "phone_malformed", {"reason": "length", "digits": 9}),
            "Ce numéro a 9 chiffres ; il en faut 10.",
        ),
        (
            FieldProblem("phone", "phone_malformed", {"reason": "length", "digits": 1}),
            "Ce numéro a 1 chiffre ; il en faut 10.",
        ),
        (
            FieldProblem("email", "email_malformed", {"suggestion": "a@orange.fr"}),
            "Adresse e-mail incomplète ou mal écrite : serait-ce a@orange.fr ?",
        ),
        (
            FieldProblem("inside", "door_code_in_address", {"moved": "code 12"}),
            "« code 12 » est pour le transporteur : à déplacer dans les consignes ?",
        ),
        (
            FieldProblem("city", "never_heard_of"),
            "La commune est à vérifier (code never_heard_of).",
        ),
    ],
)
def test_sentences(problem, sentence):
    assert problem_sentence(problem) == sentence


def test_errors_of_people_reach_the_presenter():
    error = DomainError("phone_malformed", reason="short_number", digits=4)
    assert wording.error_sentence(error).startswith("C'est un numéro court")
    error = DomainError("card_number_refused", field="city")
    assert "numéro de carte" in wording.error_sentence(error)


@pytest.mark.parametrize(
    "word, values",
    [
        (labels.method_name, PaymentMethod),
        (labels.state_name, OrderState),
        (labels.payment_state_name, PaymentState),
        (labels.channel_name, LinkChannel),
        (labels.dwelling_word, Dwelling),
        (labels.phone_kind_word, PhoneKind),
        (labels.civility_word, Civility),
    ],
)
def test_each_value_has_a_word_of_its_own(word, values):
    words = [word(value) for value in values]
    assert all(words)
    assert len(set(words)) == len(words)


def test_why_a_way_to_pay_cannot_be_had():
    assert labels.unavailable_sentence("no_mobile_and_no_email") == (
        "ni mobile ni e-mail : aucun lien ne peut être envoyé"
    )
    assert labels.unavailable_sentence("new") == "indisponible pour ce client"
