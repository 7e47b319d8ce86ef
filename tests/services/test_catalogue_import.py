"""A shop's own catalogue: all of it or none, and each fault by file, line and reason."""

from __future__ import annotations

import io
import json
import os
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from kiosk import cli
from kiosk.commands.catalogue import ProgressBar
from models.catalogue import Colour
from services.adapters.catalogue_file import CatalogueFile, ensure_builtin
from services.catalogue_csv import HEADERS
from services.catalogue_import import CatalogueRefused, Problem, read_catalogue

AS_OF = datetime(2026, 11, 23, 10, tzinfo=UTC)

FILES = {
    "printers.csv": "acme-1,Acme,Ink,Ink 1000,inkjet\nacme-2,Acme,Ink,Ink 2000,inkjet\n",
    "cartridges.csv": (
        "ACM-BK,Acme,A-1,A1BK,black,standard,ink,350,,2900000000001\n"
        "ACM-C,Acme,A-1,A1C,cyan,xl,ink,,,\n"
    ),
    "compatibility.csv": "acme-1,ACM-BK\nacme-1,ACM-C\nacme-2,ACM-BK\n",
}
OFFERS = "ACM-BK,1290,7,\nACM-C,990,0,2026-12-03\n"


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "csv"
    folder.mkdir()
    for name, lines in FILES.items():
        write(folder, name, lines)
    return folder


@pytest.fixture
def state(tmp_path, monkeypatch):
    state = tmp_path / "state"
    monkeypatch.setenv("KIOSK_STATE_DIR", str(state))
    return state


def write(folder: Path, name: str, lines: str) -> None:
    (folder / name).write_text(",".join(HEADERS[name]) + "\n" + lines, encoding="utf-8")


def problems(folder: Path) -> list[Problem]:
    with pytest.raises(CatalogueRefused) as refused:
        read_catalogue(folder, as_of=AS_OF)
    assert refused.value.count == len(refused.value.problems)
    return list(refused.value.problems)


def test_what_is_right_is_read(folder):
    write(folder, "offers.csv", OFFERS)
    read = read_catalogue(folder, as_of=AS_OF)
    assert [p.printer_id for p in read.printers] == ["acme-1", "acme-2"]
    black, cyan = read.articles
    assert (black.offer.price_cents, black.offer.stock, black.offer.is_demo) == (1290, 7, False)
    assert (cyan.offer.price_cents, cyan.offer.restock_on) == (990, date(2026, 12, 3))
    assert (black.cartridge.ean13, black.cartridge.page_yield) == ("2900000000001", 350)
    assert cyan.cartridge.colour is Colour.CYAN
    assert read.pairs == [("acme-1", "ACM-BK"), ("acme-1", "ACM-C"), ("acme-2", "ACM-BK")]
    assert read.demo_price_count == 0


def test_what_has_no_offer_gets_a_demo_price_that_says_so(folder):
    write(folder, "offers.csv", "ACM-BK,1290,7,\n")
    read = read_catalogue(folder, as_of=AS_OF)
    assert [article.offer.is_demo for article in read.articles] == [False, True]
    assert read.demo_price_count == 1


def test_the_same_files_have_the_same_version(folder):
    version = read_catalogue(folder, as_of=AS_OF).version
    assert read_catalogue(folder, as_of=AS_OF).version == version
    write(folder, "offers.csv", OFFERS)
    assert read_catalogue(folder, as_of=AS_OF).version != version


def test_a_byte_order_mark_and_dos_line_ends_are_taken(folder):
    path = folder / "printers.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert len(read_catalogue(folder, as_of=AS_OF).printers) == 2


