from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from console_at_work import resumed
from console_fixtures import complete_draft

from models.draft import Step
from models.order import OrderState
from models.vouchers import Voucher, VoucherKind

DRAFT = UUID(int=77)


async def test_a_code_used_up_before_the_last_enter_is_shown_and_read_again(folder) -> None:
    """Two Enters typed at once: the second one confirms nothing that nobody has read."""
    async with resumed(folder, complete_draft(DRAFT)) as operator:
        while "confirmer" not in operator.lines[-1]:
            await operator.press("enter")
        with operator.store.write() as tx:
            voucher = tx.vouchers.get("BIENVENUE10")
            tx.vouchers.put(replace(voucher, uses_max=1, uses=1))
        await operator.press("enter", "enter")
        assert operator.orders == []
        assert operator.step != "ConfirmationScreen"
        await operator.press("f2")
        operator.sees("48,70", "BIENVENUE10")
        await operator.press("f6")
        await operator.press_only(*["enter"] * 20)
        assert operator.step == "ConfirmationScreen"
        (order,) = operator.orders
        assert order.quote.total_cents == 4870


async def test_what_changed_the_total_is_said_where_the_cart_shows_it(folder) -> None:
    async with resumed(folder, complete_draft(DRAFT)) as operator:
        while "confirmer" not in operator.lines[-1]:
            await operator.press("enter")
        with operator.store.write() as tx:
            voucher = tx.vouchers.get("BIENVENUE10")
            tx.vouchers.put(replace(voucher, uses_max=1, uses=1))
        await operator.press("enter")
        assert operator.step == "CartScreen"
        assert operator.notice.startswith(
            "Total : 48,70\u00a0€ au lieu de 43,83\u00a0€. Rien n'est"
        )
        assert operator.notice.endswith("à relire : code BIENVENUE10 refusé.")
        operator.sees("48,70")


async def test_where_a_credit_covers_all_nothing_is_asked_for_and_nothing_is_to_pay(folder) -> None:
    draft = complete_draft(DRAFT)
    draft = replace(draft, cart=replace(draft.cart, codes=()), payment_method=None)
    async with resumed(folder, draft.at(Step.CART, "code")) as operator:
        with operator.store.write() as tx:
            tx.vouchers.put(Voucher("AVOIR-1", VoucherKind.CREDIT, remaining_cents=4870))
        await operator.press(*"AVOIR-1", "enter", "f5")
        assert operator.sees("rien à payer, tout est couvert")
        assert "si le chèque" not in operator.text
        await operator.press("enter")
        assert operator.step == "ReadBackScreen"
        await operator.press("end", *["pagedown"] * 5)
        assert operator.sees("Il n'y a rien à payer.")
        await operator.press_only("enter")
        assert operator.step == "ConfirmationScreen"
        assert operator.sees("rien à payer, tout est couvert")
        (order,) = operator.orders
        assert order.state is OrderState.IN_PREPARATION
