"""The lines beneath every step as words: cart, total, promise, connection, what is awaited."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from models.draft import Draft, DraftState, Step
from models.money import format_cents
from models.reference import grouped
from models.wording.labels import cartridge_label
from models.wording.rules import promise_sentence
from screens.console import Console
from screens.widgets.frame import StatusView
from screens.words import _, counted
from services.desk_state import DeskState
from services.sync.status import (
    HOLDER_SILENT,
    NO_CATALOGUE,
    CatalogueProgress,
    Connection,
    SyncStatus,
)

if TYPE_CHECKING:
    from datetime import datetime

    from services.ports import DraftSummary

PARIS = ZoneInfo("Europe/Paris")

CLOCK_OFFSET_SECONDS_MAX = 120
"""A clock that is off by more is said; by less it moves no promise."""

REFERENCES_FEW = 20
"""Orders that can still be placed without central; fewer are said."""

AWAY = frozenset({Connection.OFFLINE, Connection.UNAUTHORISED})

MINUTES_OF_AN_HOUR, HOURS_OF_A_DAY = 60, 24

NOT_TAKEN = ("catalogue_", "store_")
"""Codes of a catalogue that came and could not be put in its place here."""

_NO_CATALOGUE_YET = {
    Connection.NOT_ENROLLED: _("le catalogue de la centrale est attendu"),
    Connection.CONNECTING: _("catalogue attendu, connexion en cours"),
    Connection.ONLINE: _("le catalogue de la centrale arrive"),
    Connection.OFFLINE: _("catalogue attendu, la centrale est injoignable"),
    Connection.UNAUTHORISED: _("catalogue attendu, la centrale refuse ce poste"),
}

_LINE = {
    Connection.CONNECTING: _("connexion en cours"),
    Connection.ONLINE: _("en ligne"),
    Connection.OFFLINE: _("hors ligne"),
    Connection.UNAUTHORISED: _("accès refusé : prévenez l'administrateur"),
    Connection.NOT_ENROLLED: _("sans centrale (essai)"),
}
_UNAUTHORISED = {"token_expired": _("accès expiré : prévenez l'administrateur")}


def status_view(state: DeskState, console: Console) -> StatusView:
    """What is always on the screen, whatever the step."""
    return StatusView(
        cart=cart_items(state),
        total=total(state),
        promise=promise_sentence(state.promise) if state.promise else "",
        connection=connection(console),
        is_online=is_online(console),
        outbox=outbox(console, state.work_count),
        calls=calls(state.calls_waiting),
        work=work(state.work_count),
        aside=clock_line(console),
        progress=progress(console),
        title=title(state, console),
        operator=operator(console),
    )


def operator(console: Console) -> str:
    """Who is signed in, or that somebody should be."""
    people = console.people
    return _("sans opérateur (Ctrl+P)") if people.is_needed else people.operator_name


def title(state: DeskState, console: Console) -> str:
    """What is being done, where it is no new order; and that prices are not the shop's."""
    said = []
    reference = changed_reference(state)
    if reference is not None and state.draft.state is not DraftState.PLACED:
        change = _("Modification de la commande {reference}")
        said.append(change.format(reference=grouped(reference)))
    if state.has_trial_prices:
        said.append(_("Prix et stock d'essai : {why}").format(why=catalogue_awaited(console)))
    return " · ".join(said)


def changed_reference(state: DeskState) -> str | None:
    """Of the placed order that this call changes (R8); None where it makes a new one."""
    return state.changing.get(state.draft.revises) if state.draft.revises else None


def change_of(draft: Draft, state: DeskState) -> str:
    """As in "modification de 482 013 957"; "" for a call that makes a new order."""
    if draft.revises is None:
        return ""
    reference = state.changing.get(draft.revises, "")
    return _("modification de {reference}").format(reference=grouped(reference))


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
        return _LINE[Connection.CONNECTING]
    if status.connection is Connection.ONLINE and status.last_error_code == NO_CATALOGUE:
        return _("la centrale n'a pas de catalogue")
    if status.connection is Connection.UNAUTHORISED:
        return _UNAUTHORISED.get(status.last_error_code or "", _LINE[status.connection])
    if status.last_error_code == HOLDER_SILENT:
        return _("un autre écran d'ici est bloqué : fermez-le")
    said = _LINE[status.connection]
    return said + next_try(status) if status.connection is Connection.OFFLINE else said


def next_try(status: SyncStatus) -> str:
    """As in "hors ligne, essai à 11:45": to the minute, so that it does not change at every try."""
    if status.next_try_at is None:
        return ""
    return _(", essai à {at}").format(at=hour(status.next_try_at))


