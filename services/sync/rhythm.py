"""When to turn to central next: by the clock that never jumps, with chance in it.

Owns the moments of the sync's thread, and knows neither central nor files. Consoles that lost
central in one moment do not come back in one moment, and those that poll do not fall into step.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

from services.ports import Clock
from services.sync.backoff import Backoff

LIVE_FACTOR = 6
"""Polls are this much rarer while central tells by itself what happens."""

SPREAD_SECONDS = 0.3
"""All consoles are told in one moment that something has changed; within this time they ask."""

PARTS_SECONDS = 0.55
"""Between two exchanges of what central says has changed, more or less: with what it takes to be
told and to ask, a shop with a change every second or two sees each within a second.
"""

DENSE_HINTS, DENSE_SECONDS = 10, 5.0
"""So many words in so short a time, two a second, and no shop can follow each of them: all its
consoles would ask for all of them.
"""

PARTS_SECONDS_MAX = 5.0
"""So far the pause is widened: twofold each time while words are dense, and by central's own delay."""

DELAY_FACTOR = 10
"""What an answer takes longer than it did is central's queue, in which orders stand too: so many
times that is waited before the next is asked for.
"""

FORGET = 1.01
"""A line that has become slower for good is known as such after some hundred answers."""

JUMP_SECONDS = 30.0
"""A clock that moved so much more, or less, than time did was set, or the computer slept."""


class Rhythm:
    """``chance`` draws from 0 <= x < 1. ``now`` is a monotonic clock, in seconds."""

    def __init__(
        self,
        poll_seconds: float,
        backoff: Backoff,
        chance: Callable[[], float],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._poll_seconds = poll_seconds
        self._backoff = backoff
        self._chance = chance
        self._now = now
        self._next_run = now()
        self._parts_at = now()
        self._parts_pause = PARTS_SECONDS
        self._hints: deque[float] = deque(maxlen=DENSE_HINTS)
        self._usual_seconds = float("inf")
        self._is_hinted = False
        self.failures = 0

    def is_time(self) -> bool:
        return self._now() >= self._next_run

    def next_try_at(self, at: datetime) -> datetime:
        """The planned moment on the clock that says ``at`` now."""
        return at + timedelta(seconds=max(0.0, self._next_run - self._now()))

    def plan(self, *, is_failed: bool, is_live: bool, retry_after_seconds: float = 0.0) -> None:
        """After an exchange. What central asks for is waited for, and chance comes on top."""
        self.failures = self.failures + 1 if is_failed else 0
        if is_failed:
            delay = self._backoff.delay(
                self.failures, self._chance(), at_least_seconds=retry_after_seconds
            ).total_seconds()
        else:
            delay = self._poll_seconds * (LIVE_FACTOR if is_live else 1) * self._around_one()
        self._next_run = self._now() + delay

    def hurry(self, *, is_live: bool) -> None:
        """Where central tells nothing any more, it is polled as ever."""
        if not is_live and not self.failures:
            soonest = self._now() + self._poll_seconds * self._chance()
            self._next_run = min(self._next_run, soonest)

    def note_hint(self) -> None:
        """Central says that something has changed. Until it is asked about, only the first
        word counts for when that is.
        """
        now = self._now()
        self._hints.append(now)
        if not self._is_hinted:
            self._is_hinted = True
            self._parts_at = max(self._parts_at, now + SPREAD_SECONDS * self._chance())

    def take_hint(self) -> None:
        """What was hinted at is about to be asked for: what is said from now on is another."""
        self._is_hinted = False

    def is_time_for_parts(self) -> bool:
        return not self.failures and self.seconds_to_parts() <= 0

    def seconds_to_parts(self) -> float:
        return max(0.0, self._parts_at - self._now())

    def note_parts(self, took_seconds: float | None = None) -> None:
        """They were asked for, which took so long; None where more was exchanged than they."""
        wider = min(PARTS_SECONDS_MAX, 2 * self._parts_pause)
        self._parts_pause = wider if self._is_dense else PARTS_SECONDS
        delay = 0.0 if took_seconds is None else self._delay_of(took_seconds)
        pause = max(self._parts_pause, min(PARTS_SECONDS_MAX, DELAY_FACTOR * delay))
        self._parts_at = self._now() + pause * self._around_one()

    @property
    def _is_dense(self) -> bool:
        is_full = len(self._hints) == DENSE_HINTS
        return is_full and self._now() - self._hints[0] < DENSE_SECONDS

    def _delay_of(self, took_seconds: float) -> float:
        """How much longer than usual."""
        self._usual_seconds = min(took_seconds, self._usual_seconds * FORGET)
        return took_seconds - self._usual_seconds

    def _around_one(self) -> float:
        return 0.75 + 0.5 * self._chance()


class ClockWatch:
    """Whether the computer's clock was moved since the last look. What was to be tried again at
    some time of the old one may wait for too long, or never have been due.
    """

    def __init__(self, clock: Clock, now: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._now = now
        self._last: tuple[datetime, float] | None = None

    def has_jumped(self) -> bool:
        """Also at the first look, when nothing is known of the clock before."""
        before, self._last = self._last, (self._clock.now(), self._now())
        if before is None:
            return True
        by_clock = (self._last[0] - before[0]).total_seconds()
        return by_clock < 0 or abs(by_clock - (self._last[1] - before[1])) > JUMP_SECONDS
