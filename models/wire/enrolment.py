"""How a console is introduced to central: once, with a code that works once."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from models.wire.fields import Moment, Text, WireModel, Word
from models.wire.references import BlockOut

Secret = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{32,128}$")]


class EnrolmentIn(WireModel):
    """``code`` as the administrator read it out. ``key`` is drawn by the console and kept
    until the answer has come: the same code with the same key gets an answer again.
    """

    code: Word
    key: Secret


class EnrolmentOut(WireModel):
    """Who the console is from now on. ``token`` is a secret, told this once; null
    ``token_expires_at``: it works until it is revoked.
    """

    console_id: UUID
    name: Text
    token: Secret
    token_expires_at: Moment | None = None
    blocks: Annotated[tuple[BlockOut, ...], Field(max_length=100)] = ()
    is_demo: bool = False
