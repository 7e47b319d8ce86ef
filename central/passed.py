"""How far the restores of one central moved, written where no copy of it can take it back.

A copy does not know that it was put back before: what a central gave out between two restores of
it, the second would give out again. So a restore notes in the folder of the copy, by the central's
id, how far it moved the counters, before the database may be used; the next one begins there.
Owns that note; knows neither databases nor how far there is to move.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from central.backup import durable, part_of
from models.errors import DomainError

Counters = Mapping[str, int]
"""Values of ``counters`` by their names."""


def note_of(folder: Path, central_id: str) -> Path:
    return folder / f"restored-{central_id}.json"


def ensure_notable(folder: Path) -> None:
    """Raises DomainError("restore_unnotable") where no note can be left, before anything is
    touched.
    """
    if not os.access(folder, os.W_OK | os.X_OK):
        raise DomainError("restore_unnotable", path=str(folder))


def passed(folder: Path, central_id: str) -> Counters:
    """As they were noted last; empty where no restore left a note.

    Raises DomainError("restore_unnotable") for a note that cannot be read: to go on without it
    might give out what was given out.
    """
    note = note_of(folder, central_id)
    try:
        said = json.loads(note.read_text("ascii"))
        return {str(name): int(value) for name, value in said.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise DomainError("restore_unnotable", path=str(note)) from error


def note_passed(folder: Path, central_id: str, counters: Counters) -> None:
    """On disk on return, whole or as it was. Raises DomainError("restore_unnotable")."""
    note = note_of(folder, central_id)
    part = part_of(note)
    try:
        part.unlink(missing_ok=True)
        opened = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(opened, "w", encoding="ascii") as text:
            json.dump(dict(counters), text)
        durable(part)
        part.rename(note)
        durable(folder)
    except OSError as error:
        raise DomainError("restore_unnotable", path=str(note)) from error
