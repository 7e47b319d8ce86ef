"""What stands around every step: what is cut, and what never is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult

from screens.widgets.frame import (
    HELP_HINT,
    KeyHint,
    KeyLine,
    StatusPanel,
    StatusView,
    StepBar,
    cart_line,
    hints_that_fit,
)

HINTS = (
    KeyHint("Entrée", "ajouter"),
    KeyHint("1-9", "quantité"),
    KeyHint("← →", "colonne"),
    KeyHint("F3", "client"),
    KeyHint("F6", "relire"),
)
VIEW = StatusView(
    cart=("1 × LC-970 noir", "2 × LC-970 cyan"),
    total="3 articles  48,70 € TTC",
    promise="départ au plus tard mer. 25 nov.",
    connection="en ligne",
    outbox="aucun envoi en attente",
    calls="1 appel en attente (Mme ROUX, 10:42)",
)


class Framed(App[None]):
    def compose(self) -> ComposeResult:
        yield StepBar()
        yield StatusPanel()
        yield KeyLine()

    def lines(self) -> list[str]:
        return [strip.text.rstrip() for strip in self.screen._compositor.render_strips()]


async def test_the_frame_of_the_brief() -> None:
    app = Framed()
    async with app.run_test(size=(80, 8)) as pilot:
        app.screen.query_one(StepBar).current = 1
        app.screen.query_one(StatusPanel).view = VIEW
        app.screen.query_one(KeyLine).hints = HINTS
        await pilot.pause()
        assert app.lines() == [
            " 1 Imprimante   2 Panier   3 Client   4 Livraison   5 Paiement   6 Relecture",
            "                ━━━━━━━━",
            " 1 × LC-970 noir    2 × LC-970 cyan",
            " " + "─" * 78,
            " 3 articles  48,70 € TTC                       départ au plus tard mer. 25 nov.",
            " ● en ligne    aucun envoi en attente    1 appel en attente (Mme ROUX, 10:42)",
            " Entrée ajouter   1-9 quantité   ← → colonne   F3 client   F6 relire   ? touches",
            "",
        ]


@pytest.mark.parametrize("is_online, mark", [(True, "●"), (False, "○")])
async def test_the_connection_is_told_without_colour(is_online: bool, mark: str) -> None:  # noqa: FBT001
    app = Framed()
    async with app.run_test(size=(80, 8)) as pilot:
        app.screen.query_one(StatusPanel).view = StatusView(is_online=is_online, connection="x")
        await pilot.pause()
        assert app.lines()[5] == f" {mark} x"


async def test_what_is_being_done_stands_in_the_rule_and_who_does_it_at_the_end() -> None:
    app = Framed()
    async with app.run_test(size=(80, 8)) as pilot:
        title = "Modification de la commande 482 013 957"
        view = StatusView(connection="en ligne", title=title, operator="Claire")
        app.screen.query_one(StatusPanel).view = view
        await pilot.pause()
        assert app.lines()[3] == f" ── {title} " + "─" * 35
        assert app.lines()[5] == " ● en ligne" + " " * 62 + "Claire"
        app.screen.query_one(StatusPanel).view = replace(view, outbox="x" * 61)
        await pilot.pause()
        assert "Claire" not in app.lines()[5]


async def test_in_a_narrow_window_the_present_step_keeps_its_name() -> None:
    app = Framed()
    async with app.run_test(size=(60, 8)) as pilot:
        app.screen.query_one(StepBar).current = 2
        await pilot.pause()
        assert app.lines()[:2] == [" 1   2   3 Client   4   5   6", "         ━━━━━━━━"]


async def test_text_of_a_person_is_never_markup() -> None:
    app = Framed()
    async with app.run_test(size=(80, 8)) as pilot:
        app.screen.query_one(StatusPanel).view = StatusView(cart=("[/b]",), calls="[red]Mme[/]")
        await pilot.pause()
        assert app.lines()[2] == " [/b]"
        assert app.lines()[5].endswith("[red]Mme[/]")


hints = st.lists(st.builds(KeyHint, st.text(max_size=8), st.text(max_size=20)), max_size=12)


@given(hints, st.integers(20, 120))
def test_the_key_that_shows_all_keys_is_always_there(kept_from: list[KeyHint], width: int) -> None:
    kept = hints_that_fit(kept_from, HELP_HINT, width)
    assert kept[-1] is HELP_HINT
    assert list(kept[:-1]) == kept_from[: len(kept) - 1]
    assert sum(hint.width for hint in kept) + 3 * (len(kept) - 1) <= width


def test_a_long_cart_shows_the_newest_lines_and_counts_the_others() -> None:
    cart = [f"{n} × LC-{n} noir" for n in range(1, 8)]
    assert cart_line(cart, 40) == "… 6 autres    7 × LC-7 noir"
    assert cart_line(cart, 46) == "… 5 autres    6 × LC-6 noir    7 × LC-7 noir"
    assert cart_line(cart[:1], 40) == "1 × LC-1 noir"
    assert cart_line([], 40) == ""


@given(st.lists(st.text(max_size=60), max_size=9), st.integers(20, 120))
def test_the_cart_fits_on_its_line(cart: list[str], width: int) -> None:
    assert cell_len(cart_line(cart, width)) <= width
