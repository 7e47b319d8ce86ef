"""What can go wrong, split by who can act on it.

KioskError              has a stable ``code`` and the facts as ``facts``
├── DomainError         the operator can mend it: say what is missing
├── Conflict            the world moved: price, stock, version, a draft taken by somebody
├── Unavailable         try again later: no network, file busy, disk full
├── Rejected            central refused for good: work for a person
└── Defect              ours; nothing the operator did

Owns the codes, never a sentence: words are made by ``models.wording`` (rules of the
shop) and by ``kiosk.presenter`` (everything else).
"""

from __future__ import annotations

from collections.abc import Mapping


class KioskError(Exception):
    """An error with a stable code and facts that a sentence can be made from."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts: Mapping[str, object] = facts

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value!r}" for name, value in self.facts.items())
        return f"{self.code} ({told})" if told else self.code


class DomainError(KioskError):
    """The operator can mend it."""


class Conflict(KioskError):
    """Somebody or something changed what this was based on."""


class Unavailable(KioskError):
    """It may work later, unchanged."""


class Rejected(KioskError):
    """It was refused for good; a person has to look."""


class Defect(KioskError):
    """A fault of the program."""
