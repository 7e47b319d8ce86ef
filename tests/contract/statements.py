"""What a database is told, as a number that no noise of a machine moves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from sqlalchemy import Engine, Executable, event
from sqlalchemy.engine import Connection

from central.postgresql import Message, Rows


@contextmanager
def counted(by: Connection | Engine) -> Iterator[list[str]]:
    """One entry for each statement; of one that goes straight to the driver, its kind."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    send = Message.send

    def note_sent(message: Message, statement: Executable, rows: Rows) -> None:
        statements.extend([type(statement).__name__] if rows else [])
        send(message, statement, rows)

    event.listen(by, "before_cursor_execute", note)
    with patch.object(Message, "send", note_sent):
        yield statements
    event.remove(by, "before_cursor_execute", note)
