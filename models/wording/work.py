"""What to say to the caller, and to do, where central reckons differently or refused (R8).

Pure; chosen by the code of a difference or of a refusal, made from its facts. A code of a
newer central gets a general sentence: it is never shown as nothing. Knows no screen and no
key but those that an order's card names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from models.money import format_cents
from models.order import OrderState
from models.wording.labels import state_name
from models.wording.rules import date_to_say, short_date
from models.work import WorkItem, WorkKind

Facts = Mapping[str, object]
LabelOf = Callable[[str], str]
"""The name of a sku as it was said."""

KEPT_OR_AGREED = "Si le client est d'accord, ou si la boutique tient parole : A."
CHANGE_OR_CANCEL = "Pour changer la commande : M ; pour l'annuler : X."


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing to settle. ``short`` has its place in a list, about five words; ``to_say`` is
    for the caller, "" where there is nothing they need to hear.
    """

    short: str
    happened: str
    to_say: str
    to_do: str


def advice(item: WorkItem, label_of: LabelOf = str) -> tuple[Advice, ...]:
    """What there is to settle in one work item, in the order central found it; never empty."""
    if item.kind is WorkKind.REFUSED:
        return (refusal_advice(item.facts),)
    found = item.facts.get("differences")
    told = found if isinstance(found, list | tuple) else ()
    named = tuple(difference_advice(one, label_of) for one in told if isinstance(one, Mapping))
    return named or (_UNKNOWN_WORK,)


def summary(item: WorkItem) -> str:
    """What changed, for one line of a list: "prix changé", "prix changé, rupture"."""
    shorts = list(dict.fromkeys(one.short for one in advice(item)))
    if len(shorts) > 1 and _TOTAL in shorts:
        shorts.remove(_TOTAL)  # it follows from the others
    return ", ".join(shorts)


def difference_advice(difference: Facts, label_of: LabelOf = str) -> Advice:
    """The words for one difference: a mapping with code, said, central and perhaps sku."""
    make = _DIFFERENCES.get(_text(difference, "code"), _other_difference)
    return make(_Difference.of(difference, label_of))


def refusal_advice(facts: Facts) -> Advice:
    """The words for a refusal: facts ``code`` and ``what``, the kind of what was sent."""
    code, what = _text(facts, "code"), _text(facts, "what") or "order"
    table = _REFUSED_CHANGES if what in _CHANGES else _REFUSED_ORDERS
    make = table.get(code)
    return make(what) if make is not None else _other_refusal(code, what)


# --- differences -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Difference:
    """One difference, its facts as words; amounts stay text where they are no figures."""

    code: str
    said: str
    central: str
    label: str

    @classmethod
    def of(cls, facts: Facts, label_of: LabelOf) -> _Difference:
        sku = _text(facts, "sku")
        said = _text(facts, "said")
        return cls(
            _text(facts, "code"), said, _text(facts, "central"), label_of(sku) if sku else ""
        )

    @property
    def amounts(self) -> tuple[str, str]:
        return _amount(self.said), _amount(self.central)

    @property
    def is_dearer(self) -> bool:
        """What the caller pays would be more than they were told."""
        said, central = _whole(self.said), _whole(self.central)
        return said is None or central is None or central > said


_TOTAL = "total différent"


def _price_changed(found: _Difference) -> Advice:
    said, central = found.amounts
    return Advice(
        "prix changé",
        f"Prix de {found.label} : {said} annoncés, {central} au tarif de la centrale.",
        f"« Le prix de {found.label} a changé depuis notre appel : {central} au lieu de {said}. "
        + ("Le gardez-vous ? »" if found.is_dearer else "C'est à votre avantage. »"),
        "La commande garde le prix annoncé. Gardé ou accepté : A. Au nouveau prix : M, retirez "
        "l'article et remettez-le.",
    )


