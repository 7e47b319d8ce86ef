"""All keys, by what they are for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.widget import Widget

from screens.dialogs.dialog import Dialog
from screens.widgets.frame import KeyHint
from screens.widgets.plain import Plain
from screens.words import _

KEYS = _(
    """\
À tout moment
  F1 ou Ctrl+F  imprimante, cartouche      F4  livraison
  F2            panier et codes            F5  paiement
  F3            client                     F6  relecture, puis Entrée confirme
  F7 ou Ctrl+O  suivi : ce qui est à traiter, les envois, les commandes
  F8 ou Ctrl+N  nouvel appel (met celui-ci en attente, avec un motif)
  F9 ou Ctrl+T  appels en attente          F12 ou Ctrl+G  cette page
  Ctrl+P        opérateur : se présenter, ou changer
  Ctrl+Q        quitter : tout est enregistré, l'appel sera proposé au retour

Imprimante      tapez ce que dit le client ; ↑ ↓ ← → parcourent les colonnes
                Entrée ajoute, 1-9 quantité, 0 retire, Échap recommence
                Ctrl+R note un modèle introuvable, pour rappeler
Panier          0-9 + - quantité, Suppr retire, ↓ code, Ctrl+R prend le pack
Client          Entrée choisit ; Ctrl+R remet au panier la dernière commande
Suivi           tapez pour chercher, Entrée ouvre, Ctrl+R réessaie
Une commande    A appel noté, M modifier, X annuler
Formulaires     Entrée ou ↓ suivant, ↑ précédent ; une lettre choisit
Paiement        1-4 choisit, S change entre SMS et e-mail
Relecture       Entrée tourne la page ; à la fin du texte, Entrée confirme"""
)


class KeysDialog(Dialog):
    """The page of keys."""

    TITLE_TEXT = _("Touches")

    def compose_middle(self) -> Iterable[Widget]:
        yield Plain(KEYS)

    def keys(self) -> Sequence[KeyHint]:
        return (KeyHint(_("Échap"), _("revenir")),)
