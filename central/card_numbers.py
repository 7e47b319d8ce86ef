"""No card number at central (R9), whoever sends it."""

from __future__ import annotations

from models.errors import Rejected
from models.wire.card_numbers import fields_with_card_numbers
from models.wire.fields import WireModel


def refuse_card_numbers(said: WireModel) -> None:
    """Raises Rejected("card_number_refused", fields=...), which never carries the number. To be
    called for what is new only: what was taken before this was looked at has its answer for ever.
    """
    if fields := fields_with_card_numbers(said):
        raise Rejected("card_number_refused", fields=fields)
