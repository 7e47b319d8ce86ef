"""What goes wrong on a line, how often, and for how long: drawn from one seeded chance.

Pure. A line has weather: mostly it is fair, sometimes foul, and at the end clear. Owns the
odds; ``benchmarks.faults.line`` does what is drawn here.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """What happens to one request."""

    NONE = "passed on whole"
    RESET = "cut before it was read"
    SILENT = "read, never passed on, no answer"
    DELAYED = "passed on late"
    REQUEST_CUT = "cut in the middle of the request"
    ANSWER_LOST = "taken by central, answer lost"
    GONE_BEFORE_ANSWER = "taken by central, cut before it answered"
    ANSWER_CUT = "cut in the middle of the answer"
    DOUBLED = "sent twice, the second answer given"
    DOUBLED_AT_ONCE = "sent twice at the same time"
    LATE_COPY = "sent again later, after newer ones"
    ERROR_INSTEAD = "500, 502 or 503 in central's place"
    STRANGER = "200 from a stranger in central's place"
    DRIPPED = "answered in drops"


class Sky(StrEnum):
    FAIR = "fair"
    FOUL = "foul"
    OUTAGE = "outage"
    """Nobody listens: connections are refused."""
    CLEAR = "clear"
    """No fault at all: for the end of a run."""


ODDS: Mapping[Fault, int] = {
    Fault.RESET: 10,
    Fault.SILENT: 4,
    Fault.DELAYED: 14,
    Fault.REQUEST_CUT: 10,
    Fault.ANSWER_LOST: 14,
    Fault.GONE_BEFORE_ANSWER: 8,
    Fault.ANSWER_CUT: 10,
    Fault.DOUBLED: 10,
    Fault.DOUBLED_AT_ONCE: 10,
    Fault.LATE_COPY: 12,
    Fault.ERROR_INSTEAD: 8,
    Fault.STRANGER: 4,
    Fault.DRIPPED: 4,
}
"""How often each comes beside the others, where one comes at all."""

HOW_OFTEN: Mapping[Sky, float] = {Sky.FAIR: 0.08, Sky.FOUL: 0.35, Sky.OUTAGE: 1.0, Sky.CLEAR: 0.0}
"""Requests that meet a fault."""

LONG_SILENCE = 0.04
"""Of the silences, those that are longer than a console's patience."""
LONG_SILENCE_SECONDS = 12.0


@dataclass(frozen=True, slots=True)
class Spell:
    """So long this sky lasts."""

    sky: Sky
    seconds: float


class Weather:
    """Everything on the line that is left to chance. ``pace`` stretches all durations,
    ``roughness`` makes faults so much more frequent.
    """

    def __init__(self, chance: random.Random, *, pace: float = 1.0, roughness: float = 1.0) -> None:
        self._chance = chance
        self._pace = pace
        self._roughness = roughness

    def spell(self, before: Sky) -> Spell:
        """What comes after ``before``: bad times are followed by fair ones."""
        if before is not Sky.FAIR:
            return Spell(Sky.FAIR, self._between(2.0, 8.0))
        if self._chance.random() < 0.3:
            return Spell(Sky.OUTAGE, self._between(0.3, 2.5))
        return Spell(Sky.FOUL, self._between(1.0, 5.0))

    def fault(self, sky: Sky) -> Fault:
        if self._chance.random() >= HOW_OFTEN[sky] * self._roughness:
            return Fault.NONE
        return self._chance.choices(list(ODDS), weights=list(ODDS.values()))[0]

    def delay_seconds(self) -> float:
        return self._between(0.02, 1.0)

    def silence_seconds(self) -> float:
        if self._pace >= 1.0 and self._chance.random() < LONG_SILENCE:
            return LONG_SILENCE_SECONDS
        return self._between(0.1, 1.5)

    def late_seconds(self) -> float:
        """Long enough for newer requests to overtake it."""
        return self._between(0.3, 6.0)

    def stream_seconds(self) -> float:
        """How long a live stream holds."""
        return self._between(1.0, 15.0)

    def share(self) -> float:
        """Of a message, what gets through before the cut."""
        return self._chance.random()

    def status(self) -> int:
        return self._chance.choice((500, 502, 503))

    def _between(self, least: float, most: float) -> float:
        return self._chance.uniform(least, most) * self._pace