def hour(at: datetime) -> str:
    """In the shop's time: "11:45"."""
    return at.astimezone(PARIS).strftime("%H:%M")


def outbox(console: Console, work_count: int = 0) -> str:
    """What is still to be sent; said also where it is nothing, as long as nothing else is."""
    status = console.sync_status
    if status is None:
        return ""
    parts = []
    if status.waiting:
        parts.append(counted(status.waiting, _("envoi en attente"), _("envois en attente")))
    elif not (work_count or clock_line(console) or status.catalogue_progress):
        parts.append(_("aucun envoi en attente"))
    if status.refused and not work_count:  # each that nobody has settled is among the work
        parts.append(counted(status.refused, _("envoi refusé"), _("envois refusés")))
    return ", ".join(parts)


def work(count: int) -> str:
    """What needs a person, with the key that shows it."""
    return _("{count} à traiter (F7)").format(count=count) if count else ""


def clock_line(console: Console) -> str:
    """Said where this computer's clock is so wrong that promises may be."""
    ahead = console.sync_status.clock_offset_seconds if console.sync_status else None
    if ahead is None or abs(ahead) <= CLOCK_OFFSET_SECONDS_MAX:
        return ""
    if ahead > 0:
        return _("l'horloge de ce poste retarde de {how_long}").format(how_long=how_long(ahead))
    return _("l'horloge de ce poste avance de {how_long}").format(how_long=how_long(-ahead))


def references_line(console: Console) -> str:
    """What is to be done where the numbers of orders run out while central, which gives them,
    is away; "" otherwise.
    """
    status = console.sync_status
    if status is None or status.connection not in AWAY or not _has_looked(status):
        return ""
    left = status.references_left
    if left >= REFERENCES_FEW:
        return ""
    if left == 0:
        return _("Plus de numéro de commande : F8 garde l'appel, prévenez l'administrateur.")
    many = _("Plus que {left} numéros de commande sans la centrale : prévenez l'administrateur.")
    one = _("Plus qu'un numéro de commande sans la centrale : prévenez l'administrateur.")
    return one if left == 1 else many.format(left=left)


def _has_looked(status: SyncStatus) -> bool:
    """Into the console's files: before that, no figure of a status is one."""
    return status.catalogue_version != ""


def how_long(seconds: float) -> str:
    """In the unit that one would say: "12 min", "3 h", "2 jours"."""
    minutes = round(seconds / 60)
    if minutes < 2 * MINUTES_OF_AN_HOUR:
        return _("{minutes} min").format(minutes=minutes)
    hours = round(minutes / MINUTES_OF_AN_HOUR)
    if hours < 2 * HOURS_OF_A_DAY:
        return _("{hours} h").format(hours=hours)
    return counted(round(hours / HOURS_OF_A_DAY), _("jour"), _("jours"))


def progress(console: Console) -> str:
    """How much of a catalogue has come down: "catalogue 45 %"."""
    now = console.sync_status.catalogue_progress if console.sync_status else None
    if now is None:
        return ""
    if not now.rows_total:
        return _("catalogue en cours")
    return _("catalogue {percent} %").format(percent=percent_of(now))


def percent_of(now: CatalogueProgress) -> int:
    """Of a catalogue whose size is known."""
    return min(100, 100 * now.rows_done // now.rows_total)


def catalogue_awaited(console: Console) -> str:
    """How far central's first catalogue is on its way, or why it is not."""
    status = console.sync_status
    if status is None:
        return _NO_CATALOGUE_YET[Connection.NOT_ENROLLED]
    if status.connection is not Connection.ONLINE:
        return _NO_CATALOGUE_YET[status.connection]
    now, code = status.catalogue_progress, status.last_error_code or ""
    if code == NO_CATALOGUE:
        return _("la centrale n'a pas de catalogue")
    if now is None and code.startswith(NOT_TAKEN):
        return _("catalogue refusé par ce poste, prévenez l'administrateur")
    if now is None or not now.rows_total:
        return _NO_CATALOGUE_YET[Connection.ONLINE]
    return _("le catalogue de la centrale arrive, {percent} %").format(percent=percent_of(now))


def calls(waiting: Sequence[DraftSummary]) -> str:
    """How many calls wait and the newest: "1 appel en attente (Mme ROUX, 10:42)"."""
    if not waiting:
        return ""
    text = counted(len(waiting), _("appel en attente"), _("appels en attente"))
    newest = waiting[0]
    at = hour(newest.updated_at)
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
