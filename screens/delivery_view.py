"""Step 4 as lines: the address on the parcel when it goes to the customer."""

from __future__ import annotations

from models.address import label_lines
from models.draft import Draft
from models.intake import check_customer
from screens.words import _


def home_lines(draft: Draft) -> list[str]:
    """The label as the carrier reads it (NF Z10-011), or what to do first."""
    payer = check_customer(draft.customer).value
    if payer is None:
        return [_("L'adresse du client n'est pas complète : F3.")]
    return [
        _("Le colis part à :"),
        "",
        *("  " + text for text in label_lines(payer.name, payer.billing)),
    ]
