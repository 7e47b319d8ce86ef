"""How long to wait before trying again: longer each time, and never two consoles alike.

Full jitter: anywhere between nothing and a ceiling that doubles, so that a central which
comes back is not met by all consoles at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

RETRY_AFTER = "retry_after_seconds"
"""Fact of an error: what central asked for (RFC 9110, 10.2.3)."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Ceilings in seconds: the first, and the highest there is."""

    first_seconds: float = 1.0
    highest_seconds: float = 15.0

    def delay(self, failures: int, chance: float, *, at_least_seconds: float = 0.0) -> timedelta:
        """After ``failures`` (1 and more) in a row; ``chance`` is drawn from 0 <= x < 1. The
        jitter comes on top of what was asked for: else all would be back at that second.
        """
        doublings = min(failures - 1, 30)
        ceiling = min(self.highest_seconds, self.first_seconds * 2**doublings)
        return timedelta(seconds=at_least_seconds + ceiling * chance)


def asked_to_wait(facts: Mapping[str, object]) -> float | None:
    """What central asked for with an error, in seconds; None where it asked for nothing."""
    seconds = facts.get(RETRY_AFTER)
    return float(seconds) if isinstance(seconds, int | float) else None
