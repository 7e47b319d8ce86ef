from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shelf import TODAY, article, vectors

from models.errors import Conflict, Defect, DomainError, KioskError, Rejected, Unavailable
from models.payment import PaymentMethod
from models.promise import promise_for
from models.quote import CodeOutcome
from models.shop import HolidayZone, ShopRules
from models.vouchers import Refusal, RefusalReason, Voucher, VoucherKind
from models.wire.problems import PROBLEMS
from models.wording import error_sentence, faults, orders, people, rules
from models.wording.rules import (
    discount_reason,
    long_date,
    promise_condition,
    promise_reasons,
    promise_sentence,
    refusal_sentence,
    short_date,
)

Reason = RefusalReason
FULL_DATES = [case for case in vectors("14_i18n")["cases"] if case["fmt"] == "date-full"]
NAMES = {"LC970C": "LC-970 cyan", "T1801": "18 noir", "LC970BK": "LC-970 noir"}


@pytest.mark.parametrize("case", FULL_DATES, ids=lambda case: case["in"])
def test_long_dates_of_the_vectors(case: dict[str, str]) -> None:
    assert long_date(date.fromisoformat(case["in"])) == case["fr"]


def test_short_dates() -> None:
    assert short_date(date(2026, 11, 25)) == "mer. 25 nov."
    assert short_date(date(2026, 5, 1)) == "ven. 1er mai"
    assert short_date(date(2026, 2, 8)) == "dim. 8 févr."


REFUSALS = [
    (Refusal(Reason.UNKNOWN), "code inconnu, à faire relire lettre par lettre"),
    (Refusal(Reason.LOOKS_LIKE, proposed="ETE26"), "code inconnu ; serait-ce ETE26 ?"),
    (Refusal(Reason.NOT_YET_VALID, on=date(2026, 12, 1)), "valable à partir du 01/12/2026"),
    (Refusal(Reason.EXPIRED, on=date(2026, 10, 12)), "expiré le 12/10/2026"),
    (Refusal(Reason.MINIMUM_NOT_MET, missing_cents=320), "il manque 3,20\u00a0€"),
    (
        Refusal(
            Reason.MINIMUM_NOT_MET,
            missing_cents=320,
            remedy_sku="LC970C",
            remedy_quantity=1,
            remedy_cents=1290,
        ),
        "il manque 3,20\u00a0€ ; il suffit d'ajouter 1 × LC-970 cyan (12,90\u00a0€)",
    ),
    (
        Refusal(
            Reason.WRONG_BRAND,
            brands=("Epson",),
            remedy_sku="T1801",
            remedy_quantity=1,
            remedy_cents=1090,
        ),
        "réservé à Epson ; il suffit d'ajouter 1 × 18 noir (10,90\u00a0€)",
    ),
    (Refusal(Reason.WRONG_BRAND, brands=("Epson", "HP", "Canon")), "réservé à Epson, HP ou Canon"),
    (
        Refusal(Reason.WRONG_ARTICLES, skus=("LC970BK", "LC970C")),
        "réservé à LC-970 noir ou LC-970 cyan",
    ),
    (Refusal(Reason.WRONG_ARTICLES, skus=tuple("ABCD")), "réservé à certains articles"),
    (Refusal(Reason.OTHER_CUSTOMER), "réservé à un autre client"),
    (Refusal(Reason.CUSTOMER_UNKNOWN_YET), "code personnel, choisissez d'abord le client"),
    (Refusal(Reason.USED_UP), "déjà utilisé autant de fois que prévu"),
    (Refusal(Reason.ALREADY_USED_BY_CUSTOMER), "déjà utilisé par ce client"),
    (
        Refusal(Reason.NOT_COMBINABLE, conflicts_with="DIX", remedy_cents=200),
        "ne se cumule pas avec DIX ; retirer DIX ferait gagner 2,00\u00a0€",
    ),
    (
        Refusal(Reason.NOT_COMBINABLE, conflicts_with="DIX"),
        "ne se cumule pas avec DIX ; mieux vaut garder DIX",
    ),
    (Refusal(Reason.NOTHING_LEFT), "avoir épuisé, il n'y reste rien"),
    (Refusal(Reason.EMPTY_CART), "le panier est vide"),
    (Refusal(Reason.NOTHING_TO_TAKE_OFF), "rien à déduire, c'est déjà offert sans ce code"),
]


