from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st
from shelf import NOW, article, cart_of, facts_of

from models.discounts import delivery_fee
from models.pricing import price_cart
from models.quote import Quote
from models.shop import ShopRules
from models.vouchers import Refusal, RefusalReason, Voucher, VoucherKind

RULES = ShopRules()
NEVER_FREE = ShopRules(free_delivery_from_cents=10**9)
SHELF = [
    article("LC970BK", 2290),
    article("LC970C", 1290),
    article("T1801", 1090, brand="Epson"),
]


def percent(code: str, basis_points: int, **more: object) -> Voucher:
    return Voucher(code, VoucherKind.PERCENT, percent_bp=basis_points, **more)  # type: ignore[arg-type]


def amount(code: str, cents: int, **more: object) -> Voucher:
    return Voucher(code, VoucherKind.AMOUNT, amount_cents=cents, **more)  # type: ignore[arg-type]


def free(code: str = "PORT", **more: object) -> Voucher:
    return Voucher(code, VoucherKind.FREE_DELIVERY, **more)  # type: ignore[arg-type]


def credit(code: str, cents: int, **more: object) -> Voucher:
    return Voucher(code, VoucherKind.CREDIT, remaining_cents=cents, **more)  # type: ignore[arg-type]


def quote_of(
    *vouchers: Voucher,
    lines: tuple[tuple[str, int], ...] = (("LC970BK", 1), ("LC970C", 2)),
    rules: ShopRules = RULES,
) -> Quote:
    cart = cart_of(*lines, codes=[voucher.code for voucher in vouchers])
    return price_cart(cart, facts_of(SHELF, vouchers), now=NOW, rules=rules)


def taken(quote: Quote) -> dict[str, int]:
    return {outcome.code: outcome.discount_cents for outcome in quote.codes}


def refusals(quote: Quote) -> dict[str, Refusal]:
    return {o.code: o.refusal for o in quote.codes if o.refusal}


def test_percent_of_eligible_goods_only() -> None:
    quote = quote_of(
        percent("EPSON10", 1000, brands=("Epson",)), lines=(("LC970BK", 1), ("T1801", 3))
    )
    assert taken(quote) == {"EPSON10": 327}
    assert [line.discount_cents for line in quote.lines] == [0, 327]
    assert (quote.goods_cents, quote.discount_cents, quote.total_cents) == (5560, 327, 5233)


def test_an_amount_is_shared_over_its_lines_to_the_cent() -> None:
    quote = quote_of(amount("MOINS10", 1000))
    assert [line.discount_cents for line in quote.lines] == [470, 530]
    assert quote.discount_cents == 1000


def test_an_amount_never_exceeds_the_lines_it_applies_to() -> None:
    quote = quote_of(amount("CYAN50", 5000, skus=("LC970C",)))
    assert taken(quote) == {"CYAN50": 2580}
    assert quote.total_cents == 2290 + 490


def test_percents_are_of_the_full_price_then_amounts_come() -> None:
    codes = (
        amount("MOINS5", 500, is_combinable=True),
        percent("DIX", 1000, is_combinable=True),
        percent("CINQ", 500, is_combinable=True),
    )
    quote = quote_of(*codes)
    assert taken(quote) == {"MOINS5": 500, "DIX": 487, "CINQ": 244}
    assert [outcome.code for outcome in quote.codes] == ["MOINS5", "DIX", "CINQ"], "as given"


def test_percents_go_before_amounts() -> None:
    codes = (amount("VINGT", 2000, is_combinable=True), percent("MOITIE", 5000, is_combinable=True))
    quote = quote_of(*codes, lines=(("LC970BK", 1),))
    assert taken(quote) == {"VINGT": 1145, "MOITIE": 1145}


def test_a_code_never_adds_to_the_price() -> None:
    quote = quote_of(amount("FAUX", -500))
    assert refusals(quote) == {"FAUX": Refusal(RefusalReason.NOTHING_TO_TAKE_OFF)}
    assert quote.total_cents == 4870


def test_a_code_of_nothing_has_nothing_to_take_off_whoever_stands() -> None:
    quote = quote_of(percent("ZERO", 0), amount("CINQ", 500), lines=(("LC970BK", 1),))
    assert quote.delivery_cents == 490
    assert refusals(quote) == {"ZERO": Refusal(RefusalReason.NOTHING_TO_TAKE_OFF)}


def test_a_narrow_amount_goes_before_a_wide_one() -> None:
    wide = amount("TOUT", 2000, is_combinable=True)
    narrow = amount("ZERO-NOIR", 2290, skus=("LC970BK",), is_combinable=True)
    assert taken(quote_of(wide, narrow)) == {"TOUT": 2000, "ZERO-NOIR": 2290}


