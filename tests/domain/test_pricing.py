from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shelf import NOW, Shelf, article, cart_of, facts_of

from models.cart import Cart
from models.errors import Defect
from models.pricing import price_cart
from models.quote import PackHint, Quote
from models.shop import ShopRules
from models.vat import VatShare
from models.vouchers import Voucher, VoucherKind
from models.wording.labels import cartridge_label

RULES = ShopRules()
ALWAYS_FREE = ShopRules(free_delivery_from_cents=0)

BLACK = article("LC970BK", 2290)
CYAN = article("LC970C", 1290)
MAGENTA = article("LC970M", 1290)
YELLOW = article("LC970Y", 1290)
FOUR = ("LC970BK", "LC970C", "LC970M", "LC970Y")
PACK = article("LC970VAL", 5590, contents=FOUR, stock=3)
COLOURS = article("LC970RBW", 3490, contents=("LC970C", "LC970M", "LC970Y"))
SHELF = [BLACK, CYAN, MAGENTA, YELLOW]


def quote_of(cart: Cart, rules: ShopRules = RULES, **more: object) -> Quote:
    return price_cart(cart, facts_of(SHELF, **more), now=NOW, rules=rules)


def test_the_cart_of_the_picture() -> None:
    quote = quote_of(cart_of(("LC970BK", 1), ("LC970C", 2)))
    assert quote.goods_cents == quote.total_cents == 4870
    assert quote.article_count == 3
    assert [line.total_cents for line in quote.lines] == [2290, 2580]
    assert quote.vat == (VatShare(2000, 4870, 4058, 812),)
    assert (quote.delivery_cents, quote.free_delivery_missing_cents) == (0, 0)


def test_an_empty_cart_costs_nothing() -> None:
    assert quote_of(Cart()) == Quote()


def test_an_unknown_article_is_named_and_not_in_the_total() -> None:
    assert quote_of(cart_of(("GONE", 2))) == Quote(unknown_skus=("GONE",))
    quote = quote_of(cart_of(("GONE", 2), ("LC970BK", 1)))
    assert (quote.unknown_skus, quote.total_cents, quote.article_count) == (("GONE",), 2780, 1)


def test_delivery_is_missing_so_much_to_be_free() -> None:
    quote = quote_of(cart_of(("LC970BK", 1)))
    assert (quote.delivery_cents, quote.free_delivery_missing_cents) == (490, 1610)
    assert quote.total_cents == 2780
    assert quote.vat == (VatShare(2000, 2780, 2317, 463),)


@pytest.mark.parametrize(
    "age_seconds, counts", [(0, 1990), (24 * 3600, 1990), (24 * 3600 + 1, 2290), (-60, 1990)]
)
def test_a_price_that_was_said_is_kept_for_a_day(age_seconds: int, counts: int) -> None:
    said_at = NOW - timedelta(seconds=age_seconds)
    cart = Cart().add("LC970BK", 2, price_cents=1990, at=said_at)
    line = quote_of(cart).lines[0]
    assert (line.unit_price_cents, line.current_price_cents) == (counts, 2290)
    assert line.total_cents == 2 * counts


def test_vat_is_split_by_rate_with_delivery_at_its_own() -> None:
    reduced = article("BOOK", 1055, vat_rate_bp=550)
    cart = cart_of(("LC970BK", 1), ("BOOK", 1), codes=["DIX"])
    ten = Voucher("DIX", VoucherKind.PERCENT, percent_bp=1000, skus=("BOOK",))
    quote = price_cart(cart, facts_of([BLACK, reduced], [ten]), now=NOW, rules=RULES)
    assert quote.discount_cents == 106
    assert quote.vat == (
        VatShare(2000, 2290 + 490, 2317, 463),
        VatShare(550, 949, 900, 49),
    )


@pytest.mark.parametrize("postcode, article_of_law", [("97110", "294"), ("98800", "262 I")])
def test_overseas_pays_the_same_without_vat(postcode: str, article_of_law: str) -> None:
    cart = cart_of(("LC970BK", 1))
    quote = quote_of(cart, delivery_postcode=postcode)
    assert (quote.total_cents, quote.vat, quote.vat_cents) == (2780, (), 0)
    assert article_of_law in (quote.vat_mention or "")
    assert quote_of(cart, delivery_postcode="51100").vat_mention is None


def test_the_clock_must_be_aware() -> None:
    with pytest.raises(Defect, match="naive_datetime"):
        price_cart(Cart(), facts_of([]), now=NOW.replace(tzinfo=None), rules=RULES)


def test_a_code_given_twice_counts_once() -> None:
    five = Voucher("CINQ", VoucherKind.AMOUNT, amount_cents=500, is_combinable=True)
    cart = Cart(cart_of(("LC970BK", 1)).lines, ("CINQ", "CINQ"))
    quote = price_cart(cart, facts_of(SHELF, [five]), now=NOW, rules=RULES)
    assert [outcome.code for outcome in quote.codes] == ["CINQ"]
    assert quote.discount_cents == 500


