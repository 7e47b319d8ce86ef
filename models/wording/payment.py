"""What a customer is told to do to pay, for each of the four ways (R9 to R12).

Owns sentences made to be read aloud and written down at the other end of the line. Knows
neither order nor screen: it is told the amount, the number and how the customer is reached.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from models.money import format_cents
from models.payment import LinkChannel, PaymentMethod, Reach
from models.phone import in_pairs
from models.shop import ShopRules
from models.speech import amount_in_words, digits_in_groups, spoken_email


@dataclass(frozen=True, slots=True)
class PaymentTold:
    """``total_cents`` is what is left to pay. ``reference`` is None until the order is placed,
    ``channel`` None where the quickest way to reach the customer will do.
    """

    total_cents: int
    reach: Reach
    channel: LinkChannel | None
    reference: str | None
    rules: ShopRules


def said_amount(cents: int) -> str:
    """In figures and in words: "48,70 €, quarante-huit euros et soixante-dix centimes"."""
    return f"{format_cents(cents)}, {amount_in_words(cents)}"


def what_to_do(method: PaymentMethod, told: PaymentTold) -> Iterator[str]:
    """Step by step what the customer has to do, and what happens then."""
    if not told.total_cents:
        yield "Il n'y a rien à payer."
        return
    yield from _STEPS[method](told)


def _by_card(told: PaymentTold) -> Iterator[str]:
    yield f"Vous payez par carte : {_link_sent(told)}"
    yield "Ouvrez ce lien et tapez votre numéro de carte vous-même, sur la page de paiement."
    yield "Ne donnez jamais ce numéro au téléphone, ni à moi ni à personne."
    yield (
        "Votre banque vous demande ensuite un code : elle vous l'envoie par SMS, ou vous le dit "
        "par un appel automatique sur votre téléphone fixe."
    )


def _by_paypal(told: PaymentTold) -> Iterator[str]:
    yield f"Vous payez par PayPal : {_link_sent(told)}"
    yield "Ouvrez ce lien et payez avec votre compte PayPal."


def _by_transfer(told: PaymentTold) -> Iterator[str]:
    yield "Vous payez par virement, depuis votre banque. Voici ce qu'il faut noter."
    yield f"Le titulaire du compte, exactement : {told.rules.account_holder}."
    yield f"L'IBAN : {digits_in_groups(told.rules.iban, 4)}."
    yield f"Le montant : {said_amount(told.total_cents)}."
    yield f"La référence à indiquer : {_reference(told)}."
    yield (
        "Si votre banque affiche un nom différent, ne validez pas, rappelez-nous "
        f"au {told.rules.service_phone}."
    )


def _by_cheque(told: PaymentTold) -> Iterator[str]:
    form_by = "par e-mail" if told.reach.email else "par courrier"
    yield f"Vous payez par chèque, à l'ordre de : {told.rules.cheque_payee}."
    yield f"Le montant, au centime près : {said_amount(told.total_cents)}."
    yield f"Au dos du chèque, écrivez {_reference(told)}."
    yield f"Joignez une copie du bon de commande, que nous vous envoyons {form_by}."
    yield f"Envoyez le tout à : {', '.join(told.rules.postal_address)}."
    yield "Ne mettez jamais d'espèces dans l'enveloppe."


_STEPS = {
    PaymentMethod.CARD_LINK: _by_card,
    PaymentMethod.PAYPAL_LINK: _by_paypal,
    PaymentMethod.TRANSFER: _by_transfer,
    PaymentMethod.CHEQUE: _by_cheque,
}


def _reference(told: PaymentTold) -> str:
    if told.reference is None:
        return "votre numéro de commande, que je vous donnerai dans un instant"
    return f"votre numéro de commande, {digits_in_groups(told.reference, 3)}"


def _link_sent(told: PaymentTold) -> str:
    channel = told.channel or next(iter(told.reach.channels), None)
    mobile = next((phone for phone in told.reach.phones if phone.can_receive_sms), None)
    if channel is LinkChannel.SMS and mobile:
        return f"nous vous envoyons un lien par SMS, au {in_pairs(mobile.e164)}."
    if channel is LinkChannel.EMAIL and told.reach.email:
        return f"nous vous envoyons un lien par e-mail, à {spoken_email(told.reach.email)}."
    return "il nous faut un mobile ou une adresse e-mail pour vous envoyer le lien."
