"""The disk fills up, turns read-only, or loses the file under the running program."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from uuid import UUID

import pytest
from console_fixtures import NOW, complete_draft, enrol, opened, placing
from sqlalchemy import event

from models import wording
from models.draft import DraftState
from models.errors import Unavailable
from services.adapters.console_store import ConsoleStore
from services.drafts import save_draft
from services.place_order import place_in

DRAFT = UUID(int=1)


@pytest.fixture
def tools(catalogue_path):
    tools = placing(catalogue_path)
    yield tools
    tools.catalogue.close()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 2 MB, where one may be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0 or mount("-t", "tmpfs", "-o", "size=2m", "tmpfs", disk):
        pytest.skip("no file system can be mounted here")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def mount(*words):
    return subprocess.run(["mount", *words], capture_output=True, check=False).returncode


def fill(disk):
    """Not a byte is left."""
    with (disk / "ballast").open("wb", buffering=0) as ballast:
        size = 65536
        while size:
            try:
                ballast.write(b"\0" * size)
            except OSError:
                size //= 2


def prepared(store):
    enrol(store)
    with store.write() as tx:
        save_draft(complete_draft(DRAFT), tx=tx, holder=None, now=NOW)


def place(store, tools):
    with store.write() as tx:
        return place_in(tx, tx.drafts.get(DRAFT), tools)


def refused(store, tools):
    with pytest.raises(Unavailable) as caught:
        place(store, tools)
    return caught.value.code


def state_of(store):
    with store.read() as tx:
        return tx.drafts.get(DRAFT).state, len(tx.orders.recent()), tx.references.left()


UNTOUCHED = (DraftState.OPEN, 0, 605)
PLACED = (DraftState.PLACED, 1, 604)


# --- full ------------------------------------------------------------------------------


def test_a_full_disk_takes_no_half_of_an_order_and_the_whole_one_later(small_disk, tools):
    path = small_disk / "state" / "console.sqlite3"
    with opened(path) as store:
        prepared(store)
        fill(small_disk)
        assert refused(store, tools) == "store_full"
        assert state_of(store) == UNTOUCHED
        (small_disk / "ballast").unlink()
        place(store, tools)
        assert state_of(store) == PLACED
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_console_cannot_be_opened_on_a_full_disk_and_can_later(small_disk):
    path = small_disk / "state" / "console.sqlite3"
    path.parent.mkdir(mode=0o700)
    fill(small_disk)
    with pytest.raises(Unavailable) as caught:
        ConsoleStore.open(path)
    assert caught.value.code == "store_full"
    (small_disk / "ballast").unlink()
    with opened(path) as store:
        prepared(store)


def test_a_used_console_is_opened_on_a_full_disk_or_says_so(small_disk):
    path = small_disk / "state" / "console.sqlite3"
    with opened(path) as store:
        prepared(store)
    fill(small_disk)
    with pytest.raises(Unavailable) as caught, opened(path) as store:
        prepared(store)
    assert caught.value.code == "store_full"
    (small_disk / "ballast").unlink()
    with opened(path) as store:
        assert state_of(store) == UNTOUCHED


def test_a_file_that_may_grow_no_more(store, tools):
    """The same everywhere, without a disk of its own: orders until there is no more room."""

    def no_more_room(connection, _record):
        connection.execute("PRAGMA max_page_count = 1")

    def place_another(number):
        with store.write() as tx:
            place_in(tx, complete_draft(UUID(int=number)), tools)

    def place_until_full():
        for number in range(1000, 1100):
            place_another(number)
            placed.append(number)

    placed = []
    enrol(store)
    event.listen(store._engine, "connect", no_more_room)
    store._engine.dispose()
    with pytest.raises(Unavailable) as caught:
        place_until_full()
    assert caught.value.code == "store_full"
    event.remove(store._engine, "connect", no_more_room)
    store._engine.dispose()
    with store.read() as tx:
        assert len(tx.orders.recent()) == tx.outbox.waiting() == len(placed)
        assert tx.references.left() == 605 - len(placed)
    place_another(1000 + len(placed))
    with store.read() as tx:
        assert len(tx.orders.recent()) == len(placed) + 1


# --- read-only -------------------------------------------------------------------------


def test_a_disk_that_turns_read_only_is_said_and_works_again_later(small_disk, tools):
    path = small_disk / "state" / "console.sqlite3"
    with opened(path) as store:
        prepared(store)
    with opened(path) as store:
        store._engine.dispose()
        assert mount("-o", "remount,ro", small_disk) == 0
        assert refused(store, tools) == "store_read_only"
        with pytest.raises(Unavailable) as caught:
            ConsoleStore.open(path)
        assert caught.value.code == "store_read_only"
        assert mount("-o", "remount,rw", small_disk) == 0
        assert state_of(store) == UNTOUCHED
        place(store, tools)
        assert state_of(store) == PLACED


# --- gone ------------------------------------------------------------------------------


def delete(path):
    for name in path.parent.glob("console.sqlite3*"):
        name.unlink()


@pytest.mark.parametrize("lose", [delete, lambda path: shutil.rmtree(path.parent)])
def test_no_order_goes_into_a_file_that_was_deleted(path, store, tools, lose):
    """SQLite would take it without a word, and it would be gone at the end of the program."""
    prepared(store)
    lose(path)
    assert refused(store, tools) == "store_gone"
    with pytest.raises(Unavailable) as caught:
        state_of(store)
    assert caught.value.code == "store_gone"
    assert not path.exists()


def test_the_file_put_back_in_its_place_is_used_again(path, store, tools):
    prepared(store)
    away = path.with_name("away")
    path.rename(away)
    assert refused(store, tools) == "store_gone"
    away.rename(path)
    assert state_of(store) == UNTOUCHED
    place(store, tools)
    assert state_of(store) == PLACED


def test_another_file_in_its_place_is_left_to_the_next_start(path, store, tools):
    prepared(store)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM INTO ?", (str(path.with_name("backup")),))
    delete(path)
    path.with_name("backup").rename(path)
    before = path.read_bytes()
    assert refused(store, tools) == "store_gone"
    assert path.read_bytes() == before
    with opened(path) as again:
        place(again, tools)
        assert state_of(again) == PLACED


@pytest.mark.parametrize(
    "code", ["store_busy", "store_full", "store_read_only", "store_broken", "store_gone"]
)
def test_each_is_said_with_what_to_do(code):
    said = wording.error_sentence(Unavailable(code, path="/dossier/console.sqlite3"))
    assert code not in said
    assert any(
        word in said for word in ("recommencez", "libérez", "vérifiez", "remettez", "Remettez")
    )
