"""The card of an order and the rows of the list, as values: what is said in which state."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from console_at_work import fresh_folder
from console_fixtures import NOW
from placed_orders import PastCalls
from rich.cells import cell_len

from models.errors import Unavailable
from models.order import Order, OrderEvent, OrderEventKind, OrderState, SyncState
from models.quote import CodeOutcome
from models.vouchers import VoucherKind
from models.wire.problems import PROBLEMS
from models.wording.outbox import _REASONS as REASONS
from models.wording.outbox import why, why_in_brief
from screens.follow_up_view import Group, Lists, in_place, items, lists, owed_words, since
from screens.order_view import order_lines, state_line, what_is_awaited, why_not_changed
from services.follow_up_state import FollowUp, OrderDossier, OwedRow, parcel_number
from services.ports import OrderRow, OutboxItem, OutboxKind
from services.sync.outcomes import FORGOTTEN

NB = "\u00a0"
WIDTH_AT_80 = 76
TRIED_AGAIN = [
    code
    for code in REASONS
    if code not in PROBLEMS or PROBLEMS[code][1] is Unavailable or code == FORGOTTEN
]
LATER = NOW + timedelta(minutes=3)


@pytest.fixture(scope="module")
def order(template, tmp_path_factory) -> Order:
    past = PastCalls(fresh_folder(template, tmp_path_factory.mktemp("one") / "state"))
    placed = past.order()
    past.close()
    return placed


def dossier(order: Order, *events: OrderEvent, sync: SyncState = SyncState.CONFIRMED, **given):
    given = {"is_changeable": True, "owed": (), "work": ()} | given
    return OrderDossier(
        row=OrderRow(order, sync), revisions=(order,), events=events, seen_at=NOW, **given
    )


def item(state: SyncState = SyncState.WAITING, number: int = 1, **given) -> OutboxItem:
    told = {"kind": "order", "attempts": 2, "next_try_at": NOW, "last_error": None} | given
    return OutboxItem(
        item_id=UUID(int=number),
        order_id=UUID(int=9),
        body="",
        state=state,
        created_at=NOW,
        **told,
    )


def texts(order: Order, *events: OrderEvent, **given) -> list[str]:
    return [row.plain for row in order_lines(dossier(order, *events, **given), 78)]


def cents(text: str) -> int:
    """ "-4,87 €" as -487."""
    return int(text.removesuffix(f"{NB}€").replace(",", "").replace("\u202f", ""))


@pytest.mark.parametrize("saved", [0, 490])
def test_the_amounts_of_a_card_add_up(order, saved) -> None:
    quote = order.quote
    free = CodeOutcome("LIVRAISON", VoucherKind.FREE_DELIVERY, discount_cents=saved)
    codes = (*quote.codes, free) if saved else quote.codes
    priced = replace(order, quote=replace(quote, codes=codes, delivery_saved_cents=saved))
    shown = texts(priced)
    start = shown.index("Ce qui a été convenu") + 1
    end = next(i for i, row in enumerate(shown) if row.startswith("Total TTC"))
    amounts = [row.split("  ")[-1].strip() for row in shown[start:end]]
    total = shown[end].split("  ")[-1].strip()
    assert sum(cents(one) for one in amounts if one != "offerte") == cents(total)


@pytest.mark.parametrize(
    "state, says, awaits",
    [
        (
            OrderState.AWAITING_PAYMENT,
            "En attente de paiement",
            f"chèque de 43,83{NB}€ à recevoir",
        ),
        (OrderState.IN_PREPARATION, "En cours de préparation", "départ au plus tard mer. 2 déc."),
        (OrderState.DELIVERED, "Livrée", ""),
        (OrderState.CANCELLED, "Annulée", ""),
        (OrderState.RETURNED, "Retournée", ""),
    ],
)
def test_the_state_is_said_in_the_words_of_the_shop(order, state, says, awaits) -> None:
    told = dossier(replace(order, state=state))
    assert (state_line(told), what_is_awaited(told)) == (says, awaits)


def test_the_last_parcel_is_the_one_that_is_said(order) -> None:
    events = tuple(
        OrderEvent(order.order_id, OrderEventKind.STATE_CHANGED, NOW, facts)
        for facts in ({"parcel_number": "6A1"}, {}, {"parcel_number": "6A2"}, {"state": "x"})
    )
    assert parcel_number(events) == "6A2"
    sent = replace(order, state=OrderState.DISPATCHED)
    assert state_line(dossier(sent, *events)) == "Expédiée, colis 6A2"
    assert state_line(dossier(sent)) == "Expédiée"


@pytest.mark.parametrize(
    "owed, sync, says",
    [
        ((), SyncState.PRACTICE, "Essai : ne part pas vers la centrale"),
        ((item(SyncState.CONFIRMED),), SyncState.CONFIRMED, "Reçue par la centrale"),
        (
            (item(SyncState.CONFIRMED), item(SyncState.CONFIRMED, 2, kind="revision")),
            SyncState.CONFIRMED,
            "Modification reçue par la centrale",
        ),
        (
            (item(SyncState.CONFIRMED), item(kind="cancellation", attempts=0)),
            SyncState.WAITING,
            "Envoi de l'annulation, en attente : pas encore parti",
        ),
        (
            (item(SyncState.REFUSED, last_error="reference_taken"),),
            SyncState.REFUSED,
            "Envoi de la commande, refusé : référence déjà prise",
        ),
        (
            (item(kind="moon", attempts=0),),
            SyncState.WAITING,
            "Envoi, en attente : pas encore parti",
        ),
    ],
)
def test_where_it_stands_with_central_is_said(order, owed, sync, says) -> None:
    rows = tuple(OwedRow(one, order) for one in owed)
    assert says in texts(order, sync=sync, owed=rows)


@pytest.mark.parametrize(
    "state, says",
    [
        (OrderState.CANCELLED, "est annulée"),
        (OrderState.RETURNED, "est revenue"),
        (OrderState.DISPATCHED, "c'est un retour"),
        (OrderState.DELIVERED, "c'est un retour"),
    ],
)
def test_why_it_cannot_be_changed_is_said(order, state, says) -> None:
    gone = dossier(replace(order, state=state), is_changeable=False)
    assert says in why_not_changed(gone)
    assert why_not_changed(dossier(order)) == ""


# --- the rows of the list ----------------------------------------------------------------


@pytest.mark.parametrize(
    "owed, says",
    [
        (item(), "en attente"),
        (item(next_try_at=NOW + timedelta(minutes=3)), "en attente, essai à 11:45"),
        (item(SyncState.SENT), "envoyé, réponse attendue"),
        (
            item(SyncState.SENT, last_error="central_cut_off", next_try_at=LATER),
            "envoyé, liaison coupée, essai à 11:45",
        ),
        (item(last_error="central_busy"), "en attente, centrale occupée, essai en cours"),
        (item(SyncState.REFUSED), "refusé"),
        (item(SyncState.REFUSED, last_error="order_dispatched", kind="cancellation"), None),
        (item(kind="revision"), "modification : en attente"),
        (item(kind="moon"), "envoi : en attente"),
    ],
)
def test_what_is_owed_in_a_few_words(order, owed, says) -> None:
    says = says or "annulation : refusé : le transporteur a déjà le colis"
    assert owed_words(OwedRow(owed, order), NOW)[0] == says


@pytest.mark.parametrize(
    "owed, says",
    [
        (item(SyncState.SENT, kind="cancellation"), "annulation : envoyé, réponse attendue"),
        (
            item(SyncState.SENT, kind="revision", last_error="central_timeout", next_try_at=LATER),
            "modification : sans réponse, essai à 11:45",
        ),
        (
            item(SyncState.SENT, last_error="defect_at_central", next_try_at=LATER),
            "défaut à la centrale, essai à 11:45",
        ),
        (item(kind="revision", next_try_at=LATER), "modification : en attente, essai à 11:45"),
        (
            item(SyncState.REFUSED, kind="cancellation", last_error="order_unknown"),
            "annulation : commande inconnue",
        ),
    ],
)
def test_in_eighty_columns_what_stays_is_why_and_when(order, owed, says) -> None:
    row = next(row for row in items(seen(order, owed), WIDTH_AT_80) if row.key)
    assert f"  {says}  " in f"{row.text.plain}  "


@pytest.mark.parametrize("state", [SyncState.WAITING, SyncState.SENT, SyncState.REFUSED])
@pytest.mark.parametrize("kind", [*OutboxKind, "moon"])
def test_every_cause_has_its_place_in_eighty_columns(order, state, kind) -> None:
    """Whole words, and when it is tried again: by itself, at its time or just now."""
    for code in REASONS if state is SyncState.REFUSED else TRIED_AGAIN:
        for at in (LATER, NOW):
            owed = item(state, kind=kind, last_error=code, next_try_at=at)
            row = next(row for row in items(seen(order, owed), WIDTH_AT_80) if row.key)
            text = row.text.plain
            assert cell_len(text) <= WIDTH_AT_80
            assert "…" not in text
            if state is not SyncState.REFUSED:
                assert ("essai à 11:45" if at is LATER else "essai en cours") in text
            assert why(code) in text or why_in_brief(code) in text


def test_how_long_it_waits_is_said_in_words_where_there_is_room(order) -> None:
    owed = item(SyncState.SENT, last_error="central_timeout", next_try_at=LATER)
    (row,) = (row for row in items(seen(order, owed), 116) if row.key)
    assert "envoyé, pas de réponse à temps, essai à 11:45" in row.text.plain
    assert row.text.plain.endswith("  depuis 11:42")
    (row,) = (row for row in items(seen(order, owed), WIDTH_AT_80) if row.key)
    assert row.text.plain.rstrip().endswith("pas de réponse à temps, essai à 11:45")


def test_what_waits_for_another_says_so(order) -> None:
    held = OwedRow(item(kind="cancellation"), order, is_held_back=True)
    assert owed_words(held, NOW)[0] == "annulation : en attente, après la précédente"


def test_today_is_an_hour_and_before_it_a_day() -> None:
    assert since(NOW, NOW) == "11:42"
    assert since(NOW - timedelta(days=1), NOW) == "22/11"
    late = NOW.replace(hour=23, minute=30)
    assert since(NOW, late) == "23/11", "it is tomorrow already in Paris"


def seen(order: Order, *owed: OutboxItem, orders: tuple[OrderRow, ...] = ()) -> Lists:
    rows = tuple(OwedRow(one, order) for one in owed)
    return lists(FollowUp((), rows, orders, work_count=0, owed_count=len(rows), seen_at=NOW))


def test_rows_keep_their_places_whatever_comes_and_goes(order) -> None:
    before = seen(order, item(number=1), item(SyncState.REFUSED, number=2), item(number=3))
    now = seen(order, item(number=4), item(SyncState.SENT, number=3))
    kept = in_place(before, now).owed
    assert [entry.item_id.int for entry in kept] == [1, 2, 3, 4]
    assert [entry.what for entry in kept] == [
        "reçu par la centrale",
        "réglé",
        "envoyé, réponse attendue",
        "en attente",
    ]
    again = in_place(in_place(before, now), seen(order)).owed
    assert [entry.item_id.int for entry in again] == [1, 2, 3, 4]
    assert in_place(Lists(), now) == now
    assert in_place(before, replace(now, is_found=True)).owed == now.owed


def test_every_row_fits_its_line_and_has_its_own_mark(order) -> None:
    shown = seen(order, *(item(number=n) for n in range(1, 60)))
    for width in (60, 76, 116):
        rows = items(shown, width)
        assert all(row.text.cell_len <= width for row in rows)
        keys = [row.key for row in rows if row.key is not None]
        assert len(keys) == len(set(keys)) == 50
        assert keys[0] == (Group.OWED, UUID(int=1))
