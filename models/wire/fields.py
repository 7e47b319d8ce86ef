"""The alphabet of the contract: what every message on the wire is made of.

Owns the strictness (unknown fields are refused by whoever receives an instruction, and
ignored by whoever reads an answer) and the one canonical spelling of a message. Knows no
resource.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    StringConstraints,
)

AMOUNT_MAX_CENTS = 100_000_000
TEXT_MAX = 2_000


def _only_text(value: object) -> object:
    """A moment on the wire is ISO 8601 text; a bare number would be read as a timestamp."""
    if isinstance(value, (int, float)):
        raise ValueError("not_iso_8601")  # noqa: TRY004 - pydantic turns ValueError into a problem
    return value


Cents = Annotated[int, Strict(), Field(ge=0, le=AMOUNT_MAX_CENTS)]
"""An amount in cents of the order's currency, never a float."""
BasisPoints = Annotated[int, Strict(), Field(ge=0, le=10_000)]
Count = Annotated[int, Strict(), Field(ge=0, le=1_000_000_000)]
Text = Annotated[str, StringConstraints(max_length=TEXT_MAX, pattern=r"^[^\x00]*$")]
"""Free text; no NUL, which PostgreSQL cannot store."""
Word = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]
"""A key: sku, code, printer_id, brand."""
Moment = Annotated[AwareDatetime, BeforeValidator(_only_text)]
Day = Annotated[date, BeforeValidator(_only_text)]


class WireModel(BaseModel):
    """One object of the contract; immutable, strict about what it holds, and silent about
    people: an error never repeats what was sent.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, from_attributes=True, hide_input_in_errors=True
    )

    ADDED: ClassVar[frozenset[str]] = frozenset()
    """Fields that came after the first version of the contract. They are left out of the
    spelling where they have their default: what was sent before keeps its fingerprint for
    ever, and a central one version behind can read what does not use them.
    """

    def canonical(self) -> str:
        """The one spelling of this message: sorted keys, no spaces, every field of the first
        version present.

        Two messages are the same if and only if their canonical spellings are equal.
        """
        unused = {
            name
            for name in self.ADDED
            if getattr(self, name) == type(self).model_fields[name].get_default()
        }
        return json.dumps(
            self.model_dump(mode="json", exclude=unused),
            sort_keys=True,
            ensure_ascii=False,
            separators=(",", ":"),
        )

    def fingerprint(self) -> str:
        """SHA-256 of the canonical spelling, in hexadecimal."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()

    @classmethod
    def read_answer(cls, text: str | bytes) -> Self:
        """Read what central answered; fields that a newer central adds are ignored.

        Raises pydantic.ValidationError.
        """
        return cls.model_validate_json(text, extra="ignore")
