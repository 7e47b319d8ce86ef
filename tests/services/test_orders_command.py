"""``kiosk orders`` as a program sees it: what it prints, its exit code, what it leaves behind."""

from __future__ import annotations

import io
import json
import shutil
import sys

import pytest

from kiosk import cli
from models.reference import is_valid


@pytest.fixture
def folder(tmp_path, monkeypatch):
    folder = tmp_path / "state"
    monkeypatch.setenv("KIOSK_STATE_DIR", str(folder))
    return folder


@pytest.fixture
def kiosk(capsys):
    """Run a command; gives exit code, standard output, standard error."""

    def run(*words):
        code = cli.main(words)
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


@pytest.fixture
def prepared(folder, catalogue_path):
    """The built-in catalogue is there already, which saves a second a test."""
    folder.mkdir(mode=0o700)
    shutil.copy(catalogue_path, folder / "catalogue.sqlite3")


@pytest.fixture
def example(kiosk, tmp_path):
    path = tmp_path / "order.json"
    path.write_text(kiosk("orders", "quote", "--example")[1])
    return path


def changed(path, **fields):
    other = path.with_name("changed.json")
    other.write_text(json.dumps({**json.loads(path.read_text()), **fields}))
    return str(other)


def test_a_quote_leaves_no_trace(kiosk, folder, example):
    code, out, err = kiosk("orders", "quote", str(example))
    assert (code, err) == (0, "")
    assert json.loads(out)["total_cents"] == 4370
    assert not folder.exists()


@pytest.mark.usefixtures("prepared")
def test_placing_then_listing(kiosk, folder, example):
    code, out, err = kiosk("orders", "place", str(example))
    assert (code, err) == (0, "")
    placed = json.loads(out)
    assert is_valid(placed["reference"])
    assert placed["reference"].startswith("00")
    code, out, err = kiosk("orders", "--json")
    (row,) = json.loads(out)
    assert {name: row[name] for name in ("reference", "uuid", "state", "total_cents")} == {
        name: placed[name] for name in ("reference", "uuid", "state", "total_cents")
    }
    assert row["payment_method"] == "cheque"
    assert (row["sync_state"], row["is_demo"]) == ("practice", True)
    assert row["customer"] == "Duval Jeanne"
    assert "43,70" in kiosk("orders")[1]
    assert "essai, ne part pas" in kiosk("orders")[1]
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.usefixtures("prepared")
def test_a_quote_on_a_console_in_use_writes_no_order(kiosk, example):
    once = json.loads(example.read_text()) | {"codes": ["BIENVENUE10"]}
    example.write_text(json.dumps(once))
    kiosk("orders", "place", str(example))
    code, out, _err = kiosk("orders", "quote", str(example))
    (judged,) = json.loads(out)["codes"]
    assert (code, judged["reason_code"]) == (0, "already_used_by_customer")
    assert len(json.loads(kiosk("orders", "--json")[1])) == 1


@pytest.mark.usefixtures("prepared")
def test_from_standard_input(kiosk, example, monkeypatch):
    class Pipe:
        buffer = io.BytesIO(b"\xef\xbb\xbf" + example.read_bytes())

    monkeypatch.setattr(sys, "stdin", Pipe)
    code, out, _err = kiosk("orders", "quote", "-")
    assert (code, json.loads(out)["total_cents"]) == (0, 4370)


@pytest.mark.usefixtures("prepared")
def test_no_more_than_the_limit(kiosk, example):
    for method in ("cheque", "transfer"):
        kiosk("orders", "place", changed(example, codes=[], payment_method=method))
    (newest,) = json.loads(kiosk("orders", "--json", "--limit", "1")[1])
    assert newest["payment_method"] == "transfer"


@pytest.mark.usefixtures("prepared")
@pytest.mark.parametrize(
    "fields,said",
    [
        ({"payment_method": "card_link"}, "paiement : "),
        ({"codes": ["bienvenue10"]}, "BIENVENUE10"),
        ({"lines": [{"sku": "NO-SUCH", "quantity": 1}], "codes": []}, "NO-SUCH"),
        ({"lines": [{"sku": "NO-SUCH", "quantity": 1.5}]}, "$.lines[0].quantity"),
        ({"telephone": "1"}, "$.telephone : champ inconnu"),
    ],
)
def test_what_is_refused_is_said_on_standard_error(kiosk, example, fields, said):
    code, out, err = kiosk("orders", "place", changed(example, **fields))
    assert (code, out) == (1, "")
    assert err.startswith("kiosk: ")
    assert said in err
    assert "Traceback" not in err
    assert json.loads(kiosk("orders", "--json")[1]) == []


@pytest.mark.usefixtures("folder")
def test_why_a_file_cannot_be_read(kiosk, tmp_path):
    large = tmp_path / "large.json"
    large.write_bytes(b" " * 1_000_001)
    for path, why in (
        (tmp_path / "none.json", "n'existe pas"),
        (tmp_path, "dossier"),
        (large, "plus de 1 Mo"),
    ):
        code, out, err = kiosk("orders", "quote", str(path))
        assert (code, out) == (1, "")
        assert err.startswith(f"kiosk: Impossible de lire {path} : ")
        assert why in err


@pytest.mark.usefixtures("folder")
def test_the_schema_is_printed(kiosk):
    code, out, _err = kiosk("orders", "place", "--schema")
    assert code == 0
    assert json.loads(out)["$schema"].endswith("2020-12/schema")
    assert json.loads(out)["title"] == "Commande Kiosk"


def test_an_unused_console_has_no_orders_and_gets_no_file(kiosk, folder):
    assert kiosk("orders") == (0, "Aucune commande.\n", "")
    assert kiosk("orders", "--json") == (0, "[]\n", "")
    assert not folder.exists()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "words",
    [
        ("--limit", "0"),
        ("--limit", "²"),
        ("--limit", "9" * 30),
        ("quote",),
        ("quote", "a", "--schema"),
    ],
)
def test_wrong_usage_is_2(kiosk, words):
    with pytest.raises(SystemExit) as ended:
        kiosk("orders", *words)
    assert ended.value.code == 2
