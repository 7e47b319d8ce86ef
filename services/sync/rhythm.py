"""When to turn to central next: by the clock that never jumps, with chance in it.

Owns the moments of the sync's thread, and knows neither central nor files. Consoles that lost
central in one moment do not come back in one moment, and those that poll do not fall into step.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from services.ports import Clock
from services.sync.backoff import Backoff

LIVE_FACTOR = 6
"""Polls are this much rarer while central tells by itself what happens."""

SPREAD_SECONDS = 0.3
"""All consoles are told in one moment that something has changed; within this time they ask."""

PARTS_SECONDS = 0.3
"""Between two exchanges of what central says has changed, however often it says so."""

PARTS_SECONDS_MAX = 5.0
"""So far this pause is widened, twofold each time, while central goes on saying so."""

QUIET_SECONDS = 5.0
"""After so long without a word the next one is news again, and asked about at once."""

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
        word counts.
        """
        if self._is_hinted:
            return
        self._is_hinted = True
        now = self._now()
        is_news = now - self._parts_at >= QUIET_SECONDS
        self._parts_pause = PARTS_SECONDS if is_news else self._wider()
        self._parts_at = max(self._parts_at, now + SPREAD_SECONDS * self._chance())

    def _wider(self) -> float:
        return min(PARTS_SECONDS_MAX, 2 * self._parts_pause)

    def take_hint(self) -> None:
        """What was hinted at is about to be asked for: what is said from now on is another."""
        self._is_hinted = False

    def is_time_for_parts(self) -> bool:
        return not self.failures and self.seconds_to_parts() <= 0

    def seconds_to_parts(self) -> float:
        return max(0.0, self._parts_at - self._now())

    def note_parts(self) -> None:
        """They were asked for."""
        self._parts_at = self._now() + self._parts_pause * self._around_one()

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
