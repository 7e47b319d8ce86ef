from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shelf import NOW, TODAY, Shelf, article, cart_of, facts_of

from models.cart import Cart
from models.pricing import price_cart
from models.quote import CodeOutcome
from models.shop import ShopRules
from models.voucher_rules import applies_to
from models.vouchers import Refusal, RefusalReason, Voucher, VoucherKind, fold_code

RULES = ShopRules()
ROUX, PETIT = UUID(int=1), UUID(int=2)
Reason = RefusalReason

BLACK = article("LC970BK", 2290)
CYAN = article("LC970C", 1290)
EPSON = article("T1801", 1090, brand="Epson")
SHELF = Shelf([BLACK, CYAN, EPSON])


def off(code: str = "MERCI", **more: object) -> Voucher:
    return Voucher(code, VoucherKind.AMOUNT, **{"amount_cents": 500, **more})  # type: ignore[arg-type]


def outcome(voucher: Voucher, cart: Cart | None = None, **more: object) -> CodeOutcome:
    cart = cart_of(("LC970BK", 1), ("LC970C", 2)) if cart is None else cart
    facts = facts_of(SHELF.articles, [voucher], **more)
    quote = price_cart(cart.add_code(voucher.code), facts, now=NOW, rules=RULES)
    return quote.codes[0]


def refused(voucher: Voucher, cart: Cart | None = None, **more: object) -> Refusal:
    found = outcome(voucher, cart, **more)
    assert found.discount_cents == 0
    assert not found.is_provisional
    assert found.refusal is not None
    return found.refusal


def test_a_code_without_conditions_counts() -> None:
    assert outcome(off()) == CodeOutcome("MERCI", VoucherKind.AMOUNT, 500)


def test_days_are_inclusive() -> None:
    assert outcome(off(valid_from=TODAY, valid_until=TODAY)).is_accepted
    yesterday, tomorrow = date(2026, 11, 22), date(2026, 11, 24)
    assert refused(off(valid_until=yesterday)) == Refusal(Reason.EXPIRED, on=yesterday)
    assert refused(off(valid_from=tomorrow)) == Refusal(Reason.NOT_YET_VALID, on=tomorrow)


def test_days_are_those_of_paris() -> None:
    late = NOW.replace(hour=23, minute=30)  # half past midnight of the 24th in Paris
    facts = facts_of([BLACK], [off(valid_until=TODAY)])
    quote = price_cart(cart_of(("LC970BK", 1), codes=["MERCI"]), facts, now=late, rules=RULES)
    assert quote.codes[0].refusal == Refusal(Reason.EXPIRED, on=TODAY)


def test_a_personal_code_is_for_one_customer() -> None:
    personal = off(customer_id=ROUX)
    assert outcome(personal, customer_id=ROUX).is_accepted
    assert refused(personal, customer_id=PETIT) == Refusal(Reason.OTHER_CUSTOMER)
    assert refused(personal) == Refusal(Reason.CUSTOMER_UNKNOWN_YET)


def test_uses_in_all() -> None:
    assert outcome(off(uses=9, uses_max=10)).is_provisional
    assert outcome(off(uses=9)).is_provisional is False
    assert refused(off(uses=10, uses_max=10)) == Refusal(Reason.USED_UP)


def test_uses_per_customer() -> None:
    once = off(uses_per_customer_max=1)
    assert outcome(once, customer_id=ROUX).is_accepted
    assert outcome(once).is_provisional, "a caller not known yet: central will count"
    used = {"customer_id": ROUX, "uses_by_customer": {"MERCI": 1}}
    assert refused(once, **used) == Refusal(Reason.ALREADY_USED_BY_CUSTOMER)


def test_a_spent_credit_has_nothing_left() -> None:
    spent = Voucher("AV-1", VoucherKind.CREDIT, remaining_cents=0)
    assert refused(spent) == Refusal(Reason.NOTHING_LEFT)


def test_nothing_can_be_taken_off_an_empty_cart() -> None:
    assert refused(off(), Cart()) == Refusal(Reason.EMPTY_CART)


def test_nothing_to_take_off() -> None:
    free = Voucher("PORT", VoucherKind.FREE_DELIVERY)
    assert refused(free) == Refusal(Reason.NOTHING_TO_TAKE_OFF), "48,70 € are delivered free"
    assert outcome(free, cart_of(("LC970BK", 1))).discount_cents == 490


