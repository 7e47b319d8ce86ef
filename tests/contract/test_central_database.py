"""Central's database as such: reached by its URL, migrated once, begun anew, never indiscreet."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from contract.conftest import Shop
from contract.databases import Postgres, on_postgresql, on_sqlite
from contract.shop import NOW
from sqlalchemy import ColumnElement, Text, cast, select, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from central import database as central_database
from central import postgresql
from central.database import (
    HEAD,
    TRIES,
    Database,
    Undone,
    committed_together,
    current_number,
    drawn,
    migrate,
    next_number,
    raise_counter,
    send,
    written_together,
)
from kiosk.cli import main
from models.errors import DomainError, KioskError, Unavailable
from models.tables import central as tables


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://kiosk:secret@db.example.org:5433/shop?sslmode=require",
        "postgres://kiosk:secret@db.example.org:5433/shop?sslmode=require",
        "postgresql+psycopg://kiosk:secret@db.example.org:5433/shop?sslmode=require",
    ],
)
def test_a_url_is_taken_as_people_write_it(url: str) -> None:
    parsed = postgresql.parse(url)
    assert parsed.render_as_string(hide_password=False) == (
        "postgresql+psycopg://kiosk:secret@db.example.org:5433/shop?sslmode=require"
    )
    with closing(Database(url)) as database:
        assert database.is_postgresql
        assert "secret" not in str(database.url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.sqlite3",
        "mysql://kiosk:secret@db.example.org/shop",
        "postgresql://kiosk:secret@db.example.org",
        "postgresql://kiosk:secret@db.example.org:port/shop",
    ],
)
def test_a_url_of_something_else_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(DomainError) as refused:
        Database(url)
    assert str(refused.value) == "database_url_malformed"


# --- one view, one of two ---------------------------------------------------------


def test_what_is_read_is_one_moment(shop: Shop) -> None:
    with shop.database.read() as reading:
        before = current_number(reading, "orders")
        with shop.database.write() as writing:
            raise_counter(writing, "orders", 7)
        assert current_number(reading, "orders") == before
    with shop.database.read() as reading:
        assert current_number(reading, "orders") == before + 7


def test_a_number_that_was_drawn_is_filled_in_by_the_database(shop: Shop) -> None:
    with shop.database.write() as connection:
        raise_counter(connection, "orders", 7)
        raise_counter(connection, "customers")
        connection.execute(tables.settings.insert().values(key="n", value=_text("orders")))
        written = select(tables.settings.c.value).where(tables.settings.c.key == "n")
        assert connection.scalar(written) == "7"
        assert next_number(connection, "orders", 2) == 9
        assert connection.scalar(select(drawn("orders"))) == 9
        assert current_number(connection, "catalogue") == 0


def _text(counter: str) -> ColumnElement[str]:
    return cast(drawn(counter), Text)


def _raise(connection: Connection, counter: str) -> None:
    raise_counter(connection, counter)


@on_postgresql
def test_of_two_that_wait_for_each_other_one_is_begun_anew(shop: Shop) -> None:
    both_have_one = Barrier(2)
    begun: list[str] = []

    def work(first: str, second: str) -> None:
        def in_turn(connection: Connection) -> None:
            _raise(connection, first)
            begun.append(first)
            if begun.count(first) == 1:
                both_have_one.wait(10)
            _raise(connection, second)

        shop.database.run(in_turn)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(work, "orders", "events"), pool.submit(work, "events", "orders")]:
            done.result()
    assert len(begun) >= 3  # whoever begins anew may be quicker than who waits
    with shop.database.read() as connection:
        assert current_number(connection, "orders") == current_number(connection, "events") == 2


@on_postgresql
def test_what_is_undone_again_and_again_is_given_up(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    begun: list[int] = []

    def work(connection: Connection) -> None:
        begun.append(1)
        _raise(connection, "orders")
        connection.execute(text("DO $$ BEGIN RAISE 'undone' USING ERRCODE = '40001'; END $$"))

    with pytest.raises(Unavailable) as busy:
        shop.database.run(work)
    assert (busy.value.code, len(begun)) == ("central_busy", TRIES)
    assert caplog.messages == ["database: SQLSTATE 40001"] * TRIES
    with shop.database.read() as connection:
        assert current_number(connection, "orders") == 0


# --- what may pass ----------------------------------------------------------------


@on_postgresql
def test_a_connection_that_is_lost_is_busy_once(shop: Shop, postgres: Postgres) -> None:
    shop.database.ensure_ready()
    postgres.cut(shop.database.url.database or "")
    with pytest.raises(Unavailable) as busy:
        shop.database.ensure_ready()
    assert busy.value.code == "central_busy"
    shop.database.ensure_ready()


@on_postgresql
def test_a_transaction_whose_connection_is_lost_changed_nothing(
    shop: Shop, postgres: Postgres
) -> None:
    def work(connection: Connection) -> None:
        _raise(connection, "orders")
        postgres.cut(shop.database.url.database or "")

    with pytest.raises(Unavailable) as busy:
        shop.database.run(work)
    assert busy.value.code == "central_busy"
    with shop.database.read() as connection:
        assert current_number(connection, "orders") == 0


@on_postgresql
def test_a_server_that_does_not_answer_is_busy(where: str) -> None:
    nobody = where.partition("?")[0] + "?host=/nowhere"
    with closing(Database(nobody)) as database, pytest.raises(Unavailable) as busy:
        database.ensure_ready()
    assert busy.value.code == "central_busy"
    with pytest.raises(Unavailable) as busy:
        migrate(nobody)
    assert busy.value.code == "central_busy"


@pytest.fixture
def hurried(where: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """With one connection, and no patience."""
    monkeypatch.setattr(postgresql, "POOL_SIZE", 1)
    monkeypatch.setattr(postgresql, "POOL_SECONDS", 0.01)
    monkeypatch.setitem(postgresql.SETTINGS, "lock_timeout", "10ms")  # type: ignore[arg-type]
    with closing(Database(where)) as database:
        yield database


@on_postgresql
def test_a_lock_that_is_held_for_long_is_busy(shop: Shop, hurried: Database) -> None:
    with shop.database.write() as connection:
        _raise(connection, "orders")
        with pytest.raises(Unavailable) as busy:
            hurried.run(lambda own: _raise(own, "orders"))
    assert busy.value.code == "central_busy"


@on_postgresql
def test_when_every_connection_is_in_use_central_is_busy(hurried: Database) -> None:
    with hurried.read(), pytest.raises(Unavailable) as busy, hurried.read():
        pass
    assert busy.value.code == "central_busy"
    hurried.ensure_ready()


@on_postgresql
def test_the_settings_of_a_connection(where: str) -> None:
    names = ["TimeZone", "statement_timeout", "lock_timeout", "work_mem"]
    own = f"{where}&options=-c%20work_mem%3D8MB%20-c%20lock_timeout%3D9s"
    own += "%20-c%20default_transaction_isolation%3Dserializable"
    with closing(Database(own)) as database, database.write() as connection:
        found = [connection.exec_driver_sql(f"SHOW {name}").scalar() for name in names]
        isolation = connection.exec_driver_sql("SHOW transaction_isolation").scalar()
    assert found == ["UTC", "30s", "9s", "8MB"]
    assert isolation == "read committed"
    with closing(Database(where)) as database, database.read() as connection:
        assert connection.exec_driver_sql("SHOW transaction_isolation").scalar() == (
            "repeatable read"
        )
        assert connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "on"


# --- what is said -----------------------------------------------------------------


def test_an_error_names_nobody(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    key = uuid4()
    row = {"customer_id": key, "body": "Mme DUVAL", "version": 1, "seq": 1}
    caplog.set_level(logging.DEBUG)
    with shop.database.write() as connection:
        connection.execute(tables.customers.insert(), row)
        with pytest.raises(IntegrityError) as refused:
            connection.execute(tables.customers.insert(), row)
        connection.rollback()
    told = f"{refused.value}{refused.value.orig}{caplog.text}"
    assert "customers" in told
    for person in ("DUVAL", str(key), key.hex):
        assert person not in told


def _write_together(shop: Shop, *rows: dict[str, object]) -> None:
    with shop.database.write() as connection, written_together(connection):
        for row in rows:
            connection.execute(tables.customers.insert(), row)


def test_what_was_added_meanwhile_by_another_is_a_reason_to_begin_anew(shop: Shop) -> None:
    row = _customer()
    with pytest.raises(Undone):
        _write_together(shop, row, row)
    with shop.database.read() as connection:
        assert connection.execute(select(tables.customers)).all() == []


def test_a_row_that_every_try_finds_there_is_a_defect(shop: Shop) -> None:
    """Begun anew, a transaction sees what another added; this one will never come to its end."""
    row, begun = _customer(), []

    def work(connection: Connection) -> None:
        begun.append(1)
        with committed_together(connection):
            connection.execute(tables.customers.insert(), [row, row])

    with pytest.raises(IntegrityError) as defect:
        shop.database.run(work)
    assert len(begun) == TRIES
    assert str(row["customer_id"]) not in f"{defect.value}{defect.value.orig}"
    with shop.database.read() as connection:
        assert connection.execute(select(tables.customers)).all() == []


def test_a_row_that_the_last_try_finds_no_more_is_none(shop: Shop) -> None:
    row, begun = _customer(), []

    def work(connection: Connection) -> None:
        begun.append(1)
        with committed_together(connection):
            connection.execute(tables.customers.insert(), [row] * (TRIES + 1 - len(begun)))

    shop.database.run(work)
    assert len(begun) == TRIES
    assert shop.count(tables.customers) == 1


@pytest.mark.parametrize("write", [Connection.execute, send])
def test_a_commit_that_fails_leaves_nothing_behind(shop: Shop, write: Callable[..., Any]) -> None:
    """Whatever was sent after the statement that failed, and on whichever connection."""
    rows = [_customer(), _customer()]
    for tail in range(8):
        with pytest.raises(Undone):
            _commit_together(shop, write, rows[0], rows[0], *rows[1:] * tail)
        with shop.database.write() as connection, committed_together(connection):
            raise_counter(connection, "orders")
        with shop.database.read() as connection:
            assert connection.execute(select(tables.customers)).all() == []
            assert current_number(connection, "orders") == tail + 1


def _commit_together(shop: Shop, write: Callable[..., Any], *rows: dict[str, object]) -> None:
    with shop.database.write() as connection, committed_together(connection):
        for row in rows:
            write(connection, tables.customers.insert(), [row])


@on_postgresql
@pytest.mark.parametrize("write", [Connection.execute, send])
def test_a_database_that_dies_in_the_last_message_is_tried_again(
    shop: Shop, write: Callable[..., Any]
) -> None:
    end = text("SELECT pg_terminate_backend(:pid)")

    def work(connection: Connection) -> None:
        mine = connection.scalar(text("SELECT pg_backend_pid()"))
        with committed_together(connection):
            with shop.database.write() as other:
                other.execute(end, {"pid": mine})
            write(connection, tables.customers.insert(), [_customer()])

    with pytest.raises(Unavailable, match="central_busy"):
        shop.database.run(work)
    assert shop.count(tables.customers) == 0


def _customer() -> dict[str, object]:
    return {"customer_id": uuid4(), "body": "", "version": 1, "seq": 1}


def test_a_defect_in_what_is_written_together_is_one_and_names_nobody(shop: Shop) -> None:
    row: dict[str, object] = {"customer_id": uuid4(), "body": "", "version": 1, "seq": 1}
    nameless = {"customer_id": uuid4(), "body": None, "version": 1, "seq": 2}
    with pytest.raises(IntegrityError) as defect:
        _write_together(shop, row, nameless)
    told = f"{defect.value}{defect.value.orig}"
    assert "body" in told
    assert str(nameless["customer_id"]) not in told


# --- migrations -------------------------------------------------------------------


def test_workers_that_start_together_migrate_once(
    empty: Path | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgraded: list[int] = []
    upgrade = central_database._upgrade

    def counted(connection: Connection) -> None:
        upgraded.append(1)
        upgrade(connection)

    monkeypatch.setattr(central_database, "_upgrade", counted)
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(migrate, empty) for _ in range(4)]:
            done.result()
    assert len(upgraded) == 1
    with closing(Database(empty)) as database:
        database.ensure_ready()


def test_a_migration_that_fails_leaves_nothing(
    empty: Path | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade = central_database._upgrade

    def half(connection: Connection) -> None:
        upgrade(connection)
        raise KioskError("power")

    monkeypatch.setattr(central_database, "_upgrade", half)
    with pytest.raises(KioskError):
        migrate(empty)
    monkeypatch.undo()
    with closing(Database(empty)) as database:
        with pytest.raises(Unavailable) as unready:
            database.ensure_ready()
        assert unready.value.code == "central_not_ready"
        migrate(empty)
        database.ensure_ready()
        with database.read() as connection:
            assert connection.scalar(text("SELECT version_num FROM alembic_version")) == HEAD
            assert connection.execute(select(tables.orders)).all() == []


@on_sqlite
def test_the_writers_of_one_process_go_one_after_the_other(
    where: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("central.sqlite.BUSY_SECONDS", 0.05)
    with closing(Database(where)) as database, ThreadPoolExecutor(1) as another:

        def write() -> int:
            with database.write() as connection:
                return next_number(connection, "orders")

        with database.write() as connection:
            before = next_number(connection, "orders")
            # Not even a connection is taken while somebody writes.
            waits = another.submit(write)
            with pytest.raises(Unavailable) as busy:
                waits.result()
            assert database.connections_in_use == 1
        assert busy.value.code == "central_busy"
        assert another.submit(write).result() == before + 1


def test_a_database_of_another_encoding_is_said_in_one_sentence(
    postgres: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    """As ``createdb`` makes it on a cluster that was set up with LANG=C."""
    postgres.owner.execute(
        "CREATE DATABASE ascii TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'"
    )
    try:
        assert main(["central", "migrate", "--database", postgres.url("ascii")]) == 1
    finally:
        postgres.drop("ascii")
    told = capsys.readouterr().err
    assert told.startswith("kiosk: La base est en SQL_ASCII, pas en UTF-8 :")
    assert "--template template0" in told
    assert told.count("\n") == 1


def test_each_folder_that_migrating_makes_is_ours_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        migrate(tmp_path / "var" / "state" / "central" / "central.sqlite3")
    finally:
        os.umask(before)
    made = [tmp_path / "var", tmp_path / "var/state", tmp_path / "var/state/central"]
    assert [folder.stat().st_mode & 0o777 for folder in made] == [0o700] * 3


@on_sqlite
def test_what_a_row_hangs_on_is_there(shop: Shop) -> None:
    """A database that lets go of foreign keys says nothing of it by itself."""
    orphan = tables.reference_blocks.insert().values(
        first=90_000_000, last=90_000_099, console_id=UUID(int=404), leased_at=NOW
    )
    with pytest.raises(IntegrityError, match="FOREIGN KEY"), shop.database.write() as connection:
        connection.execute(orphan)
