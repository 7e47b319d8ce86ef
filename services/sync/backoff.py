"""How long to wait before trying again: longer each time, and never two consoles alike.

Full jitter: anywhere between nothing and a ceiling that doubles, so that a central which
comes back is not met by all consoles at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Backoff:
    """Ceilings in seconds: the first, and the highest there is."""

    first_seconds: float = 1.0
    highest_seconds: float = 15.0

    def delay(self, failures: int, chance: float) -> timedelta:
        """After ``failures`` (1 and more) in a row; ``chance`` is drawn from 0 <= x < 1."""
        doublings = min(failures - 1, 30)
        ceiling = min(self.highest_seconds, self.first_seconds * 2**doublings)
        return timedelta(seconds=ceiling * chance)
