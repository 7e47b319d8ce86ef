"""The text the operator reads aloud before confirming, for somebody who hears badly (step 6).

Owns what is said and in which order; what the customer has to do to pay is in
``models.wording.payment``. Knows nothing of screens: a paragraph is a title and sentences, to
be paged through.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from models.customer import Address, DeliveryAddress, PersonName, Phone
from models.money import format_cents
from models.order import Order
from models.payment import LinkChannel, PaymentMethod, Reach
from models.phone import in_pairs
from models.promise import Promise, PromiseReason, PromiseReasonCode
from models.quote import CodeOutcome, PricedLine, Quote
from models.shop import ShopRules
from models.speech import (
    digits_in_groups,
    digits_in_words,
    integer_in_words,
    spell,
    spell_email,
    spoken_date,
    spoken_email,
    spoken_postcode,
)
from models.vouchers import VoucherKind
from models.wording.labels import civility_spoken
from models.wording.payment import PaymentTold, said_amount, what_to_do
from models.wording.typography import tied


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A few sentences about one thing, each whole on its own."""

    title: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadBackFacts:
    """All that is read back. ``reference`` is None until the order is placed."""

    name: PersonName
    phones: tuple[Phone, ...]
    email: str | None
    billing: Address
    delivery: DeliveryAddress
    quote: Quote
    promise: Promise
    payment_method: PaymentMethod | None
    link_channel: LinkChannel | None
    rules: ShopRules
    reference: str | None = None
    is_change: bool = False
    """Of a placed order (R8), whose reference stays."""

    @property
    def is_to_the_customer(self) -> bool:
        return (self.delivery.name, self.delivery.address) == (self.name, self.billing)


def facts_of_order(order: Order, rules: ShopRules) -> ReadBackFacts:
    """The same of a placed order."""
    return ReadBackFacts(
        name=order.customer.name,
        phones=order.customer.phones,
        email=order.customer.email,
        billing=order.customer.billing,
        delivery=order.delivery,
        quote=order.quote,
        promise=order.promise,
        payment_method=order.payment_method,
        link_channel=order.link_channel,
        rules=rules,
        reference=order.reference,
    )


def read_back(facts: ReadBackFacts) -> tuple[Paragraph, ...]:
    """What to read, in the order it is read; paragraphs with nothing to say are left out.

    Of a draft or of a placed order. Ends with the right of withdrawal (C. conso. L221-18,
    L221-13) and the order number, or that it comes in a moment.
    """
    paragraphs = (
        _paragraph("Modification", _change(facts)),
        _paragraph("Client", _who(facts)),
        _paragraph("Articles", map(_article, facts.quote.lines)),
        _paragraph("Codes", map(_code, facts.quote.codes)),
        _paragraph("Total", _total(facts.quote)),
        _paragraph("Adresse de livraison", _where(facts)),
        _paragraph("Paiement", _how_to_pay(facts)),
        _paragraph("Départ du colis", _when(facts)),
        _paragraph("Droit de rétractation", _withdrawal(facts)),
        _paragraph("Numéro de commande", _number(facts.reference)),
    )
    return tuple(paragraph for paragraph in paragraphs if paragraph.sentences)


def as_text(paragraphs: Sequence[Paragraph], width: int) -> str:
    """Plain text, titles in capitals, no line longer than ``width`` characters (20 or more)."""
    wrapper = textwrap.TextWrapper(width, break_on_hyphens=False, subsequent_indent="  ")
    blocks = (
        "\n".join(map(wrapper.fill, (paragraph.title.upper(), *paragraph.sentences)))
        for paragraph in paragraphs
    )
    return "\n\n".join(blocks) + "\n"


def _paragraph(title: str, sentences: Iterator[str]) -> Paragraph:
    return Paragraph(title, tuple(tied(sentence) for sentence in sentences))


def _change(facts: ReadBackFacts) -> Iterator[str]:
    if facts.is_change and facts.reference is not None:
        yield f"Je modifie votre commande {digits_in_groups(facts.reference, 3)}."
        yield "Ce que je vais lire remplace ce que nous avions convenu."


# --- who and where -----------------------------------------------------------


def _who(facts: ReadBackFacts) -> Iterator[str]:
    yield f"La commande est au nom de {_full_name(facts.name)}."
    yield f"Le nom s'écrit : {spell(facts.name.last_name)}."
    for phone in facts.phones:
        yield f"Votre numéro de téléphone : {in_pairs(phone.e164)}."
    if facts.email:
        local = facts.email.partition("@")[0]
        yield f"Votre adresse e-mail : {spoken_email(facts.email)}."
        yield f"Avant l'arobase, elle s'écrit : {spell_email(local)}."
    if not facts.is_to_the_customer:
        yield "Votre adresse, pour la facture :"
        yield from _address_lines(facts.billing)


def _where(facts: ReadBackFacts) -> Iterator[str]:
    if facts.is_to_the_customer:
        yield "Le colis vous est livré à votre adresse :"
    else:
        yield f"Le colis n'est pas livré chez vous, mais à {_full_name(facts.delivery.name)} :"
        if facts.delivery.name.last_name != facts.name.last_name:
            yield f"Ce nom s'écrit : {spell(facts.delivery.name.last_name)}."
    yield from _address_lines(facts.delivery.address)
    if facts.delivery.instructions:
        yield f"Pour le livreur : {facts.delivery.instructions}"


