"""The derived catalogue file: what it answers, how it is made, replaced and amended."""

from __future__ import annotations

import sqlite3
import stat
import threading
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from multiprocessing import get_context

import pytest

from models.catalogue import (
    Article,
    Capacity,
    Cartridge,
    Colour,
    Offer,
    Printer,
    PrinterKind,
    Technology,
)
from models.errors import Conflict, Defect, Unavailable
from services.adapters.catalogue_file import (
    BUILTIN_VERSION,
    CatalogueFile,
    build_catalogue,
    ensure_builtin,
)
from services.adapters.catalogue_schema import FORMAT
from services.adapters.catalogue_writer import new_catalogue
from services.hits import PrinterHit
from services.ports import CatalogueChanges

AS_OF = datetime(2026, 11, 23, 10, tzinfo=UTC)
LC970 = ["BRO-LC970BK", "BRO-LC970C", "BRO-LC970M", "BRO-LC970Y", "BRO-LC970PK4"]


def cartridge(sku: str, **changes) -> Cartridge:
    return replace(
        Cartridge(sku, "Acme", "A-1", sku.lower(), Colour.BLACK, Capacity.STANDARD, Technology.INK),
        **changes,
    )


def article(sku: str, price_cents: int = 1000, stock: int = 3, **changes) -> Article:
    return Article(cartridge(sku, **changes), Offer(sku, price_cents, stock, AS_OF))


def printer(printer_id: str, model: str) -> Printer:
    return Printer(printer_id, "Acme", "Ink", model, PrinterKind.INKJET)


PRINTERS = [printer("acme-ink-1000", "Ink 1000"), printer("acme-ink-970", "Ink 970")]
ARTICLES = [
    article("ACM-BK", 900),
    article("ACM-C", 500, colour=Colour.CYAN),
    article("ACM-PK2", 1200, colour=Colour.NONE, contents=("ACM-BK", "ACM-C")),
]
PAIRS = [("acme-ink-970", sku) for sku in ("ACM-C", "ACM-PK2", "ACM-BK")]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "catalogue.sqlite3"


@pytest.fixture
def catalogue(path):
    build_catalogue(path, PRINTERS, ARTICLES, PAIRS, version="v1", is_demo=False)
    catalogue = CatalogueFile.open(path)
    yield catalogue
    catalogue.close()


@pytest.fixture
def builtin(catalogue_path):
    catalogue = CatalogueFile.open(catalogue_path)
    yield catalogue
    catalogue.close()


def skus(articles) -> list[str]:
    return [article.sku for article in articles]


def found(catalogue, text) -> list[str]:
    return [
        hit.printer.printer_id if isinstance(hit, PrinterHit) else hit.article.sku
        for hit in catalogue.search(text).hits
    ]


