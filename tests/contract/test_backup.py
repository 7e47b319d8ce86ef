"""A copy made while central serves, and a central that goes back to it: nothing is given twice."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import pytest
from contract.conftest import Shop
from contract.databases import Postgres, on_postgresql, on_sqlite
from contract.shop import NOW, make_order
from sqlalchemy import select

from central.backup import back_up
from central.database import Database, migrate, next_number
from central.restore import (
    PLACES_SKIPPED,
    REFERENCES_BY_AGE_MAX,
    REFERENCES_SKIPPED,
    restore,
)
from central.store.catalogue_import import import_catalogue
from central.store.consoles import find_console, revoke_console
from central.store.events import events_after, newest_cursor
from central.store.feed import page_after, version_now
from central.store.orders import newest_orders
from central.store.references import is_leased, lease_block
from kiosk.cli import main
from models.errors import Conflict, DomainError, Unavailable
from models.tables import central as tables
from models.wire.orders import order_to_wire

LATER = NOW + timedelta(hours=5)


pytestmark = pytest.mark.usefixtures("postgresql_tools")


def _take(shop: Shop, number: int | None = None) -> int:
    """One order at central; the number of its reference."""
    with shop.client() as client:
        if number is None:
            number = client.post("/v1/reference-blocks", json={"count": 10}).json()["first"]
        order = make_order(number)
        answer = client.put(f"/v1/orders/{order.order_id}", content=order_to_wire(order))
        assert answer.status_code == 200, answer.text
    return number


def test_a_copy_is_on_disk_before_it_has_its_name(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut after the rename would else leave a name with nothing in it."""
    done: list[tuple[str, str]] = []
    fsync, rename = os.fsync, Path.rename

    def synced(held: int) -> None:
        done.append(("on disk", Path(f"/proc/self/fd/{held}").readlink().name))
        fsync(held)

    def renamed(self: Path, target: Path) -> Path:
        done.append(("renamed", self.name))
        return rename(self, target)

    monkeypatch.setattr("os.fsync", synced)
    monkeypatch.setattr(Path, "rename", renamed)
    back_up(shop.where, tmp_path / "copy")
    assert done[-3:] == [
        ("on disk", "copy.part"),
        ("renamed", "copy.part"),
        ("on disk", tmp_path.name),
    ]


def test_a_copy_has_all_there_was_when_it_was_made(
    shop: Shop, empty: Path | str, tmp_path: Path
) -> None:
    shop.fill()
    _take(shop)
    copy = tmp_path / "copy"
    back_up(shop.where, copy)
    _take(shop)
    assert copy.stat().st_mode & 0o777 == 0o600
    assert restore(copy, empty, at=LATER) is None
    with closing(Database(empty)) as database, database.read() as connection:
        database.ensure_ready()
        (only,) = newest_orders(connection, limit=10)
        assert find_console(connection, shop.token()) is not None
        held = connection.execute(
            select(tables.articles.c.stock).where(tables.articles.c.sku == "LC970BK")
        )
        assert held.scalar_one() == 11
    assert only.reference.startswith("10000000")


def test_what_was_leased_since_the_copy_is_not_leased_again(
    shop: Shop, empty: Path | str, tmp_path: Path
) -> None:
    shop.fill()
    shop.token()
    back_up(shop.where, tmp_path / "copy")
    leased_since = [_take(shop) for _ in range(3)]
    restore(tmp_path / "copy", empty, at=LATER)
    with closing(Database(empty)) as database, database.write() as connection:
        console = find_console(connection, shop.token())
        assert console is not None
        first, _ = lease_block(connection, console.console_id, 10, at=LATER)
    assert first == 10_000_000 + REFERENCES_SKIPPED
    assert first > max(leased_since) + 10


class Numbers:
    """Who was leased what, whatever became of the database it was leased from."""

    def __init__(self, shop: Shop, copy: Path) -> None:
        self._token = shop.token()
        self._copy = copy
        self.leased: list[tuple[int, int]] = []

    def lease(self, where: Path | str, at: datetime) -> int:
        """How many orders later there is need of another; its first number."""
        with closing(Database(where)) as database, database.write() as connection:
            console = find_console(connection, self._token)
            assert console is not None
            self.leased.append(lease_block(connection, console.console_id, 100, at=at))
        return self.leased[-1][0]

    def restored(self, where: Path | str, at: datetime, copy: Path | None = None) -> Path | str:
        """Leased from like a shop that works, three times."""
        restore(copy or self._copy, where, at=at)
        for _ in range(3):
            self.lease(where, at)
        return where

    def are_leased_once(self) -> bool:
        blocks = sorted(self.leased)
        return all(before[1] < after[0] for before, after in pairwise(blocks))


