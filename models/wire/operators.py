"""The people who sign in at a console."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from models.wire.fields import Moment, Text, WireModel, Word

Password = Annotated[str, Field(min_length=1, max_length=200)]


class OperatorWire(WireModel):
    operator_id: UUID
    login: Word
    name: Text
    is_disabled: bool = False


class OperatorsOut(WireModel):
    """All there are, the disabled ones too, so that a console forgets them."""

    operators: tuple[OperatorWire, ...]


class SignInIn(WireModel):
    login: Word
    password: Password


class SignInOut(WireModel):
    """Until ``offline_until`` the console may verify this operator by itself."""

    operator: OperatorWire
    offline_until: Moment
