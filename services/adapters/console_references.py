"""Leased reference numbers in the console's file: none is ever taken twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, bindparam, func, insert, select, update

from models.errors import Unavailable
from models.tables.console import orders, reference_blocks

FREE_BLOCK = (
    select(reference_blocks)
    .where(reference_blocks.c.next <= reference_blocks.c.last)
    .order_by(reference_blocks.c.first)
    .limit(1)
)
TAKE_NUMBER = (
    update(reference_blocks)
    .where(reference_blocks.c.first == bindparam("block"))
    .values(next=reference_blocks.c.next + 1)
)


class ConsoleReferences:
    """``services.ports.References``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add_block(self, first: int, last: int) -> None:
        """Keeps what is new of it: a central put back from a backup leases numbers again."""
        taken = [*self._blocks_within(first, last), *self._orders_within(first, last)]
        rows = [
            {"first": low, "last": high, "next": low} for low, high in _gaps(first, last, taken)
        ]
        if rows:
            self._connection.execute(insert(reference_blocks), rows)

    def _blocks_within(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        overlapping = (reference_blocks.c.first <= last, reference_blocks.c.last >= first)
        found = select(reference_blocks.c.first, reference_blocks.c.last).where(*overlapping)
        return ((low, high) for low, high in self._connection.execute(found))

    def _orders_within(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """The numbers of placed orders: their references without the check digit."""
        within = orders.c.reference.between(f"{first:08d}0", f"{last:08d}9")
        for reference in self._connection.scalars(select(orders.c.reference).where(within)):
            number = int(reference[:-1])
            yield number, number

    def give_up(self) -> None:
        self._connection.execute(update(reference_blocks).values(next=reference_blocks.c.last + 1))

    def take_next(self) -> int:
        block = self._connection.execute(FREE_BLOCK).first()
        if block is None:
            raise Unavailable("no_references_left")
        self._connection.execute(TAKE_NUMBER, {"block": block.first})
        number: int = block.next
        return number

    def left(self) -> int:
        free = func.sum(reference_blocks.c.last - reference_blocks.c.next + 1)
        return int(self._connection.execute(select(func.coalesce(free, 0))).scalar_one())


def _gaps(first: int, last: int, taken: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """What ``first`` to ``last`` has left between ranges that each overlap it."""
    for low, high in sorted(taken):
        if first < low:
            yield first, low - 1
        first = max(first, high + 1)
    if first <= last:
        yield first, last
