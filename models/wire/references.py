"""Blocks of reference numbers, leased to a console in advance."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from models.wire.fields import WireModel

BLOCK_MAX = 10_000
NUMBER_MAX = 99_999_999
TOKEN_MAX = 200

Number = Annotated[int, Field(strict=True, ge=0, le=NUMBER_MAX)]
"""Eight digits; the ninth of a reference is their check (``models.reference``)."""


class BlockIn(WireModel):
    """``count`` numbers are wanted. With an ``Idempotency-Key`` header (a UUID) the same key
    gets the same block again: an answer that was lost costs no numbers.
    """

    count: Annotated[int, Field(strict=True, ge=1, le=BLOCK_MAX)]


class FormerConsoleIn(WireModel):
    """``token`` is one that this console was known by here, under whatever name."""

    token: Annotated[str, StringConstraints(pattern=r"^[!-~]+$", max_length=TOKEN_MAX)]


class BlocksTakenOverOut(WireModel):
    """So many blocks are the console's now that were those of who it was."""

    blocks: Annotated[int, Field(strict=True, ge=0)]


class BlockOut(WireModel):
    """``first <= n <= last`` belong to the console that asked, for ever."""

    first: Number
    last: Number

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.last < self.first:
            raise ValueError("last_before_first")
        return self
