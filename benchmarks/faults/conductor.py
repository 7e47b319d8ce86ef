"""One run from an empty database to the audit: starts everything, kills at random, drains.

Owns the course of a run and its folder, which holds all that is needed to look into it
afterwards: databases, journals, logs. Judges nothing: ``benchmarks.faults.audit`` does.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.faults import shop
from benchmarks.faults.audit import Audit, audit
from benchmarks.faults.evidence import (
    load_beginning,
    owed_by,
    read_central,
    read_console,
    save_beginning,
)
from benchmarks.faults.facts import Evidence
from benchmarks.faults.journal import count_orders, read_journals
from benchmarks.faults.processes import (
    Child,
    LineProcess,
    free_port,
    holder_of,
    serve_central,
    start_console,
)
from kiosk import paths

LOOK_SECONDS = 0.1
PUT_SECONDS = 3.0
"""So long an order is waited for, to kill in the middle of it."""
DRAIN_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Plan:
    """``consoles`` processes, two on each folder. ``kill_every``: orders between two kills.
    ``database`` "" is an SQLite file in the run's folder.
    """

    orders: int
    consoles: int
    seed: int
    kill_every: int = 40
    database: str = ""
    workers: int = 1
    pace: float = 1.0
    roughness: float = 1.0
    minutes_max: float = 30.0


@dataclass(frozen=True, slots=True)
class Result:
    """``faults`` and ``kills`` by kind; ``troubles``: what ended without having been killed."""

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


@dataclass
class _Seat:
    """A place where a console's process runs, one after another."""

    number: int
    folder: Path
    name: str
    journal: Path
    log: Path
    starts: int = 0
    child: Child | None = None

    def start(self, seed: int) -> None:
        self.starts += 1
        drawn = f"{seed}/{self.number}/{self.starts}"
        self.child = start_console(
            self.folder, self.log, name=self.name, journal=self.journal, seed=drawn
        )


