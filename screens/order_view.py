"""One placed order as lines: how it stands, what to say to the caller, what was agreed.

Pure. Also says why it cannot be changed or cancelled any more (R8).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from rich.text import Text

from models.money import format_cents
from models.order import Order, OrderEventKind, OrderState, SyncState
from models.phone import in_pairs
from models.quote import Quote
from models.reference import grouped
from models.wording.labels import method_name, state_name
from models.wording.outbox import item_sentence
from models.wording.rules import promise_condition, promise_sentence
from models.wording.work import Advice, advice
from models.work import Settlement, WorkItem
from screens.follow_up_view import since, who
from screens.widgets.ink import ACCENT, DIM, STRONG, WARNING
from screens.widgets.rows import columns, line, wrapped
from screens.words import _
from services.follow_up_state import OrderDossier, OwedRow, parcel_number
from services.ports import OutboxKind

INDENT = "  "


def order_lines(dossier: OrderDossier, width: int) -> list[Text]:
    """The card: who and how it stands, what is to be said, what was agreed; nothing is cut."""
    blocks = (
        _standing(dossier, width),
        _to_say(dossier, width),
        _agreed(dossier.order, width),
        _settled(dossier, width),
    )
    lines: list[Text] = []
    for block in blocks:
        if block:
            lines += [*([line("")] if lines else []), *block]
    return lines


def title(order: Order) -> str:
    return _("Commande {reference}").format(reference=grouped(order.reference))


# --- how it stands -----------------------------------------------------------------------


def _standing(dossier: OrderDossier, width: int) -> list[Text]:
    order = dossier.order
    person = ", ".join((who(order), *(in_pairs(phone.e164) for phone in order.customer.phones)))
    awaited = what_is_awaited(dossier)
    return [
        *(line((text, STRONG)) for text in wrapped(person, width)),
        line((state_line(dossier), ACCENT), f"  {awaited}" if awaited else ""),
        *_at_central(dossier, width),
        *([line((being_changed(), WARNING))] if dossier.open_draft else []),
    ]


def being_changed() -> str:
    return _("Une modification est commencée, pas confirmée : M la reprend.")


def state_line(dossier: OrderDossier) -> str:
    """R15, with the parcel's number once there is one."""
    name = state_name(dossier.order.state)
    parcel = parcel_number(dossier.events)
    text = _("{name}, colis {parcel}").format(name=name, parcel=parcel) if parcel else name
    return text[:1].upper() + text[1:]


def what_is_awaited(dossier: OrderDossier) -> str:
    """Money or the carrier: what has to happen next, in words; "" at the end of its way."""
    order = dossier.order
    if order.state is OrderState.AWAITING_PAYMENT:
        method = method_name(order.payment_method)
        return _("{method} de {amount} à recevoir").format(
            method=method, amount=format_cents(order.quote.total_cents)
        )
    if order.state is OrderState.IN_PREPARATION:
        return promise_sentence(order.promise)
    return ""


def _at_central(dossier: OrderDossier, width: int) -> list[Text]:
    """What central has not confirmed; else the last thing that it did."""
    on_the_way = [row for row in dossier.owed if row.item.state is not SyncState.CONFIRMED]
    if on_the_way:
        return [text for row in on_the_way for text in _owed_lines(row, dossier, width)]
    if dossier.row.sync_state is SyncState.PRACTICE:
        return [line((_("Essai : ne part pas vers la centrale"), DIM))]
    last = dossier.owed[-1].item.kind if dossier.owed else OutboxKind.ORDER
    return [line((_RECEIVED.get(last, _("Reçue par la centrale")), DIM))]


_RECEIVED: Mapping[str, str] = {
    OutboxKind.REVISION: _("Modification reçue par la centrale"),
    OutboxKind.CANCELLATION: _("Annulation reçue par la centrale"),
}
_SENDING: Mapping[str, str] = {
    OutboxKind.ORDER: _("Envoi de la commande"),
    OutboxKind.REVISION: _("Envoi de la modification"),
    OutboxKind.CANCELLATION: _("Envoi de l'annulation"),
}


def _owed_lines(row: OwedRow, dossier: OrderDossier, width: int) -> list[Text]:
    item = row.item
    said = item_sentence(
        item.state,
        attempts=item.attempts,
        next_try_at=item.next_try_at,
        last_error=item.last_error,
        now=dossier.seen_at,
        is_held_back=row.is_held_back,
    )
    text = f"{_SENDING.get(item.kind, _('Envoi'))}, {said}"
    style = WARNING if item.state is SyncState.REFUSED else DIM
    return [line((part, style)) for part in wrapped(text, width)]


# --- what is to be said ------------------------------------------------------------------


