from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from console_fixtures import opened

from services.adapters.checkpoints import COMMITS_BETWEEN, PAGES_AT_MOST, Checkpoints


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "console.sqlite3"


def write(store, times):
    for number in range(times):
        with store.write() as tx:
            tx.settings.put(f"key {number}", "x" * 3000)


def in_the_file_itself(path):
    """What is there without the log: as if -wal had never been."""
    with closing(sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)) as connection:
        return connection.execute("SELECT count(*) FROM settings").fetchone()[0]


def test_what_was_committed_moves_into_the_file_after_so_many(path):
    with opened(path) as store:
        write(store, COMMITS_BETWEEN - 1)
        store._checkpoints.close()
        assert in_the_file_itself(path) == 0
        write(store, 1)
        store._checkpoints.close()
        assert in_the_file_itself(path) == COMMITS_BETWEEN - 1


def test_sqlite_does_it_itself_only_where_nobody_did(path):
    with opened(path) as store, store.read() as tx:
        told = tx.settings._connection.exec_driver_sql("PRAGMA wal_autocheckpoint").scalar_one()
    assert told == PAGES_AT_MOST


def test_a_block_that_fails_counts_for_nothing(path):
    with opened(path) as store:
        for _ in range(COMMITS_BETWEEN):
            with pytest.raises(ZeroDivisionError), store.write():
                raise ZeroDivisionError
        assert store._checkpoints._running is None


def test_no_file_is_made_where_it_is_gone(path):
    gone = Checkpoints(path)
    for _ in range(COMMITS_BETWEEN):
        gone.after_commit()
    gone.close()
    assert not path.exists()