# --- packs -------------------------------------------------------------------


def hint(cart: Cart, *packs: object, rules: ShopRules = RULES, **more: object) -> PackHint | None:
    return quote_of(cart, rules, packs=packs, **more).pack_hint


def test_the_four_colours_are_cheaper_as_a_pack() -> None:
    four = cart_of(*((sku, 1) for sku in FOUR))
    label = cartridge_label(PACK.cartridge)
    assert hint(four, PACK) == PackHint("LC970VAL", label, 570)


def test_a_pack_may_be_cheaper_than_only_some_of_its_parts() -> None:
    found = hint(cart_of(("LC970C", 1), ("LC970M", 1), ("LC970Y", 1)), COLOURS, rules=ALWAYS_FREE)
    assert found is not None
    assert (found.pack_sku, found.saving_cents) == ("LC970RBW", 380)


def test_the_biggest_saving_is_told() -> None:
    found = hint(cart_of(*((sku, 1) for sku in FOUR)), COLOURS, PACK)
    assert found is not None
    assert (found.pack_sku, found.saving_cents) == ("LC970VAL", 570)


def test_no_hint_where_a_pack_costs_more_or_is_not_there() -> None:
    four = cart_of(*((sku, 1) for sku in FOUR))
    assert hint(cart_of(("LC970BK", 4)), PACK) is None
    assert hint(four, replace(PACK, offer=replace(PACK.offer, stock=0))) is None
    assert hint(cart_of(*((sku, 1) for sku in FOUR), ("LC970VAL", 3)), PACK) is None
    same = replace(PACK, offer=replace(PACK.offer, price_cents=6160))
    assert hint(four, same) is None


def test_a_hint_that_would_cost_the_free_delivery_is_not_given() -> None:
    # 39,90 € delivered free; the pack at 38,00 € would have 4,90 € of delivery on top.
    parts = [article("P1", 1995), article("P2", 1995)]
    pair = article("P12", 3800, contents=("P1", "P2"))
    cart = cart_of(("P1", 1), ("P2", 1))
    quote = price_cart(cart, facts_of(parts, packs=[pair]), now=NOW, rules=RULES)
    assert quote.pack_hint is None
    quote = price_cart(cart, facts_of(parts, packs=[pair]), now=NOW, rules=ALWAYS_FREE)
    assert quote.pack_hint is not None
    assert quote.pack_hint.saving_cents == 190


def test_a_pack_that_brings_free_delivery_is_a_saving() -> None:
    parts = [article("P1", 1900), article("P2", 1900)]
    pair = article("P12", 3950, contents=("P1", "P2"))
    quote = price_cart(
        cart_of(("P1", 1), ("P2", 1)), facts_of(parts, packs=[pair]), now=NOW, rules=RULES
    )
    assert quote.pack_hint is not None
    assert quote.pack_hint.saving_cents == 3800 + 490 - 3950


def test_a_hint_saves_a_credit_too() -> None:
    credit = Voucher("AV-1", VoucherKind.CREDIT, remaining_cents=99_999)
    cart = cart_of(*((sku, 1) for sku in FOUR), codes=["AV-1"])
    quote = price_cart(cart, facts_of(SHELF, [credit], packs=[PACK]), now=NOW, rules=RULES)
    assert quote.total_cents == 0
    assert quote.pack_hint is not None
    assert quote.pack_hint.saving_cents == 570


@pytest.mark.parametrize("rank, hinted", [(5, "PACK5"), (6, "PACK1")])
def test_only_the_five_best_packs_are_reckoned_through(rank: int, hinted: str) -> None:
    """By their prices alone; a code can make a lesser one the best, if it is looked at."""
    packs = [article(f"PACK{n}", 4000 + 10 * n, contents=FOUR) for n in range(1, 7)]
    off = Voucher("DIX", VoucherKind.AMOUNT, amount_cents=1000, skus=(f"PACK{rank}",))
    cart = cart_of(*((sku, 1) for sku in FOUR), codes=["DIX"])
    quote = price_cart(cart, facts_of(SHELF, [off], packs=packs), now=NOW, rules=RULES)
    assert quote.pack_hint is not None
    assert quote.pack_hint.pack_sku == hinted


def test_a_hint_asks_the_catalogue_for_no_remedy() -> None:
    asked: list[object] = []
    far = Voucher("LOIN", VoucherKind.AMOUNT, amount_cents=500, minimum_total_cents=99_999)
    cart = cart_of(*((sku, 1) for sku in FOUR), codes=["LOIN"])
    facts = facts_of(SHELF, [far], packs=[PACK], find_cheapest=lambda **by: asked.append(by))
    assert price_cart(cart, facts, now=NOW, rules=RULES).pack_hint is not None
    assert asked == [{"at_least_cents": 99_999 - 6160}]


