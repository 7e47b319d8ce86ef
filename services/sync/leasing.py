"""Reference numbers: leased ahead, so that there are some on the days without a central.

The key a block is asked with is on disk before the question leaves and until the block is:
an answer that was lost is had again, and costs no numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from models.errors import Unavailable
from services.ports import Central, Store

LEASE_KEY = "lease_key"
"""Setting: what the block is asked with that is still to come; empty where none is."""


def lease_references(
    store: Store,
    central: Central,
    *,
    wanted: int,
    block_size: int,
    new_key: Callable[[], UUID],
) -> int:
    """Ask for blocks until ``wanted`` numbers are left; how many blocks came.

    Raises Unavailable("central_unclear") for a block that brings nothing new: central may
    have come back from an old copy, and goes on from there at the next run.
    """
    blocks = 0
    while (left := _left(store)) < wanted:
        first, last = central.lease_references(block_size, _key(store, new_key))
        with store.write() as tx:
            tx.references.add_block(first, last)
            tx.settings.put(LEASE_KEY, "")
        if _left(store) <= left:
            raise Unavailable("central_unclear")
        blocks += 1
    return blocks


def _key(store: Store, new_key: Callable[[], UUID]) -> str:
    with store.write() as tx:
        key = tx.settings.get(LEASE_KEY) or str(new_key())
        tx.settings.put(LEASE_KEY, key)
    return key


def _left(store: Store) -> int:
    with store.read() as tx:
        return tx.references.left()