def _code_refused(found: _Difference) -> Advice:
    why = _CODE_REASONS.get(found.central, "il n'est pas accepté")
    told = _CODE_REASONS_TOLD.get(found.central, why)
    return Advice(
        "code refusé",
        f"Code {found.said} : {why}.",
        f"« Votre code {found.said} ne peut pas compter : {told}. Gardez-vous la commande sans "
        "lui ? »",
        f"Remise maintenue : A. Sans le code : M, puis F2 et Suppr. {_CANCEL}",
    )


def _discount_changed(found: _Difference) -> Advice:
    said, central = found.amounts
    return Advice(
        "remise changée",
        f"Remise : {said} annoncés, {central} à la centrale.",
        f"« La remise de votre code est de {central}, et non de {said}. Gardez-vous la "
        "commande ? »",
        f"{KEPT_OR_AGREED} {CHANGE_OR_CANCEL}",
    )


def _delivery_changed(found: _Difference) -> Advice:
    said, central = found.amounts
    return Advice(
        "livraison changée",
        f"Livraison : {said} annoncés, {central} à la centrale.",
        f"« La livraison est de {central} au lieu de {said}. Est-ce bon pour vous ? »",
        f"{KEPT_OR_AGREED} {CHANGE_OR_CANCEL}",
    )


def _total_changed(found: _Difference) -> Advice:
    said, central = found.amounts
    asked = "Êtes-vous d'accord ? »" if found.is_dearer else "Vous payez moins. »"
    return Advice(
        _TOTAL,
        f"Total : {said} annoncés, {central} d'après la centrale.",
        f"« Je vous avais dit {said} ; le total serait de {central}. {asked}",
        "Le total annoncé reste dû tant que rien n'est réglé ici. Gardé : A. Changé : M.",
    )


def _stock_short(found: _Difference) -> Advice:
    left = _whole(found.central) or 0
    remains = "n'est plus en stock" if left <= 0 else f"ne reste qu'en {left} exemplaire"
    remains += "s" if left > 1 else ""
    ordered = f"{found.said} commandé{'s' if (_whole(found.said) or 0) > 1 else ''}"
    return Advice(
        "rupture depuis l'appel",
        f"{found.label} : {ordered}, {max(0, left)} en stock.",
        f"« {found.label} {remains} depuis notre appel. Voulez-vous attendre, ou prendre autre "
        "chose ? »",
        "Il attend : A. Il prend autre chose : M. Il renonce : X.",
    )


def _sku_unknown(found: _Difference) -> Advice:
    label = found.said or found.label
    return Advice(
        "article plus vendu",
        f"{label} n'est plus au catalogue de la centrale.",
        f"« Nous ne vendons plus {label}. Puis-je vous proposer autre chose ? »",
        "Autre article : M. Il renonce : X. La boutique le fournit quand même : A.",
    )


def _promise_later(found: _Difference) -> Advice:
    said, central = _day(found.said), _day(found.central)
    late, first = _day_to_say(found.central), _day_to_say(found.said)
    when = f"au plus tard le {late}" if late else "à une date que nous ne connaissons pas"
    instead = f"le {first}" if first else "comme prévu"
    return Advice(
        "départ plus tard",
        f"Départ : {said or 'délai inconnu'} annoncé, {central or 'délai inconnu'} maintenant.",
        f"« Votre colis partira {when}, et non {instead}. Attendez-vous ? »",
        f"Il attend : A. {CHANGE_OR_CANCEL}",
    )


def _state_behind(found: _Difference) -> Advice:
    said, central = (_state(word) for word in (found.said, found.central))
    return Advice(
        "état à vérifier",
        f"Commande {said} ici, {central} à la centrale, qui en a perdu la suite.",
        "",
        "Demandez à l'administrateur de remettre l'état à jour à la centrale. Fait : A.",
    )


def _state(word: str) -> str:
    return state_name(OrderState(word)) if word in set(OrderState) else word


