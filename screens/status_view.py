"""The lines beneath every step as words: cart, total, promise, connection, what is awaited."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from models.draft import Draft, Step
from models.money import format_cents
from models.wording.labels import cartridge_label
from models.wording.rules import promise_sentence
from screens.console import Console
from screens.widgets.frame import StatusView
from screens.words import _, counted
from services.desk_state import DeskState
from services.sync.status import NO_CATALOGUE, Connection

if TYPE_CHECKING:
    from services.ports import DraftSummary

PARIS = ZoneInfo("Europe/Paris")


def status_view(state: DeskState, console: Console) -> StatusView:
    """What is always on the screen, whatever the step."""
    return StatusView(
        cart=cart_items(state),
        total=total(state),
        promise=promise_sentence(state.promise) if state.promise else "",
        connection=connection(console),
        is_online=is_online(console),
        outbox=outbox(console),
        calls=calls(state.calls_waiting),
    )


def cart_items(state: DeskState) -> tuple[str, ...]:
    return tuple(f"{line.quantity} × {line.label}" for line in state.quote.lines)


def total(state: DeskState) -> str:
    if state.draft.cart.is_empty:
        return _("panier vide")
    count = counted(state.quote.article_count, _("article"), _("articles"))
    return f"{count}  {format_cents(state.quote.total_cents)} TTC"


def is_online(console: Console) -> bool:
    status = console.sync_status
    return status is not None and status.connection is Connection.ONLINE


def connection(console: Console) -> str:
    status = console.sync_status
    if status is None:
        return _("connexion en cours")
    if status.connection is Connection.ONLINE and status.last_error_code == NO_CATALOGUE:
        return _("la centrale n'a pas de catalogue")
    return {
        Connection.ONLINE: _("en ligne"),
        Connection.OFFLINE: _("hors ligne"),
        Connection.UNAUTHORISED: _("refusé par la centrale : prévenez l'administrateur"),
        Connection.NOT_ENROLLED: _("sans centrale (essai)"),
    }[status.connection]


def outbox(console: Console) -> str:
    status = console.sync_status
    if status is None:
        return ""
    parts = [
        counted(status.waiting, _("envoi en attente"), _("envois en attente"))
        if status.waiting
        else _("aucun envoi en attente")
    ]
    if status.refused:
        parts.append(counted(status.refused, _("envoi refusé"), _("envois refusés")))
    return ", ".join(parts)


def calls(waiting: Sequence[DraftSummary]) -> str:
    """How many calls wait and the newest: "1 appel en attente (Mme ROUX, 10:42)"."""
    if not waiting:
        return ""
    text = counted(len(waiting), _("appel en attente"), _("appels en attente"))
    newest = waiting[0]
    at = newest.updated_at.astimezone(PARIS).strftime("%H:%M")
    name = caller(newest.draft)
    return f"{text} ({name}, {at})" if name else f"{text} ({at})"


def caller(draft: Draft) -> str:
    """Who is on the line, as far as it is known: "Mme DUVAL"."""
    person = draft.customer.person
    civility = {"mme": "Mme", "m": "M."}.get(person.civility, "")
    name = person.last_name.strip().upper()
    return f"{civility} {name}".strip() if name else ""


def step_name(step: Step) -> str:
    return {
        Step.PRINTER: _("imprimante"),
        Step.CART: _("panier"),
        Step.CUSTOMER: _("client"),
        Step.DELIVERY: _("livraison"),
        Step.PAYMENT: _("paiement"),
        Step.READ_BACK: _("relecture"),
        Step.CONFIRMATION: _("confirmation"),
    }[step]


def labels_of(state: DeskState) -> Callable[[str], str]:
    """Names for skus: those of the cart, and of what a remedy proposes."""
    names = {line.sku: line.label for line in state.quote.lines}
    names |= {article.sku: cartridge_label(article.cartridge) for article in state.remedies}
    return lambda sku: names.get(sku, sku)
