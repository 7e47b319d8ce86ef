"""The catalogue as a console follows it: snapshot, changes, tombstones, from any cursor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from contract.conftest import Shop, with_price
from contract.databases import on_sqlite
from contract.shop import ARTICLES, NOW, PAIRS, PRINTERS, VOUCHERS, article, make_order
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError

from central.database import Database, migrate
from central.settings import CentralSettings
from central.store import feed
from central.store.feed_text import text_of
from models.catalogue import Article, Colour, Printer
from models.errors import Unavailable
from models.tables import central as tables
from models.wire.catalogue import ChangesOut
from models.wire.orders import order_to_wire
from services.adapters.central_http import CentralHttp
from services.ports import CatalogueChanges


class Follower:
    """What a console has after every page it took."""

    def __init__(self, shop: Shop) -> None:
        self.central = CentralHttp(lambda: shop.url, shop.token())
        self.cursor: str | None = None
        self.printers: dict[str, Printer] = {}
        self.articles: dict[str, Article] = {}
        self.pairs: set[tuple[str, str]] = set()

    def take(self) -> CatalogueChanges:
        page = self.central.catalogue_changes(self.cursor)
        self.printers |= {printer.printer_id: printer for printer in page.printers}
        self.articles |= {found.sku: found for found in page.articles}
        self.pairs |= set(page.pairs)
        for printer_id in page.removed_printers:
            self.printers.pop(printer_id, None)
        for sku in page.removed_skus:
            self.articles.pop(sku, None)
        self.pairs -= set(page.removed_pairs)
        self.cursor = page.cursor
        return page

    def take_all(self) -> list[CatalogueChanges]:
        pages = [self.take()]
        while pages[-1].has_more:
            pages.append(self.take())
        return pages


@pytest.fixture
def follower(shop: Shop) -> Iterator[Follower]:
    following = Follower(shop)
    yield following
    following.central.close()


def test_before_there_is_a_catalogue(shop: Shop, follower: Follower) -> None:
    assert follower.central.catalogue_version() == ""
    with shop.client() as client:
        assert client.get("/v1/catalogue").json() == {"version": None, "is_demo": False}


def test_a_snapshot_is_all_there_is(shop: Shop, follower: Follower) -> None:
    shop.fill()
    pages = follower.take_all()
    assert tuple(follower.printers.values()) == tuple(sorted(PRINTERS, key=lambda p: p.printer_id))
    assert follower.articles == {found.sku: found for found in ARTICLES}
    assert follower.pairs == set(PAIRS)
    assert all(page.is_full and page.is_demo for page in pages)
    assert pages[0].rows_total == len(PRINTERS) + len(ARTICLES) + len(PAIRS)
    assert max(page.row_count for page in pages) <= 5
    assert follower.cursor == follower.central.catalogue_version() == "shop-1"


def test_after_the_version_come_the_changes(shop: Shop, follower: Follower) -> None:
    shop.fill()
    follower.take_all()
    nothing = follower.take()
    assert (nothing.row_count, nothing.is_full, nothing.has_more) == (0, False, False)
    shop.clock.at += timedelta(hours=1)
    extra = article("LC970XL", Colour.BLACK, 3190, 2)
    shop.fill(
        version="shop-2",
        articles=(*with_price(ARTICLES[:-1], "LC970C", 1390), extra),
        printers=PRINTERS[1:],
        pairs=[pair for pair in PAIRS if pair[0] != PRINTERS[0].printer_id],
    )
    pages = follower.take_all()
    assert [page.is_full for page in pages] == [False] * len(pages)
    assert set(follower.printers) == {printer.printer_id for printer in PRINTERS[1:]}
    assert set(follower.articles) == {"LC970BK", "LC970C", "LC970M", "LC970XL"}
    assert follower.articles["LC970C"].offer.price_cents == 1390
    assert follower.pairs == {pair for pair in PAIRS if pair[0] != PRINTERS[0].printer_id}
    assert follower.cursor == follower.central.catalogue_version() == "shop-2"
    changed = sum(page.row_count for page in pages)
    assert changed == 2  # the price and the new one: what is the same is not sent again


def test_an_order_moves_the_stock_of_all_consoles(shop: Shop, follower: Follower) -> None:
    shop.fill()
    follower.take_all()
    order = make_order(10_000_000)
    with shop.client() as client:
        client.post("/v1/reference-blocks", json={"count": 1})
        client.put(f"/v1/orders/{order.order_id}", content=order_to_wire(order))
    version = follower.central.catalogue_version()
    assert version.startswith("shop-1+")
    (page,) = follower.take_all()
    assert {found.sku: found.offer.stock for found in page.articles} == {"LC970BK": 11, "LC970C": 6}
    assert follower.cursor == version


def test_a_snapshot_that_is_overtaken_is_caught_up(shop: Shop, follower: Follower) -> None:
    """Whatever changes between two pages: in the end the console has what central has."""
    shop.fill()
    follower.take()
    shop.fill(
        version="shop-2",
        printers=(*PRINTERS[:-1], replace(PRINTERS[0], printer_id="aaa")),
        articles=(*ARTICLES[1:], article("AAA", Colour.BLUE, 100, 1)),
        pairs=[("aaa", "AAA"), *(p for p in PAIRS if p[0] == PRINTERS[0].printer_id)][:-1],
    )
    follower.take_all()
    follower.take_all()
    other = Follower(shop)
    other.take_all()
    other.central.close()
    assert (follower.printers, follower.articles, follower.pairs) == (
        other.printers,
        other.articles,
        other.pairs,
    )
    assert follower.cursor == other.cursor


def test_pairs_of_a_snapshot_join_what_came_before_them(shop: Shop, follower: Follower) -> None:
    """A pair that is newer than the snapshot's first page waits for the changes after it."""
    shop.fill()
    follower.take()
    new = replace(PRINTERS[0], printer_id="aaa")
    shop.fill(version="shop-2", printers=(new, *PRINTERS), pairs=[*PAIRS, ("aaa", "LC970BK")])
    while follower.take().has_more:
        assert all(pair[0] in follower.printers for pair in follower.pairs)
    assert ("aaa", "LC970BK") not in follower.pairs
    follower.take_all()
    assert ("aaa", "LC970BK") in follower.pairs


