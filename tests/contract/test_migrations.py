"""From every version that was released to the one of today: nothing is lost, and it works.

The databases are populated as their own version left them (``contract.released``). What is
in the tables is the same afterwards, column by column; what came since is made of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest
from contract import released
from contract.databases import Postgres
from contract.people import people_by_phone
from contract.shop import RULES
from sqlalchemy import create_engine, func, inspect, select

import migrations.central
import migrations.console
from central.database import HEAD, Database, migrate
from central.store.accounts import OrderAccount, accounts_of, to_refund
from central.store.cancellations import cancel_order
from central.store.consoles import Console, list_consoles
from central.store.orders import get_order, take_order
from central.store.receipts import note_received
from central.store.references import lease_block
from central.store.revisions import put_revision
from central.store.settings import CENTRAL_ID, central_id
from central.store.vouchers import vouchers_since
from models.account import Account
from models.order import OrderState
from models.tables import central as tables
from models.wire.orders import CancellationIn, OrderIn, VerdictOut
from services.adapters import console_file

CENTRAL = str(next(iter(migrations.central.__path__)))
CONSOLE = str(next(iter(migrations.console.__path__)))
VERSIONS = sorted(released.CENTRAL)
AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
COMPTOIR = Console(UUID(released.CONSOLE), "comptoir")

Contents = Mapping[str, Sequence[Any]]


def test_every_version_before_this_one_is_tried() -> None:
    found = sorted(file.name[1:5] for file in Path(CENTRAL).glob("versions/v*.py"))
    assert [*VERSIONS, HEAD] == found
    assert [version for version in released.CENTRAL if not released.CENTRAL[version]] == []
    assert [file.name[1:5] for file in sorted(Path(CONSOLE).glob("versions/v*.py"))] == [
        "0001",
        console_file.HEAD,
    ]


# --- central ----------------------------------------------------------------------


@dataclass(frozen=True)
class Upgraded:
    """A database that was populated by an older version; ``before``: what was in it."""

    before: Contents
    after: Contents
    database: Database


@pytest.fixture(
    scope="module",
    params=[(kind, version) for kind in ("sqlite", "postgresql") for version in VERSIONS],
    ids="-".join,
)
def upgraded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Upgraded]:
    """One for all tests, each of which has an order of its own."""
    kind, version = request.param
    with _empty(kind, request, tmp_path_factory.mktemp("old")) as where:
        database = Database(where)
        with closing(database):
            before = _populated(database, version)
            migrate(where)
            with database.read() as connection:
                after = released.contents(connection, before.columns)
            yield Upgraded(before.rows, after, database)


@contextmanager
def _empty(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Path | str]:
    if kind == "sqlite":
        yield folder / "central.sqlite3"
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    name = f"old-{uuid4().hex}"
    yield postgres.create(name)
    postgres.drop(name)


def _populated(database: Database, version: str) -> released.Held:
    with database.write() as connection:
        released.make(connection, CENTRAL, version, released.CENTRAL[version])
        released.set_counters(connection, released.CENTRAL_COUNTERS)
        columns = released.columns_of(connection)
        return released.Held(columns, released.contents(connection, columns))


def test_nothing_is_lost(upgraded: Upgraded) -> None:
    counted = [("events", 0), ("vouchers", 1)]
    before, after = (
        {
            table: [row for row in rows if row not in counted and row[0] != CENTRAL_ID]
            for table, rows in found.items()
        }
        for found in (upgraded.before, upgraded.after)
    )
    assert set(counted) <= set(upgraded.after["counters"])
    assert after == before
    assert all(upgraded.before[table] for table in released.CENTRAL_0001)
    upgraded.database.ensure_ready()


def test_a_copy_of_before_that_is_put_back_is_the_same_central(upgraded: Upgraded) -> None:
    """Upgraded anew, it has the id that the database had from its upgrade."""
    with upgraded.database.read() as connection:
        assert central_id(connection) == uuid5(UUID(released.CONSOLE), "central")


def test_an_upgraded_database_is_like_a_new_one(upgraded: Upgraded) -> None:
    with upgraded.database.read() as connection:
        found = inspect(connection)
        checks = {c["name"] for c in found.get_check_constraints("reference_blocks")}
        unique = {
            tuple(c["column_names"]) for c in found.get_unique_constraints("reference_blocks")
        }
        keys = {k["referred_table"] for k in found.get_foreign_keys("reference_blocks")}
    assert checks == {"ck_reference_blocks_range"}
    assert unique == {("last",), ("console_id", "lease_key")}
    assert keys == {"consoles"}


def test_an_order_that_is_sent_again_after_the_upgrade_has_its_answer(upgraded: Upgraded) -> None:
    body = released.order_body(released.AWAITED, "100000006", "cheque")
    order = OrderIn.model_validate_json(body)
    again = upgraded.database.run(lambda c: take_order(c, COMPTOIR, order, at=AT, rules=RULES))
    assert again.canonical() == released.verdict_body(released.AWAITED, "100000006")
    with upgraded.database.read() as connection:
        kept = get_order(connection, COMPTOIR, order.order_id)
        count = connection.scalar(select(func.count()).select_from(tables.orders))
    assert kept.order == order
    assert kept.verdict == VerdictOut.model_validate_json(again.canonical())
    assert count == len(upgraded.before["orders"])


def test_what_was_awaited_before_is_asked_for(upgraded: Upgraded) -> None:
    requests = tables.payment_requests.c
    with upgraded.database.read() as connection:
        rows = {
            row.order_id.hex: (row.method, row.amount_cents, row.creditor_reference)
            for row in connection.execute(
                select(tables.payment_requests).where(requests.order_id == requests.request_id)
            )
        }
    assert rows == {
        released.AWAITED: ("cheque", 1780, None),
        released.BY_TRANSFER: ("transfer", 1780, "RF42100000011"),
        released.CHANGED: ("cheque", 1780, None),
    }


def test_what_was_awaited_before_can_be_paid(upgraded: Upgraded) -> None:
    noted = upgraded.database.run(lambda c: note_received(c, "RF42100000011", at=AT))
    paid = OrderAccount("100000011", OrderState.IN_PREPARATION, Account(1780, 1780))
    assert noted.order == paid


def test_what_was_covered_before_costs_nothing(upgraded: Upgraded) -> None:
    with upgraded.database.read() as connection:
        accounts = accounts_of(connection, [UUID(released.PREPARED), UUID(released.AWAITED)])
    assert accounts == {
        UUID(released.PREPARED): Account(0),
        UUID(released.AWAITED): Account(1780),
    }


def test_what_has_to_go_back_is_found_as_before(upgraded: Upgraded) -> None:
    is_noted = "ledger" in upgraded.before
    overpaid = OrderAccount("100000040", OrderState.IN_PREPARATION, Account(1780, 2180))
    with upgraded.database.read() as connection:
        assert to_refund(connection) == ([overpaid] if is_noted else [])


def test_what_was_ordered_before_can_be_changed(upgraded: Upgraded) -> None:
    body = released.order_body(released.CHANGED, "100000033", "transfer")
    changed = OrderIn.model_validate_json(body).model_copy(update={"revision": 2, "revised_at": AT})
    answer = upgraded.database.run(lambda c: put_revision(c, COMPTOIR, changed, at=AT, rules=RULES))
    assert answer.revision == 2
    with upgraded.database.read() as connection:
        kept = get_order(connection, COMPTOIR, changed.order_id)
        asked = connection.execute(
            select(tables.payment_requests.c.method, tables.payment_requests.c.state).where(
                tables.payment_requests.c.order_id == changed.order_id
            )
        ).all()
    assert kept.order == changed
    assert sorted(tuple(row) for row in asked) == [("cheque", "replaced"), ("transfer", "awaited")]


def test_what_was_ordered_before_can_be_cancelled(upgraded: Upgraded) -> None:
    given_up = CancellationIn(cancelled_at=AT)
    prepared = UUID(released.PREPARED)
    upgraded.database.run(lambda c: cancel_order(c, COMPTOIR, prepared, given_up, at=AT))
    with upgraded.database.read() as connection:
        stock = connection.scalar(select(tables.articles.c.stock))
        credit = connection.execute(
            select(tables.vouchers.c.uses, tables.vouchers.c.remaining_cents)
        ).one()
        state = get_order(connection, COMPTOIR, prepared).state
    assert state is OrderState.CANCELLED
    assert stock == 3
    assert tuple(credit) == (0, 1500)


def test_customers_of_before_are_found_by_each_phone(upgraded: Upgraded) -> None:
    with upgraded.database.read() as connection:
        for phone in ("+33199001234", "+33639981234"):
            (found,) = people_by_phone(connection, phone)
            assert found.canonical() == released.CUSTOMER_BODY


def test_consoles_of_before_are_known_to_have_been_enrolled(upgraded: Upgraded) -> None:
    with upgraded.database.read() as connection:
        rows = list_consoles(connection)
    assert [(row.name, row.enrolled_at == row.created_at) for row in rows] == [
        ("comptoir", True),
        ("volée", True),
    ]


def test_codes_of_before_are_the_beginning_of_their_feed(upgraded: Upgraded) -> None:
    with upgraded.database.read() as connection:
        begun = vouchers_since(connection, 0, limit=10)
    assert [voucher.code for voucher in begun.vouchers] == ["AV-7K2M"]
    assert begun.removed == []


def test_references_go_on_where_they_were(upgraded: Upgraded) -> None:
    block = upgraded.database.run(lambda c: lease_block(c, COMPTOIR.console_id, 10, at=AT, key="k"))
    assert block == (10_000_101, 10_000_110)


# --- a console --------------------------------------------------------------------


@pytest.fixture
def console(tmp_path: Path) -> Path:
    path = tmp_path / "console.sqlite3"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        released.make(connection, CONSOLE, "0001", released.CONSOLE_0001)
    engine.dispose()
    return path


def test_a_console_loses_nothing(console: Path) -> None:
    before = _everything(console)
    console_file.migrate(console)
    after = _everything(console)
    assert {table: after[table][: len(rows)] for table, rows in before.items()} == before
    assert all(before.values())
    with closing(sqlite3.connect(console)) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert file.execute("PRAGMA foreign_key_check").fetchall() == []
        assert file.execute("SELECT revision FROM orders").fetchall() == [(1,)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE orders SET body = ''",
        "DELETE FROM orders",
        "UPDATE order_events SET facts = ''",
        "DELETE FROM order_events",
    ],
)
def test_what_was_said_is_still_kept_as_it_was_said(console: Path, statement: str) -> None:
    console_file.migrate(console)
    with (
        closing(sqlite3.connect(console)) as file,
        pytest.raises(sqlite3.IntegrityError, match="kept as it was said"),
    ):
        file.execute(statement)


def _everything(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    columns: dict[str, str] = {
        table: ", ".join(rows[0]) for table, rows in released.CONSOLE_0001.items()
    }
    with closing(sqlite3.connect(path)) as file:
        return {
            table: file.execute(f"SELECT {names} FROM {table}").fetchall()  # noqa: S608 - ours
            for table, names in columns.items()
        }
