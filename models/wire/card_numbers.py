"""No card number on the wire (R9, PCI DSS): which texts of a message are looked at.

The console looks at what it is about to send and central at what it gets, both by this and by
``models.cards``: what a console sends is never refused for it. Names fields and never says
what is in them.
"""

from __future__ import annotations

from models.cards import find_pan
from models.wire.fields import WireModel

FROM_THE_CATALOGUE = frozenset({"lines", "amounts", "promise"})
"""What nobody typed during a call, and nobody there could mend."""


def fields_with_card_numbers(said: WireModel) -> tuple[str, ...]:
    """Where in a message there is one, such as "customer.billing.street"; none where all is well."""
    found: dict[str, None] = {}
    _look_into(said, "", found)
    return tuple(found)


def _look_into(said: WireModel, way: str, found: dict[str, None]) -> None:
    for name, value in vars(said).items():
        if name in FROM_THE_CATALOGUE:
            continue
        for part in value if isinstance(value, tuple) else (value,):
            if type(part) is str:  # not the choices, which are texts as well
                if find_pan(part) is not None:
                    found[way + name] = None
            elif isinstance(part, WireModel):
                _look_into(part, f"{way}{name}.", found)