@pytest.mark.parametrize(
    "refusal, sentence", REFUSALS, ids=lambda value: getattr(value, "reason", None)
)
def test_a_refusal_says_why_and_what_would_do(refusal: Refusal, sentence: str) -> None:
    assert refusal_sentence(refusal, lambda sku: NAMES.get(sku, sku)) == sentence


def test_every_reason_has_its_sentence() -> None:
    assert {refusal.reason for refusal, _ in REFUSALS} == set(RefusalReason)


def outcome(kind: VoucherKind, cents: int, **more: object) -> CodeOutcome:
    return CodeOutcome("X", kind, cents, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "found, voucher, sentence",
    [
        (
            outcome(VoucherKind.PERCENT, 487),
            Voucher("X", VoucherKind.PERCENT, percent_bp=1000),
            "remise de 10\u00a0%",
        ),
        (
            outcome(VoucherKind.PERCENT, 487, is_provisional=True),
            Voucher("X", VoucherKind.PERCENT, percent_bp=1250, brands=("Epson", "HP")),
            "remise de 12,5\u00a0% sur Epson et HP, à confirmer",
        ),
        (
            outcome(VoucherKind.AMOUNT, 500),
            Voucher("X", VoucherKind.AMOUNT, amount_cents=500, skus=("LC970C",)),
            "remise de 5,00\u00a0€ sur LC-970 cyan",
        ),
        (
            outcome(VoucherKind.FREE_DELIVERY, 490),
            Voucher("X", VoucherKind.FREE_DELIVERY),
            "livraison offerte",
        ),
        (
            outcome(VoucherKind.CREDIT, 2780, is_provisional=True),
            Voucher("X", VoucherKind.CREDIT, remaining_cents=5000),
            "avoir de 27,80\u00a0€, il en reste 22,20\u00a0€, à confirmer",
        ),
        (outcome(VoucherKind.CREDIT, 2780), None, "avoir de 27,80\u00a0€"),
        (outcome(VoucherKind.PERCENT, 487), None, "remise de 4,87\u00a0€"),
        (CodeOutcome("X", None, refusal=Refusal(Reason.EMPTY_CART)), None, "le panier est vide"),
    ],
)
def test_what_a_code_is_for(found: CodeOutcome, voucher: Voucher | None, sentence: str) -> None:
    assert discount_reason(found, voucher, lambda sku: NAMES.get(sku, sku)) == sentence


def said(on: date, method: PaymentMethod | None = None, **rules: object) -> list[str]:
    stock = article("LC970BK", 2290).offer
    promise = promise_for(on, [(stock, 1)], method, ShopRules(**rules))  # type: ignore[arg-type]
    return [
        promise_sentence(promise),
        promise_condition(promise),
        *promise_reasons(promise, lambda sku: NAMES.get(sku, sku)),
    ]


def test_a_promise_in_words() -> None:
    assert said(TODAY) == [
        "départ au plus tard mer. 25 nov.",
        "",
        "en stock : LC-970 noir",
        "préparation et départ en 2 jours ouvrés, au plus tard mer. 25 nov.",
    ]
    assert said(TODAY, PaymentMethod.CARD_LINK)[1:4:2] == [
        "si le lien est payé au plus tard le lun. 23 nov.",
        "préparée dès que le lien est payé, compté ici lun. 23 nov.",
    ]


def test_one_day_is_singular() -> None:
    assert said(TODAY, dispatch_open_days=1)[-1] == (
        "préparation et départ en 1 jour ouvré, au plus tard mar. 24 nov."
    )


def test_what_is_waited_for_in_words() -> None:
    assert said(date(2026, 11, 10), PaymentMethod.CHEQUE) == [
        "départ au plus tard ven. 20 nov.",
        "si le chèque arrive au plus tard le mer. 18 nov.",
        "en stock : LC-970 noir",
        "chèque attendu vers mer. 18 nov., 5 jours ouvrés de courrier estimés sans Armistice",
        "préparation et départ en 2 jours ouvrés, au plus tard ven. 20 nov.",
    ]
    assert said(date(2026, 4, 1), PaymentMethod.TRANSFER)[1:4:2] == [
        "si le virement arrive au plus tard le jeu. 9 avr.",
        (
            "virement attendu au plus tard jeu. 9 avr., 4 jours de banque "
            "sans Vendredi saint et Lundi de Pâques"
        ),
    ]


