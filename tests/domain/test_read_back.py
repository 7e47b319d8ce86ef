"""The text read to the caller: each thing said once, in the order of the conversation."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.customer import (
    Address,
    Civility,
    Customer,
    DeliveryAddress,
    Dwelling,
    PersonName,
    Phone,
    PhoneKind,
)
from models.order import Order, OrderState
from models.payment import LinkChannel, PaymentMethod
from models.promise import Promise, PromiseReason, PromiseReasonCode
from models.quote import CodeOutcome, PricedLine, Quote
from models.read_back import Paragraph, ReadBackFacts, as_text, facts_of_order, read_back
from models.shop import ShopRules
from models.vouchers import Refusal, RefusalReason, VoucherKind

DUVAL = PersonName(Civility.MME, "Odette", "Duval")
ROUX = PersonName(Civility.MME, "Claire", "Roux")
LANDLINE = Phone("+33199001234", PhoneKind.LANDLINE, can_receive_sms=False)
MOBILE = Phone("+33639981234", PhoneKind.MOBILE, can_receive_sms=True)
BILLING = Address(
    "12 rue de Vesle", "51100", "Reims", Dwelling.FLAT, inside="3e étage, porte gauche"
)
EPERNAY = Address("4 rue des Vignes", "51200", "Épernay", Dwelling.HOUSE)


def _line(label: str, quantity: int, unit: int) -> PricedLine:
    total = quantity * unit
    return PricedLine(label, label, "Brother", quantity, unit, total, 0, 2000, unit)


QUOTE = Quote(
    lines=(_line("LC-970 noir", 1, 2290), _line("LC-970 cyan", 2, 1290)),
    codes=(CodeOutcome("Encre10", VoucherKind.PERCENT, 487),),
    goods_cents=4870,
    discount_cents=487,
    total_cents=4383,
    article_count=3,
)
PROMISE = Promise(
    dispatch_by=date(2026, 12, 3),
    ready_on=date(2026, 11, 30),
    handled_on=date(2026, 12, 1),
    reasons=(PromiseReason(PromiseReasonCode.AWAITS_CHEQUE, date(2026, 11, 30), days=5),),
    is_conditional=True,
)
FACTS = ReadBackFacts(
    name=DUVAL,
    phones=(LANDLINE,),
    email=None,
    billing=BILLING,
    delivery=DeliveryAddress(ROUX, EPERNAY, "code 12A34"),
    quote=QUOTE,
    promise=PROMISE,
    payment_method=PaymentMethod.CHEQUE,
    link_channel=None,
    rules=ShopRules(),
)


def _plain(paragraph: Paragraph) -> list[str]:
    """With ordinary spaces, which is how the expectations below are written."""
    return [sentence.replace("\u00a0", " ") for sentence in paragraph.sentences]


def _said(facts: ReadBackFacts, title: str) -> list[str]:
    return next(
        (_plain(paragraph) for paragraph in read_back(facts) if paragraph.title == title), []
    )


def test_in_the_order_of_the_conversation():
    assert [paragraph.title for paragraph in read_back(FACTS)] == [
        "Client",
        "Articles",
        "Codes",
        "Total",
        "Adresse de livraison",
        "Paiement",
        "Départ du colis",
        "Droit de rétractation",
        "Numéro de commande",
    ]


def test_who_pays_and_who_receives():
    assert _said(FACTS, "Client") == [
        "La commande est au nom de Madame Odette Duval.",
        (
            "Le nom s'écrit : D comme Désiré, U comme Ursule, V comme Victor, A comme Anatole, "
            "L comme Louis."
        ),
        "Votre numéro de téléphone : 01 99 00 12 34.",
        "Votre adresse, pour la facture :",
        "12 rue de Vesle",
        "3e étage, porte gauche",
        "51 100 Reims",
    ]
    assert _said(FACTS, "Adresse de livraison") == [
        "Le colis n'est pas livré chez vous, mais à Madame Claire Roux :",
        "Ce nom s'écrit : R comme Raoul, O comme Oscar, U comme Ursule, X comme Xavier.",
        "4 rue des Vignes",
        "51 200 Épernay",
        "Pour le livreur : code 12A34",
    ]


def test_a_name_that_both_have_is_spelled_once():
    daughter = DeliveryAddress(replace(ROUX, last_name=DUVAL.last_name), EPERNAY)
    told = _said(replace(FACTS, delivery=daughter), "Adresse de livraison")
    assert told[0].endswith("Madame Claire Duval :")
    assert told[1] == "4 rue des Vignes"


def test_the_same_address_is_read_once():
    facts = replace(FACTS, delivery=DeliveryAddress(DUVAL, BILLING))
    assert "12 rue de Vesle" not in _said(facts, "Client")
    assert _said(facts, "Adresse de livraison") == [
        "Le colis vous est livré à votre adresse :",
        "12 rue de Vesle",
        "3e étage, porte gauche",
        "51 100 Reims",
    ]


def test_an_email_is_said_and_spelled():
    said = _said(replace(FACTS, email="jo-d@example.org"), "Client")
    assert said[3:5] == [
        "Votre adresse e-mail : jo tiret d arobase example point org.",
        "Avant l'arobase, elle s'écrit : J comme Joseph, O comme Oscar, tiret, D comme Désiré.",
    ]


def test_articles_with_quantity_and_amount_in_words():
    assert _said(FACTS, "Articles") == [
        "Une fois LC-970 noir : 22,90 €, vingt-deux euros et quatre-vingt-dix centimes.",
        (
            "Deux fois LC-970 cyan, à 12,90 € l'unité : "
            "25,80 €, vingt-cinq euros et quatre-vingts centimes."
        ),
    ]


@pytest.mark.parametrize(
    "outcome, said",
    [
        (
            CodeOutcome("Encre10", VoucherKind.PERCENT, 487),
            (
                "Le code Encre10 vous fait gagner 4,87 €, "
                "quatre euros et quatre-vingt-sept centimes."
            ),
        ),
        (
            CodeOutcome("PORT", VoucherKind.FREE_DELIVERY, 490, is_provisional=True),
            "Avec le code PORT, la livraison est offerte, sous réserve de vérification.",
        ),
        (
            CodeOutcome("AV-1", VoucherKind.CREDIT, 1000),
            "Votre avoir AV-1 règle 10,00 €, dix euros.",
        ),
        (
            CodeOutcome("ETE", VoucherKind.PERCENT, refusal=Refusal(RefusalReason.EXPIRED)),
            "Le code ETE ne s'applique pas à cette commande.",
        ),
    ],
)
def test_codes(outcome, said):
    assert _said(replace(FACTS, quote=replace(QUOTE, codes=(outcome,))), "Codes") == [said]


def test_without_codes_nothing_is_said_of_them():
    assert _said(replace(FACTS, quote=replace(QUOTE, codes=())), "Codes") == []


def test_total_with_delivery():
    assert _said(replace(FACTS, quote=replace(QUOTE, delivery_cents=490)), "Total") == [
        "La livraison coûte 4,90 €, quatre euros et quatre-vingt-dix centimes.",
        (
            "Le total à payer est de 43,83 €, quarante-trois euros et quatre-vingt-trois centimes, "
            "toutes taxes comprises."
        ),
    ]
    assert _said(FACTS, "Total")[0] == "La livraison est offerte."


def test_overseas_no_tax_is_claimed_to_be_in_it():
    quote = replace(QUOTE, vat_mention="Exonération de TVA, article 294")
    said = _said(replace(FACTS, quote=quote), "Total")
    assert said[-1] == "Exonération de TVA, article 294."
    assert not any("toutes taxes" in sentence for sentence in said)


# --- paying ------------------------------------------------------------------


def test_by_cheque():
    assert _said(FACTS, "Paiement") == [
        "Vous payez par chèque, à l'ordre de : Kiosk Encre SARL.",
        (
            "Le montant, au centime près : 43,83 €, quarante-trois euros et quatre-vingt-trois "
            "centimes."
        ),
        (
            "Au dos du chèque, écrivez votre numéro de commande, que je vous donnerai dans un "
            "instant."
        ),
        "Joignez une copie du bon de commande, que nous vous envoyons par courrier.",
        "Envoyez le tout à : Kiosk Encre, 12 rue des Essais, 51100 REIMS.",
        "Ne mettez jamais d'espèces dans l'enveloppe.",
    ]


def test_by_transfer_of_a_placed_order():
    facts = replace(FACTS, payment_method=PaymentMethod.TRANSFER, reference="482013957")
    assert _said(facts, "Paiement")[1:] == [
        "Le titulaire du compte, exactement : KIOSK ENCRE SARL.",
        "L'IBAN : FR76 3000 6000 0112 3456 7890 189.",
        "Le montant : 43,83 €, quarante-trois euros et quatre-vingt-trois centimes.",
        "La référence à indiquer : votre numéro de commande, 482 013 957.",
        (
            "Si votre banque affiche un nom différent, ne validez pas, rappelez-nous "
            "au 01 99 00 12 34."
        ),
    ]


@pytest.mark.parametrize(
    "phones, email, channel, sent",
    [
        ((LANDLINE, MOBILE), None, None, "par SMS, au 06 39 98 12 34."),
        ((MOBILE,), "jo@example.org", LinkChannel.EMAIL, "à jo arobase example point org."),
        ((LANDLINE,), "jo@example.org", None, "par e-mail, à jo arobase example point org."),
        ((LANDLINE,), None, None, "il nous faut un mobile ou une adresse e-mail"),
    ],
)
def test_by_link(phones, email, channel, sent):
    facts = replace(
        FACTS,
        phones=phones,
        email=email,
        link_channel=channel,
        payment_method=PaymentMethod.CARD_LINK,
    )
    card = _said(facts, "Paiement")
    assert sent in card[0]
    assert card[-1] == (
        "Votre banque vous demande ensuite un code : elle vous l'envoie par SMS, ou vous le dit "
        "par un appel automatique sur votre téléphone fixe."
    )
    paypal = _said(replace(facts, payment_method=PaymentMethod.PAYPAL_LINK), "Paiement")
    assert sent in paypal[0]
    assert "PayPal" in paypal[1]


def test_nothing_to_pay_and_nothing_chosen():
    facts = replace(FACTS, quote=replace(QUOTE, total_cents=0))
    assert _said(facts, "Paiement") == ["Il n'y a rien à payer."]
    assert _said(replace(FACTS, payment_method=None), "Paiement") == [
        "Il reste à choisir comment vous payez."
    ]


# --- when, and what else -----------------------------------------------------


def test_a_conditional_date_is_said_with_its_condition():
    assert _said(FACTS, "Départ du colis") == [
        "Votre commande est préparée à réception de votre chèque.",
        (
            "S'il nous arrive au plus tard le lundi trente novembre, votre colis part au plus tard "
            "le jeudi trois décembre."
        ),
    ]


def test_a_date_without_condition():
    promise = replace(PROMISE, is_conditional=False, reasons=())
    assert _said(replace(FACTS, promise=promise), "Départ du colis") == [
        "Votre colis part au plus tard le jeudi trois décembre."
    ]


def test_an_unknown_delay_is_said_plainly_and_for_which_articles():
    reasons = (
        PromiseReason(PromiseReasonCode.OUT_OF_STOCK_UNKNOWN, skus=("LC-970 cyan",)),
        PromiseReason(
            PromiseReasonCode.OUT_OF_STOCK_UNTIL, date(2026, 12, 3), skus=("LC-970 noir",)
        ),
    )
    promise = Promise(None, None, None, reasons, is_conditional=True)
    assert _said(replace(FACTS, promise=promise), "Départ du colis") == [
        "LC-970 cyan : en rupture, et notre fournisseur ne donne pas de date.",
        "LC-970 noir : en rupture, de retour le jeudi trois décembre.",
        "Le délai est inconnu : je ne peux pas vous donner de date de départ.",
    ]


def test_withdrawal_and_its_written_confirmation():
    by_post, by_mail = (
        _said(replace(FACTS, email=email), "Droit de rétractation")
        for email in (None, "jo@example.org")
    )
    assert "quatorze jours" in by_post[0]
    assert "par courrier" in by_post[1]
    assert "par e-mail" in by_mail[1]


def test_the_number_comes_once_the_order_is_placed():
    assert _said(FACTS, "Numéro de commande") == [
        "Je vous donnerai votre numéro de commande dans un instant."
    ]
    assert _said(replace(FACTS, reference="482013957"), "Numéro de commande") == [
        (
            "Votre numéro de commande est le 482 013 957 : quatre cent quatre-vingt-deux, "
            "zéro treize, neuf cent cinquante-sept."
        )
    ]


def test_a_change_is_said_to_be_one_first_and_keeps_its_number():
    changed = replace(FACTS, reference="482013957", is_change=True)
    assert read_back(changed)[0].title == "Modification"
    assert _said(changed, "Modification") == [
        "Je modifie votre commande 482 013 957.",
        "Ce que je vais lire remplace ce que nous avions convenu.",
    ]
    assert read_back(replace(changed, is_change=False))[0].title == "Client"


def test_a_placed_order_reads_as_its_draft_did():
    order = Order(
        order_id=UUID(int=1),
        reference="482013957",
        draft_id=UUID(int=2),
        customer=Customer(UUID(int=3), DUVAL, FACTS.phones, BILLING),
        delivery=FACTS.delivery,
        quote=QUOTE,
        promise=PROMISE,
        payment_method=PaymentMethod.CHEQUE,
        link_channel=None,
        state=OrderState.AWAITING_PAYMENT,
        placed_at=datetime(2026, 11, 23, 10, tzinfo=UTC),
        ordered_on=date(2026, 11, 23),
    )
    assert facts_of_order(order, FACTS.rules) == replace(FACTS, reference="482013957")


# --- as plain text -----------------------------------------------------------


@given(st.integers(20, 120), st.text(max_size=300))
def test_no_line_is_wider_than_asked(width, name):
    facts = replace(FACTS, name=PersonName(Civility.M, "Paul", name))
    for line in as_text(read_back(facts), width).splitlines():
        assert len(line) <= width


def test_wrapped_without_breaking_amounts_or_labels():
    text = as_text(read_back(FACTS), 30)
    assert text.startswith("CLIENT\nLa commande est au nom de\n  Madame Odette Duval.\n")
    for whole in ("22,90\u00a0€", "LC-970", "écrit\u00a0:"):
        assert any(whole in line for line in text.splitlines())
    assert not any(line.strip().startswith((":", "€", "970")) for line in text.splitlines())
