"""kill -9, at moments drawn by chance and at those that hurt most.

Owns which process is killed and when. Whoever is killed is started again by the stage.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable

from benchmarks.faults.processes import holder_of
from benchmarks.faults.stage import Crash, Seat, Stage
from kiosk import paths

PUT_SECONDS = 3.0
"""So long an order is waited for, to kill in the middle of it."""

BEFORE_ANSWER_SECONDS = 0.01
"""Central has its answer out within so long after the bytes came."""


class Killer:
    """``crash`` kills a database server and brings it back; an SQLite file dies with central."""

    def __init__(self, stage: Stage, chance: random.Random, crash: Crash | None) -> None:
        self._stage = stage
        self._chance = chance
        self._crash = crash
        self._to_come: list[Callable[[], None]] = []
        self.kills: Counter[str] = Counter()
        self.strikes = 0
        self._put_seconds = PUT_SECONDS * stage.plan.pace

    def strike(self) -> None:
        """Kill somebody, in some way; each has had its turn before one comes again."""
        self.strikes += 1
        if not self._to_come:
            self._to_come = [
                self._console,
                self._central,
                self._central_in_a_put,
                self._syncing_console_in_a_put,
                self._both,
                *([self._database] if self._crash is not None else []),
            ]
            self._chance.shuffle(self._to_come)
        self._to_come.pop()()

    def _console(self) -> None:
        self._kill(self._chance.choice(self._stage.seats))

    def _central(self) -> None:
        self._stage.kill_central()
        self.kills["central"] += 1

    def _both(self) -> None:
        self._console()
        self._central()

    def _central_in_a_put(self) -> None:
        if self._stage.line.has_passed_a_put(seconds=self._put_seconds):
            time.sleep(self._chance.random() * BEFORE_ANSWER_SECONDS)
            self.kills["central in the middle of an order"] += 1
        self._central()

    def _syncing_console_in_a_put(self) -> None:
        """One that holds the seat, most likely while it waits for an answer."""
        self._stage.line.has_passed_a_put(seconds=self._put_seconds)
        seats = self._stage.seats
        holders = {holder_of(paths.sync_lock(folder)) for folder in self._stage.folders.values()}
        syncing = [seat for seat in seats if seat.child.pid in holders]
        self.kills["console that synced"] += bool(syncing)
        self._kill(self._chance.choice(syncing or seats))

    def _database(self) -> None:
        assert self._crash is not None
        self._stage.line.has_passed_a_put(seconds=self._put_seconds)
        self._crash()
        self.kills["database"] += 1

    def _kill(self, seat: Seat) -> None:
        self._stage.kill_console(seat)
        self.kills["console"] += 1
