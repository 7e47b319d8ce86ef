"""A catalogue taken in beside orders that go on: whose stock counts, and who waits for whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from contract.asking import NUMBER, cancel, dispatch, leased, pay, placed, put
from contract.conftest import Shop, with_price
from contract.databases import on_postgresql
from contract.shop import ARTICLES, NOW, PAIRS, PRINTERS, article
from contract.statements import counted
from sqlalchemy import select
from sqlalchemy.engine import Connection

import central.store.catalogue_import as import_module
from central.database import Database
from central.store.catalogue import articles_by_sku, prices_between, set_stock
from central.store.catalogue_difference import Incoming, plan_for, rows_of
from central.store.catalogue_import import bring_in, carry_out
from central.store.feed import newest_import, version_now
from kiosk.cli import main
from models.catalogue import Article, Colour, Offer
from models.errors import Unavailable
from models.tables import central as tables

LATER = NOW + timedelta(hours=3)
SKUS = ("LC970BK", "LC970C", "LC970M", "LC970Y")


def real(articles: Sequence[Article], **stock: int) -> list[Article]:
    """With figures that somebody counted, at ``LATER``."""
    return [
        replace(
            each,
            offer=replace(
                each.offer,
                is_demo=False,
                known_at=LATER,
                stock=stock.get(each.sku, each.offer.stock),
            ),
        )
        for each in articles
    ]


def incoming(version: str, articles: Sequence[Article], **how: Any) -> Incoming:
    given = {"printers_in": PRINTERS, "pairs_in": PAIRS, "is_demo": False, **how}
    return rows_of(version=version, articles_in=articles, **given)


def offer(shop: Shop, sku: str) -> Offer:
    with shop.database.read() as connection:
        return articles_by_sku(connection, [sku])[sku].offer


def stock(shop: Shop) -> list[int]:
    return [shop.stock(sku) for sku in SKUS]


@pytest.fixture
def sold(shop: Shop) -> Shop:
    """12, 8, 0 and 5 were counted; then 2 of the black ones were ordered, 3 of the cyan ones
    left with the carrier, and 1 of the yellow ones was given up.
    """
    bring_in(shop.database, incoming("first", real(ARTICLES)), at=NOW)
    orders = [
        placed(NUMBER + n, [line])
        for n, line in enumerate([("LC970BK", 2), ("LC970C", 3), ("LC970Y", 1)])
    ]
    with leased(shop) as client:
        for order in orders:
            assert put(client, order).is_success
        cancel(client, orders[2].order_id)
    pay(shop, orders[1])
    dispatch(shop, orders[1])
    assert stock(shop) == [10, 5, 0, 5]
    return shop


# --- whose figure counts ------------------------------------------------------------


def test_what_is_known_keeps_the_stock_of_central(sold: Shop) -> None:
    day = date(2026, 12, 3)
    sold.database.run(lambda tx: set_stock(tx, "LC970M", 4, restock_on=day, at=NOW))
    before = offer(sold, "LC970M")
    again = real(with_price(ARTICLES, "LC970BK", 2390), LC970M=7)
    plan = bring_in(sold.database, incoming("second", again), at=LATER)
    assert stock(sold) == [10, 5, 4, 5]
    assert (before.stock, before.restock_on, before.known_at) == (4, day, NOW)
    assert offer(sold, "LC970M") == before
    assert offer(sold, "LC970BK").price_cents == 2390
    assert plan is not None
    # Of the black ones 12 lie there, 2 of them put aside: that is what central has. Of the cyan
    # ones 8 cannot lie there any more, of the magenta ones 7 do not.
    assert (plan.count, plan.counted, plan.differing) == (1, set(), 2)


def test_a_count_is_taken_less_what_is_put_aside_and_not_gone(sold: Shop) -> None:
    counted = incoming("second", real(ARTICLES, LC970BK=20, LC970C=20, LC970M=1, LC970Y=0))
    for _ in range(2):  # the second time as a version that is there already
        plan = bring_in(sold.database, counted, at=LATER, with_stock=True)
        assert stock(sold) == [18, 20, 1, 0]
        assert plan is not None
        assert (plan.counted, plan.differing) == (set(SKUS), 0)
    assert offer(sold, "LC970BK").known_at == LATER
    fewer = incoming("third", real(ARTICLES, LC970BK=1))
    bring_in(sold.database, fewer, at=LATER, with_stock=True)
    assert sold.stock("LC970BK") == 0


def test_the_version_that_is_there_is_taken_in_again_for_its_count_alone(sold: Shop) -> None:
    same = incoming("first", real(ARTICLES))
    assert bring_in(sold.database, same, at=LATER) is None
    with sold.client() as client:
        began = client.get("/v1/events").json()["cursor"]
        version = client.get("/v1/catalogue").json()["version"]
        bring_in(sold.database, same, at=LATER, with_stock=True)
        events = client.get("/v1/events", params={"cursor": began}).json()["events"]
        told = client.get("/v1/catalogue/changes", params={"cursor": version}).json()
    assert [one["kind"] for one in events] == ["catalogue"]
    assert {a["offer"]["sku"]: a["offer"]["stock"] for a in told["articles"]} == dict(
        zip(SKUS, [10, 8, 0, 5], strict=True)
    )
    with sold.database.read() as connection:
        newest = newest_import(connection)
    assert newest is not None
    assert newest.version == "first"


def test_an_article_that_comes_back_has_the_figure_of_the_files(sold: Shop) -> None:
    bring_in(sold.database, incoming("second", real(ARTICLES[1:]), pairs_in=()), at=LATER)
    with sold.database.read() as connection:
        assert "LC970BK" not in articles_by_sku(connection, SKUS)
    new = article("LC970XL", Colour.BLACK, 3190, 6)
    back = real([*ARTICLES, new], LC970BK=30, LC970C=30)
    bring_in(sold.database, incoming("third", back), at=LATER)
    assert [*stock(sold), sold.stock("LC970XL")] == [28, 5, 0, 5, 6]


@pytest.mark.parametrize("with_stock", [False, True])
def test_an_invented_figure_gives_way_and_takes_no_place(shop: Shop, *, with_stock: bool) -> None:
    bring_in(shop.database, incoming("demo", ARTICLES), at=NOW)
    with leased(shop) as client:
        put(client, placed(NUMBER, [("LC970BK", 2)]))
    bring_in(
        shop.database,
        incoming("more demo", with_price(ARTICLES, "LC970BK", 100)),
        at=LATER,
        with_stock=with_stock,
    )
    assert shop.stock("LC970BK") == 10  # one invented figure is as good as the other
    counted = incoming("real", real(ARTICLES, LC970BK=30))
    bring_in(shop.database, counted, at=LATER, with_stock=with_stock)
    assert shop.stock("LC970BK") == 28
    bring_in(shop.database, incoming("demo", ARTICLES), at=LATER, with_stock=with_stock)
    assert shop.stock("LC970BK") == 28


# --- beside orders --------------------------------------------------------------------


def test_what_is_ordered_between_the_look_and_the_writing_is_counted(sold: Shop) -> None:
    dearer = real(with_price(ARTICLES, "LC970BK", 2390))
    for number, (with_stock, left) in enumerate([(False, 7), (True, 12 - 2 - 3 - 3)], start=1):
        with sold.database.read() as connection:
            wanted = incoming(f"import {number}", dearer)
            plan = plan_for(connection, wanted, at=LATER, with_stock=with_stock)
        assert plan is not None
        with sold.client() as client:
            order = placed(NUMBER + 10 + number, [("LC970BK", 3)])
            assert put(client, order).is_success
        sold.database.run(lambda tx, plan=plan: carry_out(tx, plan, at=LATER))
        assert sold.stock("LC970BK") == left


def test_of_two_imports_at_once_one_is_told_to_come_again(sold: Shop) -> None:
    with sold.database.read() as connection:
        late = plan_for(connection, incoming("late", real(ARTICLES[:1])), at=LATER)
    assert late is not None
    bring_in(sold.database, incoming("second", real(ARTICLES)), at=LATER)
    with pytest.raises(Unavailable, match="central_busy"):
        sold.database.run(lambda tx: carry_out(tx, late, at=LATER))
    assert stock(sold) == [10, 5, 0, 5]
    with sold.database.read() as connection:
        assert version_now(connection) == "second"


@on_postgresql
def test_an_order_of_what_stays_waits_for_no_import(
    sold: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All rows are written, nothing is numbered yet: orders take their numbers first."""
    number_all, answers = import_module._number_all, list[int]()

    def meanwhile(connection: Connection, *args: Any, **how: Any) -> None:
        with sold.client() as client:
            answers.append(put(client, placed(NUMBER + 5, [("LC970C", 1)])).status_code)
        number_all(connection, *args, **how)

    monkeypatch.setattr(import_module, "_number_all", meanwhile)
    renamed = [replace(printer, family="other") for printer in PRINTERS]
    dearer = real(with_price(ARTICLES, "LC970BK", 2390))
    bring_in(sold.database, incoming("second", dearer, printers_in=renamed), at=LATER)
    assert answers == [200]
    assert stock(sold) == [10, 4, 0, 5]


