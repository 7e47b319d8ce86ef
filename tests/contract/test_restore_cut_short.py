"""A restore is killed before each of its steps: what is served afterwards is what there was, or
what was put back and moved past, or nothing; and doing it once more finishes it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from contract.conftest import Shop
from contract.databases import Postgres, on_postgresql, on_sqlite
from contract.shop import NOW, make_order
from sqlalchemy import func, inspect, select

import central.restore
from central.backup import back_up
from central.database import Database, current_number, migrate
from central.restore import REFERENCES_SKIPPED, restore
from kiosk.cli import main
from models.errors import Conflict, DomainError, Unavailable
from models.tables import central as tables
from models.wire.orders import order_to_wire

pytestmark = pytest.mark.usefixtures("postgresql_tools")

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("restore_process.py")

State = tuple[int, int]
"""Orders, and the last number that was leased."""


def _take(shop: Shop) -> None:
    with shop.client() as client:
        number = client.post("/v1/reference-blocks", json={"count": 10}).json()["first"]
        order = make_order(number)
        client.put(f"/v1/orders/{order.order_id}", content=order_to_wire(order))


@pytest.fixture
def copy(shop: Shop, tmp_path: Path) -> Path:
    """Of one order; central has taken another since."""
    shop.fill()
    _take(shop)
    back_up(shop.where, tmp_path / "copy")
    _take(shop)
    return tmp_path / "copy"


BEFORE: State = (2, 10_000_019)


class Past:
    """What is put back and moved past: the one order, and no number that may be leased. Each
    restore that came as far as its note moves further.
    """

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, tuple)
            and other[0] == 1
            and other[1] >= 10_000_009 + REFERENCES_SKIPPED
            and other[1] > BEFORE[1]
        )

    __hash__ = None  # type: ignore[assignment]


AFTER = Past()


def _state(where: Path | str) -> State:
    with closing(Database(where)) as database, database.read() as connection:
        orders = connection.scalar(select(func.count()).select_from(tables.orders))
        return orders or 0, current_number(connection, "references")


def _is_empty(where: Path | str) -> bool:
    with closing(Database(where)) as database, database.read() as connection:
        return not inspect(connection).get_table_names()


def _served(where: Path | str) -> State | None:
    """What a central that starts now would serve; None: it does not start."""
    try:
        migrate(where)
    except Unavailable as refused:
        if refused.code != "restore_unfinished":
            raise
        return None
    with closing(Database(where)) as database:
        database.ensure_ready()
    return _state(where)


@contextmanager
def _killing(copy: Path) -> Iterator[Callable[[int, Path | str], bool]]:
    """Restores that are killed before the n-th step; whether that one was reached."""
    with subprocess.Popen(
        [sys.executable, str(SCRIPT), str(copy)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as process:
        said, told = process.stdin, process.stdout
        assert said is not None
        assert told is not None

        def restore_until(step: int, where: Path | str) -> bool:
            said.write(f"{step} {where}\n")
            said.flush()
            ended = told.readline().strip()
            assert ended in {"killed", "done"}
            return ended == "killed"

        yield restore_until


@on_sqlite
def test_a_file(shop: Shop, copy: Path, tmp_path: Path) -> None:
    seen: list[State | None] = []
    with _killing(copy) as restore_until:
        for step in count(1):
            # With its log, which has what happened last.
            folder = Path(shutil.copytree(shop.folder, tmp_path / f"step-{step}"))
            where = folder / shop.path.name
            assert where.with_name(f"{where.name}-wal").stat().st_size
            if not restore_until(step, where):
                break
            seen.append(_served(where))
            restore(copy, where, at=NOW)
            assert _state(where) == AFTER
            (aside,) = folder.glob(f"before-*/{where.name}")
            assert _state(aside) == BEFORE
    assert _served(where) == AFTER
    assert seen == [BEFORE] * seen.count(BEFORE) + [None] * seen.count(None)
    assert min(seen.count(BEFORE), seen.count(None)) > 2


@on_postgresql
def test_a_database_of_postgresql(copy: Path, postgres: Postgres) -> None:
    seen: list[State | None] = []
    with _killing(copy) as restore_until:
        for step in count(1):
            where = postgres.create(f"step-{step}-{uuid4().hex}")
            if not restore_until(step, where):
                break
            if not _is_empty(where):
                seen.append(_served(where))
            restore(copy, where, at=NOW)
            assert _served(where) == AFTER
    assert _served(where) == AFTER
    assert len(seen) >= 3
    assert set(seen) == {None}


@on_sqlite
def test_what_a_log_could_not_be_written_into_is_not_put_in_place(
    shop: Shop, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def with_a_log(part: Path, *args: Any, **kwargs: Any) -> None:
        bring_up_to_date(part, *args, **kwargs)
        part.with_name(f"{part.name}-wal").write_bytes(b"what does not fit on the disk")

    bring_up_to_date = central.restore._bring_up_to_date
    monkeypatch.setattr(central.restore, "_bring_up_to_date", with_a_log)
    with pytest.raises(Unavailable) as failed:
        restore(copy, shop.where, at=NOW)
    assert failed.value.code == "restore_failed"
    assert _served(shop.where) == BEFORE


@pytest.fixture
def unfinished(
    copy: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, Path]]:
    """The copy is in the database, which has not moved past it; and the copy."""

    def cut_short(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    name = f"unfinished-{uuid4().hex}"
    where = postgres.create(name)
    with monkeypatch.context() as machine:
        machine.setattr("central.restore.move_past", cut_short)
        with pytest.raises(KeyboardInterrupt):
            restore(copy, where, at=NOW)
    yield where, copy
    postgres.drop(name)


@on_postgresql
def test_what_is_not_moved_past_is_neither_ready_nor_copied_nor_looked_after(
    unfinished: tuple[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where, copy = unfinished
    with closing(Database(where)) as database, pytest.raises(Unavailable) as unready:
        database.ensure_ready()
    assert unready.value.code == "central_not_ready"
    with pytest.raises(Unavailable) as uncopied:
        back_up(where, tmp_path / "another")
    assert uncopied.value.code == "restore_unfinished"
    assert not (tmp_path / "another").exists()
    for act in (["serve", "--port", "0"], ["console", "list"]):
        assert main(["central", *act, "--database", where]) == 3
        assert "avec la même copie" in capsys.readouterr().err
    assert main(["central", "restore", str(copy), "--database", where]) == 0
    assert _served(where) == AFTER


@on_postgresql
def test_another_copy_does_not_pass_for_the_one_that_is_there(
    unfinished: tuple[str, Path], shop: Shop, tmp_path: Path
) -> None:
    where, _ = unfinished
    back_up(shop.where, tmp_path / "newer")
    with pytest.raises(Conflict) as refused:
        restore(tmp_path / "newer", where, at=NOW)
    assert refused.value.code == "database_not_empty"
    assert _served(where) is None


@on_postgresql
def test_a_copy_that_could_not_be_put_back_leaves_room_for_another(
    copy: Path, postgres: Postgres, tmp_path: Path
) -> None:
    where = postgres.create(f"room-{uuid4().hex}")
    cut = tmp_path / "cut"
    cut.write_bytes(copy.read_bytes()[:-2_000])
    with pytest.raises(Unavailable) as failed:
        restore(cut, where, at=NOW)
    assert failed.value.code == "restore_failed"
    assert _served(where) is None
    restore(copy, where, at=NOW)
    assert _served(where) == AFTER


@on_postgresql
def test_nothing_is_put_back_under_a_central_that_serves(copy: Path, postgres: Postgres) -> None:
    where = postgres.create(f"served-{uuid4().hex}")
    with closing(Database(where)) as serving:
        with pytest.raises(Unavailable):
            serving.ensure_ready()
        with pytest.raises(Conflict) as refused:
            restore(copy, where, at=NOW)
    assert refused.value.code == "central_running"
    assert _is_empty(where)


def test_a_file_that_is_no_dump_is_refused_before_anything_is_marked(
    postgres: Postgres, tmp_path: Path
) -> None:
    where = postgres.create(f"letter-{uuid4().hex}")
    (tmp_path / "letter").write_text("somebody's letter")
    for source in (tmp_path / "letter", tmp_path / "nowhere"):
        with pytest.raises(DomainError) as refused:
            restore(source, where, at=NOW)
        assert refused.value.code == "backup_unreadable"
    assert _is_empty(where)
