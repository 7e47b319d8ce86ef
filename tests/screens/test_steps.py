"""The way of one order by keys alone, at both sizes: what is shown, where the cursor is, what is kept."""

from __future__ import annotations

from uuid import UUID

import pytest
from console_at_work import LARGE, SMALL, console_at_work, resumed
from console_fixtures import complete_draft

from models.draft import DraftState, Step
from models.order import SyncState
from models.payment import PaymentMethod

DRAFT = UUID(int=77)

sizes = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])


@sizes
async def test_the_order_of_the_brief(folder, size) -> None:
    async with console_at_work(folder, size=size) as operator:
        assert (operator.step, operator.focus) == ("PrinterScreen", "search")

        await operator.press(*"brother 350", "enter", "enter", "down", "2")
        assert operator.focus == "search"
        assert operator.sees("1 × LC-970 noir    2 × LC-970 cyan")
        assert [(line.sku, line.quantity) for line in operator.saved.cart.lines] == [
            ("BRO-LC970BK", 1),
            ("BRO-LC970C", 2),
        ]

        await operator.press("f2")
        assert (operator.step, operator.focus) == ("CartScreen", "lines")
        await operator.press("down", "down", *"Noel2026", "enter")
        assert operator.focus == "code"
        assert operator.saved.cart.codes == ("Noel2026",)

        await operator.press("enter")
        assert (operator.step, operator.focus) == ("CustomerScreen", "find")
        await operator.press(*"0199001234", "enter")
        assert operator.focus == "civility"
        assert operator.saved.customer.person.last_name == "DUVAL"
        assert operator.saved.customer.customer_id is not None

        await operator.press("f4")
        assert (operator.step, operator.focus) == ("DeliveryScreen", "is_same")
        await operator.press("2", "1", *"Martin", "enter", *"Ève", "enter")
        assert operator.focus == "dwelling"
        await operator.press("m", *"3 rue X", *["enter"] * 4, *"51000", "enter")
        assert operator.focus == "city"
        await operator.press("enter", *"chien", "enter")
        delivery = operator.saved.delivery
        assert (delivery.is_same, delivery.person.first_name) == (False, "Ève")
        assert (delivery.person.city, delivery.instructions) == ("Châlons-en-Champagne", "chien")

        assert (operator.step, operator.focus) == ("PaymentScreen", "ways")
        await operator.press("4")
        assert operator.saved.payment_method is PaymentMethod.CHEQUE
        await operator.press("enter")
        assert (operator.step, operator.focus) == ("ReadBackScreen", "text")
        while "confirmer la commande" not in operator.text:
            await operator.press("enter")
        assert operator.orders == []
        await operator.press_only("enter", "enter")
        assert (operator.step, operator.focus) == ("ConfirmationScreen", "said")
        (order,) = operator.orders
        assert order.quote.total_cents == 4626
        assert order.delivery.name.first_name == "Ève"
        reference = order.reference
        assert operator.sees(f"{reference[:3]} {reference[3:6]} {reference[6:]}")
        assert operator.saved.state is DraftState.PLACED
        assert operator.waiting == []


async def test_every_step_is_a_key_away_and_gives_the_cursor_to_its_field(folder) -> None:
    wanted = {
        "f6": ("ReadBackScreen", "text"),
        "f4": ("DeliveryScreen", "is_same"),
        "f2": ("CartScreen", "lines"),
        "f5": ("PaymentScreen", "ways"),
        "f3": ("CustomerScreen", "find"),
        "f1": ("PrinterScreen", "search"),
        "ctrl+f": ("PrinterScreen", "search"),
    }
    async with console_at_work(folder) as operator:
        await operator.press(*"x")
        for key, there in wanted.items():
            await operator.press(key)
            assert (operator.step, operator.focus) == there
            assert operator.saved.step == operator.draft.step


@pytest.mark.parametrize(
    "keys, step, field, text",
    [
        (("f3", *"Roux"), Step.CUSTOMER, "find", "Roux"),
        (("f2", "f3", "down", "1", *"Roux"), Step.CUSTOMER, "last_name", "Roux"),
        (("f2", "down", *"merci5"), Step.CART, "code", "merci5"),
        (("f3", "f1", *"mg5750"), Step.PRINTER, "search", "mg5750"),
        (("f2", "f4", "2", "2", *"Petit"), Step.DELIVERY, "last_name", "Petit"),
    ],
)
async def test_what_is_typed_ahead_lands_where_the_keys_lead(
    folder, keys, step, field, text
) -> None:
    async with console_at_work(folder) as operator:
        await operator.press(*keys)
        assert (operator.saved.step, operator.focus) == (step, field)
        assert operator.app.screen.query_one(f"#{field}").value == text


async def test_a_scanner_is_a_burst_that_ends_with_enter(folder) -> None:
    async with console_at_work(folder) as operator:
        ean = operator.app.live.catalogue.articles(["BRO-LC970BK"])["BRO-LC970BK"].cartridge.ean13
        await operator.press(*ean, "enter", *ean, "enter")
        assert [(line.sku, line.quantity) for line in operator.saved.cart.lines] == [
            ("BRO-LC970BK", 2)
        ]
        assert operator.app.focused.value == operator.saved.search == ""
        await operator.press(*"mg5750")
        assert operator.sees("MG5750")


