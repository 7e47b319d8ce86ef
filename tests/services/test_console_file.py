from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event

import migrations.console
from models.errors import Unavailable
from models.tables.console import metadata
from services.adapters import console_file
from services.adapters.console_store import ConsoleStore

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "console.sqlite3"


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_the_file_is_ours_alone_with_all_its_neighbours(path):
    store = ConsoleStore.open(path)
    with store.write() as tx:
        tx.settings.put("a", "b")
        assert {name.name: mode(name) for name in path.parent.iterdir()} == {
            "console.sqlite3": 0o600,
            "console.sqlite3-wal": 0o600,
            "console.sqlite3-shm": 0o600,
            "console.sqlite3.door": 0o600,
            "console.sqlite3.lock": 0o600,
            "console.sqlite3.turn": 0o600,
        }
    assert mode(path.parent) == 0o700
    store.close()


def test_a_file_that_anybody_could_read_is_closed_to_others(path):
    path.parent.mkdir()
    path.touch(mode=0o644)
    path.chmod(0o644)
    ConsoleStore.open(path).close()
    assert mode(path) == 0o600


def test_what_lies_beside_a_file_that_was_put_back_is_closed_too(path):
    with closing(ConsoleStore.open(path)) as store:
        with store.write() as tx:
            tx.settings.put("a", "b")
        beside = [name for name in path.parent.iterdir() if name != path]
        for name in beside:
            name.chmod(0o644)
        ConsoleStore.open(path).close()
        assert {name.name.removeprefix(path.name): mode(name) for name in beside} == {
            "-wal": 0o600,
            "-shm": 0o600,
            ".door": 0o600,
            ".lock": 0o600,
            ".turn": 0o600,
        }


def test_every_connection_is_durable_and_keeps_foreign_keys(path):
    engine = console_file.open_engine(path)
    with console_file.begun(engine, "BEGIN") as connection:
        told = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    engine.dispose()
    assert told == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 5000,
    }


def test_the_migrations_make_the_tables_of_the_models(path):
    engine = console_file.open_engine(path)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_head_is_the_newest_version_there_is():
    config = Config()
    config.set_main_option("script_location", migrations.console.__path__[0])
    assert ScriptDirectory.from_config(config).get_heads() == [console_file.HEAD]


def test_a_second_start_does_not_pay_for_alembic(path):
    ConsoleStore.open(path).close()
    script = (
        "import sys; from pathlib import Path\n"
        "from services.adapters.console_store import ConsoleStore\n"
        f"ConsoleStore.open(Path({str(path)!r})).close()\n"
        "print('alembic' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_many_programs_may_start_at_once_on_no_file(path):
    script = (
        "from pathlib import Path\n"
        "from services.adapters.console_store import ConsoleStore\n"
        f"store = ConsoleStore.open(Path({str(path)!r}))\n"
        "with store.write() as tx: tx.references.add_block(100, 199)\n"
        "store.close()"
    )
    programs = [
        subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stderr=subprocess.PIPE)
        for _ in range(6)
    ]
    told = [program.communicate()[1] for program in programs]
    assert [(program.returncode, text) for program, text in zip(programs, told, strict=True)] == [
        (0, b"")
    ] * 6
    assert console_file.schema_version(path) == console_file.HEAD


def test_a_migration_that_fails_leaves_nothing(path, monkeypatch):
    def fail_late(_connection, _cursor, statement, *_):
        if "order_events_append_only" in statement:
            raise RuntimeError("power cut")

    make = console_file._engine

    def make_failing(file):
        engine = make(file)
        event.listen(engine, "before_cursor_execute", fail_late)
        return engine

    with monkeypatch.context() as patched:
        patched.setattr(console_file, "_engine", make_failing)
        with pytest.raises(RuntimeError):
            console_file.migrate(path)
    assert console_file.schema_version(path) is None
    console_file.migrate(path)
    assert console_file.schema_version(path) == console_file.HEAD


def test_a_newer_file_is_refused_and_left_alone(path):
    ConsoleStore.open(path).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0999'")
    before = path.read_bytes()
    with pytest.raises(Unavailable) as refused:
        ConsoleStore.open(path)
    assert refused.value.code == "file_too_new"
    assert refused.value.facts["version"] == "0999"
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a database, by far" * 200, b"SQLite format 3\0" * 300])
def test_a_damaged_file_is_refused_and_left_alone(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(Unavailable) as refused:
        ConsoleStore.open(path)
    assert refused.value.code == "store_broken"
    assert refused.value.facts["path"] == str(path)
    assert path.read_bytes() == content


def test_a_page_that_rots_is_said_to_be_the_file(path):
    store = ConsoleStore.open(path)
    with store.write() as tx:
        for number in range(500):
            tx.settings.put(f"key {number}", "x" * 100)
    store.close()
    content = bytearray(path.read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)
    path.write_bytes(content)
    with pytest.raises(Unavailable) as refused:
        read_setting(path, "key 400")
    assert refused.value.code == "store_broken"


def read_setting(path, key):
    with ConsoleStore.open(path).read() as tx:
        return tx.settings.get(key)


def test_the_database_of_another_program_is_refused_and_left_alone(path):
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    before = path.read_bytes()
    with pytest.raises(Unavailable) as refused:
        ConsoleStore.open(path)
    assert refused.value.code == "store_broken"
    assert path.read_bytes() == before


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable) as refused:
        ConsoleStore.open(tmp_path / "file" / "console.sqlite3")
    assert refused.value.code == "store_read_only"


def test_a_file_that_stays_busy_is_said_to_be_busy(path, monkeypatch):
    monkeypatch.setattr(console_file, "BUSY_SECONDS", 0.01)
    store = ConsoleStore.open(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable) as refused, store.write():
            pass
    assert refused.value.code == "store_busy"
    store.close()


def test_a_full_disk_is_said_and_nothing_is_half_written(path):
    store = ConsoleStore.open(path)

    def no_more_room(connection, _record):
        connection.execute("PRAGMA max_page_count = 1")

    store._engine.dispose()
    event.listen(store._engine, "connect", no_more_room)

    def write_too_much():
        with store.write() as tx:
            tx.settings.put("first", "kept?")
            tx.settings.put("second", "x" * 1_000_000)

    with pytest.raises(Unavailable) as refused:
        write_too_much()
    assert refused.value.code == "store_full"
    with store.read() as tx:
        assert tx.settings.get("first") is None
    store.close()


def test_an_error_tells_no_name_and_no_phone(path):
    store = ConsoleStore.open(path)
    with pytest.raises(Unavailable) as refused, store.read() as tx:
        tx.settings.put("name", "Jeanne Duval")
    cause = str(refused.value.__cause__)
    assert "INSERT INTO settings" in cause
    assert "Duval" not in cause + str(refused.value)
    store.close()


def test_a_path_may_hold_what_an_address_may_not(tmp_path):
    path = tmp_path / "100% sûr ? #1" / "console.sqlite3"
    ConsoleStore.open(path).close()
    assert console_file.schema_version(path) == console_file.HEAD