@pytest.fixture
def numbers(shop: Shop, tmp_path: Path, postgresql_tools: None) -> Numbers:  # noqa: ARG001 - before it
    """Three blocks were leased before the copy, and one after it."""
    numbers = Numbers(shop, tmp_path / "copy")
    for _ in range(3):
        numbers.lease(shop.where, NOW)
    back_up(shop.where, tmp_path / "copy")
    numbers.lease(shop.where, NOW)
    return numbers


@pytest.fixture
def fresh(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[[], Path | str]]:
    """Databases made anew, with nothing left of the one before."""
    made: list[str] = []

    def make() -> Path | str:
        name = f"anew-{uuid4().hex}"
        if kind == "sqlite":
            return tmp_path / name / "central.sqlite3"
        made.append(name)
        where: str = request.getfixturevalue("postgres").create(name)
        return where

    yield make
    for name in made:
        request.getfixturevalue("postgres").drop(name)


def test_the_same_copy_put_back_twice_at_once_leases_no_number_twice(
    numbers: Numbers, fresh: Callable[[], Path | str]
) -> None:
    for _ in range(3):
        numbers.restored(fresh(), LATER)
    assert numbers.are_leased_once()


def test_an_older_copy_put_back_after_a_newer_one_leases_no_number_twice(
    shop: Shop, numbers: Numbers, fresh: Callable[[], Path | str], tmp_path: Path
) -> None:
    back_up(shop.where, tmp_path / "newer")
    numbers.restored(fresh(), LATER, tmp_path / "newer")
    numbers.restored(fresh(), LATER)
    assert numbers.are_leased_once()


def test_on_another_day_the_clock_says_it_where_nothing_else_does(
    numbers: Numbers, fresh: Callable[[], Path | str], tmp_path: Path
) -> None:
    """The copy alone was taken to another machine."""
    numbers.restored(fresh(), LATER)
    alone = tmp_path / "elsewhere" / "copy"
    alone.parent.mkdir()
    alone.write_bytes((tmp_path / "copy").read_bytes())
    numbers.restored(fresh(), LATER + timedelta(hours=2), alone)
    assert numbers.are_leased_once()


@on_sqlite
def test_the_file_that_is_replaced_says_how_far_it_was(
    shop: Shop, numbers: Numbers, tmp_path: Path
) -> None:
    """A copy whose folder has no note, thrice within an hour."""
    shop.database.close()
    for minute, name in enumerate(("one", "two", "three"), -2):
        alone = tmp_path / name / "copy"
        alone.parent.mkdir()
        alone.write_bytes((tmp_path / "copy").read_bytes())
        numbers.restored(shop.path, LATER + timedelta(minutes=minute), alone)
    assert numbers.are_leased_once()


def test_orders_of_between_two_restores_are_taken(
    numbers: Numbers, fresh: Callable[[], Path | str]
) -> None:
    numbers.restored(fresh(), LATER)
    first, _ = numbers.leased[-1]
    with closing(Database(numbers.restored(fresh(), LATER))) as again, again.write() as connection:
        assert is_leased(connection, first, None)
        assert not is_leased(connection, numbers.leased[-1][1] + 1, None)


@pytest.mark.usefixtures("numbers")
def test_places_in_feeds_are_not_given_twice_either(
    fresh: Callable[[], Path | str], tmp_path: Path
) -> None:
    newest: list[int] = []
    for _ in range(2):
        where = fresh()
        restore(tmp_path / "copy", where, at=LATER)
        with closing(Database(where)) as database, database.write() as connection:
            before = newest_cursor(connection)
            assert not newest or before > newest[-1]
            newest.append(next_number(connection, "events", 500))


