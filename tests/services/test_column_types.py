from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Column, MetaData, Table, create_engine, insert, select
from sqlalchemy.exc import StatementError

from models.tables.types import UtcDateTime

ROOT = Path(__file__).parents[2]


@pytest.fixture
def times():
    engine = create_engine("sqlite://")
    table = Table("times", MetaData(), Column("at", UtcDateTime))
    with closing(engine.connect()) as connection:
        table.create(connection)
        yield connection, table
    engine.dispose()


def test_a_time_of_any_zone_comes_back_in_utc_to_the_microsecond(times):
    connection, table = times
    paris = timezone(timedelta(hours=1))
    connection.execute(insert(table).values(at=datetime(2026, 11, 23, 11, 42, 0, 7, paris)))
    (found,) = connection.execute(select(table.c.at)).scalars()
    assert found == datetime(2026, 11, 23, 10, 42, 0, 7, UTC)
    assert found.tzinfo is UTC


def test_a_time_without_its_zone_is_refused(times):
    connection, table = times
    with pytest.raises(StatementError, match="without its zone"):
        connection.execute(insert(table).values(at=datetime(2026, 11, 23, 10, 42)))  # noqa: DTZ001


def test_centrals_tables_do_without_the_consoles():
    script = "import sys, models.tables.central; print('models.tables.console' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
