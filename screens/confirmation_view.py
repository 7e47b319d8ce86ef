"""Step 7 as lines: the reference, what is still to do, where the order stands at central."""

from __future__ import annotations

from rich.text import Text

from models.money import format_cents
from models.order import Order, OrderState, SyncState
from models.payment import PaymentMethod
from models.reference import grouped
from models.shop import ShopRules
from models.wording.labels import channel_name, method_name, state_name
from models.wording.rules import promise_condition, promise_sentence
from screens.big_digits import big
from screens.payment_view import covered_line
from screens.widgets.ink import ACCENT, STRONG, WARNING
from screens.widgets.rows import line, wrapped
from screens.words import _


def confirmation_lines(
    order: Order, sync: SyncState | None, rules: ShopRules, width: int, *, parcel_number: str = ""
) -> list[Text]:
    """The reference first, then what it comes to and what the customer does next, uncut."""
    reference = grouped(order.reference)
    said = (
        _("La commande {reference} est modifiée. Le numéro reste le même :").format(
            reference=reference
        )
        if order.revision > 1
        else _("Commande enregistrée. Votre numéro de commande :")
    )
    return [
        line((said, STRONG)),
        line(""),
        *(line(("    " + row, ACCENT)) for row in big(reference)),
        line(""),
        line((f"    {reference}", STRONG)),
        line(""),
        *map(line, wrapped(f"{format_cents(order.quote.total_cents)} TTC, {when(order)}", width)),
        *map(line, wrapped(to_do(order, rules), width)),
        line(""),
        sync_line(sync),
        *state_lines(order, parcel_number),
    ]


def state_lines(order: Order, parcel_number: str = "") -> list[Text]:
    """How far the order is (R15), once anything has happened to it."""
    if order.state is OrderState.AWAITING_PAYMENT:
        return []
    if order.state is OrderState.CANCELLED:
        return [line((_("! annulée"), WARNING))]
    is_paid = order.state is OrderState.IN_PREPARATION and not order.quote.is_covered
    parts = (
        _("payée") if is_paid else "",
        state_name(order.state),
        _("colis {number}").format(number=parcel_number) if parcel_number else "",
    )
    return [line(("● ", ACCENT), ", ".join(part for part in parts if part))]


def when(order: Order) -> str:
    """The date, with what it depends on."""
    parts = promise_sentence(order.promise), promise_condition(order.promise)
    return ", ".join(part for part in parts if part)


def to_do(order: Order, rules: ShopRules) -> str:
    """How the customer pays, and what they still have to do for it."""
    if order.quote.is_covered:
        return covered_line()
    return f"{method_name(order.payment_method)}, {_in_detail(order, rules)}"


def _in_detail(order: Order, rules: ShopRules) -> str:
    match order.payment_method:
        case PaymentMethod.CHEQUE:
            return _("à l'ordre de {payee}, avec le bon de commande, à {address}").format(
                payee=rules.cheque_payee, address=", ".join(rules.postal_address)
            )
        case PaymentMethod.TRANSFER:
            return _("au nom exact de {holder}, avec ce numéro").format(holder=rules.account_holder)
        case _:
            channel = channel_name(order.link_channel) if order.link_channel else ""
            return _("lien à envoyer {channel}").format(channel=channel)


def sync_line(sync: SyncState | None) -> Text:
    """Where the order stands on its way to central, in words."""
    match sync:
        case SyncState.CONFIRMED:
            return line(("● ", ACCENT), _("reçue par la centrale"))
        case SyncState.REFUSED:
            return line((_("! refusée par la centrale : à traiter"), WARNING))
        case SyncState.SENT:
            return line("○ ", _("envoyée, réponse attendue"))
        case SyncState.PRACTICE:
            return line("○ ", _("essai, ne part pas : console sans centrale"))
        case _:
            return line("○ ", _("enregistrée ici, partira vers la centrale toute seule"))