class TestReads:
    def test_the_picture_of_the_brief(self, builtin):
        lines = [
            (a.sku, a.cartridge.page_yield, a.offer.price_cents, a.offer.stock, a.offer.restock_on)
            for a in builtin.articles_for("brother-dcp-350c")
            if a.cartridge.series == "LC-970"
        ]
        assert lines == [
            ("BRO-LC970BK", 350, 2290, 12, None),
            ("BRO-LC970C", 300, 1290, 8, None),
            ("BRO-LC970M", 300, 1290, 0, date(2026, 12, 3)),
            ("BRO-LC970Y", 300, 1290, 5, None),
            ("BRO-LC970PK4", None, 5590, 3, None),
            ("KSK-BRO-LC970BK", 400, 790, 40, None),
        ]

    def test_brands_are_alphabetical(self, builtin):
        assert list(builtin.brands()) == [
            "Brother", "Canon", "Dell", "Epson", "HP", "Kodak", "Konica Minolta", "Kyocera",
            "Lexmark", "OKI", "Ricoh", "Samsung", "Xerox",
        ]  # fmt: skip

    def test_printers_stand_as_people_count(self, catalogue):
        assert [p.model for p in catalogue.printers("Acme")] == ["Ink 970", "Ink 1000"]

    @pytest.mark.parametrize("prefix", ["DCP-35", "dcp 35", "35", "350c"])
    def test_a_prefix_is_of_the_model_or_of_a_word_in_it(self, builtin, prefix):
        models = [p.model for p in builtin.printers("Brother", prefix=prefix)]
        assert models[0] == "DCP-350C"

    def test_a_prefix_that_fits_nothing(self, builtin):
        assert list(builtin.printers("Brother", prefix="zz")) == []
        assert list(builtin.printers("Nobody")) == []

    def test_what_is_unknown_is_none_or_left_out(self, catalogue):
        assert catalogue.printer("nobody") is None
        assert list(catalogue.articles_for("nobody")) == []
        assert list(catalogue.articles(["ACM-C", "nothing", "ACM-BK"])) == ["ACM-C", "ACM-BK"]

    def test_values_come_back_as_they_went_in(self, path):
        given = Article(
            cartridge("X-1", page_yield=350, ean13="2900000000001", capacity=Capacity.XXL),
            Offer("X-1", 1290, 0, AS_OF, 1490, date(2026, 12, 3), 550, is_demo=True),
        )
        build_catalogue(path, PRINTERS, [given], [], version="v", is_demo=True)
        catalogue = CatalogueFile.open(path)
        assert catalogue.articles(["X-1"]) == {"X-1": given}
        assert catalogue.printer("acme-ink-970") == PRINTERS[1]
        assert catalogue.is_demo

    def test_more_skus_than_sql_takes_variables(self, builtin):
        wanted = [f"none-{n}" for n in range(40_000)] + LC970
        assert list(builtin.articles(wanted)) == LC970

    def test_packs_that_hold_one_of_these(self, catalogue):
        assert skus(catalogue.packs_holding(["ACM-C", "nothing"])) == ["ACM-PK2"]
        assert skus(catalogue.packs_holding([])) == []

    @pytest.mark.parametrize(
        "asked, sku",
        [
            ({}, "ACM-C"),
            ({"at_least_cents": 501}, "ACM-BK"),
            ({"at_least_cents": 1201}, None),
            ({"brands": ["Acme"], "at_least_cents": 900}, "ACM-BK"),
            ({"brands": ["Other"]}, None),
            ({"skus": ["ACM-PK2", "ACM-BK"]}, "ACM-BK"),
        ],
    )
    def test_the_cheapest_of_some(self, catalogue, asked, sku):
        cheapest = catalogue.cheapest(**asked)
        assert (cheapest and cheapest.sku) == sku

    def test_the_cheapest_is_in_stock(self, catalogue):
        catalogue.apply_offers([Offer("ACM-C", 100, 0, AS_OF)])
        assert catalogue.cheapest().sku == "ACM-BK"

    @pytest.mark.parametrize(
        "asked, index",
        [
            ({}, "article_by_price"),
            ({"brands": ["Epson"], "at_least_cents": 500}, "article_by_brand"),
        ],
    )
    def test_the_cheapest_is_read_off_an_index(self, builtin, asked, index):
        """It is asked for at each key while a code is refused."""
        connection, asked_sql = builtin._readers.connection(), []
        connection.set_trace_callback(
            lambda sql: asked_sql.append(sql) if sql.startswith("SELECT") else None
        )
        builtin.cheapest(**asked)
        connection.set_trace_callback(None)
        plan = connection.execute(f"EXPLAIN QUERY PLAN {asked_sql[0]}").fetchall()
        assert len(plan) == 1, "nothing is sorted"
        assert f"USING INDEX {index} " in f"{plan[0][3]} "

    def test_half_a_character_is_in_no_row(self, builtin):
        half = "BRO-LC970BK\ud800"
        assert builtin.printers(half) == ()
        assert builtin.printers("Brother", prefix=half) == ()
        assert builtin.printer(half) is None
        assert builtin.articles_for(half) == ()
        assert skus(builtin.articles([half, "BRO-LC970C"]).values()) == ["BRO-LC970C"]
        assert builtin.packs_holding([half]) == ()
        assert builtin.cheapest(brands=[half], skus=[half]) is None
        assert builtin.search("\ud800").hits == ()

    def test_threads_read_side_by_side(self, builtin):
        seen = []
        threads = [
            threading.Thread(target=lambda: seen.append(skus(builtin.articles(LC970).values())))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert seen == [LC970] * 8


class TestWriting:
    def test_only_its_owner_reads_it(self, catalogue):
        assert stat.S_IMODE(catalogue.path.stat().st_mode) == 0o600

    @pytest.mark.usefixtures("catalogue")
    def test_nothing_is_left_beside_it(self, tmp_path):
        assert sorted(p.name for p in tmp_path.iterdir()) == [
            "catalogue.sqlite3",
            "catalogue.sqlite3.lock",
        ]

    @pytest.mark.parametrize(
        "printers, articles, pairs",
        [
            ([*PRINTERS, PRINTERS[0]], ARTICLES, PAIRS),
            (PRINTERS, [*ARTICLES, ARTICLES[0]], PAIRS),
            (PRINTERS, ARTICLES, [*PAIRS, ("nobody", "ACM-BK")]),
            (PRINTERS, ARTICLES, [*PAIRS, ("acme-ink-970", "nothing")]),
        ],
    )
    def test_a_contradiction_keeps_the_old_one(self, catalogue, printers, articles, pairs):
        with pytest.raises(Conflict, match="catalogue_inconsistent"):
            build_catalogue(catalogue.path, printers, articles, pairs, version="v2", is_demo=False)
        assert catalogue.version == "v1"

    def test_an_unfinished_one_takes_nobodys_place(self, catalogue):
        with (
            pytest.raises(Defect, match="catalogue_not_finished"),
            new_catalogue(catalogue.path) as writer,
        ):
            writer.add_all(PRINTERS, [], [])
        assert catalogue.version == "v1"

    def test_readers_notice_a_new_file(self, catalogue):
        assert found(catalogue, "ink 970") == ["acme-ink-970"]
        build_catalogue(catalogue.path, PRINTERS[:1], [], [], version="v2", is_demo=False)
        assert catalogue.version == "v2"
        assert catalogue.printer("acme-ink-970") is None

    def test_a_journal_of_the_old_file_is_not_played_into_the_new_one(self, catalogue):
        journal = catalogue.path.with_name("catalogue.sqlite3-journal")
        journal.write_bytes(b"left by a crash")
        build_catalogue(catalogue.path, PRINTERS, [], [], version="v2", is_demo=False)
        assert not journal.exists()

    def test_progress_ends_at_the_end(self, path):
        seen = []
        build_catalogue(
            path, PRINTERS, ARTICLES, PAIRS, version="v", is_demo=False,
            progress=lambda done, total: seen.append((done, total)),
        )  # fmt: skip
        assert seen[-1] == (8, 8)


class TestSync:
    def test_a_snapshot_takes_the_place_of_everything(self, catalogue):
        pages = [
            CatalogueChanges("1", printers=(PRINTERS[0],), has_more=True, is_full=True),
            CatalogueChanges("2", pairs=(("acme-ink-1000", "ACM-C"),), has_more=True, is_full=True),
            CatalogueChanges("3", articles=(ARTICLES[1],), is_full=True, is_demo=True),
        ]
        catalogue.apply(iter(pages), "here")
        assert (catalogue.version, catalogue.is_demo, catalogue.counts()) == ("3", True, (1, 1, 1))
        assert skus(catalogue.articles_for("acme-ink-1000")) == ["ACM-C"]

    def test_a_snapshot_that_breaks_off_changes_nothing(self, catalogue):
        def pages():
            yield CatalogueChanges("1", printers=(PRINTERS[0],), has_more=True, is_full=True)
            raise Unavailable("central_timeout")

        with pytest.raises(Unavailable, match="central_timeout"):
            catalogue.apply(pages(), "here")
        assert (catalogue.version, catalogue.counts()) == ("v1", (2, 3, 3))

    def test_no_page_is_no_change(self, catalogue):
        catalogue.apply([], "here")
        assert catalogue.version == "v1"

    def test_changes_are_found_at_once(self, catalogue):
        renamed = replace(PRINTERS[0], model="Ink 1000 Turbo")
        catalogue.apply(
            [
                CatalogueChanges(
                    "v2",
                    printers=(renamed, printer("acme-ink-55", "Ink 55")),
                    articles=(article("ACM-Y", colour=Colour.YELLOW),),
                    pairs=(("acme-ink-55", "ACM-Y"),),
                    removed_printers=("acme-ink-970",),
                    removed_skus=("ACM-C",),
                )
            ],
            "here",
        )
        assert catalogue.version == "v2"
        assert found(catalogue, "turbo") == ["acme-ink-1000"]
        assert found(catalogue, "trubo") == ["acme-ink-1000"]
        assert found(catalogue, "ink 55 jaune")[0] == "ACM-Y"
        assert "acme-ink-970" not in found(catalogue, "ink 970")
        assert found(catalogue, "cyan") == []
        assert catalogue.counts() == (2, 3, 1)

    def test_the_same_changes_twice_are_the_same_as_once(self, catalogue):
        change = CatalogueChanges("v2", articles=(ARTICLES[2],), removed_skus=("ACM-C",))
        catalogue.apply([change], "here")
        catalogue.apply([change], "here")
        assert catalogue.counts() == (2, 2, 2)
        assert skus(catalogue.packs_holding(["ACM-BK"])) == ["ACM-PK2"]

    def test_a_pair_can_go_without_its_ends(self, catalogue):
        catalogue.apply(
            [CatalogueChanges("v2", removed_pairs=(("acme-ink-970", "ACM-C"),))], "here"
        )
        assert skus(catalogue.articles_for("acme-ink-970")) == ["ACM-BK", "ACM-PK2"]

    def test_changes_that_break_off_change_nothing(self, catalogue):
        def pages():
            yield CatalogueChanges("v2", removed_skus=("ACM-C",), has_more=True)
            raise Unavailable("central_timeout")

        with pytest.raises(Unavailable, match="central_timeout"):
            catalogue.apply(pages(), "here")
        assert (catalogue.version, catalogue.counts()) == ("v1", (2, 3, 3))

    def test_offers_change_price_and_stock_only(self, catalogue):
        offer = Offer("ACM-C", 450, 0, AS_OF, restock_on=date(2026, 12, 1))
        catalogue.apply_offers([offer, Offer("nothing", 1, 1, AS_OF)])
        assert catalogue.articles(["ACM-C"])["ACM-C"] == replace(ARTICLES[1], offer=offer)
        assert catalogue.counts() == (2, 3, 3)


def build_in_another_process(path) -> tuple[str, int]:
    catalogue = ensure_builtin(path, AS_OF)
    try:
        return catalogue.version, catalogue.counts()[0]
    finally:
        catalogue.close()


class TestBuiltin:
    def test_several_processes_at_once(self, path):
        with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
            seen = list(pool.map(build_in_another_process, [path] * 4))
        assert seen == [(BUILTIN_VERSION, 4249)] * 4

    @pytest.mark.parametrize("damage", ["empty", "truncated", "garbage", "other format"])
    def test_a_broken_file_is_built_again(self, path, catalogue_path, damage):
        whole = catalogue_path.read_bytes()
        path.write_bytes(
            {
                "empty": b"",
                "truncated": whole[: len(whole) // 2],
                "garbage": b"\xff" * 5000,
                "other format": whole,
            }[damage]
        )
        if damage == "other format":
            with sqlite3.connect(path) as connection:
                connection.execute(f"PRAGMA user_version = {FORMAT + 1}")
            connection.close()
        with pytest.raises(Unavailable, match="catalogue_broken"):
            CatalogueFile.open(path)
        assert ensure_builtin(path, AS_OF).counts() == (4249, 3464, 33211)

    @pytest.mark.usefixtures("catalogue")
    def test_a_whole_file_is_left_alone(self, path):
        before = path.stat().st_ino
        assert ensure_builtin(path, AS_OF).version == "v1"
        assert path.stat().st_ino == before

    def test_a_shops_own_catalogue_keeps_its_rows_in_a_new_format(self, path, catalogue):
        catalogue.close()
        with sqlite3.connect(path) as connection:
            connection.execute(f"PRAGMA user_version = {FORMAT + 1}")
        connection.close()
        again = ensure_builtin(path, AS_OF)
        assert (again.version, again.is_demo, again.counts()) == ("v1", False, (2, 3, 3))
        assert again.articles(["ACM-PK2"]) == {"ACM-PK2": ARTICLES[2]}

    def test_a_format_that_cannot_be_carried_over_gives_the_built_in_one(self, path, catalogue):
        catalogue.close()
        with sqlite3.connect(path) as connection:
            connection.execute(f"PRAGMA user_version = {FORMAT + 1}")
            connection.execute("DROP TABLE fits")
        connection.close()
        assert ensure_builtin(path, AS_OF).version == BUILTIN_VERSION

    def test_a_folder_that_is_not_there_is_said(self, tmp_path):
        with pytest.raises(FileNotFoundError):
            ensure_builtin(tmp_path / "nowhere" / "catalogue.sqlite3", AS_OF)

    def test_no_file_is_said(self, path):
        with pytest.raises(Unavailable, match="catalogue_missing"):
            CatalogueFile.open(path)

    def test_damage_under_way_is_said(self, path, catalogue_path):
        content = bytearray(catalogue_path.read_bytes())
        content[4096:] = b"\xff" * (len(content) - 4096)
        path.write_bytes(content)
        broken = CatalogueFile(path)
        assert not broken.is_intact()
        with pytest.raises(Unavailable, match="catalogue_broken"):
            broken.search("dcp350c")

    def test_a_whole_file_is_intact(self, builtin):
        assert builtin.is_intact()
