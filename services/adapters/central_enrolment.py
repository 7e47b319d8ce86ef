"""Asking central who this console is, with a code: the one question without a token."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

from models.errors import Unavailable
from models.wire.enrolment import EnrolmentIn, EnrolmentOut
from services.adapters.central_line import CentralLine
from services.sync.enrolment import Introduction

KEY_BYTES = 32
TRIES = 3
PAUSE_SECONDS = 1.0
LOST = frozenset({"central_timeout", "central_cut_off", "central_busy"})
"""The answer may be had by asking again at once; for the rest somebody has to do something."""


def new_key() -> str:
    """A secret that nobody else can ask with."""
    return secrets.token_urlsafe(KEY_BYTES)


def ask_introduction(
    line: CentralLine, code: str, key: str, *, pause: Callable[[float], None] = time.sleep
) -> Introduction:
    """Idempotent for the same code and key, so a lost answer is asked for again here.

    Raises Rejected("enrolment_refused"), and Unavailable as ``CentralLine.ask``.
    """
    body = EnrolmentIn(code=code, key=key).canonical()
    for _ in range(TRIES - 1):
        try:
            return _ask(line, body)
        except Unavailable as error:
            if error.code not in LOST:
                raise
        pause(PAUSE_SECONDS)
    return _ask(line, body)


def _ask(line: CentralLine, body: str) -> Introduction:
    told = line.ask(EnrolmentOut, "POST", "/v1/enrolments", body=body)
    return Introduction(
        console_id=str(told.console_id),
        console=told.name,
        token=told.token,
        blocks=tuple((block.first, block.last) for block in told.blocks),
    )
