"""A folder of copies that are made by the clock, and which of them are kept.

A copy's name says when it was made; whatever has another name is somebody else's and stays.
Knows neither what a copy is (``central.backup``) nor who calls every hour.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from central.backup import back_up, make_folder

LATEST_KEPT = 48
"""All of them, whatever their day: two days, where one is made each hour."""

STAMP = "central-%Y%m%dT%H%M%SZ"
COPY = re.compile(r"central-\d{8}T\d{6}Z")
PART = re.compile(rf"{COPY.pattern}\.part.*")
"""What was being made when its maker was killed, with the journal that SQLite has beside it."""


def add_copy(
    database: Path | str, folder: Path, *, at: datetime, days: int | None
) -> tuple[Path, Sequence[Path]]:
    """One more copy in ``folder``, and the older ones of this folder that were removed for it,
    see ``superseded``; ``days`` None: none. It is on disk before the first of them goes.

    Raises as ``central.backup.back_up``; then nothing is removed.
    """
    make_folder(folder)
    with _alone_in(folder):
        for left in _named(folder, PART):
            left.unlink()
        made = folder / at.astimezone(UTC).strftime(STAMP)
        back_up(database, made)
        names = [copy.name for copy in _named(folder, COPY)]
        gone = [] if days is None else sorted(superseded(names, days=days) - {made.name})
        for name in gone:
            (folder / name).unlink()
    return made, [folder / name for name in gone]


def superseded(names: Collection[str], *, days: int) -> set[str]:
    """All but the ``LATEST_KEPT`` latest, and of the older ones the last of each day (UTC) for
    the latest ``days`` days that have one. It is reckoned by the copies there are, not by the
    clock: one that runs ahead, or a month without copies, is no reason to remove any.
    """
    latest_first = sorted(names, reverse=True)
    last_of_day: dict[str, str] = {}
    for name in latest_first:
        last_of_day.setdefault(name.partition("T")[0], name)
    return {*latest_first[LATEST_KEPT:]} - {*list(last_of_day.values())[:days]}


def _named(folder: Path, form: re.Pattern[str]) -> Sequence[Path]:
    return [file for file in folder.iterdir() if form.fullmatch(file.name) and file.is_file()]


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """No other of these is at work here: what is half made is left over."""
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)
