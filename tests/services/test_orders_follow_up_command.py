"""``kiosk orders show``, ``cancel``, ``work`` and ``outbox`` as a program sees them."""

from __future__ import annotations

import json
import shutil
import time
from uuid import UUID

import pytest
from console_fixtures import NOW, complete_draft, enrol, opened, placing

from kiosk import cli
from models import reference
from models.order import OrderState, SyncState
from models.work import WorkItem, WorkKind
from services.place_order import place_in
from services.sync.election import Election, LineNews
from services.sync.status import Connection

DIFFERENCE = {"code": "price_changed", "said": "1290", "central": "1390", "sku": "BRO-LC970C"}


@pytest.fixture
def folder(tmp_path, monkeypatch, catalogue_path):
    folder = tmp_path / "state"
    monkeypatch.setenv("KIOSK_STATE_DIR", str(folder))
    folder.mkdir(mode=0o700)
    shutil.copy(catalogue_path, folder / "catalogue.sqlite3")
    return folder


@pytest.fixture
def placed(folder, catalogue_path):
    """One order central took with a difference, one that it never answered."""
    tools = placing(catalogue_path)
    with opened(folder / "console.sqlite3") as store:
        enrol(store)
        with store.write() as tx:
            orders = [place_in(tx, complete_draft(UUID(int=n)), tools) for n in (1, 2)]
            first, second = (tx.outbox.of_order(order.order_id)[0] for order in orders)
            for item, state, error in (
                (first, SyncState.CONFIRMED, None),
                (second, SyncState.WAITING, "central_unreachable"),
            ):
                tx.outbox.mark(item.item_id, state, attempts=1, next_try_at=NOW, last_error=error)
            facts = {"differences": [DIFFERENCE]}
            tx.work.raise_item(
                WorkItem(UUID(int=7), orders[0].order_id, WorkKind.DIFFERENCES, facts, NOW)
            )
    tools.catalogue.close()
    return orders


@pytest.fixture
def kiosk(capsys):
    """Run a command; gives exit code, standard output, standard error."""

    def run(*words):
        code = cli.main(words)
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def told(kiosk, *words):
    code, out, err = kiosk("orders", *words, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def test_one_order_and_its_history(kiosk, placed):
    first = placed[0]
    code, out, _err = kiosk("orders", "show", reference.grouped(first.reference))
    assert code == 0
    lines = out.splitlines()
    assert (
        lines[0] == f"{reference.grouped(first.reference)}  Duval Jeanne : en attente de paiement"
    )
    assert "  Total TTC 48,70 €, chèque" in [line.replace("\u202f", " ") for line in plain(lines)]
    assert "  commande, confirmé" in lines
    assert any("LC-970" in line and "tarif de la centrale" in line for line in lines)
    answer = told(kiosk, "show", first.reference)
    assert (answer["reference"], answer["revision"], answer["state"]) == (
        first.reference,
        1,
        "awaiting_payment",
    )
    assert answer["is_changeable"] is True
    assert [event["kind"] for event in answer["events"]] == ["placed"]
    assert [item["sync_state"] for item in answer["outbox"]] == ["confirmed"]
    assert [item["facts"] for item in answer["work"]] == [{"differences": [DIFFERENCE]}]
    assert [line["sku"] for line in answer["lines"]] == ["BRO-LC970BK", "BRO-LC970C"]


def plain(lines):
    return [line.replace("\xa0", " ") for line in lines]


def test_cancelling_says_what_becomes_of_it_twice_the_same(folder, kiosk, placed):
    wanted = placed[0].reference
    code, out, err = kiosk("orders", "cancel", wanted, "--reason", "trop tard")
    assert (code, err) == (0, "")
    assert "annulée" in out
    assert "annulation, en attente : pas encore parti" in out
    answer = told(kiosk, "cancel", wanted)
    assert (answer["state"], answer["is_changeable"]) == ("cancelled", False)
    assert [item["kind"] for item in answer["outbox"]] == ["order", "cancellation"]
    assert [(item["settlement"], item["note"]) for item in answer["work"]] == [
        ("cancelled", "trop tard")
    ]
    with opened(folder / "console.sqlite3") as store, store.read() as tx:
        assert tx.orders.by_reference(wanted).state is OrderState.CANCELLED
        assert tx.orders.by_reference(placed[1].reference).state is OrderState.AWAITING_PAYMENT


def test_what_is_to_be_seen_to_with_what_to_say(kiosk, placed):
    code, out, _err = kiosk("orders", "work")
    assert code == 0
    assert out.startswith(reference.grouped(placed[0].reference))
    assert "« " in out
    (row,) = told(kiosk, "work")
    assert (row["reference"], row["work_kind"], row["facts"]) == (
        placed[0].reference,
        "differences",
        {"differences": [DIFFERENCE]},
    )
    kiosk("orders", "cancel", placed[0].reference)
    assert kiosk("orders", "work")[1] == "Rien à traiter.\n"
    assert told(kiosk, "work") == []


def test_what_is_not_confirmed_and_why(kiosk, placed):
    name = f"{reference.grouped(placed[1].reference)}  Duval Jeanne"
    sentence = "en attente : centrale injoignable ; 1 essai, prochain dès que la centrale répond"
    code, out, _err = kiosk("orders", "outbox")
    assert (code, out) == (0, f"{name} : commande, {sentence}\n")
    (row,) = told(kiosk, "outbox")
    assert (row["reference"], row["sync_state"], row["last_error"]) == (
        placed[1].reference,
        "waiting",
        "central_unreachable",
    )
    assert row["message"] == f"commande, {sentence}"
    assert (row["attempts"], row["is_held_back"]) == (1, False)


@pytest.mark.usefixtures("placed")
def test_a_console_that_hangs_is_told_where_something_waits_for_it(kiosk, folder):
    holder = Election(folder / "sync.lock", lambda: time.monotonic() - 60)
    holder.try_to_win()
    holder.tell(LineNews(Connection.ONLINE))
    code, out, err = kiosk("orders", "outbox")
    assert (code, "en attente" in out) == (0, True)
    assert "ne répond plus : fermez-le" in err
    holder.leave()
    assert kiosk("orders", "outbox")[2] == ""


def test_a_reference_with_a_typing_error_names_the_one_that_is_meant(kiosk, placed):
    wanted = placed[0].reference
    wrong = str((int(wanted[0]) + 1) % 10) + wanted[1:]
    for action in ("show", "cancel"):
        code, out, err = kiosk("orders", action, wrong)
        assert (code, out) == (1, "")
        assert f"Peut-être {reference.grouped(wanted)} ?" in err
    assert told(kiosk, "show", wanted)["state"] == "awaiting_payment"


def test_a_console_that_was_never_used_has_nothing_and_gets_no_file(folder, kiosk):
    assert kiosk("orders", "work")[1] == "Rien à traiter.\n"
    assert kiosk("orders", "outbox")[1] == "Tout est confirmé par la centrale.\n"
    assert told(kiosk, "outbox") == []
    code, _out, err = kiosk("orders", "cancel", reference.with_check(1))
    assert (code, err.strip()) == (1, "kiosk: Cette commande n'est pas sur cette console.")
    assert not (folder / "console.sqlite3").exists()
