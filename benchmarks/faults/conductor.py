"""One run from an empty database to the audit: orders are taken, everybody is killed, all drains.

Owns the course of a run and its folder, which holds all that is needed to look into it
afterwards: databases, journals, logs. Judges nothing: ``benchmarks.faults.audit`` does.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.faults import shop
from benchmarks.faults.audit import Audit, audit
from benchmarks.faults.complaints import defects
from benchmarks.faults.evidence import (
    fetched_by,
    held_there,
    load_beginning,
    newest_events,
    owed_by,
    read_central,
    read_console,
    save_beginning,
    states_here,
    states_there,
)
from benchmarks.faults.facts import Evidence
from benchmarks.faults.journal import Tally, read_journals
from benchmarks.faults.killer import Killer
from benchmarks.faults.shopkeeper import Shopkeeper
from benchmarks.faults.stage import Crash, Plan, Stage

LOOK_SECONDS = 0.1
DRAIN_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Result:
    """``faults`` and ``kills`` by kind; ``troubles``: who ended without having been killed, and
    what they complained of.
    """

    plan: Plan
    folder: Path
    audit: Audit
    faults: Mapping[str, int]
    kills: Mapping[str, int]
    seconds: float
    drain_seconds: float
    troubles: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        return self.audit.is_good and not self.troubles


class Conductor:
    """Makes one run in ``folder``, which is empty. ``tell`` hears how it goes."""

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        *,
        tell: Callable[[str], None] = lambda _: None,
        crash: Crash | None = None,
    ) -> None:
        self._plan = plan
        self._folder = folder
        self._tell = tell
        self._chance = random.Random(plan.seed)
        self._tally = Tally()
        self._stage = Stage(plan, folder)
        self._killer = Killer(self._stage, self._chance, crash)

    def run(self) -> Result:
        """Everything the run started is gone on return, and if it raises."""
        began = time.monotonic()
        try:
            self._begin()
            self._take_orders(began + self._plan.minutes_max * 60)
            healed = time.monotonic()
            self._drain()
            drained = time.monotonic()
            faults = self._stage.line.counts()
            self._stage.send_home()
        finally:
            self._stage.strike()
        return Result(
            self._plan,
            self._folder,
            audit(self.evidence()),
            faults,
            dict(self._killer.kills),
            drained - began,
            drained - healed,
            (*self._stage.troubles, *defects(sorted(self._folder.glob("*.log")))),
        )

    def evidence(self) -> Evidence:
        """Read from the files, when all processes are gone."""
        return Evidence(
            beginning=load_beginning(self._folder / "beginning.json"),
            said=tuple(read_journals(seat.journal for seat in self._stage.seats)),
            consoles=tuple(
                read_console(folder, name) for name, folder in self._stage.folders.items()
            ),
            central=read_central(self._stage.database),
            heard={name: follower.heard for name, follower in self._stage.followers.items()},
            console_kills=self._killer.kills["console"],
        )

    # --- the course of it ----------------------------------------------------------------

    def _begin(self) -> None:
        made = shop.make_shop(self._plan.orders)
        shop.fill_central(self._stage.database, made)
        save_beginning(self._folder / "beginning.json", shop.beginning_of(made))
        self._stage.set_up(made)

    def _take_orders(self, limit: float) -> None:
        shopkeeper = Shopkeeper(self._stage.database, random.Random(self._plan.seed))
        next_kill = self._orders_to_next_kill()
        try:
            while not self._is_enough(said := self._said()) and time.monotonic() < limit:
                if said >= min(next_kill, self._plan.orders):
                    self._killer.strike()
                    next_kill = said + self._orders_to_next_kill()
                    self._tell(f"{said} orders said, {self._killer.strikes} times killed")
                self._stage.put_up_the_fallen()
                time.sleep(LOOK_SECONDS)
        finally:
            shopkeeper.stop()

    def _said(self) -> int:
        return self._tally.count(seat.journal for seat in self._stage.seats)

    def _is_enough(self, said: int) -> bool:
        return said >= self._plan.orders and self._killer.strikes >= self._plan.kills_min

    def _orders_to_next_kill(self) -> int:
        return self._chance.randint(1, 2 * self._plan.kill_every)

    def _drain(self) -> None:
        """The line heals, no more orders are taken, everything that is owed goes up, and
        everything that happened is heard.
        """
        self._stage.line.clear()
        self._stage.put_up_the_fallen()
        for seat in self._stage.seats:
            seat.child.tell("drain")
        limit = time.monotonic() + DRAIN_SECONDS
        while self._owed() and time.monotonic() < limit:
            time.sleep(LOOK_SECONDS)
        newest = newest_events(self._stage.database)
        for name, follower in self._stage.followers.items():
            follower.catch_up(newest[name], seconds=limit - time.monotonic())
        while self._is_behind() and time.monotonic() < limit:
            time.sleep(LOOK_SECONDS)

    def _owed(self) -> int:
        return sum(owed_by(folder) for folder in self._stage.folders.values())

    def _is_behind(self) -> bool:
        """Whether a console has not yet heard how an order of its own stands, or what there is
        to sell.
        """
        there, held = states_there(self._stage.database), held_there(self._stage.database)
        return any(
            fetched_by(folder) != held or not states_here(folder).items() <= there.items()
            for folder in self._stage.folders.values()
        )
