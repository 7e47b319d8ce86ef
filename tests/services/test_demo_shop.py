"""The demo shop: invented, the same everywhere, and true to what it says of itself."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import groupby

import pytest

from models.catalogue import Colour, Origin, Technology
from models.vouchers import VoucherKind
from services.catalogue_csv import builtin
from services.demo_people import demo_customer_id, demo_customers, demo_vouchers
from services.demo_shop import demo_shop, ean13_check_digit, in_store_ean13, restock_day

AS_OF = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def shop():
    tables = builtin()
    return demo_shop(tables.cartridges, tables.pairs, AS_OF)


@pytest.fixture(scope="module")
def by_sku(shop):
    return {article.sku: article for article in shop.articles}


def test_everything_says_that_it_is_a_demo(shop):
    assert all(article.offer.is_demo for article in shop.articles)
    assert {article.offer.known_at for article in shop.articles} == {AS_OF}


def test_the_same_again_on_another_day_but_for_dates(shop):
    tables = builtin()
    later = demo_shop(tables.cartridges, tables.pairs, AS_OF + timedelta(days=30))
    assert later.pairs == shop.pairs
    assert [(a.cartridge, a.offer.price_cents, a.offer.stock) for a in later.articles] == [
        (a.cartridge, a.offer.price_cents, a.offer.stock) for a in shop.articles
    ]


def test_a_price_is_the_same_on_every_machine(by_sku):
    prices = {
        sku: by_sku[sku].offer.price_cents for sku in ("HP-CH561EE", "EPS-T1802", "HP-CE285A")
    }
    assert prices == {"HP-CH561EE": 1590, "EPS-T1802": 990, "HP-CE285A": 9790}


def test_a_pack_costs_less_than_its_parts_and_fits_where_all_of_them_do(shop, by_sku):
    fitting = {}
    for printer_id, sku in shop.pairs:
        fitting.setdefault(sku, set()).add(printer_id)
    packs = [article for article in shop.articles if article.cartridge.is_pack]
    assert len(packs) > 200
    for pack in packs:
        parts = [by_sku[sku] for sku in pack.cartridge.contents]
        assert pack.offer.price_cents < sum(part.offer.price_cents for part in parts)
        assert {part.cartridge.origin for part in parts} == {pack.cartridge.origin}
        assert {part.cartridge.capacity for part in parts} == {pack.cartridge.capacity}
        assert {part.cartridge.colour for part in parts} in (
            {Colour.BLACK, Colour.CYAN, Colour.MAGENTA, Colour.YELLOW},
            {Colour.BLACK, Colour.TRICOLOUR},
        )
        assert fitting[pack.sku] == set.intersection(*(fitting[part.sku] for part in parts))


def test_the_shops_own_is_cheaper_and_fits_the_same_printers(shop, by_sku):
    own = [
        article
        for article in shop.articles
        if article.cartridge.origin is Origin.SHOP and not article.cartridge.is_pack
    ]
    makers = {
        a.sku for a in shop.articles if a.cartridge.technology in (Technology.INK, Technology.TONER)
    }
    assert len(own) > len(makers) // 4
    fitting = {sku: {p for p, _ in pairs} for sku, pairs in groupby(shop.pairs, key=lambda p: p[1])}
    for article in own:
        maker = by_sku[article.sku.removeprefix("KSK-")]
        assert article.offer.price_cents < maker.offer.price_cents
        assert article.cartridge.colour is maker.cartridge.colour
        assert fitting.get(article.sku) == fitting.get(maker.sku)


def test_a_few_prices_have_dropped(shop):
    dropped = [a.offer for a in shop.articles if a.offer.previous_price_cents is not None]
    assert 0.02 < len(dropped) / len(shop.articles) < 0.06
    assert all(offer.previous_price_cents > offer.price_cents for offer in dropped)


def test_only_what_is_out_of_stock_comes_back(shop):
    for article in shop.articles:
        back = article.offer.restock_on
        assert back is None or article.offer.stock == 0
        assert back is None or (back > date(2026, 11, 23) and back.weekday() < 5)
    out = [article.offer for article in shop.articles if not article.offer.is_in_stock]
    assert {offer.restock_on is None for offer in out} == {True, False}


@pytest.mark.parametrize(
    "as_of, days, expected",
    [
        (datetime(2026, 11, 23, 10, tzinfo=UTC), 10, date(2026, 12, 3)),
        (datetime(2026, 11, 23, 10, tzinfo=UTC), 5, date(2026, 11, 30)),  # a Saturday
        (
            datetime(2026, 11, 23, 23, 30, tzinfo=UTC),
            10,
            date(2026, 12, 4),
        ),  # past midnight in Paris
        (
            datetime(2026, 12, 15, 10, tzinfo=UTC),
            10,
            date(2026, 12, 28),
        ),  # Christmas, then Saturday
    ],
)
def test_goods_come_back_on_an_open_weekday(as_of, days, expected):
    assert restock_day(as_of, days) == expected


def test_every_ean_is_of_the_shop_and_nobody_elses(shop):
    eans = [article.cartridge.ean13 for article in shop.articles]
    assert len(set(eans)) == len(eans)
    assert all(len(ean) == 13 and ean.startswith("29") for ean in eans)
    assert all(ean13_check_digit(ean[:12]) == ean[12] for ean in eans)


@pytest.mark.parametrize("ean", ["4006381333931", "3017620422003", "9780306406157"])
def test_check_digit_of_numbers_in_print(ean):
    assert ean13_check_digit(ean[:12]) == ean[12]


def test_in_store_number():
    assert in_store_ean13(0) == "2900000000001"


def test_customers_are_fiction_and_stay_the_same():
    customers = demo_customers(AS_OF)
    assert len({customer.customer_id for customer in customers}) == len(customers) == 12
    for customer in customers:
        assert customer.phones
        for phone in customer.phones:
            assert phone.e164.startswith(("+3319900", "+3363998"))
            assert len(phone.e164) == 12
        assert customer.email is None or customer.email.endswith("@example.org")
    duval = next(c for c in customers if c.name.last_name == "DUVAL")
    assert (duval.billing.city, duval.printers) == ("Reims", ("brother-dcp-350c",))
    assert str(duval.customer_id) == str(demo_customer_id("DUVAL"))
    assert "[/b]" in {customer.name.last_name for customer in customers}


def test_printers_of_customers_are_in_the_catalogue():
    known = {printer.printer_id for printer in builtin().printers}
    assert {id_ for customer in demo_customers(AS_OF) for id_ in customer.printers} <= known


def test_codes_show_every_kind_and_what_can_be_refused(by_sku):
    vouchers = {voucher.code: voucher for voucher in demo_vouchers(AS_OF)}
    today = date(2026, 11, 23)
    assert {voucher.kind for voucher in vouchers.values()} == set(VoucherKind)
    assert vouchers["ETE2026"].valid_until < today < vouchers["BIENTOT15"].valid_from
    assert vouchers["RENTREE20"].uses == vouchers["RENTREE20"].uses_max
    assert vouchers["BIENVENUE10"].uses_per_customer_max == 1
    assert vouchers["EPSON15"].brands == ("Epson",)
    assert vouchers["DUVAL-MERCI"].customer_id == demo_customer_id("DUVAL")
    assert vouchers["PORTOFFERT"].is_combinable
    assert vouchers["FIDELITE3"].is_combinable
    assert vouchers["AVOIR-1309-T"].remaining_cents == 0
    assert {"Noel2026", "KIOSK1O0"} <= vouchers.keys()
    assert all(sku in by_sku for voucher in vouchers.values() for sku in voucher.skus)
