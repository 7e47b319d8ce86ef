"""Turns an error into what the operator sees and into an exit code.

The one place where an exception becomes a sentence; screens and command line share it.
"""

from __future__ import annotations

import os
import traceback
from pathlib import Path
from typing import TextIO

from models.errors import Conflict, Defect, DomainError, KioskError, Rejected, Unavailable

EXIT_REFUSED = 1
EXIT_TRY_LATER = 3
EXIT_DEFECT = 70

TRACE_FILE = "defects.log"


def exit_code(error: BaseException) -> int:
    match error:
        case Unavailable():
            return EXIT_TRY_LATER
        case DomainError() | Conflict() | Rejected():
            return EXIT_REFUSED
        case _:
            return EXIT_DEFECT


def sentence(error: BaseException) -> str:
    """What happened and what to do next, in French; never the exception's own text."""
    if isinstance(error, KioskError) and not isinstance(error, Defect):
        from models import wording  # noqa: PLC0415 - only when something went wrong

        return wording.error_sentence(error)
    return (
        "Le programme a rencontré un défaut. Rien de ce qui était enregistré n'est perdu ; "
        "relancez, et signalez-le si cela recommence."
    )


def keep_trace(error: BaseException, folder: Path) -> Path | None:
    """Append the traceback, without values and with card numbers masked, to a file of ours.

    Gives the file, or None where it could not be written: what went wrong first matters more.
    """
    from models.cards import mask_pans  # noqa: PLC0415 - only when something went wrong

    trace = mask_pans("".join(traceback.format_exception(error)))
    path = folder / TRACE_FILE
    try:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(file, "a", encoding="utf-8") as stream:
            stream.write(trace)
    except OSError:
        return None
    return path


def report(error: BaseException, stream: TextIO) -> int:
    """Say it on ``stream``; give the exit code. KIOSK_DEBUG=1 adds the traceback."""
    print(f"kiosk: {sentence(error)}", file=stream)
    if os.environ.get("KIOSK_DEBUG") or exit_code(error) == EXIT_DEFECT:
        traceback.print_exception(error, file=stream)
    return exit_code(error)