def test_closed_days_in_words() -> None:
    closed = said(date(2025, 12, 24), holiday_zone=HolidayZone.ALSACE_MOSELLE)
    assert closed[3] == "fermé : Noël et Saint-Étienne, réouverture lun. 29 déc."


def test_an_unknown_delay_is_said_plainly() -> None:
    gone = article("LC970C", 1290, stock=0).offer
    back = article("T1801", 1090, stock=0, restock_on=date(2026, 12, 3)).offer
    promise = promise_for(TODAY, [(gone, 1), (back, 1)], PaymentMethod.CHEQUE, ShopRules())
    assert (promise_sentence(promise), promise_condition(promise)) == ("délai inconnu", "")
    assert promise_reasons(promise, lambda sku: NAMES[sku])[:2] == [
        "rupture, de retour le jeu. 3 déc. : 18 noir",
        "rupture, délai inconnu : LC-970 cyan",
    ]


# --- errors ------------------------------------------------------------------


@pytest.mark.parametrize(
    "error, sentence",
    [
        (DomainError("amount_malformed", text="x"), "Montant illisible : tapez-le comme 12,50."),
        (
            DomainError("quantity_out_of_range", sku="A", maximum=99),
            "Pas plus de 99 du même article par commande.",
        ),
        (
            DomainError("reference_check", reference="010000021"),
            "La référence 010 000 021 contient un chiffre faux : faites-la relire trois par trois.",
        ),
        (Conflict("draft_taken", draft_id="1"), "Cet appel est ouvert sur un autre poste."),
        (
            Unavailable("store_full", path="/x"),
            "Le disque est plein : libérez de la place, rien n'est perdu.",
        ),
        (
            Unavailable("file_too_new", path="a.db"),
            "Le fichier a.db vient d'une version plus récente : mettez le programme à jour.",
        ),
    ],
    ids=lambda value: getattr(value, "code", None),
)
def test_an_error_says_what_happened_and_what_to_do(error: KioskError, sentence: str) -> None:
    assert error_sentence(error) == sentence


@pytest.mark.parametrize(
    "before, after, says",
    [
        (
            "in_preparation",
            "delivered",
            (
                "Commande en cours de préparation : elle ne peut pas devenir « livrée ». "
                "Vérifiez son numéro."
            ),
        ),
        (
            "moon",
            "delivered",
            "Cette commande ne peut pas passer à cet état : vérifiez son numéro.",
        ),
    ],
)
def test_a_state_that_is_not_reached_yet_is_not_called_passed(before, after, says) -> None:
    error = DomainError("order_transition", before=before, after=after)
    assert error_sentence(error) == says


def test_an_article_that_is_not_sold_is_named() -> None:
    assert error_sentence(Rejected("sku_unknown", sku="NOPE")) == (
        "Aucun article NOPE à la centrale : vérifiez sa référence."
    )


OURS = (rules.ERROR_SENTENCES, faults.ERROR_SENTENCES)
THEIRS = (people.ERROR_SENTENCES, orders.ERROR_SENTENCES)


@given(st.text())
def test_a_code_without_a_sentence_is_shown_and_breaks_nothing(code: str) -> None:
    if not any(code in table for table in OURS + THEIRS):
        assert f"(code {code})" in error_sentence(Defect(code))


@pytest.mark.parametrize("code", sorted(code for table in OURS for code in table))
def test_a_sentence_can_do_without_facts(code: str) -> None:
    sentence = error_sentence(DomainError(code))
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert "  " not in sentence
    assert "None" not in sentence
    assert "enrôl" not in sentence, "the word for it is rattachement"


@pytest.mark.parametrize("code", sorted(PROBLEMS))
def test_every_problem_of_central_has_a_sentence(code: str) -> None:
    assert f"(code {code})" not in error_sentence(Rejected(code, fields=("x",)))


def test_no_code_has_two_sentences() -> None:
    tables = OURS + THEIRS
    assert len({code for table in tables for code in table}) == sum(map(len, tables))