@pytest.mark.parametrize("many", [1, 40])
def test_the_counter_is_held_for_so_many_statements_however_much_differs(
    shop: Shop, many: int
) -> None:
    each = [article(f"SKU{number:02}", Colour.BLACK, 1290, 5) for number in range(50)]
    bring_in(shop.database, incoming("first", real(each), pairs_in=()), at=NOW)
    cheaper = [replace(a, offer=replace(a.offer, price_cents=990)) for a in each[:many]]
    changed = real([*cheaper, *each[many:]])
    printers = [replace(printer, family="other") for printer in PRINTERS]
    pairs = [(PRINTERS[0].printer_id, a.sku) for a in each[:many]]
    statements = said_by(
        shop.database, incoming("second", changed, printers_in=printers, pairs_in=pairs)
    )
    drawn = next(n for n, said in enumerate(statements) if "UPDATE counters" in said)
    # Three tables numbered, the import and its event noted, with a number of its own.
    assert len(statements[drawn + 1 :]) == 6


def said_by(database: Database, wanted: Incoming) -> list[str]:
    with counted(database._engine) as statements:
        bring_in(database, wanted, at=LATER)
    return statements


def test_each_row_has_a_place_of_its_own_and_pairs_come_after_what_they_join(
    sold: Shop,
) -> None:
    with sold.database.read() as connection:
        before = newest_import(connection)
    new = [article(f"SKU{number:02}", Colour.BLACK, 1290, 5) for number in range(9)]
    bring_in(
        sold.database,
        incoming(
            "second",
            real([*ARTICLES[1:], *new]),
            printers_in=PRINTERS[1:],
            pairs_in=[(PRINTERS[1].printer_id, a.sku) for a in new],
        ),
        at=LATER,
    )
    with sold.database.read() as connection:
        after = newest_import(connection)
        placed_at = [
            list(connection.scalars(select(table.c.seq).where(table.c.seq > base)))
            for table in (tables.printers, tables.articles, tables.pairs)
            for base in [version_base(connection, "first")]
        ]
    assert before is not None
    assert after is not None
    printers_, articles_, pairs_ = (
        sorted(seqs)[-n:] for seqs, n in zip(placed_at, (1, 10, 21), strict=True)
    )
    assert [*printers_, *articles_, *pairs_] == list(range(after.base_seq - 31, after.base_seq + 1))


