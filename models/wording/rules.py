"""The words of the shop's rules: dates, codes and discounts, promises, and what can be mended.

Owns French sentences short enough to be said on the phone. Facts come in as values of the
domain; an article is named by the ``label_of`` it is given, else by its sku.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from models.cart import CODES_MAX
from models.money import NO_BREAK, format_cents
from models.order import OrderState
from models.promise import Promise, PromiseReason, PromiseReasonCode
from models.quote import CodeOutcome
from models.reference import grouped
from models.vouchers import Refusal, RefusalReason, Voucher, VoucherKind
from models.wording.labels import state_name

LabelOf = Callable[[str], str]

_WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)
_SHORT_MONTHS = (
    *("janv.", "févr.", "mars", "avr.", "mai", "juin"),
    *("juil.", "août", "sept.", "oct.", "nov.", "déc."),
)
_NAMED_AT_MOST = 3


# --- dates -------------------------------------------------------------------


def short_date(day: date) -> str:
    """``mer. 25 nov.``; the first of a month is ``1er``."""
    weekday = _WEEKDAYS[day.weekday()][:3]
    return f"{weekday}. {_ordinal(day.day)} {_SHORT_MONTHS[day.month - 1]}"


def long_date(day: date) -> str:
    """``mercredi 25 novembre 2026``, ``vendredi 1er mai 2026``."""
    weekday, month = _WEEKDAYS[day.weekday()], _MONTHS[day.month - 1]
    return f"{weekday} {_ordinal(day.day)} {month} {day.year}"


def date_to_say(day: date) -> str:
    """``lundi 7 décembre``, ``vendredi 1er mai``: whole words, to be read aloud."""
    return f"{_WEEKDAYS[day.weekday()]} {_ordinal(day.day)} {_MONTHS[day.month - 1]}"


def _ordinal(day: int) -> str:
    return "1er" if day == 1 else str(day)


def _in_figures(day: date) -> str:
    """As it stands on a printed voucher: ``12/10/2026``."""
    return f"{day:%d/%m}/{day.year}"


# --- codes -------------------------------------------------------------------


def refusal_sentence(refusal: Refusal, label_of: LabelOf = str) -> str:
    """Why the code counts for nothing, then the cheapest thing that would make it count."""
    why = _WHY[refusal.reason](refusal, label_of)
    remedy = _remedy(refusal, label_of)
    return f"{why} ; {remedy}" if remedy else why


def _remedy(refusal: Refusal, label_of: LabelOf) -> str:
    if refusal.remedy_sku is None:
        return ""
    added = f"{refusal.remedy_quantity} × {label_of(refusal.remedy_sku)}"
    return f"il suffit d'ajouter {added} ({format_cents(refusal.remedy_cents)})"


def _not_combinable(refusal: Refusal, _label_of: LabelOf) -> str:
    other = refusal.conflicts_with
    if refusal.remedy_cents:
        more = format_cents(refusal.remedy_cents)
        return f"ne se cumule pas avec {other} ; retirer {other} ferait gagner {more}"
    return f"ne se cumule pas avec {other} ; mieux vaut garder {other}"


def _wrong_brand(refusal: Refusal, _label_of: LabelOf) -> str:
    return f"réservé à {_listed(refusal.brands, 'ou')}"


def _wrong_articles(refusal: Refusal, label_of: LabelOf) -> str:
    if not 0 < len(refusal.skus) <= _NAMED_AT_MOST:
        return "réservé à certains articles"
    return f"réservé à {_listed([label_of(sku) for sku in refusal.skus], 'ou')}"


def _dated(before: str) -> Callable[[Refusal, LabelOf], str]:
    return lambda refusal, _: f"{before} {_in_figures(refusal.on)}" if refusal.on else before


def _plain(sentence: str) -> Callable[[Refusal, LabelOf], str]:
    return lambda _refusal, _label_of: sentence


_WHY: Mapping[RefusalReason, Callable[[Refusal, LabelOf], str]] = {
    RefusalReason.UNKNOWN: _plain("code inconnu, à faire relire lettre par lettre"),
    RefusalReason.LOOKS_LIKE: lambda refusal, _: f"code inconnu ; serait-ce {refusal.proposed} ?",
    RefusalReason.NOT_YET_VALID: _dated("valable à partir du"),
    RefusalReason.EXPIRED: _dated("expiré le"),
    RefusalReason.MINIMUM_NOT_MET: lambda refusal, _: (
        f"il manque {format_cents(refusal.missing_cents)}"
    ),
    RefusalReason.WRONG_BRAND: _wrong_brand,
    RefusalReason.WRONG_ARTICLES: _wrong_articles,
    RefusalReason.OTHER_CUSTOMER: _plain("réservé à un autre client"),
    RefusalReason.CUSTOMER_UNKNOWN_YET: _plain("code personnel, choisissez d'abord le client"),
    RefusalReason.USED_UP: _plain("déjà utilisé autant de fois que prévu"),
    RefusalReason.ALREADY_USED_BY_CUSTOMER: _plain("déjà utilisé par ce client"),
    RefusalReason.NOT_COMBINABLE: _not_combinable,
    RefusalReason.NOTHING_LEFT: _plain("avoir épuisé, il n'y reste rien"),
    RefusalReason.EMPTY_CART: _plain("le panier est vide"),
    RefusalReason.NOTHING_TO_TAKE_OFF: _plain("rien à déduire, c'est déjà offert sans ce code"),
}


def discount_reason(outcome: CodeOutcome, voucher: Voucher | None, label_of: LabelOf = str) -> str:
    """What an accepted code is for, or why it was refused; with what is still to be confirmed."""
    if outcome.refusal is not None:
        return refusal_sentence(outcome.refusal, label_of)
    benefit = _benefit(outcome, voucher)
    if voucher and outcome.kind in {VoucherKind.PERCENT, VoucherKind.AMOUNT}:
        benefit += _restricted_to(voucher, label_of)
    return f"{benefit}, à confirmer" if outcome.is_provisional else benefit


def _benefit(outcome: CodeOutcome, voucher: Voucher | None) -> str:
    taken = format_cents(outcome.discount_cents)
    match outcome.kind:
        case VoucherKind.PERCENT if voucher:
            return f"remise de {_percent(voucher.percent_bp)}"
        case VoucherKind.FREE_DELIVERY:
            return "livraison offerte"
        case VoucherKind.CREDIT if voucher:
            rest = format_cents(voucher.remaining_cents - outcome.discount_cents)
            return f"avoir de {taken}, il en reste {rest}"
        case VoucherKind.CREDIT:
            return f"avoir de {taken}"
        case _:
            return f"remise de {taken}"


def _restricted_to(voucher: Voucher, label_of: LabelOf) -> str:
    if voucher.skus:
        named = [label_of(sku) for sku in voucher.skus]
        return (
            f" sur {_listed(named, 'et')}" if len(named) <= _NAMED_AT_MOST else " sur une sélection"
        )
    return f" sur {_listed(voucher.brands, 'et')}" if voucher.brands else ""


def _percent(basis_points: int) -> str:
    whole, rest = divmod(basis_points, 100)
    decimals = f",{rest:02d}".rstrip("0") if rest else ""
    return f"{whole}{decimals}{NO_BREAK}%"


def _listed(words: Sequence[str], last: str) -> str:
    """``A, B ou C``."""
    return f" {last} ".join([*filter(None, [", ".join(words[:-1])]), *words[-1:]])


# --- promise -----------------------------------------------------------------


def promise_sentence(promise: Promise) -> str:
    """``départ au plus tard mer. 25 nov.`` or ``délai inconnu``.

    Where the promise is conditional, ``promise_condition`` has to be said with it.
    """
    if promise.dispatch_by is None:
        return "délai inconnu"
    return f"départ au plus tard {short_date(promise.dispatch_by)}"


def promise_condition(promise: Promise) -> str:
    """What the date depends on, ``si le chèque arrive au plus tard le lun. 30 nov.``; "" for
    nothing.
    """
    if not promise.is_conditional or promise.dispatch_by is None:
        return ""
    awaited = next((reason for reason in promise.reasons if reason.code in _CONDITIONS), None)
    if awaited is None or awaited.on is None:
        return ""
    return f"{_CONDITIONS[awaited.code]} au plus tard le {short_date(awaited.on)}"


_CONDITIONS = {
    PromiseReasonCode.AWAITS_LINK: "si le lien est payé",
    PromiseReasonCode.AWAITS_TRANSFER: "si le virement arrive",
    PromiseReasonCode.AWAITS_CHEQUE: "si le chèque arrive",
}


def promise_reasons(promise: Promise, label_of: LabelOf = str) -> list[str]:
    """Each step of the reckoning in a few words, in its order."""
    return [_REASONS[reason.code](reason, label_of) for reason in promise.reasons]


def _in_stock(reason: PromiseReason, label_of: LabelOf) -> str:
    return f"en stock : {_articles(reason, label_of)}"


def _out_of_stock(reason: PromiseReason, label_of: LabelOf) -> str:
    back = f"de retour le {short_date(reason.on)}" if reason.on else "délai inconnu"
    return f"rupture, {back} : {_articles(reason, label_of)}"


def _awaits_link(reason: PromiseReason, _label_of: LabelOf) -> str:
    return f"préparée dès que le lien est payé, compté ici {_on(reason)}"


def _awaits_transfer(reason: PromiseReason, _label_of: LabelOf) -> str:
    days = _counted(reason.days, "jour de banque", "jours de banque")
    return f"virement attendu au plus tard {_on(reason)}, {days}{_without(reason)}"


def _awaits_cheque(reason: PromiseReason, _label_of: LabelOf) -> str:
    days = _counted(reason.days, "jour ouvré", "jours ouvrés")
    return f"chèque attendu vers {_on(reason)}, {days} de courrier estimés{_without(reason)}"


def _closed(reason: PromiseReason, _label_of: LabelOf) -> str:
    return f"fermé : {_listed(reason.names, 'et')}, réouverture {_on(reason)}"


def _to_dispatch(reason: PromiseReason, _label_of: LabelOf) -> str:
    days = _counted(reason.days, "jour ouvré", "jours ouvrés")
    return f"préparation et départ en {days}, au plus tard {_on(reason)}"


_REASONS: Mapping[PromiseReasonCode, Callable[[PromiseReason, LabelOf], str]] = {
    PromiseReasonCode.IN_STOCK: _in_stock,
    PromiseReasonCode.OUT_OF_STOCK_UNTIL: _out_of_stock,
    PromiseReasonCode.OUT_OF_STOCK_UNKNOWN: _out_of_stock,
    PromiseReasonCode.AWAITS_LINK: _awaits_link,
    PromiseReasonCode.AWAITS_TRANSFER: _awaits_transfer,
    PromiseReasonCode.AWAITS_CHEQUE: _awaits_cheque,
    PromiseReasonCode.CLOSED_DAYS: _closed,
    PromiseReasonCode.OPEN_DAYS_TO_DISPATCH: _to_dispatch,
}


def _articles(reason: PromiseReason, label_of: LabelOf) -> str:
    return ", ".join(label_of(sku) for sku in reason.skus)


def _on(reason: PromiseReason) -> str:
    return short_date(reason.on) if reason.on else "à une date inconnue"


def _without(reason: PromiseReason) -> str:
    return f" sans {_listed(reason.names, 'et')}" if reason.names else ""


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count < 2 else many}"  # noqa: PLR2004 - French: 0 and 1 are singular


# --- errors ------------------------------------------------------------------

Facts = Mapping[str, object]


def _too_many(facts: Facts) -> str:
    return f"Pas plus de {facts.get('maximum', 99)} du même article par commande."


def _order_transition(facts: Facts) -> str:
    """Not yet, or no more: the table does not say which."""
    before, after = (str(facts.get(name, "")) for name in ("before", "after"))
    if not {before, after} <= set(OrderState):
        return "Cette commande ne peut pas passer à cet état : vérifiez son numéro."
    now, wanted = (state_name(OrderState(word)) for word in (before, after))
    return f"Commande {now} : elle ne peut pas devenir « {wanted} ». Vérifiez son numéro."


def _reference_check(facts: Facts) -> str:
    named = f" {grouped(str(facts['reference']))}" if "reference" in facts else ""
    told = f"La référence{named} contient un chiffre faux : faites-la relire trois par trois."
    near = facts.get("near")
    meant = " ou ".join(grouped(str(one)) for one in near) if isinstance(near, tuple) else ""
    return f"{told} Peut-être {meant} ?" if meant else told


def _total_changed(facts: Mapping[str, object]) -> str:
    """What it was and is, that it counts once it was said, and why: what may be long is last."""
    said, now = (format_cents(_cents(facts, name)) for name in ("said", "now"))
    causes = [
        *(f"code {code} refusé" for code in _texts(facts, "codes")),
        *(f"prix changé pour {label}" for label in _texts(facts, "labels")),
    ]
    why = f" : {', '.join(causes)}" if causes else ""
    return f"Total : {now} au lieu de {said}. Rien n'est commandé, à relire{why}."


def _cents(facts: Mapping[str, object], name: str) -> int:
    cents = facts.get(name)
    return cents if isinstance(cents, int) else 0


def _texts(facts: Mapping[str, object], name: str) -> Sequence[str]:
    texts = facts.get(name)
    return [str(text) for text in texts] if isinstance(texts, Sequence) else []


ERROR_SENTENCES: dict[str, str | Callable[[Facts], str]] = {
    "amount_malformed": "Montant illisible : tapez-le comme 12,50.",
    "code_empty": "Tapez d'abord le code.",
    "order_transition": _order_transition,
    "quantity_out_of_range": _too_many,
    "reference_check": _reference_check,
    "reference_malformed": "Une référence a neuf chiffres, par exemple 482 013 956.",
    "total_changed": _total_changed,
    "too_many_codes": lambda facts: (
        f"Pas plus de {facts.get('maximum', CODES_MAX)} codes par commande : retirez-en un."
    ),
    "too_many_lines": "Le panier est plein : passez une seconde commande pour la suite.",
}
