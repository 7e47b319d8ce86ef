"""The words for what goes wrong around the rules: the console's file, drafts, sync, central.

Each says what happened and what to do next; none says what a library said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

Facts = Mapping[str, object]


def _file_too_new(facts: Facts) -> str:
    where = f" {facts['path']}" if "path" in facts else ""
    return f"Le fichier{where} vient d'une version plus récente : mettez le programme à jour."


ERROR_SENTENCES: dict[str, str | Callable[[Facts], str]] = {
    "amounts_do_not_add_up": "La centrale refuse la commande : les montants ne concordent pas.",
    "body_malformed": "La centrale ne comprend pas cet envoi : prévenez l'administrateur.",
    "body_too_large": "Envoi trop volumineux pour la centrale : prévenez l'administrateur.",
    "central_busy": "La centrale est occupée ; nouvel essai automatique.",
    "central_not_ready": "La centrale n'est pas prête ; nouvel essai automatique.",
    "cursor_unknown": "Les données sont à recharger depuis le début ; c'est automatique.",
    "defect_at_central": "La centrale a rencontré un défaut ; nouvel essai automatique.",
    "demo_order_refused": "Commande de démonstration : la centrale ne la prend pas.",
    "draft_placed": "Cet appel est déjà une commande.",
    "draft_taken": "Cet appel est ouvert sur un autre poste.",
    "draft_unknown": "Cet appel n'existe plus.",
    "file_too_new": _file_too_new,
    "no_references_left": (
        "Plus de référence disponible : la commande attend que la console se connecte."
    ),
    "order_conflict": "La centrale a déjà une autre commande sous cet identifiant : à rappeler.",
    "order_not_sendable": "Un champ de la commande est trop long ou hors limites : corrigez-le.",
    "reference_not_leased": "Référence non attribuée à cette console : prévenez l'administrateur.",
    "reference_taken": "Référence déjà prise : prévenez l'administrateur, puis rappelez le client.",
    "references_exhausted": "La centrale n'a plus de références : prévenez l'administrateur.",
    "store_broken": "Le fichier de la console est abîmé : lancez « kiosk doctor ».",
    "store_busy": "Le fichier de la console est occupé ; recommencez.",
    "store_full": "Le disque est plein : libérez de la place, rien n'est perdu.",
    "stored_form_unknown": (
        "Un enregistrement vient d'une version plus récente : mettez le programme à jour."
    ),
    "unauthorised": "La centrale n'accepte pas cette console : il faut l'enrôler à nouveau.",
}