def test_what_nobody_can_change_is_said_first() -> None:
    hopeless = off(valid_until=date(2026, 10, 12), minimum_total_cents=99999, brands=("Epson",))
    assert refused(hopeless, find_cheapest=SHELF.cheapest).reason is Reason.EXPIRED


# --- the code as it is said --------------------------------------------------


def test_the_case_counts_and_the_exact_code_is_proposed() -> None:
    exact = off("BIENVENUE10")
    facts = facts_of([BLACK], alike={"bienvenue1O": [exact]})
    quote = price_cart(cart_of(("LC970BK", 1), codes=["bienvenue1O"]), facts, now=NOW, rules=RULES)
    assert quote.codes == (
        CodeOutcome(
            "bienvenue1O", None, refusal=Refusal(Reason.LOOKS_LIKE, proposed="BIENVENUE10")
        ),
    )
    assert quote.discount_cents == 0


def test_of_two_look_alikes_the_one_that_counts_is_proposed() -> None:
    gone, good = off("Ete", valid_until=date(2026, 9, 1)), off("ETE")
    facts = facts_of([BLACK], alike={"ete": [gone, good]})
    quote = price_cart(cart_of(("LC970BK", 1), codes=["ete"]), facts, now=NOW, rules=RULES)
    assert quote.codes[0].refusal == Refusal(Reason.LOOKS_LIKE, proposed="ETE")


def test_an_unknown_code_is_unknown() -> None:
    quote = price_cart(cart_of(("A", 1), codes=["X"]), facts_of([]), now=NOW, rules=RULES)
    assert quote.codes == (CodeOutcome("X", None, refusal=Refusal(Reason.UNKNOWN)),)


@pytest.mark.parametrize("said", ["bienvenue10", "BIENVENUE1O", "BlENVENUEIo", "B1ENVENUELO"])
def test_look_alikes_fold_together(said: str) -> None:
    assert fold_code(said) == fold_code("BIENVENUE10")


@pytest.mark.parametrize("said", ["BIENVENUE 10", " BIENVENUE10", "BIENVENUE11", "8IENVENUE10"])
def test_nothing_else_folds_together(said: str) -> None:
    assert fold_code(said) != fold_code("BIENVENUE10")


@given(st.text(max_size=30))
def test_folding_twice_changes_nothing(code: str) -> None:
    assert fold_code(fold_code(code)) == fold_code(code)


# --- restrictions and the cheapest thing that would do -----------------------


def test_wrong_brand_names_the_cheapest_article_of_the_right_one() -> None:
    epson = off(brands=("Epson",))
    assert refused(epson, find_cheapest=SHELF.cheapest) == Refusal(
        Reason.WRONG_BRAND,
        brands=("Epson",),
        remedy_sku="T1801",
        remedy_quantity=1,
        remedy_cents=1090,
    )
    assert outcome(epson, cart_of(("T1801", 1))).is_accepted


def test_wrong_article_names_the_article() -> None:
    cyan = off(skus=("LC970C",))
    assert refused(cyan, cart_of(("LC970BK", 1)), find_cheapest=SHELF.cheapest) == Refusal(
        Reason.WRONG_ARTICLES,
        skus=("LC970C",),
        remedy_sku="LC970C",
        remedy_quantity=1,
        remedy_cents=1290,
    )


def test_a_remedy_for_a_brand_meets_the_minimum_as_well() -> None:
    dear = article("T9999", 5990, brand="Epson")
    shelf = Shelf([*SHELF.articles, dear])
    picky = off(brands=("Epson",), minimum_total_cents=8000)  # 48,70 € are in the cart
    assert refused(picky, find_cheapest=shelf.cheapest).remedy_sku == "T9999"
    assert refused(picky, find_cheapest=SHELF.cheapest).remedy_sku is None


def test_brand_and_article_must_both_fit() -> None:
    both = off(brands=("Epson",), skus=("LC970C",))
    assert not applies_to(both, "Brother", "LC970C")
    assert not applies_to(both, "Epson", "T1801")
    assert applies_to(both, "Epson", "LC970C")
    assert refused(both, find_cheapest=SHELF.cheapest).remedy_sku is None, "it would not do"


