"""The power goes between any two statements: the file is as it was before, or as after."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from sqlalchemy import event

from services.adapters.console_store import ConsoleStore

T = TypeVar("T")

Contents = dict[str, list[tuple[object, ...]]]


class PowerCut(Exception):
    pass


def dump(path: Path) -> Contents:
    """Everything in the file, table by table."""
    with closing(sqlite3.connect(path)) as connection:
        names = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type='table'")
        ]
        return {
            name: connection.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608 - our own names
            for name in names
        }


def after_every_cut(store: ConsoleStore, path: Path, work: Callable[[], T]) -> tuple[T, int]:
    """Do ``work`` with the power cut before its first statement, its second, and so on, until
    it gets through: what it gave, and how many cuts there were. Each left the file as it was.
    """
    before = dump(path)
    cuts = 0
    while True:
        undo = _cut_at(store, cuts + 1)
        try:
            done = work()
        except PowerCut:
            cuts += 1
            assert dump(path) == before
        else:
            return done, cuts
        finally:
            undo()


def _cut_at(store: ConsoleStore, number: int) -> Callable[[], None]:
    """Raise before the n-th statement of what follows; gives the way to undo it."""
    seen: list[str] = []

    def before(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)
        if len(seen) == number:
            raise PowerCut(statement)

    event.listen(store._engine, "before_cursor_execute", before)
    return lambda: event.remove(store._engine, "before_cursor_execute", before)
