"""What accepted codes take off, together: who stands beside whom, in which turn, from what.

Owns the order of discounts and how they spread over lines and delivery. Whether a single
code counts at all was judged before, by ``models.voucher_rules``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from models.money import allocate, share_bp
from models.quote import PricedLine
from models.shop import ShopRules
from models.voucher_rules import applies_to
from models.vouchers import Refusal, RefusalReason, Voucher, VoucherKind


@dataclass(frozen=True, slots=True)
class Settlement:
    """``taken``: cents by code. ``line_discounts``: one for each line, in their order.

    ``due_cents`` is goods after discounts plus delivery, before ``credit_cents`` pays of it.
    """

    taken: Mapping[str, int]
    line_discounts: tuple[int, ...]
    delivery_cents: int
    delivery_saved_cents: int
    credit_cents: int
    due_cents: int


@dataclass(frozen=True, slots=True)
class Combination:
    """The codes that stand, settled, and why each of the others does not."""

    settlement: Settlement
    refusals: Mapping[str, Refusal]


def combine(
    vouchers: Sequence[Voucher], lines: Sequence[PricedLine], rules: ShopRules
) -> Combination:
    """The codes that stand together, of those that count by themselves, in cart order.

    Discounts stand together only if all of them are combinable; the first given stands.
    Credits stand beside everything. A code that would take nothing off does not stand, and
    is in nobody's way.
    """
    idle: list[Voucher] = []
    while True:
        standing, pushed_out = _compatible([v for v in vouchers if v not in idle])
        settlement = settle(standing, lines, rules)
        useless = [v for v in standing if not settlement.taken[v.code]]
        if not useless:
            break
        idle += useless
    refusals = {v.code: _idle_refusal(v, standing, settlement) for v in idle}
    for voucher in pushed_out:
        others = [other for other in vouchers if other is not voucher]
        instead = settle(_compatible([voucher, *others])[0], lines, rules)
        saving = max(0, settlement.due_cents - instead.due_cents)
        refusals[voucher.code] = _not_combinable(voucher, standing, saving)
    return Combination(settlement, refusals)


def settle(
    vouchers: Sequence[Voucher], lines: Sequence[PricedLine], rules: ShopRules
) -> Settlement:
    """All of these codes applied, whatever the order they are given in.

    Percents first, each of the full price of its eligible goods; then amounts, the most
    narrowly restricted first; then the delivery fee, owed while goods after discounts are
    below the threshold; then credits, the soonest to expire first. None takes more than
    what is left of the lines it applies to; no line and no total goes below 0.
    """
    left = [line.total_cents for line in lines]
    taken: dict[str, int] = {}
    for voucher in sorted(filter(_is_off_goods, vouchers), key=lambda v: _turn(v, lines)):
        taken[voucher.code] = _take_off(voucher, lines, left)
    fee = delivery_fee(sum(left), rules) if lines else 0
    saved = 0
    for voucher in sorted(filter(_is_free_delivery, vouchers), key=lambda v: v.code):
        taken[voucher.code] = fee - saved
        saved = fee
    due = sum(left) + fee - saved
    credit = 0
    for voucher in sorted(filter(_is_credit, vouchers), key=_credit_turn):
        taken[voucher.code] = min(max(0, voucher.remaining_cents), due - credit)
        credit += taken[voucher.code]
    discounts = tuple(line.total_cents - rest for line, rest in zip(lines, left, strict=True))
    return Settlement(taken, discounts, fee - saved, saved, credit, due)


def delivery_fee(goods_after_discounts_cents: int, rules: ShopRules) -> int:
    is_free = goods_after_discounts_cents >= rules.free_delivery_from_cents
    return 0 if is_free else rules.delivery_fee_cents


def _take_off(voucher: Voucher, lines: Sequence[PricedLine], left: list[int]) -> int:
    """Takes the voucher off ``left``, in place, in proportion to what is left; says how much."""
    is_open = [applies_to(voucher, line.brand, line.sku) for line in lines]
    room = [rest if applies else 0 for rest, applies in zip(left, is_open, strict=True)]
    off = min(max(0, _wanted(voucher, lines)), sum(room))
    for i, share in enumerate(allocate(off, room)):
        left[i] -= share
    return off


def _wanted(voucher: Voucher, lines: Sequence[PricedLine]) -> int:
    if voucher.kind is VoucherKind.PERCENT:
        return share_bp(_eligible_cents(voucher, lines), voucher.percent_bp)
    return voucher.amount_cents


def _eligible_cents(voucher: Voucher, lines: Sequence[PricedLine]) -> int:
    return sum(line.total_cents for line in lines if applies_to(voucher, line.brand, line.sku))


def _turn(voucher: Voucher, lines: Sequence[PricedLine]) -> tuple[bool, int, str]:
    is_amount = voucher.kind is VoucherKind.AMOUNT
    return is_amount, _eligible_cents(voucher, lines), voucher.code


def _credit_turn(voucher: Voucher) -> tuple[date, int, str]:
    return voucher.valid_until or date.max, voucher.remaining_cents, voucher.code


def _is_off_goods(voucher: Voucher) -> bool:
    return voucher.kind in {VoucherKind.PERCENT, VoucherKind.AMOUNT}


def _is_free_delivery(voucher: Voucher) -> bool:
    return voucher.kind is VoucherKind.FREE_DELIVERY


def _is_credit(voucher: Voucher) -> bool:
    return voucher.kind is VoucherKind.CREDIT


def _compatible(vouchers: Sequence[Voucher]) -> tuple[list[Voucher], list[Voucher]]:
    """Those that stand together, and those that the ones before them keep out."""
    standing: list[Voucher] = []
    pushed_out: list[Voucher] = []
    for voucher in vouchers:
        (pushed_out if _in_the_way(voucher, standing) else standing).append(voucher)
    return standing, pushed_out


def _in_the_way(voucher: Voucher, standing: Sequence[Voucher]) -> Voucher | None:
    """The first standing code that this one cannot stand beside."""
    if _is_credit(voucher):
        return None
    discounts = (other for other in standing if not _is_credit(other))
    return next((o for o in discounts if not (voucher.is_combinable and o.is_combinable)), None)


def _not_combinable(voucher: Voucher, standing: Sequence[Voucher], saving: int = 0) -> Refusal:
    other = _in_the_way(voucher, standing)
    return Refusal(
        RefusalReason.NOT_COMBINABLE,
        conflicts_with=other.code if other else None,
        remedy_cents=saving,
    )


def _idle_refusal(voucher: Voucher, standing: Sequence[Voucher], settled: Settlement) -> Refusal:
    """Free delivery may be idle because another code, let in since, keeps it out."""
    if _is_free_delivery(voucher) and settled.delivery_cents and _in_the_way(voucher, standing):
        return _not_combinable(voucher, standing)
    return Refusal(RefusalReason.NOTHING_TO_TAKE_OFF)