def test_a_remedy_fits_brand_and_article_both() -> None:
    named = article("T1811", 1990, brand="Epson")
    shelf = Shelf([*SHELF.articles, named])
    picky = off(brands=("Epson",), skus=("T1811", "LC970BK"))
    found = refused(picky, cart_of(("T1801", 1)), find_cheapest=shelf.cheapest)
    assert (found.reason, found.remedy_sku) == (Reason.WRONG_ARTICLES, "T1811")


def test_no_remedy_beyond_what_one_order_may_hold() -> None:
    cheap = article("CLIP", 10, stock=10_000)
    facts = facts_of([cheap], [off(minimum_total_cents=1000)])
    quote = price_cart(cart_of(("CLIP", 1), codes=["MERCI"]), facts, now=NOW, rules=RULES)
    assert quote.codes[0].refusal == Refusal(Reason.MINIMUM_NOT_MET, missing_cents=990)
    quote = price_cart(cart_of(("CLIP", 2), codes=["MERCI"]), facts, now=NOW, rules=RULES)
    assert quote.codes[0].refusal is not None
    assert quote.codes[0].refusal.remedy_sku is None


def test_without_a_catalogue_no_remedy_is_made_up() -> None:
    assert refused(off(brands=("Epson",))) == Refusal(Reason.WRONG_BRAND, brands=("Epson",))


def test_minimum_counts_all_goods_before_discounts() -> None:
    assert outcome(off(minimum_total_cents=4870, brands=("Brother",))).is_accepted
    mixed = cart_of(("LC970BK", 1), ("T1801", 1))
    assert outcome(off(minimum_total_cents=3380, brands=("Epson",)), mixed).is_accepted


def test_the_cheapest_way_to_a_minimum_is_one_more_of_what_is_there() -> None:
    assert refused(off(minimum_total_cents=5000)) == Refusal(
        Reason.MINIMUM_NOT_MET,
        missing_cents=130,
        remedy_sku="LC970C",
        remedy_quantity=1,
        remedy_cents=1290,
    )


def test_the_cheapest_way_to_a_minimum_is_another_article() -> None:
    found = refused(off(minimum_total_cents=5000), find_cheapest=SHELF.cheapest)
    assert (found.missing_cents, found.remedy_sku, found.remedy_cents) == (130, "T1801", 1090)


def test_several_of_one_article_may_be_needed() -> None:
    found = refused(off(minimum_total_cents=4870 + 2581), find_cheapest=SHELF.cheapest)
    assert (found.remedy_sku, found.remedy_quantity, found.remedy_cents) == ("LC970C", 3, 3870)


def test_what_is_not_there_is_no_remedy() -> None:
    scarce = replace(CYAN, offer=replace(CYAN.offer, stock=2))
    facts = facts_of([scarce], [off(minimum_total_cents=5000)])
    quote = price_cart(cart_of(("LC970C", 2), codes=["MERCI"]), facts, now=NOW, rules=RULES)
    assert quote.codes[0].refusal == Refusal(Reason.MINIMUM_NOT_MET, missing_cents=2420)


@given(st.integers(1, 40_000), st.lists(st.integers(0, 6000), min_size=1, max_size=6))
def test_a_remedy_always_does_and_none_on_the_shelf_is_cheaper(
    minimum: int, prices: list[int]
) -> None:
    shelf = Shelf([article(f"S{i}", price) for i, price in enumerate(prices)])
    voucher = off(minimum_total_cents=minimum)
    facts = facts_of(shelf.articles, [voucher], find_cheapest=shelf.cheapest)
    before = cart_of(("S0", 1), codes=["MERCI"])
    quote = price_cart(before, facts, now=NOW, rules=RULES)
    refusal = quote.codes[0].refusal
    if refusal is None or refusal.remedy_sku is None:
        return
    extra = (refusal.remedy_sku, refusal.remedy_quantity)
    lines = {"S0": 1, extra[0]: extra[1] + (extra[0] == "S0")}
    after = price_cart(cart_of(*lines.items(), codes=["MERCI"]), facts, now=NOW, rules=RULES)
    assert after.codes[0].is_accepted
    assert after.goods_cents - quote.goods_cents == refusal.remedy_cents
    enough = [price for price in prices if price >= refusal.missing_cents]
    assert refusal.remedy_cents <= min(enough, default=refusal.remedy_cents)
