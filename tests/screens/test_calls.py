"""Several calls at once: put aside with a reason, found again, cut off, or open elsewhere."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from console_at_work import console_at_work, save
from console_fixtures import NOW, complete_draft

from models.draft import Draft, DraftState, Step
from services.holding import Holder

CUT_OFF = UUID(int=77)


async def test_a_call_waits_with_its_reason_and_is_taken_up_where_it_was(folder) -> None:
    async with console_at_work(folder) as operator:
        await operator.press(*"lc970", "enter", "f3", "down", "1", *"Roux")
        first = operator.draft.draft_id
        await operator.press("f8")
        assert (operator.step, operator.focus) == ("ParkDialog", "reason")
        await operator.press(*"rappelle", "enter")
        assert (operator.step, operator.focus) == ("PrinterScreen", "search")
        (waiting,) = operator.waiting
        assert (waiting.draft_id, waiting.state) == (first, DraftState.PARKED)
        assert waiting.parked_reason == "rappelle"
        assert operator.draft.draft_id != first
        assert operator.line_with("1 appel en attente (Mme ROUX, 11:42)")

        await operator.press("f9")
        assert (operator.step, operator.focus) == ("CallsDialog", "waiting")
        assert operator.sees("23/11 11:42  Mme ROUX", "1 article", "rappelle")
        await operator.press("enter")
        assert (operator.step, operator.focus) == ("CustomerScreen", "last_name")
        assert operator.draft.draft_id == first
        assert operator.saved.state is DraftState.OPEN
        assert operator.app.focused.value == "Roux"


async def test_escape_gives_the_call_back_as_it_was(folder) -> None:
    async with console_at_work(folder) as operator:
        await operator.press(*"lc970", "enter", "f3", "down", "1", *"Roux")
        before = operator.draft
        for key in ("f8", "f9", "f12"):
            await operator.press(key)
            assert "Dialog" in operator.step
            await operator.press("escape")
            assert (operator.step, operator.focus) == ("CustomerScreen", "last_name")
            assert operator.draft == before


async def test_a_dialog_opens_once(folder) -> None:
    async with console_at_work(folder) as operator:
        await operator.press(*"lc970", "f8", "f8", "f9", "f9", "f12", "f12", "escape")
        await operator.press("escape", "escape", "escape")
        assert operator.step == "PrinterScreen"
        await operator.press("f2")
        assert operator.step == "CartScreen"


async def test_a_step_key_leaves_a_dialog(folder) -> None:
    async with console_at_work(folder) as operator:
        await operator.press(*"lc970", "f8", *"x", "f3", *"Roux")
        assert (operator.step, operator.focus) == ("CustomerScreen", "find")
        assert operator.saved.customer.search == "Roux"
        assert operator.saved.state is DraftState.OPEN


async def test_a_call_without_an_order_is_abandoned(folder) -> None:
    async with console_at_work(folder) as operator:
        await operator.press(*"lc970", "enter")
        first = operator.draft.draft_id
        await operator.press("f8", "ctrl+x")
        assert operator.step == "PrinterScreen"
        assert operator.draft.draft_id != first
        assert operator.waiting == []
        with operator.store.read() as tx:
            assert tx.drafts.get(first).state is DraftState.ABANDONED


async def test_the_call_in_hand_waits_itself_while_another_is_taken_up(folder) -> None:
    async with console_at_work(folder) as operator:
        await operator.press(*"lc970", "enter", "f8", *"a", "enter")
        await operator.press(*"mg5750", "enter")
        second = operator.draft.draft_id
        await operator.press("f9", "enter")
        assert operator.draft.draft_id != second
        assert {draft.draft_id for draft in operator.waiting} == {second, operator.draft.draft_id}
        await operator.press("f9", "enter")
        assert operator.draft.draft_id == second
        assert operator.app.focused.value == "mg5750"


async def test_a_call_left_for_another_is_anybodys(folder) -> None:
    save(folder, complete_draft(CUT_OFF))
    async with console_at_work(folder) as operator:
        await operator.press(*"mg5750")
        left = operator.draft.draft_id
        await operator.press("f9", "down", "enter")
        assert operator.draft.draft_id == CUT_OFF
        with operator.store.read() as tx:
            held = {c.draft.draft_id: c.is_held_elsewhere for c in tx.drafts.unfinished()}
        assert held == {left: False, CUT_OFF: True}


async def test_nothing_to_abandon_means_no_question(folder) -> None:
    async with console_at_work(folder) as operator:
        await operator.press("f8")
        assert operator.step == "PrinterScreen"
        await operator.press("f9")
        assert operator.line_with("Aucun appel n'attend.")
        assert "reprendre" not in operator.text
        await operator.press("enter", "escape")
        assert operator.step == "PrinterScreen"


async def test_an_interrupted_call_is_offered_at_the_very_field(folder) -> None:
    save(folder, complete_draft(CUT_OFF).at(Step.DELIVERY, "instructions"))
    async with console_at_work(folder) as operator:
        assert operator.line_with(
            "Appel interrompu (Mme DUVAL, 3 articles, livraison). Entrée : le reprendre."
        )
        assert operator.line_with("reprendre l'appel")
        await operator.press("enter", *"!")
        assert (operator.step, operator.focus) == ("DeliveryScreen", "instructions")
        assert operator.saved.draft_id == CUT_OFF
        assert operator.saved.delivery.instructions == "Interphone MARTIN!"


async def test_an_interrupted_call_waits_when_another_caller_comes_first(folder) -> None:
    save(folder, complete_draft(CUT_OFF))
    async with console_at_work(folder) as operator:
        await operator.press(*"mg5750")
        assert "interrompu" not in operator.text
        assert operator.draft.draft_id != CUT_OFF
        await operator.press("f9")
        assert operator.sees("Mme DUVAL", "interrompu")


async def test_a_call_open_in_another_program_is_refused_with_a_sentence(folder) -> None:
    async with console_at_work(folder) as operator:
        elsewhere = Holder(folder / "holders", UUID(int=5))
        with operator.store.write() as tx:
            tx.drafts.save(complete_draft(CUT_OFF), at=NOW, holder=elsewhere.id)
        await operator.press(*"x", "f9")
        assert operator.line_with("Mme DUVAL").endswith("ouvert sur un autre écran")
        mine = operator.draft.draft_id
        await operator.press("enter", "escape")
        assert operator.draft.draft_id == mine
        assert "un autre" in operator.notice
        with operator.store.read() as tx:
            (summary,) = [c for c in tx.drafts.unfinished() if c.draft.draft_id == CUT_OFF]
        assert summary.is_held_elsewhere
        elsewhere.release()


async def test_an_unknown_printer_is_noted_and_the_call_waits(folder) -> None:
    async with console_at_work(folder) as operator:
        await operator.press(*"zzqx 9999", "enter")
        first = operator.draft.draft_id
        assert (operator.step, operator.focus) == ("ParkDialog", "reason")
        assert operator.app.focused.value == "modèle inconnu : zzqx 9999, à rappeler"
        await operator.press("enter")
        (waiting,) = operator.waiting
        assert (waiting.draft_id, waiting.unknown_printer) == (first, "zzqx 9999")
        assert waiting.parked_reason == "modèle inconnu : zzqx 9999, à rappeler"


async def test_an_unknown_printer_does_not_end_the_call(folder) -> None:
    async with console_at_work(folder) as operator:
        await operator.press(*"zzqx 9999", "enter", "escape")
        assert (operator.step, operator.focus) == ("PrinterScreen", "search")
        assert operator.saved.unknown_printer == "zzqx 9999"
        assert operator.line_with("modèle noté, à rappeler : zzqx 9999")
        await operator.press(*"lc970", "enter")
        assert len(operator.saved.cart.lines) == 1


@pytest.mark.parametrize("count", [2, 30])
async def test_many_calls_wait_and_any_can_be_taken_up(folder, count) -> None:
    drafts = [
        replace(Draft(UUID(int=100 + n), NOW), search=f"modèle {n}", state=DraftState.PARKED)
        for n in range(count)
    ]
    save(folder, *drafts)
    async with console_at_work(folder) as operator:
        assert operator.line_with(f"{count} appels en attente")
        await operator.press("f9", *["down"] * (count + 3))
        assert operator.line_with("› ")
        await operator.press("enter")
        assert operator.draft.draft_id in {draft.draft_id for draft in drafts}
        assert operator.saved.state is DraftState.OPEN