@dataclass
class Conductor:
    """Makes one run in ``folder``, which is empty."""

    plan: Plan
    folder: Path
    tell: Callable[[str], None] = lambda _: None
    crash_database: Callable[[], None] | None = None
    """Kills a database server and brings it back; an SQLite file dies with central."""
    kills: Counter[str] = field(default_factory=Counter)
    troubles: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.plan.seed)
        self._database = self.plan.database or str(self.folder / "central.sqlite3")
        self._port = free_port()
        self._seats: list[_Seat] = []
        self._central: Child | None = None
        self._line: LineProcess | None = None

    # --- the course of it -----------------------------------------------------------

    def run(self) -> Result:
        began = time.monotonic()
        try:
            self._begin()
            self._take_orders(began + self.plan.minutes_max * 60)
            healed = time.monotonic()
            self._drain()
            faults = self.line.counts()
            drained = time.monotonic()
            self._end()
        finally:
            self._kill_all()
        return Result(
            self.plan,
            self.folder,
            audit(self.evidence()),
            faults,
            dict(self.kills),
            drained - began,
            drained - healed,
            tuple(self.troubles),
        )

    def evidence(self) -> Evidence:
        """Read from the files, when all processes are gone."""
        folders = {seat.name: seat.folder for seat in self._seats}
        return Evidence(
            beginning=load_beginning(self.folder / "beginning.json"),
            said=tuple(read_journals(seat.journal for seat in self._seats)),
            consoles=tuple(read_console(folder, name) for name, folder in folders.items()),
            central=read_central(self._database),
            console_kills=self.kills["console"],
        )

    def _begin(self) -> None:
        made = shop.make_shop(self.plan.orders)
        shop.fill_central(self._database, made)
        save_beginning(self.folder / "beginning.json", shop.beginning_of(made))
        self._start_central()
        self._line = LineProcess(
            self.folder / "line.log",
            central_port=self._port,
            seed=self.plan.seed,
            pace=self.plan.pace,
            roughness=self.plan.roughness,
        )
        self._make_seats(made)
        for seat in self._seats:
            seat.start(self.plan.seed)

    def _make_seats(self, made: shop.Shop) -> None:
        for number in range(self.plan.consoles):
            name = f"console-{number // 2 + 1}"
            folder = self.folder / name
            if not folder.exists():
                token = shop.add_console(self._database, name)
                shop.make_console(folder, made, name=name, url=self.line.url, token=token)
            journal = self.folder / f"said-{number + 1}.jsonl"
            journal.touch()
            log = self.folder / f"console-{number + 1}.log"
            self._seats.append(_Seat(number, folder, name, journal, log))

    def _take_orders(self, limit: float) -> None:
        next_kill = self._orders_to_next_kill()
        while (said := self._count()) < self.plan.orders and time.monotonic() < limit:
            if said >= next_kill:
                self._kill_somebody()
                next_kill = said + self._orders_to_next_kill()
                self.tell(f"{said} orders said, {sum(self.kills.values())} kills")
            self._restart_the_fallen()
            time.sleep(LOOK_SECONDS)

    def _count(self) -> int:
        return count_orders(seat.journal for seat in self._seats)

    def _orders_to_next_kill(self) -> int:
        return self._chance.randint(1, 2 * self.plan.kill_every)

    def _drain(self) -> None:
        """The line heals, no more orders are taken, everything that is owed goes up."""
        self.line.clear()
        self._restart_the_fallen()
        for seat in self._seats:
            self._child(seat).tell("drain")
        limit = time.monotonic() + DRAIN_SECONDS
        while owed := sum(owed_by(folder) for folder in {seat.folder for seat in self._seats}):
            if time.monotonic() > limit:
                self.troubles.append(f"{owed} still owed after {DRAIN_SECONDS:.0f} s")
                return
            time.sleep(LOOK_SECONDS)

    def _end(self) -> None:
        for seat in self._seats:
            status = self._child(seat).end()
            if status:
                self.troubles.append(f"console {seat.number + 1} ended with {status}")
        self.line.end()
        if self._central is not None:
            self._central.terminate()

    # --- kill -9 ----------------------------------------------------------------------

    def _kill_somebody(self) -> None:
        kinds = [
            self._kill_console,
            self._kill_console,
            self._kill_central,
            self._kill_central_in_a_put,
            self._kill_syncing_console_in_a_put,
            self._kill_both,
        ]
        if self.crash_database is not None:
            kinds.append(self._crash_database)
        self._chance.choice(kinds)()

    def _kill_console(self) -> None:
        self._kill_seat(self._chance.choice(self._seats))

    def _kill_central(self) -> None:
        assert self._central is not None
        self._central.kill()
        self.kills["central"] += 1
        self._start_central()

    def _kill_central_in_a_put(self) -> None:
        if self.line.has_passed_a_put(seconds=PUT_SECONDS):
            time.sleep(self._chance.random() * 0.01)  # anywhere between the bytes and the answer
            self.kills["central in the middle of an order"] += 1
        self._kill_central()

    def _kill_syncing_console_in_a_put(self) -> None:
        """One that holds the seat, most likely while it waits for an answer."""
        seat = self._chance.choice(self._seats)
        if self.line.has_passed_a_put(seconds=PUT_SECONDS):
            holder = holder_of(paths.sync_lock(seat.folder))
            found = [one for one in self._seats if one.child and one.child.pid == holder]
            seat = found[0] if found else seat
            self.kills["console that synced"] += bool(found)
        self._kill_seat(seat)

    def _kill_both(self) -> None:
        self._kill_console()
        self._kill_central()

    def _crash_database(self) -> None:
        assert self.crash_database is not None
        self.line.has_passed_a_put(seconds=PUT_SECONDS)
        self.crash_database()
        self.kills["database"] += 1

    def _kill_seat(self, seat: _Seat) -> None:
        self._child(seat).kill()
        self.kills["console"] += 1
        seat.start(self.plan.seed)

    # --- processes ----------------------------------------------------------------------

    @property
    def line(self) -> LineProcess:
        assert self._line is not None
        return self._line

    def _child(self, seat: _Seat) -> Child:
        assert seat.child is not None
        return seat.child

    def _start_central(self) -> None:
        self._central = serve_central(
            self.folder,
            self.folder / "central.log",
            database=self._database,
            port=self._port,
            workers=self.plan.workers,
        )

    def _restart_the_fallen(self) -> None:
        """Nobody should fall without being killed: it is told at the end."""
        for seat in self._seats:
            if not self._child(seat).is_running:
                self.troubles.append(
                    f"console {seat.number + 1} ended by itself with {self._child(seat).status}"
                )
                seat.start(self.plan.seed)
        assert self._central is not None
        if not self._central.is_running:
            self.troubles.append(f"central ended by itself with {self._central.status}")
            self._start_central()

    def _kill_all(self) -> None:
        children = [seat.child for seat in self._seats] + [self._line, self._central]
        for child in children:
            if child is not None and child.is_running:
                child.kill()