async def test_a_digit_is_text_until_a_cartridge_is_chosen(folder) -> None:
    async with console_at_work(folder) as operator:
        await operator.press(*"lc970")
        assert operator.saved.search == "lc970"
        assert operator.saved.cart.is_empty
        await operator.press("down", "3")
        assert operator.saved.search == "lc970"
        assert [line.quantity for line in operator.saved.cart.lines] == [3]
        assert operator.line_with("1-9 quantité")
        await operator.press("+", "+", "-")
        assert [line.quantity for line in operator.saved.cart.lines] == [4]
        await operator.press("0")
        assert operator.saved.cart.is_empty
        await operator.press(*"hp 301")
        assert operator.saved.search == "hp 301"
        assert operator.saved.cart.is_empty


async def test_the_guided_path_needs_no_typing(folder) -> None:
    async with console_at_work(folder) as operator:
        await operator.press("down", "right", "right", "enter")
        (line,) = operator.saved.cart.lines
        first = operator.app.live.catalogue.printers("Brother", limit=1)[0]
        assert operator.saved.printer_id == first.printer_id
        fitting = operator.app.live.catalogue.articles_for(first.printer_id)
        assert line.sku == fitting[0].sku
        await operator.press("left", "left", "pagedown")
        assert "\n › Ricoh" in operator.text


async def test_the_cart_by_its_keys(folder) -> None:
    async with resumed(folder, complete_draft(DRAFT).at(Step.CART)) as operator:
        assert (operator.step, operator.focus) == ("CartScreen", "lines")
        await operator.press("5")
        assert [line.quantity for line in operator.saved.cart.lines] == [5, 2]
        await operator.press("down", "-", "-")
        assert [line.sku for line in operator.saved.cart.lines] == ["BRO-LC970BK"]
        await operator.press("+", "delete")
        assert operator.saved.cart.is_empty
        assert operator.line_with("panier vide")
        await operator.press("down", "delete")
        assert operator.saved.cart.codes == ()
        await operator.press("up")
        assert operator.focus == "lines"


async def test_the_pack_that_costs_less_is_taken_by_its_key(folder) -> None:
    async with console_at_work(folder) as operator:
        await operator.press(*"dcp350c", "enter", "1", "down", "1", "down", "1", "down", "1", "f2")
        assert operator.sees(
            "LC-970 pack des 4 coûterait 5,70\u00a0€ de moins (Ctrl+R : le prendre)"
        )
        await operator.press("ctrl+r")
        assert [(line.sku, line.quantity) for line in operator.saved.cart.lines] == [
            ("BRO-LC970PK4", 1)
        ]
        assert operator.app.live.state.quote.total_cents == 5590


async def test_the_read_back_is_turned_by_pages_and_nothing_is_confirmed_before_its_end(
    folder,
) -> None:
    async with resumed(folder, complete_draft(DRAFT)) as operator:
        said: list[str] = []
        for _ in range(30):
            said += [line for line in operator.lines[2:-6] if line not in said]
            if "confirmer la commande" in operator.text:
                break
            await operator.press("enter")
        text = "\n".join(said)
        for words in ("Madame Jeanne DUVAL", "PAIEMENT", "quarante-trois euros", "Claire MARTIN"):
            assert words.casefold() in text.casefold()
        assert operator.orders == []
        await operator.press("pageup", "up")
        assert "confirmer" not in operator.text


async def test_two_enters_at_the_end_are_one_order(folder) -> None:
    async with resumed(folder, complete_draft(DRAFT)) as operator:
        await operator.press_only(*["enter"] * 20)
        assert operator.step == "ConfirmationScreen"
        assert len(operator.orders) == 1
        with operator.store.read() as tx:
            (row,) = tx.orders.recent()
            assert (tx.outbox.waiting(), row.sync_state) == (0, SyncState.PRACTICE)


async def test_after_the_reference_a_step_key_begins_a_new_call(folder) -> None:
    async with resumed(folder, complete_draft(DRAFT)) as operator:
        await operator.press_only(*["enter"] * 20)
        placed = operator.draft.draft_id
        await operator.press("f3")
        assert (operator.step, operator.focus) == ("CustomerScreen", "find")
        assert operator.draft.draft_id != placed
        assert operator.draft.cart.is_empty
        assert len(operator.orders) == 1


@pytest.mark.parametrize("key", ["n", "f8", "ctrl+n"])
async def test_a_new_call_after_the_reference(folder, key) -> None:
    async with resumed(folder, complete_draft(DRAFT)) as operator:
        await operator.press_only(*["enter"] * 20)
        await operator.press(key, *"canon")
        assert (operator.step, operator.focus) == ("PrinterScreen", "search")
        assert operator.saved.search == "canon"
        assert operator.waiting == [operator.saved]


async def test_what_is_missing_is_told_with_the_key_and_enter_leads_there(folder) -> None:
    async with console_at_work(folder) as operator:
        await operator.press(*"lc970", "enter", "f6")
        assert operator.line_with("Il manque encore")
        assert operator.sees("F3", "F5")
        await operator.press("enter")
        assert (operator.step, operator.focus) == ("CustomerScreen", "civility")


async def test_keys_that_end_programs_elsewhere_end_no_call(folder) -> None:
    async with console_at_work(folder) as operator:
        await operator.press(*"lc970", "ctrl+z", "ctrl+c", "f2", "ctrl+z", "ctrl+c")
        assert operator.step == "CartScreen"
        assert operator.app.is_running


async def test_leaving_asks_nothing_and_the_call_is_offered_the_next_time(folder) -> None:
    async with console_at_work(folder) as operator:
        await operator.press(*"lc970", "enter", "f3", "down", "1", *"Roux")
        await operator.app.action_leave()
    assert operator.app.return_code == 0
    async with console_at_work(folder, ids_from=2000) as operator:
        assert operator.sees("Appel interrompu (Mme ROUX, 1 article, client)")
        await operator.press("enter")
        assert (operator.step, operator.focus) == ("CustomerScreen", "last_name")
