"""Codes as dictated on the phone (R7): proposed, refused with what would help, taken back."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from console_at_work import console_at_work, resumed
from console_fixtures import cart, complete_draft

from models.draft import Draft, Step
from models.vouchers import RefusalReason

BLACK = ("BRO-LC970BK", 1, 2290)
CYAN = ("BRO-LC970C", 2, 1290)


def at_the_codes(*lines: tuple[str, int, int], customer: bool = True) -> Draft:
    whole = complete_draft(UUID(int=77))
    draft = replace(whole, cart=cart(*lines)).at(Step.CART, "code")
    return (
        draft if customer else replace(draft, customer=Draft(UUID(int=1), draft.called_at).customer)
    )


def unbroken(operator) -> str:
    """The words of the screen with line ends as blanks."""
    return " ".join(operator.text.split())


async def test_a_code_in_the_wrong_case_is_proposed_and_taken_with_enter(folder) -> None:
    async with resumed(folder, at_the_codes(BLACK, CYAN)) as operator:
        await operator.press(*"noel2026", "enter")
        assert operator.line_with("Le code exact est « Noel2026 » : Entrée pour l'accepter.")
        assert operator.saved.cart.codes == ()
        assert operator.saved.code_entry == operator.app.focused.value == "Noel2026"
        assert operator.app.live.state.quote.total_cents == 4870
        await operator.press("enter")
        assert operator.saved.cart.codes == ("Noel2026",)
        assert operator.app.focused.value == operator.saved.code_entry == ""
        assert operator.line_with("Noel2026  remise de 5\u00a0%").endswith("-2,44\u00a0€")
        assert operator.sees("46,26\u00a0€")


async def test_the_proposal_can_be_typed_over(folder) -> None:
    async with resumed(folder, at_the_codes(BLACK, CYAN)) as operator:
        await operator.press(*"kiosk10o", "enter")
        assert operator.sees("« KIOSK1O0 »")
        await operator.press(*["backspace"] * 8, *"MERCI5", "enter")
        assert operator.saved.cart.codes == ("MERCI5",)
        assert "code exact" not in operator.text


async def test_spaces_around_a_code_do_not_count(folder) -> None:
    async with resumed(folder, at_the_codes(BLACK, CYAN)) as operator:
        await operator.press(*" MERCI5 ", "enter")
        assert operator.saved.cart.codes == ("MERCI5",)


async def test_an_unknown_code_stays_in_the_field_and_out_of_the_cart(folder) -> None:
    async with resumed(folder, at_the_codes(BLACK, CYAN)) as operator:
        await operator.press(*"GRATUIT", "enter")
        assert operator.line_with("« GRATUIT » : code inconnu. Faites-le épeler.")
        assert operator.saved.cart.codes == ()
        assert operator.saved.code_entry == operator.app.focused.value == "GRATUIT"


async def test_what_is_missing_is_said_to_the_cent_and_recomputed_at_once(folder) -> None:
    async with resumed(folder, at_the_codes(BLACK)) as operator:
        await operator.press(*"MERCI5", "enter")
        assert operator.line_with("! MERCI5").startswith("! MERCI5  il manque 7,10\u00a0€")
        assert operator.app.live.state.quote.discount_cents == 0
        await operator.press("up", "2")
        assert operator.line_with("MERCI5").endswith("-5,00\u00a0€")
        assert operator.app.live.state.quote.discount_cents == 500


@pytest.mark.parametrize(
    "code, reason, words",
    [
        ("ETE2026", RefusalReason.EXPIRED, "expiré le 12/10/2026"),
        ("BIENTOT15", RefusalReason.NOT_YET_VALID, "valable à partir du 07/12/2026"),
        ("EPSON15", RefusalReason.WRONG_BRAND, "réservé à Epson"),
        ("RENTREE20", RefusalReason.USED_UP, "déjà utilisé autant de fois que prévu"),
        ("DUVAL-MERCI", RefusalReason.CUSTOMER_UNKNOWN_YET, "choisissez d'abord le client"),
        ("AVOIR-1309-T", RefusalReason.NOTHING_LEFT, "avoir épuisé"),
    ],
)
async def test_a_refusal_says_why(folder, code, reason, words) -> None:
    async with resumed(folder, at_the_codes(BLACK, CYAN)) as operator:
        await operator.press(*code, "enter")
        (outcome,) = operator.app.live.state.quote.codes
        assert outcome.refusal.reason is reason
        assert f"! {code} " in operator.text
        assert words in unbroken(operator)
        assert operator.app.live.state.quote.total_cents == 4870


async def test_codes_that_do_not_go_together_say_which_one_to_keep(folder) -> None:
    async with resumed(folder, at_the_codes(BLACK, CYAN)) as operator:
        await operator.press(*"Noel2026", "enter", *"MERCI5", "enter")
        said = "ne se cumule pas avec Noel2026 ; retirer Noel2026 ferait gagner 2,56 €"
        assert said in unbroken(operator)
        assert operator.app.live.state.quote.total_cents == 4626
        await operator.press("delete", "delete", *"MERCI5", "enter")
        assert operator.saved.cart.codes == ("MERCI5",)
        assert operator.app.live.state.quote.total_cents == 4370


async def test_a_personal_code_counts_once_the_customer_is_known(folder) -> None:
    async with console_at_work(folder) as operator:
        await operator.press(*"dcp350c", "enter", "1", "f2", "down", *"DUVAL-MERCI", "enter")
        assert "choisissez d'abord le client" in unbroken(operator)
        await operator.press("f3", *"0199001234", "enter", "f2")
        assert operator.app.live.state.quote.discount_cents == 1000
        assert operator.line_with("DUVAL-MERCI  remise de 10,00\u00a0€")


async def test_a_credit_pays_what_is_left_of_it(folder) -> None:
    async with resumed(folder, at_the_codes(BLACK, CYAN)) as operator:
        await operator.press(*"AVOIR-4827-K", "enter")
        assert operator.line_with("Avoirs").endswith("-23,40\u00a0€")
        assert operator.line_with("Total TTC").endswith("25,30\u00a0€")


async def test_a_code_half_typed_is_there_after_a_crash(folder) -> None:
    async with resumed(folder, at_the_codes(BLACK)) as operator:
        await operator.press(*"MER")
        assert operator.saved.code_entry == "MER"
        await operator.press("f1", "f2", *"CI5", "enter")
        assert operator.saved.cart.codes == ("MERCI5",)