def test_how_far_it_moved_is_noted_before_the_database_may_be_used(
    numbers: Numbers,
    fresh: Callable[[], Path | str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: object) -> None:
        raise DomainError("restore_unnotable", path="x")

    where = fresh()
    with monkeypatch.context() as full:
        full.setattr("central.restore.note_passed", fails)
        with pytest.raises(DomainError):
            restore(tmp_path / "copy", where, at=LATER)
    if isinstance(where, Path):
        assert not where.exists()
    else:
        with pytest.raises(Unavailable) as unfinished:
            migrate(where)
        assert unfinished.value.code == "restore_unfinished"
    numbers.restored(where, LATER)
    assert numbers.are_leased_once()


def test_a_note_that_cannot_be_read_is_not_passed_over(
    numbers: Numbers, fresh: Callable[[], Path | str], tmp_path: Path
) -> None:
    numbers.restored(fresh(), LATER)
    (note,) = tmp_path.glob("restored-*.json")
    assert note.stat().st_mode & 0o777 == 0o600
    for damage in ("", "[]", '{"references": null}'):
        note.write_text(damage)
        with pytest.raises(DomainError) as refused:
            restore(tmp_path / "copy", fresh(), at=LATER)
        assert (refused.value.code, refused.value.facts["path"]) == (
            "restore_unnotable",
            str(note),
        )


@on_sqlite
def test_a_folder_that_takes_no_note_is_refused_and_nothing_is_touched(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(shop.where, tmp_path / "copy")
    # Whoever runs the tests may be one that no permission keeps out.
    monkeypatch.setattr("central.passed.os.access", lambda *_: False)
    with pytest.raises(DomainError) as refused:
        restore(tmp_path / "copy", tmp_path / "new" / "central.sqlite3", at=LATER)
    assert refused.value.code == "restore_unnotable"
    assert not (tmp_path / "new").exists()


def test_an_old_copy_costs_some_millions_of_numbers_at_the_most(
    numbers: Numbers, fresh: Callable[[], Path | str], tmp_path: Path
) -> None:
    where = fresh()
    restore(tmp_path / "copy", where, at=NOW + timedelta(days=3_650), skipping=250_000)
    assert numbers.lease(where, NOW) == 10_000_300 + 250_000 + REFERENCES_BY_AGE_MAX


def test_whoever_followed_begins_anew(shop: Shop, empty: Path | str, tmp_path: Path) -> None:
    shop.fill()
    _take(shop)
    back_up(shop.where, tmp_path / "copy")
    _take(shop)
    with shop.database.read() as connection:
        cursor, version = newest_cursor(connection), version_now(connection)
        console = find_console(connection, shop.token())
    assert console is not None
    restore(tmp_path / "copy", empty, at=LATER)
    with closing(Database(empty)) as database, database.read() as connection:
        assert newest_cursor(connection) > PLACES_SKIPPED
        with pytest.raises(Conflict) as forgotten:
            events_after(connection, console.console_id, cursor, limit=10)
        assert version_now(connection) != version
        anew = page_after(connection, version, limit=100)
    assert forgotten.value.code == "cursor_unknown"
    assert anew.is_full


def test_a_catalogue_after_a_restore_is_followed_as_before(
    shop: Shop, empty: Path | str, tmp_path: Path
) -> None:
    shop.fill(version="first")
    back_up(shop.where, tmp_path / "copy")
    restore(tmp_path / "copy", empty, at=LATER)
    with closing(Database(empty)) as database, database.write() as connection:
        before = version_now(connection)
        import_catalogue(
            connection,
            version="second",
            is_demo=True,
            printers_in=(),
            articles_in=(),
            pairs_in=(),
            at=LATER,
        )
        page = page_after(connection, before, limit=100)
    assert not page.is_full
    assert len(page.removed["printers"]) == 3


def test_a_copy_never_replaces_a_file(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "copy").write_text("somebody's letter")
    with pytest.raises(DomainError) as refused:
        back_up(shop.where, tmp_path / "copy")
    assert refused.value.code == "backup_exists"
    assert (tmp_path / "copy").read_text() == "somebody's letter"


@pytest.mark.parametrize("words", [["{}/copy"], ["--into", "{}"]])
@pytest.mark.parametrize("trouble", ["missing", "file", "closed"])
def test_a_folder_that_takes_no_copy_is_named_with_what_to_do(
    shop: Shop,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    trouble: str,
    words: list[str],
) -> None:
    def is_kept_out(*_: object, **__: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    folder = tmp_path / "copies"
    if trouble == "file":
        folder.write_text("somebody's")
    elif trouble == "closed":
        monkeypatch.setattr("central.backup.Path.mkdir", is_kept_out)
        monkeypatch.setattr("central.backup.Path.exists", is_kept_out)
    given = [word.format(folder) for word in words]
    code = main(["central", "backup", "--database", str(shop.where), *given])
    said = capsys.readouterr().err
    if trouble == "missing" and "--into" in words:
        assert (code, said) == (0, "")
        assert folder.stat().st_mode & 0o777 == 0o700
        return
    assert code == 1
    assert str(folder) in said
    assert ("--into DOSSIER" if trouble != "closed" else "droits") in said


@on_sqlite
def test_what_was_there_is_put_aside_and_can_be_opened(shop: Shop, tmp_path: Path) -> None:
    shop.fill()
    back_up(shop.where, tmp_path / "copy")
    _take(shop)
    shop.database.close()
    aside = restore(tmp_path / "copy", shop.where, at=LATER)
    assert aside is not None
    with closing(Database(aside / "central.sqlite3")) as before, before.read() as connection:
        assert len(newest_orders(connection, limit=10)) == 1
    with shop.database.read() as connection:
        assert newest_orders(connection, limit=10) == []


@on_sqlite
@pytest.mark.parametrize("damage", ["text", "cut", "another"])
def test_what_is_no_sound_copy_is_refused_and_nothing_is_touched(
    shop: Shop, tmp_path: Path, damage: str
) -> None:
    shop.fill()
    _take(shop)
    copy = tmp_path / "copy"
    back_up(shop.where, copy)
    if damage == "text":
        copy.write_text("not a database" * 100)
    elif damage == "cut":
        copy.write_bytes(copy.read_bytes()[: copy.stat().st_size // 2])
    else:
        copy.unlink()
        with closing(sqlite3.connect(copy)) as other:
            other.execute("CREATE TABLE songs (name TEXT)")
    with pytest.raises(DomainError) as refused:
        restore(copy, shop.where, at=LATER)
    assert refused.value.code == "backup_unreadable"
    with shop.database.read() as connection:
        assert len(newest_orders(connection, limit=10)) == 1
    assert not [file for file in shop.path.parent.iterdir() if file.name.startswith("before")]


@on_sqlite
def test_a_copy_of_a_newer_central_leaves_what_is_there(shop: Shop, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    back_up(shop.where, copy)
    with closing(sqlite3.connect(copy)) as newer, newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
    _ensure_it_fails_and_leaves_no_trace(shop, copy, Unavailable)


@on_sqlite
def test_a_restore_that_is_cut_short_leaves_what_is_there(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_short(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    back_up(shop.where, tmp_path / "copy")
    monkeypatch.setattr("central.restore.move_past", cut_short)
    _ensure_it_fails_and_leaves_no_trace(shop, tmp_path / "copy", KeyboardInterrupt)


def _ensure_it_fails_and_leaves_no_trace(
    shop: Shop, copy: Path, error: type[BaseException]
) -> None:
    shop.fill()
    _take(shop)
    there = sorted(file.name for file in shop.path.parent.iterdir())
    with pytest.raises(error):
        restore(copy, shop.where, at=LATER)
    assert sorted(file.name for file in shop.path.parent.iterdir()) == there
    with shop.database.read() as connection:
        assert len(newest_orders(connection, limit=10)) == 1


def test_a_url_that_is_none_is_refused_without_its_password(tmp_path: Path) -> None:
    copy, url = tmp_path / "copy", "postgresql://kiosk:secret@database:port/kiosk"
    for act in (lambda: back_up(url, copy), lambda: restore(copy, url, at=LATER)):
        with pytest.raises(DomainError) as refused:
            act()
        assert refused.value.code == "database_url_malformed"
        assert "secret" not in str(refused.value)
    assert not list(tmp_path.iterdir())


def test_a_database_that_is_not_there_is_not_copied(tmp_path: Path) -> None:
    with pytest.raises(DomainError) as refused:
        back_up(tmp_path / "nowhere.sqlite3", tmp_path / "copy")
    assert refused.value.code == "database_missing"
    assert not (tmp_path / "copy").exists()
    assert not (tmp_path / "copy.part").exists()


@on_postgresql
def test_a_copy_goes_into_an_empty_database_only(shop: Shop, tmp_path: Path) -> None:
    shop.fill()
    back_up(shop.where, tmp_path / "copy")
    with pytest.raises(Conflict) as refused:
        restore(tmp_path / "copy", shop.where, at=LATER)
    assert refused.value.code == "database_not_empty"


@on_postgresql
def test_without_the_tools_of_postgresql_it_says_which_are_missing(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DomainError) as refused:
        back_up(shop.where, tmp_path / "copy")
    assert (refused.value.code, refused.value.facts["tool"]) == ("pg_tools_missing", "pg_dump")
    assert not (tmp_path / "copy").exists()


def test_a_dump_that_fails_leaves_no_file(
    tmp_path: Path, postgres: Postgres, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Unavailable) as failed:
        back_up(postgres.url("no-such-database"), tmp_path / "copy")
    assert failed.value.code == "backup_failed"
    assert list(tmp_path.glob("copy*")) == []
    assert "no-such-database" in capfd.readouterr().err


@on_sqlite
def test_who_was_shut_out_since_the_copy_is_back_and_the_command_says_so(
    shop: Shop, empty: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.token()
    copy = tmp_path / "copy"
    back_up(shop.where, copy)
    with shop.database.write() as connection:
        revoke_console(connection, "comptoir", at=LATER)
    assert main(["central", "restore", str(copy), "--database", str(empty)]) == 0
    said = capsys.readouterr().out
    with closing(Database(empty)) as restored, restored.read() as connection:
        assert find_console(connection, shop.token()) is not None
    assert "À refaire avant « kiosk central serve »" in said
    for command in ("console revoke", "operator disable", "voucher remove", "console enrol"):
        assert f"kiosk central {command}" in said
        with pytest.raises(SystemExit) as known:
            main(["central", *command.split(), "--help"])
        assert known.value.code == 0