# --- what a refusal proposes ----------------------------------------------------


def remedy(cart: Cart, *vouchers: Voucher, shelf: list[object] | None = None) -> str | None:
    """Of the last code: what its refusal proposes to add."""
    facts = facts_of(SHELF, vouchers, find_cheapest=Shelf(shelf or [EPSON]).cheapest)
    refusal = price_cart(cart, facts, now=NOW, rules=RULES).codes[-1].refusal
    assert refusal is not None
    return refusal.remedy_sku


EPSON = article("T1801", 990, brand="Epson")
FREE_FOR_EPSON = Voucher("PORT", VoucherKind.FREE_DELIVERY, brands=("Epson",))


def test_nothing_is_sold_for_a_delivery_that_would_be_free_without_it() -> None:
    assert remedy(cart_of(("LC970BK", 1), codes=["PORT"]), FREE_FOR_EPSON) == "T1801"
    # 22,90 + 9,90 is below 39,00, with 12,90 beside it is not.
    assert remedy(cart_of(("LC970BK", 1), ("LC970C", 1), codes=["PORT"]), FREE_FOR_EPSON) is None


def test_nothing_is_sold_for_a_code_that_another_one_keeps_out() -> None:
    five = Voucher("CINQ", VoucherKind.AMOUNT, amount_cents=500)
    for_epson = Voucher("EPSON", VoucherKind.AMOUNT, amount_cents=500, brands=("Epson",))
    cart = cart_of(("LC970BK", 1), codes=["CINQ", "EPSON"])
    assert remedy(cart, five, for_epson) is None
    together = [replace(one, is_combinable=True) for one in (five, for_epson)]
    assert remedy(cart, *together) == "T1801"


def test_no_more_is_proposed_than_there_is() -> None:
    last = article("LC970BK", 2290, stock=1)
    from_forty = Voucher("Q", VoucherKind.AMOUNT, amount_cents=500, minimum_total_cents=4000)
    facts = facts_of([last], [from_forty], find_cheapest=Shelf([last]).cheapest)
    (code,) = price_cart(cart_of(("LC970BK", 1), codes=["Q"]), facts, now=NOW, rules=RULES).codes
    assert code.refusal is not None
    assert (code.refusal.missing_cents, code.refusal.remedy_sku) == (1710, None)


def test_a_hint_counts_the_price_that_was_said() -> None:
    cart = Cart()
    for sku in FOUR:
        cart = cart.add(sku, 1, price_cents=1390, at=NOW)
    assert hint(cart, PACK, rules=ALWAYS_FREE) is None, "55,60 € was said, the pack costs 55,90 €"


@given(st.dictionaries(st.sampled_from(FOUR), st.integers(1, 4)), st.integers(1, 9000))
def test_taking_the_hint_saves_exactly_that(wanted: dict[str, int], price: int) -> None:
    pack = replace(PACK, offer=replace(PACK.offer, price_cents=price))
    facts = facts_of([*SHELF, pack], packs=[pack])
    quote = price_cart(cart_of(*wanted.items()), facts, now=NOW, rules=RULES)
    rest = {sku: count - 1 for sku, count in wanted.items() if count > 1}
    taken = price_cart(cart_of(*rest.items(), (pack.sku, 1)), facts, now=NOW, rules=RULES)
    saving = quote.total_cents - taken.total_cents
    if quote.pack_hint:
        assert quote.pack_hint.saving_cents == saving > 0
    else:
        assert saving <= 0


# --- properties --------------------------------------------------------------


@given(
    st.dictionaries(st.sampled_from(FOUR), st.integers(1, 20), min_size=1),
    st.sampled_from(FOUR),
    st.integers(1, 5),
)
def test_more_goods_cost_more(wanted: dict[str, int], sku: str, more: int) -> None:
    greater = {**wanted, sku: wanted.get(sku, 0) + more}
    before, after = quote_of(cart_of(*wanted.items())), quote_of(cart_of(*greater.items()))
    assert after.goods_cents > before.goods_cents
    assert after.total_cents > before.total_cents - RULES.delivery_fee_cents
    assert after.delivery_cents <= before.delivery_cents
    assert after.free_delivery_missing_cents <= before.free_delivery_missing_cents
    if after.delivery_cents == before.delivery_cents:
        assert after.total_cents > before.total_cents


@given(st.dictionaries(st.sampled_from(FOUR), st.integers(1, 20)))
def test_the_order_of_lines_is_irrelevant(wanted: dict[str, int]) -> None:
    one = quote_of(cart_of(*wanted.items()))
    other = quote_of(cart_of(*reversed(wanted.items())))
    assert (one.total_cents, one.vat) == (other.total_cents, other.vat)
