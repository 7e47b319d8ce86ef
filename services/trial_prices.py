"""Prices and stock that are only for trying: no order of a real shop is made from them.

Owns when the catalogue in use is not the shop's, and what is kept back while it is not: the
placing of an order, and any price as one that was said to the caller.
"""

from __future__ import annotations

from dataclasses import replace

from models.cart import CartLine
from models.draft import Draft
from models.errors import Unavailable
from services.ports import Catalogue, Settings, Transaction
from services.sync.enrolment import IS_DEMO, LOCAL
from services.training import CENTRAL_URL


def has_trial_prices(settings: Settings, catalogue: Catalogue) -> bool:
    """The console belongs to a central, and sells neither what that central has nor what an
    administrator gave prices to: the built-in catalogue, or one of another central.

    Never so before it is enrolled, when its orders are for practice too, nor at the demo's own
    central, which has the same shop.
    """
    url = settings.get(CENTRAL_URL)
    if not url or (url == LOCAL and settings.get(IS_DEMO)):
        return False
    source = catalogue.source
    return source != url and (bool(source) or catalogue.is_demo)


def refuse_trial_prices(tx: Transaction, catalogue: Catalogue) -> None:
    """Raises Unavailable("prices_for_trying")."""
    if has_trial_prices(tx.settings, catalogue):
        raise Unavailable("prices_for_trying")


def without_trial_prices(draft: Draft, tx: Transaction, catalogue: Catalogue) -> Draft:
    """No price for trying counts as said, so that none is kept once the catalogue is there.
    What was agreed in the order that this call changes (R8) stays agreed.
    """
    if draft.cart.is_empty or not has_trial_prices(tx.settings, catalogue):
        return draft
    former = tx.orders.get(draft.revises) if draft.revises else None
    agreed = {line.sku: line.unit_price_cents for line in former.quote.lines} if former else {}

    def unsaid(line: CartLine) -> CartLine:
        is_agreed = line.said_price_cents == agreed.get(line.sku)
        return line if is_agreed else replace(line, said_price_cents=None, said_at=None)

    return replace(draft, cart=replace(draft.cart, lines=tuple(map(unsaid, draft.cart.lines))))
