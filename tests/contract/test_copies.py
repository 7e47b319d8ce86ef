"""Copies made by the clock: which of them stay, and that nothing goes that should not."""

from __future__ import annotations

import fcntl
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from contract.conftest import Shop
from contract.shop import NOW
from hypothesis import given
from hypothesis import strategies as st

from central.copies import LATEST_KEPT, STAMP, add_copy, superseded
from kiosk.cli import main
from models.errors import DomainError, Unavailable

pytestmark = pytest.mark.usefixtures("postgresql_tools")

MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 6, 30))  # noqa: DTZ001 - put in UTC by their name


def name(at: datetime) -> str:
    return at.strftime(STAMP)


def hourly(days: int, until: datetime = NOW) -> list[str]:
    """The latest first."""
    return [name(until - timedelta(hours=hour)) for hour in range(24 * days)]


def test_two_days_stay_whole_and_thirty_by_their_last_copy() -> None:
    gone = superseded(hourly(60), days=30)
    kept = sorted({*hourly(60)} - gone, reverse=True)
    assert kept[:LATEST_KEPT] == hourly(2)
    # 10:42 on the 23rd, two days before: the 21st is still among the latest.
    assert kept[LATEST_KEPT:] == [
        f"central-{(NOW - timedelta(days=day)):%Y%m%d}T234200Z" for day in range(3, 30)
    ]


@given(st.sets(MOMENTS, max_size=200), st.integers(1, 40))
def test_what_stays_stays_when_there_is_nothing_new(moments: set[datetime], days: int) -> None:
    names = {name(at) for at in moments}
    kept = names - superseded(names, days=days)
    assert superseded(kept, days=days) == set()
    assert {*sorted(names)[-LATEST_KEPT:]} <= kept
    assert len(kept) <= LATEST_KEPT + days


@given(st.lists(MOMENTS, max_size=150, unique=True), st.integers(1, 40))
def test_a_clock_that_runs_ahead_costs_one_copy_at_the_most(
    moments: list[datetime], days: int
) -> None:
    names = {name(at) for at in moments}
    ahead = names | {name(datetime(2126, 1, 1, tzinfo=UTC))}
    lost = superseded(ahead, days=days) - superseded(names, days=days)
    assert len(lost) <= 2  # one of the latest, and one of the days


def add(shop: Shop, folder: Path, days: int | None = 1) -> list[str]:
    made, gone = add_copy(shop.where, folder, at=NOW, days=days)
    assert made.stat().st_mode & 0o777 == 0o600
    return [copy.name for copy in gone]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With copies of the last four days, one each hour, and files of others."""
    folder = tmp_path / "copies"
    folder.mkdir()
    for each in hourly(4)[1:]:
        (folder / each).write_text("an older copy")
    for other in ("central-20200101T000000Z.old", "central-20200101-000000", "notes", "central"):
        (folder / other).write_text("somebody's")
    (folder / "central-20200101T000000Z").mkdir()
    return folder


def names_in(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def test_a_new_copy_takes_the_place_of_old_ones_and_of_nothing_else(
    shop: Shop, folder: Path
) -> None:
    before = names_in(folder)
    gone = add(shop, folder)
    assert names_in(folder) == (before | {name(NOW)}) - {*gone}
    assert set(gone) == {*hourly(4)[LATEST_KEPT:]}


def test_without_a_number_of_days_all_stay(shop: Shop, folder: Path) -> None:
    before = names_in(folder)
    assert add(shop, folder, days=None) == []
    assert names_in(folder) == before | {name(NOW)}


def test_what_a_killed_one_left_half_made_goes(shop: Shop, folder: Path) -> None:
    for left in ("central-20261123T084200Z.part", "central-20261123T084200Z.part-journal"):
        (folder / left).write_text("half")
    add(shop, folder)
    assert not list(folder.glob("*.part*"))


def test_one_is_made_at_a_time(shop: Shop, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def is_taken(*_: object) -> None:
        held = os.open(folder, os.O_RDONLY)
        try:
            with pytest.raises(BlockingIOError):
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        finally:
            os.close(held)
        looked.append(True)

    looked: list[bool] = []
    monkeypatch.setattr("central.copies.back_up", is_taken)
    add_copy(shop.where, folder, at=NOW, days=None)
    assert looked == [True]


def _nowhere(shop: Shop) -> Path | str:
    if isinstance(shop.where, Path):
        return shop.where.with_name("nowhere.sqlite3")
    return shop.where.replace("shop-", "nowhere-")


@pytest.mark.parametrize("trouble", ["nowhere", "emptied"])
def test_where_the_new_copy_fails_no_old_one_goes(shop: Shop, folder: Path, trouble: str) -> None:
    before = names_in(folder)
    where = _nowhere(shop) if trouble == "nowhere" else shop.where
    if trouble == "emptied":
        with shop.database.write() as connection:
            connection.exec_driver_sql("DROP TABLE reference_blocks")
    with pytest.raises((DomainError, Unavailable)) as failed:
        add_copy(where, folder, at=NOW, days=1)
    assert failed.value.code in {"backup_unreadable", "backup_failed", "database_missing"}
    assert names_in(folder) == before


def test_the_command_says_what_it_made_and_what_it_removed(
    shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "copies"
    folder.mkdir()
    for each in hourly(4, until=datetime.now(UTC))[1:]:
        (folder / each).write_text("an older copy")
    words = ["central", "backup", "--into", str(folder), "--database", str(shop.where)]
    assert main([*words, "--keep", "1"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith(f"Copie faite : {folder}/central-")
    assert len(said) == 1 + 4 * 24 - LATEST_KEPT
    assert all(line.startswith("Ancienne copie effacée : central-") for line in said[1:])
    with pytest.raises(SystemExit) as refused:
        main(["central", "backup", str(folder / "one"), "--keep", "1"])
    assert refused.value.code == 2
    assert not (folder / "one").exists()