def test_a_version_of_another_catalogue_begins_a_snapshot(shop: Shop, follower: Follower) -> None:
    shop.fill()
    follower.cursor = "import-of-somebody-else"
    assert follower.take().is_full


def test_taking_the_same_version_in_twice_changes_nothing(shop: Shop, follower: Follower) -> None:
    shop.fill()
    shop.set_stock("LC970BK", 3)
    shop.fill()
    assert shop.stock("LC970BK") == 3
    assert follower.central.catalogue_version() == "shop-1"


@pytest.mark.parametrize("cursor", ["\x00", "shop-1+1|printers|%00"])
@pytest.mark.parametrize("route", ["changes", "stream"])
def test_a_cursor_that_no_database_can_hold_is_not_ours(
    shop: Shop, route: str, cursor: str
) -> None:
    shop.fill()
    with shop.client() as client:
        answer = client.get(f"/v1/catalogue/{route}", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (410, "cursor_unknown")


def test_a_snapshot_page_is_compressed(shop: Shop) -> None:
    shop.fill()
    with shop.client() as client:
        answer = client.get(
            "/v1/catalogue/changes?cursor=shop-1%2B0%7Carticles",
            headers={"Accept-Encoding": "gzip"},
        )
    assert answer.headers["content-encoding"] == "gzip"
    assert len(answer.json()["articles"]) == 4


def test_codes_come_as_they_are_counted(shop: Shop, follower: Follower) -> None:
    shop.fill()
    assert sorted(follower.central.vouchers().rows, key=lambda v: v.code) == sorted(
        VOUCHERS, key=lambda v: v.code
    )


# --- the database -----------------------------------------------------------------


def test_the_migrations_make_the_tables_the_program_knows(shop: Shop) -> None:
    with shop.database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []
        with_checks = {
            table: {c["name"] for c in inspect(connection).get_check_constraints(table)}
            for table in tables.metadata.tables
        }
    assert with_checks["articles"] == {"ck_articles_stock"}
    assert with_checks["reference_blocks"] == {"ck_reference_blocks_range"}


def test_migrating_again_changes_nothing_and_a_newer_file_is_refused(shop: Shop) -> None:
    shop.fill()
    migrate(shop.where)
    assert shop.stock("LC970BK") == 12
    with shop.database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Unavailable) as refused:
        migrate(shop.where)
    assert refused.value.code == "file_too_new"


def test_the_database_is_ours_alone(tmp_path: Path) -> None:
    path = tmp_path / "central" / "central.sqlite3"
    migrate(path)
    path.chmod(0o644)  # as a copy that was put back
    migrate(path)
    database = Database(path)
    with database.write() as connection:
        connection.execute(tables.prices.insert(), {"sku": "a", "since": NOW, "price_cents": 1})
    files = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    database.close()
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert set(files) == {path.name, f"{path.name}-wal", f"{path.name}-shm"}
    assert set(files.values()) == {0o600}


@on_sqlite
def test_the_database_is_safe_against_a_power_cut(shop: Shop) -> None:
    with shop.database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def _write_twice(shop: Shop, row: dict[str, object]) -> None:
    with shop.database.write() as connection:
        connection.execute(tables.prices.insert(), row)
        connection.execute(tables.prices.insert(), row)


def test_a_transaction_that_fails_leaves_nothing(shop: Shop) -> None:
    row = {"sku": "a", "since": NOW, "price_cents": 1}
    with pytest.raises(IntegrityError):
        _write_twice(shop, row)
    assert shop.count(tables.prices) == 0


@on_sqlite
def test_a_database_that_is_locked_is_busy(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("central.sqlite.PRAGMAS", ("PRAGMA busy_timeout = 10",))
    hurried = Database(shop.path)
    with shop.database.write():
        with pytest.raises(Unavailable) as busy, hurried.write():
            pass
        assert busy.value.code == "central_busy"
    hurried.close()


def test_the_pages_of_any_size_hold_the_same(shop: Shop) -> None:
    shop.fill()
    assert CentralSettings(shop.where).now().utcoffset() == timedelta(0)
    with shop.database.read() as connection:
        for limit in (1, 2, 3, 4, 12, 100):
            cursor, rows = None, []
            while True:
                page = ChangesOut.read_answer(
                    text_of(feed.page_after(connection, cursor, limit=limit))
                )
                rows += [*page.printers, *page.articles, *page.pairs]
                cursor = page.cursor
                if not page.has_more:
                    break
            assert len(rows) == len(PRINTERS) + len(ARTICLES) + len(PAIRS)
            assert cursor == "shop-1"
    assert shop.clock.at == NOW