@pytest.mark.parametrize(
    "name, line, problem",
    [
        ("printers.csv", "acme-1,Acme,Ink,Other,inkjet", ("duplicate_id", "acme-1")),
        ("printers.csv", "acme-3,Acme,Ink,Ink 3,steam", ("unknown_kind", "acme-3")),
        ("printers.csv", "acme-3,Acme,Ink,,inkjet", ("empty_cell", "acme-3")),
        ("printers.csv", "acme-3,Acme,Ink", ("wrong_field_count", "3/5")),
        ("printers.csv", "acme-3,Acme,Ink,I\x1b[2Jnk,inkjet", ("not_printable", "I[2Jnk")),
        ("printers.csv", "acme-3,Acme,Ink," + "x" * 201 + ",inkjet", ("cell_too_long", "x" * 60)),
        ("cartridges.csv", "X,Acme,A,A,blak,standard,ink,,,", ("unknown_colour", "blak")),
        ("cartridges.csv", "X,Acme,A,A,black,huge,ink,,,", ("unknown_capacity", "huge")),
        ("cartridges.csv", "X,Acme,A,A,black,xl,steam,,,", ("unknown_technology", "steam")),
        ("cartridges.csv", "X,Acme,A,A,black,xl,ink,many,,", ("not_a_number", "many")),
        ("cartridges.csv", "X,Acme,A,A,black,xl,ink,-5,,", ("not_a_number", "-5")),
        ("cartridges.csv", "X,Acme,A,A,black,xl,ink,²,,", ("not_a_number", "²")),
        ("cartridges.csv", "X,Acme,A,A,black,xl,ink,,,4006381333932", ("bad_ean", "4006381333932")),
        (
            "cartridges.csv",
            "X,Acme,A,A,black,xl,ink,,,2900000000001",
            ("duplicate_ean", "2900000000001"),
        ),
        ("cartridges.csv", "X Y,Acme,A,A,black,xl,ink,,,", ("space_in_sku", "X Y")),
        ("cartridges.csv", "ACM-C,Acme,A,A,black,xl,ink,,,", ("duplicate_id", "ACM-C")),
        ("compatibility.csv", "nobody,ACM-C", ("unknown_printer", "nobody")),
        ("compatibility.csv", "acme-1,NOTHING", ("unknown_sku", "NOTHING")),
        ("offers.csv", "NOTHING,1,1,", ("unknown_sku", "NOTHING")),
        ("offers.csv", "ACM-C,1,1,", ("duplicate_id", "ACM-C")),
        ("offers.csv", "X,9.90,1,", ("not_a_number", "9.90")),
        ("offers.csv", "X,0,1,", ("no_price", "0")),
        ("offers.csv", "X,000,1,", ("no_price", "000")),
        ("offers.csv", "X,1,1,tomorrow", ("not_a_date", "tomorrow")),
        ("offers.csv", "X,1,1,20261203", ("not_a_date", "20261203")),
        ("offers.csv", "X,1,1,2026-W49-4", ("not_a_date", "2026-W49-4")),
        ("offers.csv", "X,99999999999999999999,1,", ("not_a_number", "9" * 20)),
    ],
)
def test_a_wrong_line_is_named(folder, name, line, problem):
    write(folder, name, (OFFERS if name == "offers.csv" else FILES[name]) + line + "\n")
    number = (folder / name).read_text("utf-8").count("\n")
    assert problems(folder) == [Problem(name, number, *problem)]


@pytest.mark.parametrize(
    "content, expected",
    [
        (None, (0, "missing_file", "")),
        (b"", (0, "empty_file", "")),
        (b"\n \n", (0, "empty_file", "")),
        (b"printer_id,brand\n", (1, "wrong_header", "printer_id,brand,family,model,kind")),
        (b"printer_id,brand,family,model,kind\na,b\0,c,d,inkjet\n", (2, "nul_byte", "")),
        (b"printer_id,brand,family,model,kind\na,b\xe9,c,d,inkjet\n", (2, "not_utf8", "")),
        (b'printer_id,brand,family,model,kind\n"a,b,c,d,inkjet\n', (2, "not_csv", "")),
    ],
)
def test_a_file_that_is_none(folder, content, expected):
    path = folder / "printers.csv"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    assert problems(folder) == [Problem("printers.csv", *expected)]


def test_a_folder_instead_of_a_file(folder):
    (folder / "printers.csv").unlink()
    (folder / "printers.csv").mkdir()
    assert problems(folder) == [Problem("printers.csv", 0, "unreadable_file")]


def test_blank_lines_are_none(folder):
    write(folder, "printers.csv", FILES["printers.csv"] + "\n\n")
    assert len(read_catalogue(folder, as_of=AS_OF).printers) == 2


@pytest.mark.parametrize("cells", ["ACM-C,Acme", "ACM-C,Acme,A\x07,A,black,xl,ink,,,"])
def test_a_line_of_the_wrong_shape_is_told_once_too(folder, cells):
    write(folder, "cartridges.csv", cells + "\n")
    write(folder, "compatibility.csv", "acme-1,ACM-C\n")
    (problem,) = problems(folder)
    assert (problem.file, problem.line) == ("cartridges.csv", 2)


def test_a_wrong_cartridge_is_told_once_not_with_each_of_its_pairs(folder):
    write(folder, "cartridges.csv", FILES["cartridges.csv"].replace("black", "blak"))
    assert problems(folder) == [Problem("cartridges.csv", 2, "unknown_colour", "blak")]


def test_the_first_twenty_and_how_many_more(folder):
    write(folder, "compatibility.csv", "nobody,ACM-C\n" * 50)
    with pytest.raises(CatalogueRefused) as refused:
        read_catalogue(folder, as_of=AS_OF)
    assert [problem.line for problem in refused.value.problems] == list(range(2, 22))
    assert refused.value.count == 50


