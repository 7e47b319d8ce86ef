"""Enrolled as another console: whether its central is the one that it was.

A central that was put back from a copy does not know the consoles enrolled since, and makes
each of them another one, at the same central. What they had confirmed there is theirs still:
what central does not have goes up again (``services.sync.reconcile``), and the numbers that it was
leased as who it was are its own, which it proves by the token it had. What central has from who the
console was is left alone, as is what another central confirmed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from uuid import UUID

from models.errors import Unavailable
from services.ports import Central, Store
from services.sync.enrolment import CENTRAL_ID, EVENTS_CURSOR, former_tokens
from services.sync.reconcile import batches


def own_again(store: Store, central: Central, should_stop: Callable[[], bool]) -> None:
    """Once for each enrolment: who this central is, and what of its own confirmations is this
    console's. Cut off anywhere, it goes on the next time; a central that does not say who it
    is, is another one until it does.

    Raises what ``Central`` and ``Store`` raise, and Unavailable("sync_stopped").
    """
    with store.read() as tx:
        if tx.settings.get(CENTRAL_ID):
            return
    central_id = central.events(None).central_id
    if not central_id:
        return
    with store.read() as tx:
        disowned = tx.outbox.disowned(central_id)
    for some in batches(disowned):
        if should_stop():
            raise Unavailable("sync_stopped")
        _settle(store, some, of_others=central.orders_of_others(some))
    _take_over_blocks(store, central, central_id)
    with store.write() as tx:
        tx.settings.put(CENTRAL_ID, central_id)


def _take_over_blocks(store: Store, central: Central, central_id: str) -> None:
    """Before anything is sent: an order that was taken with a number of who the console was is
    refused for good where that number is another console's.
    """
    with store.read() as tx:
        tokens = former_tokens(tx.settings, central_id)
    for token in tokens:
        try:
            central.take_over_blocks(token)
        except Unavailable as error:
            if error.code != "not_found":  # a central that is older
                raise
            return


def _settle(store: Store, orders: Collection[UUID], *, of_others: Collection[UUID]) -> None:
    own = [order_id for order_id in orders if order_id not in of_others]
    with store.write() as tx:
        tx.outbox.disown_for_good(of_others)
        tx.outbox.own_again(own)
        tx.settings.put(EVENTS_CURSOR, "")  # all orders are held against central's
