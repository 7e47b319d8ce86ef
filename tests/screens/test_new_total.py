from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from console_at_work import resumed
from console_fixtures import complete_draft

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
        assert "48,70\u00a0€ au lieu de 43,83\u00a0€ (code BIENVENUE10 refusé)" in operator.notice
        operator.sees("48,70")
