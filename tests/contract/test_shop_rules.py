"""The shop's settings that central judges by reach its consoles."""

from __future__ import annotations

from dataclasses import replace

import pytest
from contract.conftest import Served, Shop
from contract.line import Bench

from models.errors import DomainError, Unavailable
from models.shop import HolidayZone, ShopRules
from models.wire.shop import ShopRulesWire
from services.shop_rules import kept_rules

OTHER = ShopRules(
    iban="FR1420041010050500013M02606",
    cheque_payee="Encre Nouvelle",
    delivery_fee_cents=590,
    holiday_zone=HolidayZone.ALSACE_MOSELLE,
    postal_address=("Encre Nouvelle", "51100 REIMS"),
)


def judge_by(served: Served, rules: ShopRules) -> None:
    """As a central that is started again with another file."""
    served.app.state.settings = replace(served.app.state.settings, rules=rules)


def kept(bench: Bench) -> ShopRules | None:
    with bench.console.store.read() as tx:
        return kept_rules(tx.settings)


def test_central_says_what_it_judges_by_under_a_name_of_its_own(shop: Shop, served: Served) -> None:
    with shop.client() as client:
        before = client.get("/v1/shop").json()
        assert client.get("/v1/shop").json() == before
        judge_by(served, OTHER)
        after = client.get("/v1/shop").json()
    assert after["rules"]["iban"] == OTHER.iban
    assert after["version"] != before["version"]
    assert ShopRulesWire.model_validate(after["rules"], strict=False).to_domain() == OTHER


def test_the_next_exchange_brings_them_and_writes_them_once(bench: Bench, served: Served) -> None:
    assert kept(bench) == ShopRules()
    judge_by(served, OTHER)
    bench.engine.run_once()
    assert kept(bench) == OTHER
    written = bench.console.store.data_version()
    assert bench.engine.run_once().error_code is None
    assert bench.console.store.data_version() == written


@pytest.mark.parametrize(
    "error", [Unavailable("not_found"), DomainError("shop_file_malformed", key="holiday_zone")]
)
def test_a_central_that_says_none_or_newer_ones_leaves_those_there_are(
    bench: Bench, served: Served, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fails() -> ShopRules:
        raise error

    judge_by(served, OTHER)
    monkeypatch.setattr(bench.central, "shop_rules", fails)
    report = bench.engine.run_once()
    assert (report.error_code, kept(bench)) == (None, ShopRules())
    monkeypatch.undo()
    bench.engine.run_once()
    assert kept(bench) == OTHER


def test_what_no_shop_may_say_is_not_taken_from_central_either() -> None:
    wire = ShopRulesWire.model_validate(replace(OTHER, iban="FR0020041010050500013M02606"))
    with pytest.raises(DomainError) as refused:
        wire.to_domain()
    assert (refused.value.code, refused.value.facts["key"]) == ("shop_file_malformed", "iban")