def _to_say(dossier: OrderDossier, width: int) -> list[Text]:
    open_work = dossier.open_work
    if not open_work:
        return []
    label_of = _labels(dossier.revisions or (dossier.order,))
    told = [one for item in open_work for one in advice(item, label_of)]
    lines = [line((_("Ce qu'il faut dire"), STRONG))]
    for one in told:
        lines += _advice_lines(one, width)
    return lines


def _advice_lines(one: Advice, width: int) -> list[Text]:
    return [
        *(line((text, WARNING)) for text in _hanging("! ", one.happened, width)),
        *(line((text, STRONG)) for text in _hanging(INDENT, one.to_say, width)),
        *(line((text, DIM)) for text in _hanging("→ ", one.to_do, width)),
    ]


def _hanging(mark: str, text: str, width: int) -> list[str]:
    """``text`` after a mark, its further lines beneath its first; nothing where there is none."""
    rows = wrapped(text, width - len(mark))
    return [(mark if number == 0 else " " * len(mark)) + row for number, row in enumerate(rows)]


def _labels(orders: Iterable[Order]) -> Callable[[str], str]:
    """Names of skus as they were said, in this revision or one before."""
    names = {row.sku: row.label for order in orders for row in order.quote.lines}
    return lambda sku: names.get(sku, sku)


# --- what was agreed ---------------------------------------------------------------------


def _agreed(order: Order, width: int) -> list[Text]:
    heading = _("Ce qui a été convenu")
    if order.revision > 1:
        heading += _(" (modifiée {count} fois)").format(count=order.revision - 1)
    return [
        line((heading, STRONG)),
        *(
            columns(line(f"{row.quantity:>2} × {row.label}"), format_cents(row.total_cents), width)
            for row in order.quote.lines
        ),
        *_codes(order, width),
        columns(line(f"     {_('Livraison')}"), _delivery_fee(order.quote), width),
        columns(line((_("Total TTC"), STRONG)), format_cents(order.quote.total_cents), width),
        *map(line, wrapped(_delivery(order), width)),
        *map(line, wrapped(_payment(order), width)),
    ]


def _codes(order: Order, width: int) -> list[Text]:
    return [
        columns(line(f"     {code.code}"), format_cents(-code.discount_cents), width)
        for code in order.quote.codes
        if code.discount_cents
    ]


def _delivery_fee(quote: Quote) -> str:
    """Before a code took it off, which has a line of its own: the column adds up."""
    fee = quote.delivery_cents + quote.delivery_saved_cents
    return format_cents(fee) if fee else _("offerte")


def _delivery(order: Order) -> str:
    name, address = order.delivery.name, order.delivery.address
    return _("Chez {name}, {street}, {postcode} {city}").format(
        name=f"{name.first_name} {name.last_name}".strip(),
        street=address.street,
        postcode=address.postcode,
        city=address.city,
    )


def _payment(order: Order) -> str:
    parts = (
        method_name(order.payment_method),
        promise_sentence(order.promise),
        promise_condition(order.promise),
    )
    return _("Paiement : {parts}").format(parts=", ".join(part for part in parts if part))


# --- what was settled --------------------------------------------------------------------

_SETTLED = {
    Settlement.CALLED_BACK: _("appel noté"),
    Settlement.CHANGED: _("commande modifiée"),
    Settlement.CANCELLED: _("commande annulée"),
}


def _settled(dossier: OrderDossier, width: int) -> list[Text]:
    done = [item for item in dossier.work if item.settlement is not None]
    lines = [text for item in done for text in _settled_lines(item, dossier.seen_at, width)]
    return [line((_("Déjà réglé"), STRONG)), *lines] if lines else []


def _settled_lines(item: WorkItem, now: datetime, width: int) -> list[Text]:
    at = since(item.settled_at or item.raised_at, now)
    how = _SETTLED[item.settlement] if item.settlement else ""
    text = ", ".join(part for part in (f"{at}  {how}", item.note) if part)
    return [line((part, DIM)) for part in wrapped(text, width)]


# --- what can be done --------------------------------------------------------------------


def why_not_changed(dossier: OrderDossier) -> str:
    """Why it can neither be changed nor cancelled, and what there is instead; "" where it can."""
    if dossier.is_changeable:
        return ""
    asked = {event.kind for event in dossier.events}
    if dossier.order.state is OrderState.CANCELLED or OrderEventKind.CANCEL_ASKED in asked:
        return _("Cette commande est annulée : pour en passer une autre, F8.")
    if dossier.order.state is OrderState.RETURNED:
        return _("Cette commande est revenue : pour en passer une autre, F8.")
    if dossier.order.state in {OrderState.DISPATCHED, OrderState.DELIVERED}:
        return _("Le transporteur a le colis : c'est un retour, plus une modification.")
    return _("Cette commande ne se change plus.")