def test_delivery_is_owed_on_what_is_left_after_discounts() -> None:
    assert quote_of().delivery_cents == 0
    quote = quote_of(percent("VINGT", 2000))  # 48,70 -> 38,96, below 39,00
    assert (quote.delivery_cents, quote.free_delivery_missing_cents) == (490, 4)
    assert quote.total_cents == 3896 + 490
    assert delivery_fee(3900, RULES) == 0
    assert delivery_fee(3899, RULES) == 490
    assert delivery_fee(0, ShopRules(free_delivery_from_cents=0)) == 0


def test_free_delivery_takes_the_fee() -> None:
    quote = quote_of(free(), lines=(("LC970BK", 1),))
    assert taken(quote) == {"PORT": 490}
    assert (quote.delivery_cents, quote.delivery_saved_cents, quote.discount_cents) == (0, 490, 0)
    assert (quote.total_cents, quote.free_delivery_missing_cents) == (2290, 0)


def test_free_delivery_counts_once_discounts_brought_the_fee_back() -> None:
    codes = (free(is_combinable=True), percent("VINGT", 2000, is_combinable=True))
    assert taken(quote_of(*codes)) == {"PORT": 490, "VINGT": 974}
    assert taken(quote_of(*reversed(codes))) == {"VINGT": 974, "PORT": 490}


def test_the_second_free_delivery_has_nothing_to_take_off() -> None:
    codes = (free("PORT2", is_combinable=True), free("PORT1", is_combinable=True))
    quote = quote_of(*codes, lines=(("LC970BK", 1),))
    assert taken(quote) == {"PORT2": 0, "PORT1": 490}
    assert refusals(quote) == {"PORT2": Refusal(RefusalReason.NOTHING_TO_TAKE_OFF)}


def test_a_credit_pays_goods_and_delivery_and_keeps_the_rest() -> None:
    quote = quote_of(credit("AV-1", 5000), lines=(("LC970BK", 1),))
    assert taken(quote) == {"AV-1": 2780}
    assert (quote.credit_cents, quote.discount_cents, quote.total_cents) == (2780, 0, 0)
    assert quote.codes[0].is_provisional
    assert quote.vat_cents == 463, "a means of payment: VAT is due on 27,80 €"


def test_of_two_credits_the_soonest_to_expire_goes_first() -> None:
    soon = credit("SOON", 4000, valid_until=date(2026, 12, 31))
    late = credit("LATE", 4000, valid_until=date(2027, 12, 31))
    assert taken(quote_of(late, soon)) == {"LATE": 870, "SOON": 4000}


def test_a_credit_stands_beside_a_code_that_combines_with_nothing() -> None:
    quote = quote_of(credit("AV-1", 1000), percent("DIX", 1000))
    assert taken(quote) == {"AV-1": 1000, "DIX": 487}
    assert quote.total_cents == 4870 - 487 - 1000


def test_a_credit_with_nothing_to_pay_is_not_spent() -> None:
    quote = quote_of(
        percent("TOUT", 10_000), credit("AV-1", 1000), rules=ShopRules(delivery_fee_cents=0)
    )
    assert refusals(quote) == {"AV-1": Refusal(RefusalReason.NOTHING_TO_TAKE_OFF)}
    assert quote.total_cents == 0


def test_the_first_given_stands_and_the_better_one_is_told() -> None:
    small, big = amount("CINQ", 500), amount("SEPT", 700)
    quote = quote_of(small, big)
    assert taken(quote) == {"CINQ": 500, "SEPT": 0}
    assert refusals(quote)["SEPT"] == Refusal(
        RefusalReason.NOT_COMBINABLE, conflicts_with="CINQ", remedy_cents=200
    )
    assert refusals(quote_of(big, small))["CINQ"] == Refusal(
        RefusalReason.NOT_COMBINABLE, conflicts_with="SEPT", remedy_cents=0
    )


def test_both_must_be_combinable() -> None:
    alone, sociable = amount("SEUL", 500), amount("AVEC", 700, is_combinable=True)
    assert taken(quote_of(alone, sociable)) == {"SEUL": 500, "AVEC": 0}
    assert taken(quote_of(sociable, alone)) == {"AVEC": 700, "SEUL": 0}


def test_the_saving_told_counts_delivery_too() -> None:
    # 20 % brings the delivery fee back: 9,74 - 4,90 = 4,84 saved, against 5,00 and none.
    quote = quote_of(percent("VINGT", 2000), amount("CINQ", 500))
    assert refusals(quote)["CINQ"].remedy_cents == 16


def test_a_code_that_takes_nothing_off_is_in_nobodys_way() -> None:
    quote = quote_of(free(), amount("CINQ", 500))
    assert taken(quote) == {"PORT": 0, "CINQ": 500}
    assert refusals(quote) == {"PORT": Refusal(RefusalReason.NOTHING_TO_TAKE_OFF)}


