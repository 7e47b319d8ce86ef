"""The words for what goes wrong around the rules: the console's file, drafts, sync, central.

Each says what happened and what to do next; none says what a library said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from models.money import format_cents

Facts = Mapping[str, object]


def _file_too_new(facts: Facts) -> str:
    where = f" {facts['path']}" if "path" in facts else ""
    return f"Le fichier{where} vient d'une version plus récente : mettez le programme à jour."


def _too_many_requests(facts: Facts) -> str:
    seconds = facts.get("retry_after_seconds")
    when = f"dans {seconds} s" if isinstance(seconds, int) else "un peu plus tard"
    return f"Trop d'essais : recommencez {when}."


def _password_too_short(facts: Facts) -> str:
    least = f", {facts['minimum']} signes au moins" if "minimum" in facts else ""
    return f"Mot de passe trop court{least} : choisissez-en un plus long."


def _note_too_long(facts: Facts) -> str:
    most = f", {facts['maximum']} signes au plus" if "maximum" in facts else ""
    return f"Note trop longue{most} : raccourcissez-la."


def _amount_wanted(facts: Facts) -> str:
    cents = facts.get("awaited_cents")
    now = f", {format_cents(cents)} à présent" if isinstance(cents, int) else ""
    return f"Ce qui est demandé a changé{now} : dites ce qui est arrivé, avec --amount."


def _payment_noted_otherwise(facts: Facts) -> str:
    cents = facts.get("noted_cents")
    known = f", pour {format_cents(cents)}" if isinstance(cents, int) else ""
    return f"Cette référence bancaire est déjà notée{known} : vérifiez le relevé."


def _refund_exceeds_paid(facts: Facts) -> str:
    cents = facts.get("paid_cents")
    most = f", il en reste {format_cents(cents)}" if isinstance(cents, int) else ""
    return f"On ne peut pas rendre plus que ce qui est arrivé{most} : vérifiez le montant."


def _order_not_changeable(facts: Facts) -> str:
    if facts.get("state") == "cancelled":
        return "La commande est annulée : elle ne change plus."
    return "Le transporteur a la commande : elle ne change plus, c'est un retour."


ERROR_SENTENCES: dict[str, str | Callable[[Facts], str]] = {
    "amount_wanted": _amount_wanted,
    "amounts_do_not_add_up": "La centrale refuse la commande : les montants ne concordent pas.",
    "backup_exists": "Ce fichier existe déjà : donnez-en un autre, rien n'est remplacé.",
    "backup_failed": "La copie n'a pas pu être faite : voyez le message au-dessus, le disque, les droits.",
    "backup_folder_missing": lambda facts: (
        f"Il n'y a pas de dossier {facts.get('path', 'à cet endroit')} : créez-le, ou rangez la copie"
        " avec --into DOSSIER, qui le crée."
    ),
    "backup_folder_unwritable": lambda facts: (
        f"Le dossier {facts.get('path', 'de la copie')} ne peut pas être écrit : corrigez ses droits,"
        " ou donnez-en un autre."
    ),
    "backup_unreadable": "Ce fichier n'est pas une copie saine d'une centrale ; rien n'a été changé.",
    "bank_reference_malformed": "Référence bancaire attendue : 140 signes au plus, sur une ligne.",
    "body_malformed": "La centrale ne comprend pas cet envoi : prévenez l'administrateur.",
    "body_too_large": "Envoi trop volumineux pour la centrale : prévenez l'administrateur.",
    "catalogue_broken": "Le catalogue est abîmé : lancez « kiosk doctor ».",
    "catalogue_busy": "Le catalogue est en cours de mise à jour ; recommencez.",
    "catalogue_inconsistent": "Le catalogue reçu se contredit ; l'ancien reste en service.",
    "catalogue_missing": "Il n'y a pas encore de catalogue : lancez « kiosk catalogue import ».",
    "catalogue_unwritable": "Le catalogue ne peut pas être écrit : vérifiez le disque et le dossier.",
    "central_busy": "La centrale est occupée ; nouvel essai automatique.",
    "central_certificate_expired": (
        "Le certificat de la centrale est périmé : vérifiez l'heure de ce poste, puis prévenez"
        " l'administrateur ; rien n'est perdu."
    ),
    "central_certificate_name": (
        "Le certificat reçu n'est pas celui de cette adresse : vérifiez-la, puis prévenez"
        " l'administrateur ; rien n'est envoyé ni perdu."
    ),
    "central_certificate_untrusted": (
        "Le certificat de la centrale n'est pas reconnu (SSL_CERT_FILE ?) : prévenez"
        " l'administrateur ; rien n'est envoyé ni perdu."
    ),
    "central_cut_off": "La liaison avec la centrale a été coupée ; nouvel essai automatique.",
    "central_not_ready": "La centrale n'est pas prête ; nouvel essai automatique.",
    "central_running": lambda facts: (
        f"Une centrale sert déjà {'ce dossier' if 'folder' in facts else 'cette base'} :"
        " arrêtez-la d'abord."
    ),
    "central_timeout": "La centrale ne répond pas à temps ; nouvel essai automatique.",
    "central_unclear": "La réponse de la centrale est incomprise ; nouvel essai automatique.",
    "central_unreachable": (
        "La centrale est injoignable : vérifiez le réseau, ou qu'elle est démarrée"
        " (« kiosk central serve ») ; rien n'est perdu."
    ),
    "central_url_insecure": (
        "Par http://, le jeton et les noms des clients passeraient en clair sur le réseau :"
        " donnez une adresse https://…, ou ajoutez --insecure si le réseau est à vous."
    ),
    "central_url_malformed": "Adresse de centrale attendue : https://… ou « local ».",
    "central_without_catalogue": (
        "La centrale n'a pas de catalogue : prévenez l'administrateur ; d'ici là,"
        " « kiosk catalogue import DOSSIER » en charge un sur cette console."
    ),
    "console_name_taken": "Une console porte déjà ce nom : choisissez-en un autre.",
    "console_open": "Une console ou une centrale est ouverte sur ce dossier : fermez-la d'abord.",
    "console_unknown": "Aucune console de ce nom à la centrale.",
    "cursor_unknown": "Les données sont à recharger depuis le début ; c'est automatique.",
    "customer_stale": "La fiche du client a changé à la centrale entre-temps : relisez-la, puis corrigez.",
    "database_missing": "Il n'y a pas de base à cet endroit : vérifiez --database.",
    "database_not_empty": (
        "La base n'est pas vide : créez-en une neuve pour y remettre la copie, rien n'est effacé ici."
    ),
    "database_not_utf8": lambda facts: (
        f"La base est en {facts.get('encoding', 'un autre codage')}, pas en UTF-8 : supprimez-la, puis"
        " refaites-la par createdb --encoding UTF8 --template template0."
    ),
    "database_url_malformed": "Base attendue : postgresql://UTILISATEUR:MOT_DE_PASSE@MACHINE/BASE.",
    "defect_at_central": "La centrale a rencontré un défaut ; nouvel essai automatique.",
    "demo_order_refused": "Commande de démonstration : la centrale ne la prend pas.",
    "draft_placed": "Cet appel est déjà une commande.",
    "draft_taken": "Cet appel est ouvert sur un autre poste.",
    "draft_unknown": "Cet appel n'existe plus.",
    "enrolled_elsewhere": (
        "Ce dossier est celui d'une vraie console : donnez-en un autre à la démonstration"
        " par KIOSK_STATE_DIR."
    ),
    "enrolment_code_malformed": "Ce code est mal noté : faites-le relire, quatre fois quatre signes.",
    "enrolment_refused": (
        "La centrale refuse ce code : inconnu, déjà utilisé ou périmé ;"
        " demandez-en un autre à l'administrateur."
    ),
    "field_unknown": (
        "La centrale est d'une version plus ancienne : l'envoi attend sa mise à jour ;"
        " prévenez l'administrateur."
    ),
    "events_not_begun": "L'écoute de la centrale commence au prochain échange ; c'est automatique.",
    "file_too_new": _file_too_new,
    "method_not_allowed": "La centrale est d'une autre version : prévenez l'administrateur.",
    "no_pack_to_take": "Aucun pack n'est moins cher à présent : le panier reste comme il est.",
    "no_references_left": (
        "Plus de référence disponible : la commande attend que la console se connecte."
    ),
    "not_a_demo": (
        "Ce dossier n'est pas celui d'une démonstration, mais d'une vraie boutique : donnez-en"
        " un autre à la démonstration par KIOSK_STATE_DIR."
    ),
    "not_enrolled": (
        "Cette console n'est rattachée à aucune centrale : demandez un code à l'administrateur,"
        " puis « kiosk sync --enrol ADRESSE »."
    ),
    "not_found": "La centrale est d'une autre version : prévenez l'administrateur.",
    "note_too_long": _note_too_long,
    "nothing_awaited": (
        "Aucun paiement n'est attendu pour cette commande : si de l'argent est arrivé, dites"
        " combien avec --amount."
    ),
    "operator_login_taken": "Un opérateur a déjà cet identifiant : choisissez-en un autre.",
    "operator_unknown": "Aucun opérateur de cet identifiant à la centrale.",
    "order_cancelled": "La commande est annulée : elle ne change plus.",
    "order_conflict": "La centrale a déjà une autre commande sous cet identifiant : à rappeler.",
    "order_dispatched": "Le transporteur a la commande : elle ne change plus, c'est un retour.",
    "order_file_too_early": (
        "Le catalogue de la centrale n'est pas encore là, prix et stock sont d'essai : lancez"
        " « kiosk sync --once », puis repassez le même fichier ; rien n'est enregistré."
    ),
    "order_id_mismatch": "La centrale refuse l'envoi, mal adressé : prévenez l'administrateur.",
    "order_not_changeable": _order_not_changeable,
    "order_not_found": "Cette commande n'est pas sur cette console.",
    "order_not_sendable": "Un champ de la commande est trop long ou hors limites : corrigez-le.",
    "order_too_long": (
        "La commande est trop longue pour être envoyée à la centrale : raccourcissez les"
        " textes, ou partagez-la en deux commandes."
    ),
    "order_unknown": "La centrale ne connaît pas cette commande : prévenez l'administrateur.",
    "parcel_number_malformed": "Numéro de colis attendu : 8 à 39 chiffres et lettres, comme sur l'étiquette.",
    "password_too_short": _password_too_short,
    "payment_awaited": "Un paiement est encore attendu : la commande ne part pas avant.",
    "payment_noted_otherwise": _payment_noted_otherwise,
    "payment_out_of_range": (
        "Montant hors limites : plus de 0 €, et pas plus d'un million d'euros par commande."
    ),
    "pg_tools_missing": (
        "Les outils clients de PostgreSQL, pg_dump et pg_restore, sont introuvables :"
        " installez-les, aussi récents que le serveur."
    ),
    "port_unusable": "Ce port ne peut pas être ouvert : choisissez-en un autre avec --port.",
    "postal_unusable": "La liste des codes postaux est illisible : tapez la commune, elle est prise.",
    "prices_for_trying": (
        "Prix d'essai : l'appel est gardé, confirmez quand le catalogue sera arrivé."
    ),
    "refund_exceeds_paid": _refund_exceeds_paid,
    "reference_not_leased": "Référence non attribuée à cette console : prévenez l'administrateur.",
    "reference_taken": "Référence déjà prise : prévenez l'administrateur, puis rappelez le client.",
    "references_exhausted": "La centrale n'a plus de références : prévenez l'administrateur.",
    "restore_failed": "La copie n'a pas pu être remise : voyez le message au-dessus.",
    "restore_unfinished": (
        "La remise en place d'une copie n'est pas finie : refaites « kiosk central restore » avec"
        " la même copie ; rien ne sert la base d'ici là."
    ),
    "restore_unnotable": lambda facts: (
        f"{facts.get('path', 'Le dossier de la copie')} ne peut pas être lu ou écrit : une remise en"
        " place y note jusqu'où les références ont été données. Corrigez les droits, ou mettez la"
        " copie dans un dossier à vous."
    ),
    "revision_conflict": "La commande a été changée d'un autre côté : relisez-la avant de recommencer.",
    "sign_in_offline_unknown": (
        "La centrale est injoignable, et cet opérateur ne s'est pas identifié ici récemment :"
        " réessayez quand la liaison revient."
    ),
    "setting_malformed": lambda facts: (
        f"Le réglage {facts.get('name', 'donné')} attend un nombre entier, de 1 à 9999."
    ),
    "shop_file_malformed": lambda facts: (
        f"Réglages de la boutique : la valeur de « {facts['key']} » est inconnue ou hors limites."
        if facts.get("key")
        else "Réglages de la boutique : le fichier n'est pas du TOML."
    ),
    "shop_file_unreadable": lambda facts: (
        f"Réglages de la boutique : {facts.get('path', 'le fichier')} est absent ou illisible."
    ),
    "sku_unknown": lambda facts: (
        f"Aucun article {facts.get('sku', 'de ce nom')} à la centrale : vérifiez sa référence."
    ),
    "sign_in_refused": "Identifiant ou mot de passe incorrect.",
    "store_busy": "Le fichier de la console est occupé ; recommencez.",
    "store_full": "Le disque est plein : libérez de la place, rien n'est perdu.",
    "store_gone": (
        "Le fichier de la console a été effacé ou remplacé : rien ne s'enregistre plus."
        " Remettez-le à sa place, ou quittez et relancez."
    ),
    "stored_form_unknown": (
        "Un enregistrement vient d'une version plus récente : mettez le programme à jour."
    ),
    "sync_defect": "L'échange avec la centrale a rencontré un défaut ; nouvel essai automatique.",
    "sync_holder_silent": (
        "L'écran qui échange avec la centrale pour ce dossier ne répond plus : fermez-le, un autre"
        " prend la suite ; rien n'est perdu."
    ),
    "sync_stopped": "L'échange avec la centrale a été interrompu ; il reprendra où il en était.",
    "token_expired": "L'accès de cette console a expiré : elle est à rattacher à nouveau.",
    "too_many_requests": _too_many_requests,
    "unauthorised": "La centrale n'accepte pas cette console : elle est à rattacher à nouveau.",
    "work_unknown": "Ce point à traiter n'existe plus.",
    "voucher_code_spaced": "Un code n'a pas d'espace avant ni après : donnez-le sans.",
    "voucher_code_taken": "Ce code existe déjà : un code imprimé ne change pas, choisissez-en un autre.",
    "voucher_code_unknown": "Ce code n'existe pas, ou plus : donnez-le exactement comme il est imprimé.",
}