def _other_difference(found: _Difference) -> Advice:
    said, central = found.said or "rien", found.central or "rien"
    return Advice(
        "différence à la centrale",
        f"La centrale compte autrement ({found.code or 'sans code'}) : {said} ici, "
        f"{central} là-bas.",
        "« Un point de votre commande est à revoir : je vérifie et je vous rappelle. »",
        f"Demandez à l'administrateur ce que c'est. Vu avec le client : A. {CHANGE_OR_CANCEL}",
    )


_CANCEL = "Il renonce : X."

_DIFFERENCES: Mapping[str, Callable[[_Difference], Advice]] = {
    "price_changed": _price_changed,
    "code_refused": _code_refused,
    "discount_changed": _discount_changed,
    "delivery_changed": _delivery_changed,
    "total_changed": _total_changed,
    "stock_short": _stock_short,
    "sku_unknown": _sku_unknown,
    "promise_later": _promise_later,
    "state_behind": _state_behind,
}
"""By ``models.wire.orders.DifferenceCode``, and what the console finds itself after a gap."""

_CODE_REASONS: Mapping[str, str] = {
    "unknown": "il n'existe pas",
    "looks_like": "il n'existe pas tel quel",
    "not_yet_valid": "il n'est pas encore valable",
    "expired": "il a expiré",
    "minimum_not_met": "le minimum d'achat n'est pas atteint",
    "wrong_brand": "il est réservé à une autre marque",
    "wrong_articles": "il est réservé à d'autres articles",
    "other_customer": "il est réservé à un autre client",
    "customer_unknown_yet": "il est personnel, et le client n'est pas connu",
    "used_up": "il a été utilisé autant de fois que prévu",
    "already_used_by_customer": "ce client l'a déjà utilisé",
    "not_combinable": "il ne se cumule pas avec un autre code",
    "nothing_left": "l'avoir est épuisé",
    "empty_cart": "il n'y a pas d'article",
    "nothing_to_take_off": "il n'y a rien à déduire",
}
"""By ``models.vouchers.RefusalReason``."""

_CODE_REASONS_TOLD: Mapping[str, str] = {
    "customer_unknown_yet": "il est personnel",
    "already_used_by_customer": "vous l'avez déjà utilisé",
}
"""Where it is said otherwise to the caller than of them."""


# --- refusals ----------------------------------------------------------------------------

_CHANGES = frozenset({"revision", "cancellation"})
_WAS_ASKED: Mapping[str, str] = {
    "order": "La commande",
    "revision": "La modification",
    "cancellation": "L'annulation",
}
_ADMINISTRATOR = "Prévenez l'administrateur"


def _refused(why: str, to_say: str, to_do: str, short: str = "refusée") -> Callable[[str], Advice]:
    return lambda what: Advice(short, f"{_WAS_ASKED.get(what, 'La demande')} {why}.", to_say, to_do)


_WAIT = "« Votre commande est notée ; un détail est à régler, je vous rappelle. »"
_WAIT_CHANGE = "« Votre demande est notée ; un détail est à régler, je vous rappelle. »"
_AGAIN = f"{_ADMINISTRATOR} ; puis M renvoie la commande, X l'annule."
_GONE = "« Votre colis est déjà parti. Vous pourrez le retourner à réception. »"

_NOT_UNDERSTOOD: Mapping[str, str] = {
    "body_malformed": "n'a pas été comprise par la centrale",
    "body_too_large": "est trop longue pour la centrale",
    "amounts_do_not_add_up": "a des montants qui ne concordent pas",
    "order_id_mismatch": "a été mal adressée",
    "order_conflict": "porte l'identifiant d'une autre",
    "revision_conflict": "ne suit pas ce que la centrale a déjà",
}

