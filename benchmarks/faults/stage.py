"""All processes of one run in its folder: the central, the line, the consoles.

Owns who stands where and with which files. Anybody who falls without having been killed is
put up again and told of at the end. Decides nothing: the conductor and the killer do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.faults import shop
from benchmarks.faults.follower import Follower
from benchmarks.faults.processes import (
    Child,
    LineProcess,
    free_port,
    serve_central,
    start_console,
    wait_until_it_listens,
)
from kiosk.presenter import EXIT_TRY_LATER


@dataclass(frozen=True, slots=True)
class Plan:
    """``consoles`` processes, two on each folder. ``kill_every``: orders between two kills, in
    the mean; no run ends before ``kills_min``. ``database`` "" is an SQLite file in the run's folder; ``workers`` are central's.
    ``pace`` and ``roughness`` are the line's, see ``benchmarks.faults.weather``.
    """

    orders: int
    consoles: int
    seed: int
    kill_every: int = 40
    kills_min: int = 5
    database: str = ""
    workers: int = 1
    pace: float = 1.0
    roughness: float = 1.0
    minutes_max: float = 30.0


@dataclass
class Seat:
    """A place where a console's process runs, one after another; ``name`` is the console's."""

    number: int
    folder: Path
    name: str
    journal: Path
    log: Path
    child: Child
    starts: int = 1


@dataclass
class Stage:
    """Filled by ``set_up``; empty again after ``strike``."""

    plan: Plan
    folder: Path
    seats: list[Seat] = field(default_factory=list)
    followers: dict[str, Follower] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.database = self.plan.database or str(self.folder / "central.sqlite3")
        self._port = free_port()
        self._children: list[Child] = []

    @property
    def folders(self) -> Mapping[str, Path]:
        """Of the consoles, by name."""
        return {seat.name: seat.folder for seat in self.seats}

    def set_up(self, made: shop.Shop) -> None:
        """Everybody runs, with nothing said and nothing sold."""
        self._start_central()
        wait_until_it_listens(self.central)
        self.line = LineProcess(
            self.folder / "line.log",
            central_port=self._port,
            seed=self.plan.seed,
            pace=self.plan.pace,
            roughness=self.plan.roughness,
        )
        self._children.append(self.line)
        for number in range(self.plan.consoles):
            self.seats.append(self._seat(number, made))

    def _seat(self, number: int, made: shop.Shop) -> Seat:
        name = f"console-{number // 2 + 1}"
        folder = self.folder / name
        if name not in self.followers:
            token = shop.add_console(self.database, name)
            shop.make_console(folder, made, name=name, url=self.line.url, token=token)
            self.followers[name] = Follower(self.line.url, token)
        journal = self.folder / f"said-{number + 1}.jsonl"
        journal.touch()
        log = self.folder / f"console-{number + 1}.log"
        child = self._start_console(folder, log, name, journal, f"{number}/1")
        return Seat(number, folder, name, journal, log, child)

    # --- kill -9 -------------------------------------------------------------------

    def kill_central(self) -> None:
        """The next one is being started on return."""
        self.central.kill()
        self._start_central()

    def kill_console(self, seat: Seat) -> None:
        """The next one is being started on return."""
        seat.child.kill()
        self._restart(seat)

    # --- those who fall by themselves --------------------------------------------------

    def put_up_the_fallen(self) -> None:
        for seat in self.seats:
            if not seat.child.is_running:
                self._note(f"console {seat.number + 1} ended by itself", seat.child)
                self._restart(seat)
        if not self.central.is_running:
            if self.central.status != EXIT_TRY_LATER:  # as its database was not up again
                self._note("central ended by itself", self.central)
            self._start_central()

    def send_home(self) -> None:
        """Everybody is asked to end, and should, in order."""
        for follower in self.followers.values():
            follower.stop()
        for seat in self.seats:
            if seat.child.end():
                self._note(f"console {seat.number + 1} did not end in order", seat.child)
        self.line.end()
        self.central.terminate()

    def strike(self) -> None:
        """Nothing runs any more, however the run ended."""
        for follower in self.followers.values():
            follower.stop()
        for child in self._children:
            child.kill()

    # --- starting ---------------------------------------------------------------------

    def _start_central(self) -> None:
        self.central = serve_central(
            self.folder,
            self.folder / "central.log",
            database=self.database,
            port=self._port,
            workers=self.plan.workers,
        )
        self._children.append(self.central)

    def _restart(self, seat: Seat) -> None:
        seat.starts += 1
        drawn = f"{seat.number}/{seat.starts}"
        seat.child = self._start_console(seat.folder, seat.log, seat.name, seat.journal, drawn)

    def _start_console(
        self, folder: Path, log: Path, name: str, journal: Path, drawn: str
    ) -> Child:
        seed = f"{self.plan.seed}/{drawn}"
        child = start_console(folder, log, name=name, journal=journal, seed=seed)
        self._children.append(child)
        return child

    def _note(self, what: str, child: Child) -> None:
        self.troubles.append(f"{what}, with {child.status}: see {child.log.name}")


Crash = Callable[[], None]
"""Kills a database server and brings it back."""
