"""Where something stands that central is still owed, in words: en attente, envoyé, confirmé, refusé.

Pure; made from the facts of one outbox item. Says why it is not there yet and when it is
tried next; what to tell a caller about a refusal is in ``models.wording.work``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from models.calendar import paris_day
from models.order import SyncState

PARIS = ZoneInfo("Europe/Paris")

KIND_NAMES: Mapping[str, str] = {
    "order": "commande",
    "revision": "modification",
    "cancellation": "annulation",
}
"""By ``services.ports.OutboxKind``."""

STATE_NAMES: Mapping[SyncState, str] = {
    SyncState.WAITING: "en attente",
    SyncState.SENT: "envoyé",
    SyncState.CONFIRMED: "confirmé",
    SyncState.REFUSED: "refusé",
    SyncState.PRACTICE: "essai, ne part pas",
}


def kind_name(kind: str) -> str:
    """What is owed; of a kind that only a newer program knows: "envoi"."""
    return KIND_NAMES.get(kind, "envoi")


def item_sentence(
    state: SyncState,
    *,
    attempts: int,
    next_try_at: datetime,
    last_error: str | None,
    now: datetime,
    is_held_back: bool = False,
) -> str:
    """The state in words, why, and when it is tried next; no full stop, one line.

    ``is_held_back``: an earlier item of the same order has to go first. Times are aware,
    said in Europe/Paris.
    """
    name = STATE_NAMES[state]
    match state:
        case SyncState.CONFIRMED | SyncState.PRACTICE:
            return name
        case SyncState.REFUSED:
            return f"{name} : {why(last_error)}" if last_error else name
        case SyncState.WAITING if is_held_back:
            return f"{name} : part après ce qui précède de la même commande"
        case SyncState.WAITING if not attempts:
            return f"{name} : pas encore parti"
    said = f"{name}, réponse attendue" if state is SyncState.SENT else name
    cause = f" : {why(last_error)}" if last_error else ""
    return f"{said}{cause} ; {_tries(attempts)}, prochain {_when(next_try_at, now)}"


def why(code: str) -> str:
    """A few words for an error code of an exchange with central."""
    return _REASONS.get(code, f"code {code}")


def why_in_brief(code: str) -> str:
    """The same in two or three words, for a list with little room."""
    return _BRIEF.get(code) or why(code)


def _tries(attempts: int) -> str:
    return f"{attempts} essai{'s' if attempts > 1 else ''}"


def _when(at: datetime, now: datetime) -> str:
    if at <= now:
        return "dès que la centrale répond"
    there = at.astimezone(PARIS)
    is_today = paris_day(at) == paris_day(now)
    return f"à {there:%H:%M:%S}" if is_today else f"le {there:%d/%m à %H:%M}"


_REASONS: Mapping[str, str] = {
    "amounts_do_not_add_up": "les montants ne concordent pas",
    "body_malformed": "la centrale ne comprend pas l'envoi",
    "body_too_large": "envoi trop volumineux",
    "card_number_refused": "un numéro de carte y est écrit",
    "central_busy": "centrale occupée",
    "central_certificate_expired": "certificat de la centrale périmé",
    "central_certificate_name": "certificat d'un autre nom que la centrale",
    "central_certificate_untrusted": "certificat de la centrale non reconnu",
    "central_cut_off": "liaison coupée",
    "central_not_ready": "centrale pas encore prête",
    "central_timeout": "pas de réponse à temps",
    "central_unclear": "réponse incomprise",
    "central_unreachable": "centrale injoignable",
    "defect_at_central": "défaut à la centrale",
    "demo_order_refused": "commande de démonstration",
    "field_unknown": "centrale trop ancienne, à mettre à jour",
    "method_not_allowed": "centrale d'une autre version",
    "not_enrolled": "console non rattachée",
    "not_found": "centrale d'une autre version",
    "order_cancelled": "commande déjà annulée à la centrale",
    "order_conflict": "une autre commande y porte cet identifiant",
    "order_dispatched": "le transporteur a déjà le colis",
    "order_id_mismatch": "envoi mal adressé",
    "order_unknown": "la centrale n'a pas cette commande",
    "outbox_kind_unknown": "mis par un programme plus récent, qui l'enverra",
    "reference_check": "référence mal formée",
    "reference_not_leased": "référence non attribuée à cette console",
    "reference_taken": "référence déjà prise",
    "revision_conflict": "ne suit pas ce que la centrale a déjà",
    "sync_defect": "défaut de l'échange",
    "token_expired": "accès expiré, console à rattacher à nouveau",
    "too_many_requests": "trop d'envois à la fois",
    "unauthorised": "console refusée par la centrale",
}
"""By ``models.wire.problems`` and the codes of the line to central."""

_BRIEF: Mapping[str, str] = {
    "body_malformed": "envoi incompris",
    "central_certificate_expired": "certif. périmé",
    "central_certificate_name": "autre certif.",
    "central_certificate_untrusted": "certif. inconnu",
    "central_not_ready": "pas prête",
    "central_timeout": "sans réponse",
    "central_unclear": "réponse confuse",
    "central_unreachable": "injoignable",
    "defect_at_central": "défaut là-bas",
    "field_unknown": "centrale ancienne",
    "method_not_allowed": "autre version",
    "not_enrolled": "non rattachée",
    "not_found": "autre version",
    "order_cancelled": "déjà annulée à la centrale",
    "order_conflict": "identifiant déjà pris",
    "order_unknown": "commande inconnue",
    "outbox_kind_unknown": "programme récent",
    "reference_not_leased": "référence d'une autre console",
    "revision_conflict": "ne suit pas la précédente",
    "sync_defect": "défaut ici",
    "token_expired": "accès expiré",
    "too_many_requests": "trop d'envois",
    "unauthorised": "console refusée",
}
"""Where ``_REASONS`` is long."""