_REFUSED_ORDERS: Mapping[str, Callable[[str], Advice]] = {
    **{code: _refused(f"{why}", _WAIT, _AGAIN) for code, why in _NOT_UNDERSTOOD.items()},
    "card_number_refused": _refused(
        "contient un numéro de carte, que la centrale ne garde pas",
        _WAIT,
        "M pour l'enlever des textes et confirmer ; X annule.",
        "numéro de carte",
    ),
    "demo_order_refused": _refused(
        "est une commande de démonstration : la centrale ne la prend pas",
        "",
        "Rien à dire au client : elle n'existe que sur ce poste. X la retire.",
    ),
    "reference_check": _refused("a un numéro mal formé", _WAIT, _AGAIN, "numéro refusé"),
    "reference_not_leased": _refused(
        "a un numéro qui n'est pas à cette console", _WAIT, _AGAIN, "numéro refusé"
    ),
    "reference_taken": _refused(
        "a un numéro déjà pris par une autre",
        "« Votre numéro de commande va changer ; je vous rappelle pour vous le donner. »",
        f"{_ADMINISTRATOR}, puis repassez la commande et annulez celle-ci : X.",
        "numéro déjà pris",
    ),
    "order_dispatched": _refused(
        "est déjà partie : le transporteur l'a", _GONE, "C'est un retour. Noté : A.", "déjà partie"
    ),
    "order_cancelled": _refused(
        "est déjà annulée à la centrale",
        "« Votre commande a été annulée. La voulez-vous de nouveau ? »",
        "S'il la veut : nouvel appel (F8). Sinon : A.",
        "déjà annulée",
    ),
    "order_unknown": _refused("est inconnue de la centrale", _WAIT, _AGAIN, "inconnue"),
}
"""By the code of ``models.wire.problems``; those of a first order."""

_REFUSED_CHANGES: Mapping[str, Callable[[str], Advice]] = {
    **_REFUSED_ORDERS,
    **{
        code: _refused(f"{why}", _WAIT_CHANGE, f"{_ADMINISTRATOR} ; puis M ou X recommence.")
        for code, why in _NOT_UNDERSTOOD.items()
    },
    "card_number_refused": _refused(
        "contient un numéro de carte, que la centrale ne garde pas",
        _WAIT_CHANGE,
        "M ou X recommence, sans le numéro.",
        "numéro de carte",
    ),
    "order_dispatched": _refused(
        "arrive trop tard : le transporteur a le colis",
        _GONE,
        "C'est un retour (R8) : la commande reste comme elle est partie. Noté : A.",
        "trop tard, colis parti",
    ),
    "order_cancelled": _refused(
        "arrive trop tard : la commande est annulée",
        "« Votre commande a été annulée. La voulez-vous de nouveau ? »",
        "S'il la veut : nouvel appel (F8). Sinon : A.",
        "trop tard, annulée",
    ),
    "order_unknown": _refused(
        "porte sur une commande que la centrale n'a pas",
        _WAIT_CHANGE,
        _AGAIN,
        "commande inconnue",
    ),
}


def _other_refusal(code: str, what: str) -> Advice:
    return Advice(
        "refusée",
        f"{_WAS_ASKED.get(what, 'La demande')} est refusée par la centrale "
        f"(code {code or 'inconnu'}).",
        _WAIT if what not in _CHANGES else _WAIT_CHANGE,
        f"{_ADMINISTRATOR}, avec ce code ; puis M renvoie la commande, X l'annule.",
    )


_UNKNOWN_WORK = Advice(
    "à revoir",
    "La centrale a répondu autrement que prévu.",
    _WAIT,
    f"{_ADMINISTRATOR}. Réglé : A. {CHANGE_OR_CANCEL}",
)


# --- facts as words ----------------------------------------------------------------------

_DIGITS_MAX = 12
"""An amount or a quantity is never longer; what is, is no figure of ours."""


def _text(facts: Facts, name: str) -> str:
    value = facts.get(name)
    return "" if value is None else str(value)


def _whole(text: str) -> int | None:
    is_figure = text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX
    return int(text) if is_figure else None


def _amount(text: str) -> str:
    cents = _whole(text)
    return text or "rien" if cents is None else format_cents(cents)


def _day(text: str, form: Callable[[date], str] = short_date) -> str:
    try:
        return form(date.fromisoformat(text))
    except ValueError:
        return text


def _day_to_say(text: str) -> str:
    return _day(text, date_to_say)
