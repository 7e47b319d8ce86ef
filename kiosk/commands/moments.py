"""When something was or will be, as commands print it: on the clock of Paris, which is that of the
shop and of whoever is told on the phone. The server's own is often UTC.
"""

from __future__ import annotations

from datetime import datetime

from models.calendar import in_paris


def day(at: datetime) -> str:
    return f"{in_paris(at):%d/%m/%Y}"


def minute(at: datetime) -> str:
    """In a column."""
    return f"{in_paris(at):%d/%m/%Y %H:%M}"


def moment(at: datetime) -> str:
    """In a sentence, after "le"."""
    return f"{in_paris(at):%d/%m/%Y à %H:%M}"
