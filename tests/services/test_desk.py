from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from console_fixtures import NOW, complete_draft, enrol, opened, placing

from models import wording
from models.draft import DraftState
from models.errors import Conflict, DomainError
from models.vouchers import Voucher, VoucherKind
from services.desk import Desk
from services.drafts import save_draft
from services.place_order import place_order

DRAFT = UUID(int=1)
OURS = "11111111-1111-7111-8111-111111111111"
WELCOME = Voucher(
    "BIENVENUE10", VoucherKind.PERCENT, percent_bp=1000, uses_max=1, uses_per_customer_max=1
)


@pytest.fixture
def tools(catalogue_path):
    tools = placing(catalogue_path, holder=OURS)
    yield tools
    tools.catalogue.close()


@pytest.fixture
def ready(store):
    enrol(store)
    with store.write() as tx:
        tx.vouchers.put(WELCOME)
        save_draft(complete_draft(DRAFT), tx=tx, holder=OURS, now=NOW)
    return store


@pytest.fixture
def desk(ready, tools):
    return desk_on(ready, tools)


def desk_on(store, tools):
    def place(draft_id, *, said_total_cents):
        return place_order(
            draft_id,
            store=store,
            catalogue=tools.catalogue,
            clock=tools.clock,
            ids=tools.ids,
            rules=tools.rules,
            to_wire=tools.to_wire,
            holder=tools.holder,
            said_total_cents=said_total_cents,
        )

    return Desk(
        store=store,
        catalogue=tools.catalogue,
        clock=tools.clock,
        ids=tools.ids,
        rules=tools.rules,
        holder=OURS,
        place=place,
    )


def orders(store):
    with store.read() as tx:
        return [row.order for row in tx.orders.recent()]


def total_changed(desk, draft, said):
    with pytest.raises(Conflict) as refused:
        desk.confirm(draft, said_total_cents=said)
    assert refused.value.code == "total_changed"
    return refused.value


# --- the total that was read aloud ----------------------------------------------------


def test_the_total_that_was_read_aloud_is_the_one_that_is_confirmed(ready, desk):
    seen = desk.refresh(complete_draft(DRAFT))
    assert seen.quote.total_cents == 4383
    placed = desk.confirm(seen.draft, said_total_cents=4383)
    assert placed.order.quote.total_cents == 4383
    assert [order.order_id for order in orders(ready)] == [placed.order.order_id]


def test_a_code_used_up_since_it_was_read_aloud(path, ready, desk):
    seen = desk.refresh(complete_draft(DRAFT))
    with opened(path) as other, other.write() as tx:
        tx.vouchers.put(replace(WELCOME, uses=1))
    error = total_changed(desk, seen.draft, seen.quote.total_cents)
    assert (error.facts["said"], error.facts["now"]) == (4383, 4870)
    assert error.facts["codes"] == ("BIENVENUE10",)
    assert wording.error_sentence(error) == (
        "Total : 48,70\u00a0€ au lieu de 43,83\u00a0€ (code BIENVENUE10 refusé)."
        " Rien n'est commandé, à relire."
    )
    assert orders(ready) == []
    with ready.read() as tx:
        assert tx.drafts.get(DRAFT) == seen.draft
        assert tx.outbox.waiting() == 0
        assert tx.references.left() == 605
    again = desk.refresh(seen.draft)
    assert again.quote.total_cents == 4870
    assert desk.confirm(again.draft, said_total_cents=4870).order.quote.total_cents == 4870


def test_a_price_that_is_kept_no_longer(ready, desk, tools):
    draft = complete_draft(DRAFT)
    black, cyan = draft.cart.lines
    dear = replace(
        draft, cart=replace(draft.cart, lines=(replace(black, said_price_cents=1990), cyan))
    )
    seen = desk.change(dear)
    assert seen.quote.total_cents == 4113
    tools.clock.pass_by(seconds=tools.rules.price_kept_seconds + 1)
    error = total_changed(desk, seen.draft, 4113)
    assert (error.facts["now"], error.facts["codes"]) == (4383, ())
    assert error.facts["labels"] == ("LC-970 noir",)
    assert "(prix changé : LC-970 noir)" in wording.error_sentence(error)
    assert orders(ready) == []


def test_an_article_that_is_gone_is_named_and_nothing_is_placed(ready, desk):
    draft = complete_draft(DRAFT)
    seen = desk.change(replace(draft, cart=draft.cart.add("GONE", 1, price_cents=1, at=NOW)))
    with pytest.raises(DomainError) as refused:
        desk.confirm(seen.draft, said_total_cents=seen.quote.total_cents)
    assert refused.value.code == "order_incomplete"
    assert "GONE" in wording.error_sentence(refused.value)
    assert orders(ready) == []


def test_confirmed_twice_is_one_order_whatever_it_would_cost_now(ready, desk):
    seen = desk.refresh(complete_draft(DRAFT))
    first = desk.confirm(seen.draft, said_total_cents=4383)
    second = desk.confirm(seen.draft, said_total_cents=4383)
    assert first.order == second.order
    assert first.order.quote.total_cents == second.quote.total_cents == 4383
    assert len(orders(ready)) == 1


def test_what_could_not_be_saved_before_is_in_the_order(ready, desk):
    """The screen keeps a change that the full disk refused; it was read aloud as well."""
    draft = complete_draft(DRAFT)
    changed = replace(draft, delivery=replace(draft.delivery, instructions="Sonner deux fois"))
    placed = desk.confirm(changed, said_total_cents=4383)
    assert placed.order.delivery.instructions == "Sonner deux fois"
    with ready.read() as tx:
        assert tx.drafts.get(DRAFT).state is DraftState.PLACED
