"""Step 7 as lines: the reference, what is still to do, where the order stands at central."""

from __future__ import annotations

from rich.text import Text

from models.money import format_cents
from models.order import Order, SyncState
from models.payment import PaymentMethod
from models.reference import grouped
from models.shop import ShopRules
from models.wording.labels import channel_name, method_name
from models.wording.rules import promise_sentence
from screens.big_digits import big
from screens.widgets.ink import ACCENT, DIM, STRONG, WARNING
from screens.widgets.rows import line
from screens.words import _


def confirmation_lines(order: Order, sync: SyncState | None, rules: ShopRules) -> list[Text]:
    reference = grouped(order.reference)
    return [
        line((_("Commande enregistrée. Votre numéro de commande :"), STRONG)),
        line(""),
        *(line(("    " + row, ACCENT)) for row in big(reference)),
        line(""),
        line((f"    {reference}", STRONG)),
        line(""),
        line(f"{format_cents(order.quote.total_cents)} TTC, ", promise_sentence(order.promise)),
        line(method_name(order.payment_method), ", ", to_do(order, rules)),
        line(""),
        sync_line(sync),
        *([line((_("commande d'essai : console sans centrale"), DIM))] if order.is_demo else []),
    ]


def to_do(order: Order, rules: ShopRules) -> str:
    """What the customer still has to do."""
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
        case _:
            return line("○ ", _("enregistrée ici, partira vers la centrale toute seule"))
