from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, timedelta
from uuid import UUID

import pytest
from console_fixtures import NOW, complete_draft, opened
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from models.draft import Draft, DraftState, Step
from models.errors import Conflict, DomainError, Unavailable
from models.tables.console import drafts
from services.adapters.console_store import ConsoleStore
from services.holding import Holder

ONE = UUID(int=1)
TWO = UUID(int=2)
texts = st.text(st.characters(codec="utf-8"), max_size=40)
times = st.datetimes(timezones=st.just(UTC))


def save(store, draft, *, at=NOW, holder=None):
    with store.write() as tx:
        tx.drafts.save(draft, at=at, holder=holder)


def get(store, draft_id):
    with store.read() as tx:
        return tx.drafts.get(draft_id)


@pytest.fixture
def holders(path):
    taken = [Holder(path.parent / "holders", UUID(int=number)) for number in (11, 12)]
    yield taken
    for holder in taken:
        holder.release()


@pytest.fixture(scope="module")
def shared_store(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("drafts") / "console.sqlite3") as store:
        yield store


@given(draft=st.from_type(Draft))
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_every_draft_comes_back_as_it_was(shared_store, draft):
    # A placed draft is refused a second time, and examples repeat.
    draft = replace(draft, state=DraftState.OPEN)
    save(shared_store, draft)
    assert get(shared_store, draft.draft_id) == draft


st.register_type_strategy(str, texts)
st.register_type_strategy(type(NOW), times)


def test_a_draft_outlives_the_program(path):
    draft = complete_draft(ONE)
    with opened(path) as store:
        save(store, draft)
    with opened(path) as store:
        assert get(store, ONE) == draft


def test_saving_again_replaces(store):
    save(store, complete_draft(ONE))
    save(store, replace(complete_draft(ONE), search="lc970"))
    with store.read() as tx:
        assert [call.draft.search for call in tx.drafts.unfinished()] == ["lc970"]


def test_unknown_drafts_are_none(store):
    assert get(store, ONE) is None
    with pytest.raises(DomainError) as refused, store.write() as tx:
        tx.drafts.take(ONE, holder="me", at=NOW)
    assert refused.value.code == "draft_unknown"


def test_unfinished_calls_newest_first_without_blank_placed_and_abandoned(store):
    for number, state in enumerate(DraftState, start=1):
        save(store, replace(complete_draft(UUID(int=number)), state=state), at=NOW)
    save(store, replace(complete_draft(UUID(int=8)), parked_reason="rappelle"), at=NOW)
    save(store, complete_draft(UUID(int=9)), at=NOW + timedelta(seconds=1))
    save(store, Draft(draft_id=UUID(int=10), called_at=NOW), at=NOW)
    with store.read() as tx:
        calls = tx.drafts.unfinished()
    assert [call.draft.draft_id.int for call in calls] == [9, 8, 2, 1]
    assert calls[0].updated_at == NOW + timedelta(seconds=1)


# --- who holds it -----------------------------------------------------------------


def test_a_draft_in_the_hands_of_a_living_program_is_refused(store, holders):
    mine, other = holders
    save(store, complete_draft(ONE), holder=other.id)
    for attempt in (
        lambda: save(store, complete_draft(ONE), holder=mine.id),
        lambda: save(store, complete_draft(ONE), holder=None),
        lambda: take(store, mine),
    ):
        with pytest.raises(Conflict) as refused:
            attempt()
        assert refused.value.code == "draft_taken"


def take(store, holder, at=NOW):
    with store.write() as tx:
        return tx.drafts.take(ONE, holder=holder.id, at=at)


def test_the_draft_of_a_dead_program_is_free_at_once(store, holders):
    mine, other = holders
    save(store, complete_draft(ONE), holder=other.id)
    other.release()
    taken = take(store, mine)
    assert taken == complete_draft(ONE)
    save(store, replace(taken, search="now mine"), holder=mine.id)
    assert get(store, ONE).search == "now mine"


def test_a_parked_draft_is_anybodys(store, holders):
    mine, other = holders
    save(store, replace(complete_draft(ONE), state=DraftState.PARKED), holder=other.id)
    taken = take(store, mine)
    assert taken.state is DraftState.OPEN
    with pytest.raises(Conflict):
        take(store, other)


def test_a_call_taken_up_later_counts_from_then(store, holders):
    save(store, complete_draft(ONE))
    monday = NOW + timedelta(days=3)
    take(store, holders[0], at=monday)
    assert get(store, ONE).called_at == monday


def test_the_list_says_which_calls_others_have(path, holders):
    mine, other = holders
    store = ConsoleStore.open(path, own=mine.id)
    save(store, complete_draft(ONE), holder=mine.id)
    save(store, complete_draft(TWO), holder=other.id)
    with store.read() as tx:
        held = {call.draft.draft_id: call.is_held_elsewhere for call in tx.drafts.unfinished()}
    store.close()
    assert held == {ONE: False, TWO: True}


def test_a_placed_draft_is_never_changed_again(store, holders):
    save(store, replace(complete_draft(ONE), state=DraftState.PLACED, order_id=TWO))
    with pytest.raises(Conflict) as refused:
        save(store, complete_draft(ONE))
    assert refused.value.code == "draft_placed"
    with pytest.raises(Conflict) as refused:
        take(store, holders[0])
    assert refused.value.code == "draft_placed"
    assert get(store, ONE).order_id == TWO


# --- files of other versions --------------------------------------------------------


def rewrite(store, change):
    """What another version of the program might have left."""
    with store.write() as tx:
        connection = tx.drafts._connection
        body = json.loads(connection.execute(drafts.select()).one().body)
        change(body)
        connection.execute(update(drafts).values(body=json.dumps(body)))


def test_fields_of_a_newer_program_are_passed_over(store):
    save(store, complete_draft(ONE))
    rewrite(store, lambda body: body["customer"].update(loyalty_card="12"))
    assert get(store, ONE) == complete_draft(ONE)


def test_fields_an_older_program_did_not_have_take_their_default(store):
    save(store, complete_draft(ONE))
    rewrite(store, lambda body: [body.pop(name) for name in ("delivery", "printer_id", "focus")])
    kept = get(store, ONE)
    assert (kept.delivery.is_same, kept.printer_id, kept.focus) == (True, None, "search")
    assert kept.customer == complete_draft(ONE).customer


def test_what_is_not_understood_is_left_out_and_the_rest_kept(store):
    save(store, complete_draft(ONE))

    def by_a_newer_program(body):
        body["step"] = "claims"
        body["cart"]["lines"][0]["quantity"] = {"boxes": 2}

    rewrite(store, by_a_newer_program)
    kept = get(store, ONE)
    assert kept.step is Step.PRINTER
    assert [line.sku for line in kept.cart.lines] == ["BRO-LC970C"]
    assert kept.customer == complete_draft(ONE).customer


def test_a_draft_nobody_can_read_hides_no_other(store):
    save(store, complete_draft(ONE))
    rewrite(store, lambda body: body.clear())
    save(store, complete_draft(TWO))
    with store.read() as tx:
        assert [call.draft.draft_id for call in tx.drafts.unfinished()] == [TWO]
    with pytest.raises(Unavailable) as refused:
        get(store, ONE)
    assert refused.value.code == "stored_form_unknown"
