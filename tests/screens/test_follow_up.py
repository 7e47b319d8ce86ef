"""What the operator sees and does after an order was placed, by keys alone."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from console_at_work import LARGE, OFFLINE, ONLINE, SMALL, Operator, console_at_work
from console_fixtures import NOW
from placed_orders import PRICE, PastCalls

from models.draft import DraftState
from models.order import Order, OrderState, SyncState
from models.work import Settlement
from screens.dialogs.follow_up import FollowUpDialog
from services.ports import OutboxKind
from services.sync.status import Connection, SyncStatus

NB = "\u00a0"

sizes = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])


def order_of(operator: Operator, last_name: str) -> Order:
    return next(o for o in operator.orders if o.customer.name.last_name == last_name)


def marked(operator: Operator) -> str:
    return operator.line_with("› ")


def headings(operator: Operator) -> list[str]:
    names = ("À traiter", "Envois", "Commandes")
    return [line.strip() for line in operator.lines if line.strip().startswith(names)]


# --- the list ----------------------------------------------------------------------------


@sizes
@pytest.mark.parametrize("key", ["f7", "ctrl+o"])
async def test_three_groups_the_most_urgent_first(busy, size, key) -> None:
    async with console_at_work(busy, size=size) as operator:
        await operator.press(key)
        assert (operator.step, operator.focus) == ("FollowUpDialog", "seek")
        assert headings(operator) == ["À traiter  2", "Envois  4", "Commandes"]
        assert "Mme DUVAL Jeanne" in marked(operator)
        duval = order_of(operator, "Duval").reference
        grouped = f"{duval[:3]} {duval[3:6]} {duval[6:]}"
        assert operator.sees(
            f"{grouped}  prix changé, rupture depuis l'appel",
            "centrale injoignable, essai à 11:45",
            "pas de réponse à temps",
            "refusé : référence déjà prise",
            "annulation : en attente",
            f"expédiée, 43,83{NB}€",
        )


async def test_nothing_to_follow_is_said(folder) -> None:
    async with console_at_work(folder) as operator:
        await operator.press("f7")
        assert operator.sees("rien n'attend quelqu'un", "tout est reçu par la centrale")
        assert operator.sees("aucune commande sur ce poste")
        assert "ouvrir" not in operator.lines[-1]
        await operator.press("enter", "down", "up", "escape")
        assert operator.step == "PrinterScreen"


async def test_news_that_come_while_the_list_is_being_built_change_nothing(busy) -> None:
    async with console_at_work(busy) as operator:
        operator.app.push_screen(dialog := FollowUpDialog())
        while not dialog.is_mounted:
            dialog.redraw()
            await asyncio.sleep(0)
        await operator.press("down")
        assert operator.focus == "seek"


async def test_arrows_walk_all_rows_and_pass_over_headings(busy) -> None:
    async with console_at_work(busy) as operator:
        await operator.press("f7", "down")
        assert "ROUX" in marked(operator)
        await operator.press("down")
        assert "refusé : référence déjà prise" in marked(operator)
        await operator.press(*["down"] * 30)
        assert "Mme DUVAL" in marked(operator)
        assert "en attente de paiement" in marked(operator)
        await operator.press(*["up"] * 30)
        assert "prix changé" in marked(operator)
        await operator.press("pagedown", "pageup")
        assert "prix changé" in marked(operator)


@pytest.mark.parametrize(
    "typed, finds",
    [("mor", "MOREAU"), ("roux", "ROUX"), ("05 34", "MOREAU"), ("bernrad", "BERNARD")],
)
async def test_what_is_typed_finds_an_order(busy, typed, finds) -> None:
    async with console_at_work(busy) as operator:
        await operator.press("f7", *typed)
        assert finds in marked(operator)
        assert headings(operator)[-1] == "Commandes"
        await operator.press("enter")
        assert operator.step == "OrderCardDialog"
        assert operator.sees(finds)
        await operator.press("escape")
        assert operator.app.focused.value == typed
        await operator.press("escape")
        assert operator.app.focused.value == ""
        assert headings(operator)[0] == "À traiter  2"


async def test_a_reference_finds_one_and_a_slip_proposes_it(busy) -> None:
    async with console_at_work(busy) as operator:
        order = order_of(operator, "Moreau")
        await operator.press("f7", *order.reference)
        assert headings(operator) == ["Commandes"]
        assert "MOREAU" in marked(operator)
        slip = order.reference[:4] + str((int(order.reference[4]) + 1) % 10) + order.reference[5:]
        await operator.press("escape", *slip)
        assert operator.sees("Aucune sous ce numéro ; à un chiffre près", "MOREAU")
        await operator.press("escape", *"zzzz")
        assert operator.sees("aucune ne correspond")
        await operator.press("enter")
        assert operator.step == "FollowUpDialog"


async def test_more_orders_than_rows_are_walked_with_little_drawn(folder) -> None:
    past = PastCalls(folder)
    for number in range(60):
        past.order(f"Client{number}")
    past.close()
    async with console_at_work(folder) as operator:
        await operator.press("f7")
        await operator.press(*["down"] * 200)
        assert operator.line_with("› ")
        rows = operator.lines[4:22]
        assert any("↑" in row for row in rows)
        await operator.press(*["up"] * 200)
        assert operator.sees("À traiter", "Envois  60")


async def test_f7_leads_back_to_the_list_and_opens_it_once(busy) -> None:
    async with console_at_work(busy) as operator:
        await operator.press("f7", "f7", "enter", "x", "f7")
        assert operator.step == "FollowUpDialog"
        await operator.press("escape")
        assert operator.step == "PrinterScreen"
        await operator.press("f7", "enter", "f2")
        assert operator.step == "CartScreen"
        assert len(operator.app.screen_stack) == 2


async def test_the_call_in_hand_is_not_touched(busy) -> None:
    async with console_at_work(busy) as operator:
        await operator.press(*"lc970", "enter", "f3", "down", "1", *"Roux")
        before = operator.draft
        await operator.press("f7", *"duval", "enter", "escape", "escape", "escape")
        assert (operator.step, operator.focus) == ("CustomerScreen", "last_name")
        assert operator.draft == before


# --- what changes while it is looked at --------------------------------------------------


async def test_rows_stay_where_they_are_while_central_answers(busy) -> None:
    async with console_at_work(busy) as operator:
        await operator.hears(ONLINE)
        await operator.press("f7", *["down"] * 4)
        before = operator.lines
        assert "BERNARD" in marked(operator)
        with operator.store.write() as tx:
            for item in tx.outbox.listing():
                if item.state in {SyncState.WAITING, SyncState.SENT}:
                    tx.outbox.mark(
                        item.item_id,
                        SyncState.CONFIRMED,
                        attempts=4,
                        next_try_at=NOW,
                        last_error=None,
                    )
        await operator.hears(replace(ONLINE, changes=1))
        after = operator.lines
        assert "BERNARD" in marked(operator)
        assert marked(operator).endswith("reçu par la centrale                 10:50")
        assert [line[:34] for line in after] == [
            line[:34].replace("Envois  4", "Envois  1") for line in before
        ]
        assert (operator.step, operator.focus) == ("FollowUpDialog", "seek")


async def test_new_work_comes_last_in_its_group_and_the_mark_stays_on_its_order(busy) -> None:
    async with console_at_work(busy) as operator:
        await operator.hears(ONLINE)
        await operator.press("f7", *["down"] * 3, *"p")
        await operator.press("backspace", "down", "down", "down")
        was = marked(operator)
        past = PastCalls(busy)
        past.differs(order_of(operator, "Bernard"), PRICE)
        past.close()
        await operator.hears(replace(ONLINE, changes=1, work=3))
        assert marked(operator) == was
        assert headings(operator)[0] == "À traiter  3"
        top = operator.lines.index(" À traiter  3")
        rows = operator.lines[top + 1 : top + 4]
        assert [row.split()[1] for row in rows] == ["DUVAL", "ROUX", "BERNARD"]


async def test_what_is_typed_while_central_talks_is_not_lost(busy) -> None:
    async with console_at_work(busy) as operator:
        await operator.press("f7")
        for number, letter in enumerate("moreau"):
            operator.app.live._sync_changed(replace(ONLINE, changes=number))
            await operator.press(letter)
        await operator.hears(replace(ONLINE, changes=99))
        assert operator.app.focused.value == "moreau"
        assert "MOREAU" in marked(operator)


@pytest.mark.parametrize(
    "status, says",
    [
        (ONLINE, "● en ligne"),
        (replace(OFFLINE, next_try_at=NOW + timedelta(minutes=3)), "○ hors ligne, essai à 11:45"),
        (SyncStatus(Connection.NOT_ENROLLED), "○ sans centrale (essai)"),
    ],
)
async def test_the_list_says_how_the_line_is(busy, status, says) -> None:
    async with console_at_work(busy) as operator:
        await operator.press("f7")
        await operator.hears(status)
        assert operator.line_with("Rechercher :").endswith(says)


async def test_try_now_wakes_the_sync(busy, monkeypatch) -> None:
    async with console_at_work(busy) as operator:
        woken: list[bool] = []
        monkeypatch.setattr(operator.app.live.placed, "_wake_sync", lambda: woken.append(True))
        await operator.hears(OFFLINE)
        await operator.press("f7", *"mor", "ctrl+r")
        assert woken == [True]
        assert operator.notice == "Nouvel essai en cours."
        assert operator.app.focused.value == "mor"
        await operator.hears(replace(OFFLINE, waiting=3))
        assert operator.notice == "Nouvel essai en cours."
        await operator.hears(replace(OFFLINE, next_try_at=NOW))
        assert operator.notice == ""
        await operator.hears(SyncStatus(Connection.NOT_ENROLLED))
        await operator.press("ctrl+r")
        assert woken == [True]
        assert operator.notice == "Cette console est sans centrale : rien ne part."


# --- the card ----------------------------------------------------------------------------


async def test_the_card_says_what_to_say(busy) -> None:
    async with console_at_work(busy, size=LARGE) as operator:
        await operator.press("f7", "enter")
        assert (operator.step, operator.focus) == ("OrderCardDialog", "card")
        assert operator.sees(
            "Mme DUVAL Jeanne, 01 99 00 01 34",
            f"En attente de paiement  chèque de 43,83{NB}€ à recevoir",
            "Reçue par la centrale",
            f"! Prix de LC-970 noir : 22,90{NB}€ annoncés, 24,90{NB}€ au tarif de la centrale.",
            "« LC-970 cyan n'est plus en stock depuis notre appel.",
            "Chez Jeanne Duval, 8 rue de Vesle, 51100 Reims",
        )


async def test_a_call_that_was_noted_settles_all_of_the_order(busy) -> None:
    async with console_at_work(busy) as operator:
        assert operator.line_with("2 à traiter (F7)")
        await operator.press("f7", "enter", "a", *"gardé au prix dit", "enter")
        assert operator.step == "OrderCardDialog"
        assert operator.sees("Déjà réglé", "appel noté, gardé au prix dit")
        assert "A appel noté" not in operator.lines[-1]
        (item,) = settled(operator, "Duval")
        assert (item.settlement, item.note) == (Settlement.CALLED_BACK, "gardé au prix dit")
        await operator.press("a")
        assert operator.notice == "Rien n'est à régler pour cette commande."
        await operator.press("escape", "escape")
        assert operator.line_with("1 à traiter (F7)")


def settled(operator: Operator, last_name: str) -> list:
    with operator.store.read() as tx:
        return [
            item
            for item in tx.work.of_order(order_of(operator, last_name).order_id)
            if item.settlement is not None
        ]


async def test_a_note_is_no_place_for_a_card_number(busy) -> None:
    async with console_at_work(busy) as operator:
        await operator.press("f7", "enter", "a", *"4970 1000 0000 0055")
        assert "masqué" in operator.notice
        await operator.press("enter")
        (item,) = settled(operator, "Duval")
        assert item.note == "•••• 0055"
        await operator.press("x", *"4970100000000055", "enter", "o")
        with operator.store.read() as tx:
            events = tx.orders.events(order_of(operator, "Duval").order_id)
        assert "4970100000000055" not in repr(events)


async def test_escape_from_each_question_changes_nothing(busy) -> None:
    async with console_at_work(busy) as operator:
        await operator.press("f7", "enter", "a", *"non", "escape")
        await operator.press("x", *"non", "escape")
        await operator.press("x", *"non", "enter", "escape")
        await operator.press("x", *"non", "enter", "enter", "space", "y", "n")
        assert operator.step == "OrderCardDialog"
        assert settled(operator, "Duval") == []
        assert order_of(operator, "Duval").state is OrderState.AWAITING_PAYMENT


async def test_cancelling_takes_a_reason_and_a_yes(busy) -> None:
    async with console_at_work(busy) as operator:
        await operator.press("f7", "enter", "x")
        assert (operator.step, operator.focus) == ("CancelOrderDialog", "reason")
        await operator.press(*"oo", "enter")
        assert operator.focus == "sure"
        assert operator.sees("Annuler pour de bon ?")
        assert order_of(operator, "Duval").state is OrderState.AWAITING_PAYMENT
        await operator.press("o")
        assert operator.step == "OrderCardDialog"
        assert operator.sees("Annulée", "Envoi de l'annulation, en attente : pas encore parti")
        assert order_of(operator, "Duval").state is OrderState.CANCELLED
        with operator.store.read() as tx:
            items = tx.outbox.of_order(order_of(operator, "Duval").order_id)
        assert [item.kind for item in items] == [OutboxKind.ORDER, OutboxKind.CANCELLATION]
        await operator.press("x")
        assert operator.notice == "Cette commande est annulée : pour en passer une autre, F8."


@pytest.mark.parametrize("key", ["m", "x"])
async def test_what_the_carrier_has_is_a_return(busy, key) -> None:
    async with console_at_work(busy) as operator:
        await operator.press("f7", *"moreau", "enter")
        assert operator.sees("Expédiée, colis 6A12345678901")
        assert operator.lines[-1].split()[0] == "Échap"
        await operator.press(key)
        assert operator.step == "OrderCardDialog"
        assert "c'est un retour" in operator.notice


async def test_a_card_that_is_looked_at_follows_the_order(busy) -> None:
    async with console_at_work(busy) as operator:
        await operator.hears(ONLINE)
        await operator.press("f7", *"petit", "down", "enter")
        assert operator.sees("En attente de paiement")
        past = PastCalls(busy)
        past.moved(order_of(operator, "Petit"), OrderState.IN_PREPARATION)
        past.close()
        await operator.hears(replace(ONLINE, changes=1))
        assert operator.sees("En cours de préparation")
        assert (operator.step, operator.focus) == ("OrderCardDialog", "card")


# --- changing an order -------------------------------------------------------------------


async def test_a_change_is_a_call_like_any_other_and_keeps_the_number(busy) -> None:
    async with console_at_work(busy) as operator:
        order = order_of(operator, "Duval")
        grouped = f"{order.reference[:3]} {order.reference[3:6]} {order.reference[6:]}"
        await operator.press("f7", "enter", "m")
        assert operator.step == "CartScreen"
        title = f"── Modification de la commande {grouped} ─"
        assert operator.line_with(title)
        for key in ("f1", "f3", "f4", "f5"):
            await operator.press(key)
            assert operator.line_with(title)
        await operator.press("f2", "down", "3", "f6")
        assert operator.sees("MODIFICATION", f"Je modifie votre commande {grouped}.")
        await operator.press_only(*["down"] * 60)
        assert "Entrée confirmer la modification" in operator.lines[-1]
        await operator.press_only("enter")
        assert operator.step == "ConfirmationScreen"
        assert operator.sees(f"La commande {grouped} est modifiée. Le numéro reste le même :")
        assert "── Modif" not in operator.text
        changed = order_of(operator, "Duval")
        assert (changed.reference, changed.revision) == (order.reference, 2)
        assert [line.quantity for line in changed.quote.lines] == [1, 3]
        (item,) = settled(operator, "Duval")
        assert item.settlement is Settlement.CHANGED


async def test_a_change_that_is_abandoned_leaves_the_order_as_it_was(busy) -> None:
    async with console_at_work(busy) as operator:
        before = order_of(operator, "Duval")
        await operator.press("f7", "enter", "m", "5", "f8")
        assert operator.sees("Ctrl+X abandonner", "reste inchangée")
        await operator.press("ctrl+x")
        assert operator.step == "PrinterScreen"
        assert order_of(operator, "Duval") == before
        assert operator.waiting == []
        assert settled(operator, "Duval") == []


async def test_a_change_that_waits_is_named_in_the_list_of_calls(busy) -> None:
    async with console_at_work(busy) as operator:
        order = order_of(operator, "Duval")
        grouped = f"{order.reference[:3]} {order.reference[3:6]} {order.reference[6:]}"
        await operator.press("f7", "enter", "m", "f8", *"rappelle", "enter", "f9")
        assert operator.line_with(f"modification de {grouped}, rappelle")
        await operator.press("escape", "f7", "enter")
        assert operator.sees("Une modification est commencée, pas confirmée : M la reprend.")
        await operator.press("m")
        assert operator.draft.revises == order.order_id
        assert operator.waiting == [operator.draft]


async def test_the_call_in_hand_waits_while_an_order_is_changed(busy) -> None:
    async with console_at_work(busy) as operator:
        await operator.press(*"lc970", "enter")
        mine = operator.draft.draft_id
        await operator.press("f7", "enter", "m")
        assert operator.draft.draft_id != mine
        assert mine in {draft.draft_id for draft in operator.waiting}
        assert operator.line_with("1 appel en attente")


async def test_an_order_cancelled_while_it_is_changed_ends_the_change(busy) -> None:
    async with console_at_work(busy) as operator:
        await operator.press("f7", "enter", "m", "f7", "enter", "x", *"tout", "enter", "o")
        assert operator.draft.revises is None
        assert operator.draft.state is DraftState.OPEN
        await operator.press("f2")
        assert "Modification" not in operator.text


async def test_a_change_comes_too_late_and_says_so(busy) -> None:
    async with console_at_work(busy) as operator:
        await operator.press("f7", "enter", "m", "f6")
        past = PastCalls(busy)
        order = order_of(operator, "Duval")
        past.moved(order, OrderState.IN_PREPARATION)
        past.moved(order, OrderState.DISPATCHED)
        past.close()
        await operator.press_only(*["enter"] * 30)
        assert operator.step != "ConfirmationScreen"
        assert order_of(operator, "Duval").revision == 1
        assert "transporteur" in operator.notice


# --- the confirmation, live --------------------------------------------------------------


async def test_the_confirmation_follows_its_order(busy) -> None:
    async with console_at_work(busy) as operator:
        await operator.hears(ONLINE)
        await operator.press("f7", "enter", "m", "f6")
        await operator.press_only(*["enter"] * 30)
        assert operator.step == "ConfirmationScreen"
        order = order_of(operator, "Duval")
        past = PastCalls(busy)
        past.answered(order)
        await operator.hears(replace(ONLINE, changes=1))
        assert operator.sees("● reçue par la centrale")
        past.moved(order, OrderState.IN_PREPARATION)
        await operator.hears(replace(ONLINE, changes=2))
        assert operator.sees("● payée, en cours de préparation")
        past.moved(order, OrderState.DISPATCHED, parcel_number="6A123")
        await operator.hears(replace(ONLINE, changes=3))
        past.close()
        assert operator.sees("● expédiée, colis 6A123")
        assert (operator.step, operator.focus) == ("ConfirmationScreen", "said")


# --- hostile text ------------------------------------------------------------------------

HOSTILE = "[/b] 👩\u200d👧 \u202eLAVUD\u202c a\x00b\x1b[2Jc 日本語日本語日本語日本語"


@sizes
async def test_names_and_notes_of_any_kind_break_no_screen(folder, size) -> None:
    past = PastCalls(folder)
    order = past.order(f"Duval {HOSTILE[:9]}", "Zoé")
    hostile = {"code": f"x{HOSTILE}", "said": HOSTILE, "central": HOSTILE * 20, "sku": HOSTILE}
    past.differs(order, hostile, {**PRICE, "said": HOSTILE})
    past.refused(order, f"zz{HOSTILE}")
    past.close()
    async with console_at_work(folder, size=size) as operator:
        await operator.press("f7")
        assert_whole(operator)
        assert operator.sees("Mme DUVAL [/B]")
        await operator.paste(HOSTILE)
        assert_whole(operator)
        await operator.press("escape", "enter")
        assert_whole(operator)
        await operator.press(*["down"] * 40)
        assert_whole(operator)
        await operator.press("a")
        await operator.paste(HOSTILE)
        assert_whole(operator)
        await operator.press("enter")
        assert_whole(operator)
        await operator.press("x")
        await operator.paste(HOSTILE)
        await operator.press("enter", "o")
        assert_whole(operator)
        assert operator.app.is_running


def assert_whole(operator: Operator) -> None:
    """The terminal shows the title above and the keys below, and no line is too long."""
    shown = operator.on_terminal()
    assert len(shown) == operator.app.size.height
    assert shown[-1].endswith("touches")
    assert shown[0].startswith((" Suivi", " Commande", " Appel noté", " Annuler une commande"))
    assert "\x1b" not in "".join(shown)


async def test_a_flood_of_news_is_read_a_few_times_only(busy, monkeypatch) -> None:
    async with console_at_work(busy) as operator:
        await operator.hears(ONLINE)
        await operator.press("f7")
        live, read = operator.app.live, []
        follow_up = live._desk.follow_up
        monkeypatch.setattr(live._desk, "follow_up", lambda: (read.append(1), follow_up())[1])
        for number in range(200):
            live._sync_changed(replace(ONLINE, changes=number + 1))
        await operator.hears(replace(ONLINE, changes=999))
        assert 1 <= len(read) <= 3
