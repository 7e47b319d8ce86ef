"""What was said to callers, on a disk of its own: a line for each, after it was promised.

Owns the form of the journal. It lies outside the consoles' folders, and a line in it is
written only once the console said that the order is durable: what stands here and is not at
central at the end was lost.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

from models.order import Order


class Word(StrEnum):
    """What the caller heard."""

    ORDER = "order"
    REVISION = "revision"
    CANCELLATION = "cancellation"


Lines = tuple[tuple[str, int, int], ...]
"""sku, quantity and unit price in cents of each line, sorted."""


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence to one caller: this reference, this total, these articles."""

    word: Word
    order_id: UUID
    reference: str
    revision: int
    total_cents: int
    lines: Lines
    console: str

    @classmethod
    def of(cls, word: Word, order: Order, console: str) -> Said:
        lines = ((line.sku, line.quantity, line.unit_price_cents) for line in order.quote.lines)
        return cls(
            word,
            order.order_id,
            order.reference,
            order.revision,
            order.quote.total_cents,
            tuple(sorted(lines)),
            console,
        )


class Journal:
    """Appended to by one process; each line is on disk when ``say`` returns."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        if path.stat().st_size and not path.read_bytes().endswith(b"\n"):
            os.write(self._file, b"\n")  # the process before was killed inside a line

    def say(self, said: Said) -> None:
        os.write(self._file, json.dumps(asdict(said), default=str).encode() + b"\n")
        os.fsync(self._file)

    def close(self) -> None:
        os.close(self._file)


def read_journals(paths: Iterable[Path]) -> Iterator[Said]:
    """Every whole line. What was cut off by a kill was not heard to its end."""
    for path in paths:
        for line in path.read_bytes().splitlines():
            try:
                found = json.loads(line)
            except ValueError:
                continue
            yield _said(found)


class Tally:
    """How many orders were said so far, counted while others write."""

    MARK = f'"word": "{Word.ORDER}"'.encode()

    def __init__(self) -> None:
        self._read: dict[Path, int] = {}
        self.orders = 0

    def count(self, paths: Iterable[Path]) -> int:
        """Reads on from where it stood the last time, up to the last whole line."""
        for path in paths:
            with path.open("rb") as journal:
                journal.seek(self._read.get(path, 0))
                whole, end, _ = journal.read().rpartition(b"\n")
            self._read[path] = self._read.get(path, 0) + len(whole) + len(end)
            lines = whole.splitlines()
            self.orders += sum(self.MARK in line and line.endswith(b"}") for line in lines)
        return self.orders


def _said(found: dict[str, Any]) -> Said:
    return Said(
        word=Word(found["word"]),
        order_id=UUID(found["order_id"]),
        reference=found["reference"],
        revision=found["revision"],
        total_cents=found["total_cents"],
        lines=tuple((sku, quantity, price) for sku, quantity, price in found["lines"]),
        console=found["console"],
    )
