"""One thing that is wrong at the end of a run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """``code`` names what was not kept, ``about`` the order, article or code it was about."""

    code: str
    about: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.code}: {self.about} ({self.detail})"