def test_free_delivery_is_not_called_free_already_while_the_fee_is_owed() -> None:
    quote = quote_of(free(), percent("VINGT", 2000))
    assert quote.delivery_cents == 490
    assert refusals(quote)["PORT"] == Refusal(RefusalReason.NOT_COMBINABLE, conflicts_with="VINGT")


# --- properties --------------------------------------------------------------

BRANDS = ("Brother", "Epson")
SKUS = ("LC970BK", "LC970C", "T1801")


def vouchers(*, combinable: st.SearchStrategy[bool]) -> st.SearchStrategy[list[Voucher]]:
    one = st.builds(
        Voucher,
        code=st.sampled_from([f"CODE{i}" for i in range(8)]),
        kind=st.sampled_from(VoucherKind),
        percent_bp=st.integers(0, 12_000),
        amount_cents=st.integers(0, 20_000),
        remaining_cents=st.integers(0, 20_000),
        brands=st.lists(st.sampled_from(BRANDS), max_size=1).map(tuple),
        skus=st.lists(st.sampled_from(SKUS), max_size=2, unique=True).map(tuple),
        minimum_total_cents=st.sampled_from([0, 0, 5000]),
        is_combinable=combinable,
    )
    return st.lists(one, max_size=5, unique_by=lambda voucher: voucher.code)


LINES = st.dictionaries(st.sampled_from(SKUS), st.integers(1, 5)).map(lambda d: tuple(d.items()))


@given(vouchers(combinable=st.booleans()), LINES, st.sampled_from([RULES, NEVER_FREE]))
def test_it_always_adds_up(
    codes: list[Voucher], lines: tuple[tuple[str, int], ...], rules: ShopRules
) -> None:
    quote = quote_of(*codes, lines=lines, rules=rules)
    kinds = {o.code: o.kind for o in quote.codes}
    off = {o.code: o.discount_cents for o in quote.codes}
    assert quote.total_cents == (
        quote.goods_cents - quote.discount_cents + quote.delivery_cents - quote.credit_cents
    )
    assert quote.total_cents >= 0
    assert quote.discount_cents == sum(line.discount_cents for line in quote.lines)
    assert all(0 <= line.discount_cents <= line.total_cents for line in quote.lines)
    on_goods = {VoucherKind.PERCENT, VoucherKind.AMOUNT}
    assert quote.discount_cents == sum(c for code, c in off.items() if kinds[code] in on_goods)
    assert quote.credit_cents == sum(
        c for code, c in off.items() if kinds[code] is VoucherKind.CREDIT
    )
    assert quote.delivery_saved_cents == sum(
        c for code, c in off.items() if kinds[code] is VoucherKind.FREE_DELIVERY
    )
    assert sum(share.gross_cents for share in quote.vat) == quote.total_cents + quote.credit_cents
    assert all((o.discount_cents > 0) == o.is_accepted for o in quote.codes)
    assert [o.code for o in quote.codes] == [voucher.code for voucher in codes]
    by_code = {voucher.code: voucher for voucher in codes}
    for outcome in quote.codes:
        voucher = by_code[outcome.code]
        if outcome.kind is VoucherKind.CREDIT:
            assert outcome.discount_cents <= voucher.remaining_cents
        elif outcome.kind is VoucherKind.AMOUNT:
            assert outcome.discount_cents <= voucher.amount_cents


@given(vouchers(combinable=st.just(value=True)), LINES, st.randoms())
def test_the_order_of_combinable_codes_is_irrelevant(
    codes: list[Voucher], lines: tuple[tuple[str, int], ...], random: object
) -> None:
    shuffled = list(codes)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = quote_of(*codes, lines=lines), quote_of(*shuffled, lines=lines)
    assert one.total_cents == other.total_cents
    assert taken(one) == taken(other)
    assert refusals(one) == refusals(other)
    assert one.lines == other.lines


@given(vouchers(combinable=st.booleans()), LINES)
def test_discounts_that_stand_together_are_all_combinable(
    codes: list[Voucher], lines: tuple[tuple[str, int], ...]
) -> None:
    quote = quote_of(*codes, lines=lines)
    by_code = {voucher.code: voucher for voucher in codes}
    standing = [
        by_code[o.code] for o in quote.codes if o.is_accepted and o.kind is not VoucherKind.CREDIT
    ]
    assert len(standing) < 2 or all(voucher.is_combinable for voucher in standing)
    for refusal in refusals(quote).values():
        if refusal.reason is RefusalReason.NOT_COMBINABLE:
            assert refusal.conflicts_with in {voucher.code for voucher in standing}


@given(vouchers(combinable=st.just(value=True)), LINES)
def test_one_more_discount_never_lowers_the_discount(
    codes: list[Voucher], lines: tuple[tuple[str, int], ...]
) -> None:
    with_all = quote_of(*codes, lines=lines).discount_cents
    assert quote_of(*codes[:-1], lines=lines).discount_cents <= with_all
