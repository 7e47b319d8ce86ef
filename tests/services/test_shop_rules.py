"""Settings that central hands out: with the next call, and where a console has its own."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict, replace

import pytest
from console_fixtures import complete_draft, enrol

from kiosk.container import Container
from kiosk.health import Level, _shop
from kiosk.shop_file import VARIABLE
from models.shop import ShopRules
from services.shop_rules import SHOP_RULES, differing, keep_rules, kept_rules

OTHER = ShopRules(
    iban="FR1420041010050500013M02606", delivery_fee_cents=990, free_delivery_from_cents=1_000_000
)
FEE = ShopRules(free_delivery_from_cents=1_000_000)


@pytest.fixture
def console(tmp_path):
    with closing(Container(tmp_path / "state")) as console:
        tell(console, FEE)
        yield console


def tell(console, rules):
    """The exchange brings them."""
    with console.store.write() as tx:
        keep_rules(tx.settings, rules)


def fee(state):
    return state.quote.delivery_cents


def test_they_count_from_the_next_call_on_and_never_under_one(console):
    desk = console.open_desk()
    blank = desk.new_call()
    begun = replace(complete_draft(blank.draft.draft_id), called_at=blank.draft.called_at)
    assert fee(desk.change(begun)) == 490
    tell(console, OTHER)
    state = desk.refresh(begun)
    assert (fee(state), console.rules) == (490, FEE)
    placed = desk.confirm(begun, said_total_cents=state.quote.total_cents)
    assert placed.order.quote.delivery_cents == 490
    assert console.rules == FEE  # what is read aloud after it
    following = desk.new_call()
    assert console.rules == OTHER
    assert fee(desk.change(complete_draft(following.draft.draft_id))) == 990


def test_a_call_that_is_taken_up_again_goes_by_the_newest(console):
    desk = console.open_desk()
    draft = complete_draft(desk.new_call().draft.draft_id)
    desk.change(draft)
    desk.park(draft, "")
    tell(console, OTHER)
    assert fee(desk.resume(draft.draft_id)) == 990


def test_a_console_with_a_file_of_its_own_goes_by_that(tmp_path):
    with closing(Container(tmp_path / "state", rules=FEE)) as console:
        tell(console, OTHER)
        desk = console.open_desk()
        assert fee(desk.change(complete_draft(desk.new_call().draft.draft_id))) == 490
        assert console.rules == FEE


@pytest.mark.parametrize("text", ["", "no json", "[]", '{"iban": "FR00"}'])
def test_what_cannot_be_read_was_not_said(console, text):
    with console.store.write() as tx:
        tx.settings.put(SHOP_RULES, text)
        assert kept_rules(tx.settings) is None
    console.open_desk().new_call()
    assert console.rules == ShopRules()


def test_what_is_kept_is_what_was_said(console):
    for rules in (FEE, OTHER, ShopRules()):
        tell(console, rules)
        with console.store.read() as tx:
            assert kept_rules(tx.settings) == rules
    assert set(asdict(OTHER)) >= {*differing(OTHER, FEE)} == {"iban", "delivery_fee_cents"}


def test_the_doctor_says_where_the_console_has_others_than_central(console, tmp_path):
    file = tmp_path / "shop.toml"
    file.write_text('cheque_payee = "Encre"\nfree_delivery_from_cents = 1000000\n')
    (found,) = _shop({VARIABLE: str(file)}, console.store)
    assert (found.name, found.level) == ("réglages", Level.WATCH)
    assert found.told.endswith(": cheque_payee")
    file.write_text("free_delivery_from_cents = 1000000\n")
    (found,) = _shop({VARIABLE: str(file)}, console.store)
    assert found.level is Level.OK
    assert list(_shop({}, console.store)) == []
    with console.store.write() as tx:
        tx.settings.put(SHOP_RULES, "")
    assert list(_shop({}, console.store)) == []  # for practice
    enrol(console.store)
    (found,) = _shop({}, console.store)
    assert "inventés" in found.told
    assert list(_shop({VARIABLE: str(file)}, console.store)) == []
    tell(console, FEE)
    (found,) = _shop({VARIABLE: str(tmp_path / "nowhere")}, console.store)
    assert found.level is Level.ERROR
