"""No card number on the wire (R9, PCI DSS): which texts of a message are looked at.

The console looks at what it is about to send and central at what it gets, both by this and by
``models.cards``: what a console sends is never refused for it. Names fields and never says
what is in them.
"""

from __future__ import annotations

from collections.abc import Iterator

from models.cards import find_pan
from models.wire.fields import WireModel

FROM_THE_CATALOGUE = frozenset({"lines", "amounts", "promise"})
"""What nobody typed during a call, and nobody there could mend."""


def fields_with_card_numbers(said: WireModel) -> tuple[str, ...]:
    """Where in a message there is one, such as "customer.billing.street"; none where all is well."""
    found = (".".join(way) for way, text in _texts((), said) if find_pan(text) is not None)
    return tuple(dict.fromkeys(found))


def _texts(way: tuple[str, ...], value: object) -> Iterator[tuple[tuple[str, ...], str]]:
    if type(value) is str:  # not the choices, which are texts as well
        yield way, value
    elif isinstance(value, tuple):
        for part in value:
            yield from _texts(way, part)
    elif isinstance(value, WireModel):
        for name, part in value:
            if name not in FROM_THE_CATALOGUE:
                yield from _texts((*way, name), part)