class TestCommand:
    def test_an_import_is_what_is_searched_then(self, folder, state, capsys):
        write(folder, "offers.csv", "ACM-BK,1290,7,\n")
        assert cli.main(["catalogue", "import", str(folder)]) == 0
        printed = capsys.readouterr()
        assert "2 imprimantes, 2 cartouches, 3 compatibilités" in printed.out
        assert "\n1 cartouche sans offre : prix et stock de démonstration" in printed.out
        assert printed.err == ""  # no progress bar where there is no terminal
        assert cli.main(["search", "--json", "ink 2000"]) == 0
        assert [hit["id"] for hit in json.loads(capsys.readouterr().out)] == ["acme-2", "acme-1"]
        catalogue = CatalogueFile.open(state / "catalogue.sqlite3")
        assert catalogue.is_demo
        assert catalogue.articles(["ACM-BK"])["ACM-BK"].offer.price_cents == 1290

    def test_a_refused_one_leaves_the_old(self, folder, state, capsys):
        state.mkdir()
        ensure_builtin(state / "catalogue.sqlite3", AS_OF).close()
        before = (state / "catalogue.sqlite3").read_bytes()
        write(folder, "compatibility.csv", "nobody,ACM-C\n" * 22)
        assert cli.main(["catalogue", "import", str(folder)]) == 1
        printed = capsys.readouterr()
        assert printed.out == ""
        told = printed.err.splitlines()
        assert told[1] == "compatibility.csv:2: imprimante inconnue : « nobody »"
        assert told[-1] == "et 2 autres défauts."
        assert (state / "catalogue.sqlite3").read_bytes() == before

    def test_the_real_tables_import(self, tmp_path, state, capsys):
        assets = Path(__file__).parents[2] / "assets" / "catalogue"
        shutil.copytree(assets, tmp_path / "real")
        assert cli.main(["catalogue", "import", str(tmp_path / "real")]) == 0
        assert "4249 imprimantes, 1839 cartouches, 17914 compatibilités" in capsys.readouterr().out
        assert (state / "catalogue.sqlite3").stat().st_mode & 0o777 == 0o600


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_progress_bar_on_a_terminal_takes_one_line_and_leaves_none():
    terminal = Terminal()
    bar = ProgressBar(terminal)
    bar.show("printers.csv", 5, 10)
    bar.show("printers.csv", 10, 10)
    bar.clear()
    assert "\n" not in terminal.getvalue()
    assert "█" * 15 + "░" * 15 in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")


class TestSearchCommand:
    def test_the_built_in_one_answers_where_nothing_was_set_up(self, state, capsys):
        assert cli.main(["search", "lc970", "noir", "--json", "--limit", "1"]) == 0
        assert json.loads(capsys.readouterr().out) == [
            {
                "kind": "cartridge",
                "id": "BRO-LC970BK",
                "label": "LC-970 noir",
                "brand": "Brother",
                "price_cents": 2290,
                "stock": 12,
                "is_demo": True,
            }
        ]
        assert (state / "catalogue.sqlite3").exists()

    @pytest.mark.usefixtures("state")
    def test_columns_for_people(self, capsys):
        assert cli.main(["search", "brotehr dcp350c"]) == 0
        printed = capsys.readouterr()
        assert printed.out == "imprimante  Brother  DCP-350C      brother-dcp-350c\n"
        assert printed.err == "kiosk: compris comme « brother dcp350c ».\n"

    @pytest.mark.usefixtures("state")
    def test_nothing_found(self, capsys):
        assert cli.main(["search", "--json", "zzzzz", "qqqq"]) == 1
        printed = capsys.readouterr()
        assert json.loads(printed.out) == []
        assert printed.err.startswith("kiosk: rien trouvé")

    @pytest.mark.usefixtures("state")
    def test_a_card_number_is_refused_and_not_repeated(self, capsys):
        assert cli.main(["search", "4111 1111 1111 1111"]) == 1
        printed = capsys.readouterr()
        assert "4111" not in printed.out + printed.err

    def test_a_folder_that_cannot_be_made(self, tmp_path, monkeypatch, capsys):
        (tmp_path / "file").write_text("in the way")
        monkeypatch.setenv("KIOSK_STATE_DIR", str(tmp_path / "file" / "state"))
        assert cli.main(["search", "dcp350c", "--limit", "1"]) == 0
        assert "DCP-350C" in capsys.readouterr().out

    @pytest.mark.skipif(os.geteuid() == 0, reason="root writes where nobody may")
    def test_a_folder_that_is_only_read_is_still_searched(self, folder, state, capsys):
        assert cli.main(["catalogue", "import", str(folder)]) == 0
        state.chmod(0o500)
        assert cli.main(["search", "ink 1000"]) == 0
        assert "acme-1" in capsys.readouterr().out

    @pytest.mark.parametrize("limit", ["0", "-1", "51", "x", "²"])
    def test_a_limit_out_of_range_is_wrong_usage(self, limit):
        with pytest.raises(SystemExit) as stopped:
            cli.main(["search", "dcp", "--limit", limit])
        assert stopped.value.code == 2
