"""Until central's catalogue is there, what an enrolled console sells has no price."""

from __future__ import annotations

import io
import json
import shutil
import sys
from dataclasses import replace
from uuid import UUID

import pytest
from console_fixtures import CENTRAL, NOW, complete_draft, enrol, opened, placing

from kiosk import cli
from models.draft import DraftState
from models.errors import Unavailable
from services.adapters.catalogue_file import CatalogueFile, build_catalogue
from services.desk_reading import DeskReading
from services.drafts import save_draft
from services.order_file import EXAMPLE
from services.place_order import place_order
from services.revise_order import begin_revision
from services.sync.enrolment import IS_DEMO, LOCAL
from services.trial_prices import has_trial_prices, without_trial_prices

DRAFT = UUID(int=1)
OURS = "11111111-1111-7111-8111-111111111111"
BLACK = "BRO-LC970BK"


@pytest.fixture
def folder(tmp_path, catalogue_path, monkeypatch):
    """A console with the built-in catalogue, as its first start leaves it."""
    folder = tmp_path / "console"
    folder.mkdir(mode=0o700)
    shutil.copy(catalogue_path, folder / "catalogue.sqlite3")
    monkeypatch.setenv("KIOSK_STATE_DIR", str(folder))
    return folder


@pytest.fixture
def catalogue(folder):
    catalogue = CatalogueFile.open(folder / "catalogue.sqlite3")
    catalogue.note_source("")
    yield catalogue
    catalogue.close()


@pytest.fixture
def tools(folder, catalogue):
    tools = placing(folder / "catalogue.sqlite3", holder=OURS)
    yield replace(tools, catalogue=catalogue)
    tools.catalogue.close()


@pytest.fixture
def ready(store):
    with store.write() as tx:
        save_draft(complete_draft(DRAFT), tx=tx, holder=OURS, now=NOW)
    return store


def place(store, tools):
    return place_order(DRAFT, store, tools)


def test_an_enrolled_console_without_centrals_catalogue_places_nothing(ready, tools):
    enrol(ready)
    with pytest.raises(Unavailable) as refused:
        place(ready, tools)
    assert refused.value.code == "prices_for_trying"
    with ready.read() as tx:
        assert not tx.orders.recent()
        assert tx.outbox.waiting() == 0
        assert tx.drafts.get(DRAFT).state is DraftState.OPEN


@pytest.mark.parametrize("source, is_for_trying", [(CENTRAL, False), ("https://other", True)])
def test_only_the_catalogue_of_its_own_central_is_the_shops(
    ready, tools, catalogue, source, is_for_trying
):
    enrol(ready)
    catalogue.note_source(source)
    with ready.read() as tx:
        assert has_trial_prices(tx.settings, catalogue) is is_for_trying
    if not is_for_trying:  # and central need not be there for it
        assert place(ready, tools).is_demo is False


def test_a_console_that_is_not_enrolled_practises(ready, tools):
    assert place(ready, tools).is_demo is True


def test_what_an_administrator_gave_prices_to_is_sold(store, tmp_path):
    enrol(store)
    path = tmp_path / "own.sqlite3"
    build_catalogue(path, [], [], [], version="own", is_demo=False)
    catalogue = CatalogueFile.open(path)
    with store.read() as tx:
        assert not has_trial_prices(tx.settings, catalogue)
    catalogue.close()


def test_the_demos_own_central_sells_what_is_built_in(store, catalogue):
    with store.write() as tx:
        tx.settings.put("central_url", LOCAL)
        assert has_trial_prices(tx.settings, catalogue)
        tx.settings.put(IS_DEMO, "1")
        assert not has_trial_prices(tx.settings, catalogue)
        tx.settings.put("central_url", CENTRAL)  # enrolled at a real one since
        assert has_trial_prices(tx.settings, catalogue)


def test_no_price_for_trying_is_kept_as_one_that_was_said(ready, tools, catalogue):
    enrol(ready)
    with ready.write() as tx:
        draft = without_trial_prices(complete_draft(DRAFT), tx, catalogue)
        save_draft(draft, tx=tx, holder=OURS, now=NOW)
    offer = catalogue.articles([BLACK])[BLACK].offer
    catalogue.apply_offers([replace(offer, price_cents=3070)])
    catalogue.note_source(CENTRAL)
    assert place(ready, tools).quote.lines[0].unit_price_cents == 3070


def test_what_an_order_was_agreed_at_stays_agreed_while_it_is_changed(ready, tools, catalogue):
    enrol(ready)
    catalogue.note_source(CENTRAL)
    order = place(ready, tools)
    catalogue.note_source("https://other")
    with ready.write() as tx:
        draft = begin_revision(tx, order.order_id, holder=OURS, clock=tools.clock, ids=tools.ids)
        cart = draft.cart.add("BRO-LC970M", 1, price_cents=1290, at=NOW)
        kept = without_trial_prices(replace(draft, cart=cart), tx, catalogue).cart.lines
    assert [line.said_price_cents for line in kept] == [2290, 1290, None]


def test_what_the_operator_sees_says_so(ready, tools, catalogue):
    reading = DeskReading(catalogue, tools.clock, tools.rules)
    with ready.read() as tx:
        assert reading.state(complete_draft(DRAFT), tx).has_trial_prices is False
    enrol(ready)
    with ready.read() as tx:
        assert reading.state(complete_draft(DRAFT), tx).has_trial_prices is True


def test_a_file_is_placed_once_the_catalogue_is_there_and_not_before(
    folder, catalogue, capsys, monkeypatch
):
    with opened(folder / "console.sqlite3") as store:
        enrol(store)
    file = {**EXAMPLE, "uuid": "01930000-0000-7000-8000-000000000001", "codes": []}

    def run():
        text = io.BytesIO(json.dumps(file).encode())
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(text))
        return cli.main(["orders", "place", "-"]), capsys.readouterr()

    code, told = run()
    assert (code, told.out) == (3, "")
    assert "prix et stock sont d'essai" in told.err
    assert "kiosk sync --once" in told.err
    catalogue.note_source(CENTRAL)
    code, told = run()
    assert (code, told.err) == (0, "")
    assert json.loads(told.out)["is_demo"] is False


def test_a_quote_says_that_its_prices_are_for_trying(folder, catalogue, capsys, monkeypatch):
    def run():
        text = io.BytesIO(json.dumps({**EXAMPLE, "codes": []}).encode())
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(text))
        code, told = cli.main(["orders", "quote", "-"]), capsys.readouterr()
        return code, json.loads(told.out), told.err

    with opened(folder / "console.sqlite3") as store:
        code, practised, err = run()
        assert (code, err) == (0, "")
        assert "has_trial_prices" not in practised
        enrol(store)
    code, tried, err = run()
    assert code == 0
    assert tried == practised | {"has_trial_prices": True}
    assert "Prix et stock d'essai" in err
    assert "kiosk sync --once" in err
    catalogue.note_source(CENTRAL)
    assert run() == (0, practised, "")
