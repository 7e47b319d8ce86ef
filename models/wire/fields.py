"""The alphabet of the contract: what every message on the wire is made of.

Owns the strictness (unknown fields are refused by whoever receives an instruction, and
ignored by whoever reads an answer), what is made of the words of a newer central, and the
one canonical spelling of a message. Knows no resource.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, ClassVar, Final, Self, get_args

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    Strict,
    StringConstraints,
    ValidationError,
    ValidationInfo,
)

AMOUNT_MAX_CENTS = 100_000_000
TEXT_MAX = 2_000
CANONICAL = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))
SEQ_MAX = 2**53 - 1
"""The highest number that every reader of JSON takes for itself and no other (RFC 8259, 6).
Central's columns have room for more.
"""


def _only_text(value: object) -> object:
    """A moment on the wire is ISO 8601 text; a bare number would be read as a timestamp."""
    if isinstance(value, (int, float)):
        raise ValueError("not_iso_8601")  # noqa: TRY004 - pydantic turns ValueError into a problem
    return value


Cents = Annotated[int, Strict(), Field(ge=0, le=AMOUNT_MAX_CENTS)]
"""An amount in cents of the order's currency, never a float."""
BasisPoints = Annotated[int, Strict(), Field(ge=0, le=10_000)]
Count = Annotated[int, Strict(), Field(ge=0, le=1_000_000_000)]
Seq = Annotated[int, Strict(), Field(ge=0, le=SEQ_MAX)]
"""A place in a feed: the number of a change, and the cursor that asks for what comes after."""
Text = Annotated[str, StringConstraints(max_length=TEXT_MAX, pattern=r"^[^\x00]*$")]
"""Free text; no NUL, which PostgreSQL cannot store."""
Word = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]
"""A key: sku, code, printer_id, brand."""
Moment = Annotated[AwareDatetime, BeforeValidator(_only_text)]
Day = Annotated[date, BeforeValidator(_only_text)]


ANSWER: Final[Mapping[str, str]] = {"read_as": "answer"}
"""pydantic's context of what is read as an answer: there, and only there, words may be new."""


def in_answers(otherwise: StrEnum) -> BeforeValidator:
    """In an answer, a word that this program does not know is read as ``otherwise``; in an
    instruction it is refused as ever.
    """
    known = {str(word) for word in type(otherwise)}

    def read(value: object, info: ValidationInfo) -> object:
        is_newer = info.context is ANSWER and isinstance(value, str) and value not in known
        return otherwise.value if is_newer else value

    return BeforeValidator(read)


def fingerprint_of(canonical: str) -> str:
    """SHA-256 in hexadecimal of a message in its canonical spelling."""
    return hashlib.sha256(canonical.encode()).hexdigest()


class WireModel(BaseModel):
    """One object of the contract; immutable, strict about what it holds, and silent about
    people: an error never repeats what was sent.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, from_attributes=True, hide_input_in_errors=True
    )

    ADDED: ClassVar[frozenset[str]] = frozenset()
    """Fields that came after the first version of the contract. They are left out of the
    spelling where they have their default, of a message and of every message in it: what was
    sent before keeps its fingerprint for ever, and a central one version behind can read what
    does not use them.
    """

    def canonical(self) -> str:
        """The one spelling of this message: sorted keys, no spaces, every field of the first
        version present.

        Two messages are the same if and only if their canonical spellings are equal.
        """
        spelled = self.model_dump(mode="json")
        _leave_out_unused(self, spelled)
        return CANONICAL.encode(spelled)

    def fingerprint(self) -> str:
        """SHA-256 of the canonical spelling, in hexadecimal."""
        return fingerprint_of(self.canonical())

    @classmethod
    def read_answer(cls, text: str | bytes | bytearray) -> Self:
        """Read what central answered; fields that a newer central adds are ignored, its words
        are read as their field says (``in_answers``).

        Raises pydantic.ValidationError.
        """
        return cls.model_validate_json(text, extra="ignore", context=ANSWER)


@dataclass(frozen=True, slots=True)
class _Additions:
    """What came later to a kind of message: ``here`` with its default, ``within`` the fields
    in which other messages stand that something was added to.
    """

    here: Sequence[tuple[str, object]]
    within: Sequence[str]


@cache  # found out once: it is asked for every order
def _additions(kind: type[WireModel]) -> _Additions:
    fields = kind.model_fields
    return _Additions(
        here=[(name, fields[name].get_default()) for name in sorted(kind.ADDED)],
        within=[name for name, field in fields.items() if _holds_additions(field.annotation)],
    )


def _holds_additions(annotation: object) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, WireModel):
        inner = _additions(annotation)
        return bool(inner.here or inner.within)
    return any(_holds_additions(part) for part in get_args(annotation))


def _leave_out_unused(value: object, spelled: Any) -> None:
    """Of ``spelled``, which is ``value`` as JSON has it: what was added and is not used."""
    if isinstance(value, WireModel):
        additions = _additions(type(value))
        for name, default in additions.here:
            if getattr(value, name) == default:
                del spelled[name]
        for name in additions.within:
            if name in spelled:
                _leave_out_unused(getattr(value, name), spelled[name])
    elif isinstance(value, tuple):
        for each, spelled_each in zip(value, spelled, strict=True):
            _leave_out_unused(each, spelled_each)


class WirePage(WireModel):
    """An answer with rows, each of which is worth having without the others."""

    ROWS: ClassVar[str]
    """The field they stand in."""

    _unread: int = PrivateAttr(default=0)

    @property
    def unread(self) -> int:
        """How many rows were left out, because a newer central says words in them that have
        no meaning here.
        """
        return self._unread

    @classmethod
    def read_answer(cls, text: str | bytes | bytearray) -> Self:
        """As ``WireModel.read_answer``; a row in newer words is left out and counted. A row
        that is wrong in any other way spoils the whole page: then nothing of it is believed.
        """
        try:
            return super().read_answer(text)
        except ValidationError as error:
            newer = _rows_in_newer_words(error, cls.ROWS)
            if not newer:
                raise
        page = super().read_answer(_without(text, cls.ROWS, newer))
        page._unread = len(newer)  # noqa: SLF001 - our own, on the instance just made
        return page


def _rows_in_newer_words(error: ValidationError, rows: str) -> Collection[int]:
    """Places of the rows that are wrong, if unknown words are all that is wrong."""
    found = error.errors(include_input=False, include_url=False, include_context=False)
    if any(one["type"] != "enum" or one["loc"][0] != rows for one in found):
        return ()
    return {int(one["loc"][1]) for one in found}


def _without(text: str | bytes | bytearray, rows: str, places: Collection[int]) -> str:
    told = json.loads(text)
    told[rows] = [row for place, row in enumerate(told[rows]) if place not in places]
    return json.dumps(told)