def version_base(connection: Connection, version: str) -> int:
    imports = tables.catalogue_imports.c
    return int(connection.scalar(select(imports.base_seq).where(imports.version == version)) or 0)


def test_an_import_in_which_nothing_differs_is_a_place_of_its_own(shop: Shop) -> None:
    for version in ("first", "second", "first"):
        bring_in(shop.database, incoming(version, real(ARTICLES)), at=NOW)
        with shop.database.read() as connection:
            newest = newest_import(connection)
            assert newest is not None
            assert version_now(connection) == newest.version
            assert newest.version.partition("~")[0] == version


def test_a_price_that_was_said_before_an_import_is_still_known(shop: Shop) -> None:
    bring_in(shop.database, incoming("first", real(ARTICLES)), at=NOW)
    dearer = incoming("second", real(with_price(ARTICLES, "LC970C", 1390)))
    bring_in(shop.database, dearer, at=LATER)
    with shop.database.read() as connection:
        known = prices_between(connection, ["LC970C", "LC970BK"], NOW, LATER)
    assert known == {"LC970C": frozenset({1290, 1390}), "LC970BK": frozenset({2290})}


# --- at the command line --------------------------------------------------------------

FILES = {
    "printers.csv": "printer_id,brand,family,model,kind\nbrother-dcp-350c,Brother,DCP,DCP-350C,inkjet\n",
    "cartridges.csv": "sku,brand,series,oem_reference,colour,capacity,technology,page_yield,"
    "volume_ml,ean13\n"
    "LC970BK,Brother,LC-970,LC970BK,black,standard,ink,350,,\n"
    "LC970C,Brother,LC-970,LC970C,cyan,standard,ink,300,,\n",
    "compatibility.csv": "printer_id,sku\nbrother-dcp-350c,LC970BK\nbrother-dcp-350c,LC970C\n",
}


def test_at_the_command_line(
    shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def load(offers: str, *words: str) -> str:
        files = FILES | {"offers.csv": f"sku,price_cents,stock,restock_on\n{offers}"}
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        asked = ["central", "catalogue", "import", str(tmp_path), "--database", str(shop.where)]
        assert main([*asked, *words]) == 0
        return capsys.readouterr().out

    load("LC970BK,2290,12,\nLC970C,1290,8,\n")
    with leased(shop) as client:
        assert put(client, placed(NUMBER, [("LC970BK", 2)])).is_success
    said = load("LC970BK,2390,12,\nLC970C,1290,9,\n")
    assert "1 cartouche : stock de la centrale gardé" in said
    assert (shop.stock("LC970BK"), shop.stock("LC970C")) == (10, 8)
    said = load("LC970BK,2390,12,\nLC970C,1290,9,\n", "--with-stock")
    assert "gardé" not in said
    assert (shop.stock("LC970BK"), shop.stock("LC970C")) == (10, 9)
    assert offer(shop, "LC970BK").price_cents == 2390
    assert offer(shop, "LC970C").known_at > datetime.now(UTC) - timedelta(minutes=5)