def _full_name(name: PersonName) -> str:
    return f"{civility_spoken(name.civility)} {name.first_name} {name.last_name}"


def _address_lines(address: Address) -> Iterator[str]:
    """In the order people say it: the street first, then where in the building."""
    town = f"{spoken_postcode(address.postcode)} {address.city}"
    lines = (address.street, address.outside, address.inside, address.place, town)
    return (line for line in lines if line)


# --- what and how much -------------------------------------------------------


def _article(line: PricedLine) -> str:
    times = f"{integer_in_words(line.quantity, is_feminine=True)} fois".capitalize()
    each = f", à {format_cents(line.unit_price_cents)} l'unité" if line.quantity > 1 else ""
    return f"{times} {line.label}{each} : {said_amount(line.total_cents)}."


def _code(outcome: CodeOutcome) -> str:
    if not outcome.is_accepted:
        return f"Le code {outcome.code} ne s'applique pas à cette commande."
    match outcome.kind:
        case VoucherKind.FREE_DELIVERY:
            said = f"Avec le code {outcome.code}, la livraison est offerte"
        case VoucherKind.CREDIT:
            said = f"Votre avoir {outcome.code} règle {said_amount(outcome.discount_cents)}"
        case _:
            said = f"Le code {outcome.code} vous fait gagner {said_amount(outcome.discount_cents)}"
    return f"{said}, sous réserve de vérification." if outcome.is_provisional else f"{said}."


def _total(quote: Quote) -> Iterator[str]:
    if quote.delivery_cents:
        yield f"La livraison coûte {said_amount(quote.delivery_cents)}."
    else:
        yield "La livraison est offerte."
    total = f"Le total à payer est de {said_amount(quote.total_cents)}"
    if quote.vat_mention:
        yield f"{total}, hors taxes locales."
        yield f"{quote.vat_mention.rstrip('.')}."
    else:
        yield f"{total}, toutes taxes comprises."


def _how_to_pay(facts: ReadBackFacts) -> Iterator[str]:
    if facts.payment_method is None:
        yield "Il reste à choisir comment vous payez."
        return
    told = PaymentTold(
        total_cents=facts.quote.total_cents,
        reach=Reach(facts.phones, facts.email),
        channel=facts.link_channel,
        reference=facts.reference,
        rules=facts.rules,
    )
    yield from what_to_do(facts.payment_method, told)


# --- when, and what else -----------------------------------------------------

_CONDITIONS = {
    PromiseReasonCode.AWAITS_LINK: (
        "Votre commande est préparée dès que vous avez payé.",
        "Si vous payez au plus tard le",
    ),
    PromiseReasonCode.AWAITS_TRANSFER: (
        "Votre commande est préparée à réception de votre virement.",
        "S'il nous arrive au plus tard le",
    ),
    PromiseReasonCode.AWAITS_CHEQUE: (
        "Votre commande est préparée à réception de votre chèque.",
        "S'il nous arrive au plus tard le",
    ),
}


def _when(facts: ReadBackFacts) -> Iterator[str]:
    promise = facts.promise
    awaited = next((reason for reason in promise.reasons if reason.code in _CONDITIONS), None)
    condition = ""
    if promise.is_conditional and awaited is not None:
        prepared, until = _CONDITIONS[awaited.code]
        yield prepared
        condition = f"{until} {spoken_date(awaited.on)}, " if awaited.on else ""
    yield from _stock(facts)
    if promise.dispatch_by is None:
        yield "Le délai est inconnu : je ne peux pas vous donner de date de départ."
    else:
        parts = f"{condition}votre colis part au plus tard le {spoken_date(promise.dispatch_by)}."
        yield parts[0].upper() + parts[1:]


def _stock(facts: ReadBackFacts) -> Iterator[str]:
    labels = {line.sku: line.label for line in facts.quote.lines}
    for reason in facts.promise.reasons:
        named = " et ".join(labels.get(sku, sku) for sku in reason.skus)
        if said := _out_of_stock(reason):
            yield f"{named} : {said}"


def _out_of_stock(reason: PromiseReason) -> str:
    match reason.code:
        case PromiseReasonCode.OUT_OF_STOCK_UNKNOWN:
            return "en rupture, et notre fournisseur ne donne pas de date."
        case PromiseReasonCode.OUT_OF_STOCK_UNTIL if reason.on:
            return f"en rupture, de retour le {spoken_date(reason.on)}."
        case _:
            return ""


def _withdrawal(facts: ReadBackFacts) -> Iterator[str]:
    by = "par e-mail" if facts.email else "par courrier"
    yield (
        "Après avoir reçu votre colis, vous avez quatorze jours pour changer d'avis, sans donner "
        "de raison."
    )
    yield (
        f"Vous recevez {by}, au plus tard avec votre colis, la confirmation écrite de votre "
        "commande et le formulaire de rétractation."
    )


def _number(reference: str | None) -> Iterator[str]:
    if reference is None:
        yield "Je vous donnerai votre numéro de commande dans un instant."
        return
    grouped = digits_in_groups(reference, 3)
    in_words = ", ".join(digits_in_words(group) for group in grouped.split())
    yield f"Votre numéro de commande est le {grouped} : {in_words}."
