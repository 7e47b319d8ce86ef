from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from console_fixtures import NOW, complete_draft, enrol, opened, placing
from power_cut import after_every_cut, dump

from models import reference
from models.cart import Cart
from models.customer import PhoneKind
from models.draft import CustomerEntry, DraftState, Step
from models.errors import Conflict, DomainError, Unavailable
from models.order import OrderEventKind, OrderState, SyncState
from models.payment import LinkChannel, PaymentMethod
from models.vouchers import Voucher, VoucherKind
from services.drafts import save_draft
from services.holding import Holder
from services.place_order import place_in, place_order
from services.quoting import quote_cart

ROOT = Path(__file__).parents[2]
WITH_TESTS = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "tests"), str(ROOT)))}
DRAFT = UUID(int=1)


@pytest.fixture
def tools(catalogue_path):
    tools = placing(catalogue_path)
    yield tools
    tools.catalogue.close()


def save(store, draft, holder=None):
    with store.write() as tx:
        save_draft(draft, tx=tx, holder=holder, now=NOW)


def place(store, tools, draft_id=DRAFT):
    return place_order(draft_id, store, tools)


@pytest.fixture
def ready(store):
    """An enrolled console with the order of the brief read back, and its code."""
    enrol(store)
    with store.write() as tx:
        tx.vouchers.put(
            Voucher("BIENVENUE10", VoucherKind.PERCENT, percent_bp=1000, uses_per_customer_max=1)
        )
    save(store, complete_draft(DRAFT))
    return store


# --- what placing does ---------------------------------------------------------------


def test_the_order_of_the_brief(ready, tools):
    order = place(ready, tools)
    assert order.reference == reference.with_check(48_201_395)
    assert order.quote.goods_cents == 4870
    assert order.quote.discount_cents == 487
    assert order.quote.total_cents == 4383
    assert order.customer.phones[0].e164 == "+33199001234"
    assert order.customer.phones[0].kind is PhoneKind.LANDLINE
    assert order.customer.printers == ("brother-dcp-350c",)
    assert order.delivery.name.last_name == "Martin"
    assert order.delivery.address.inside == "3e étage, porte gauche"
    assert order.payment_method is PaymentMethod.CHEQUE
    assert order.link_channel is None
    assert order.state is OrderState.AWAITING_PAYMENT
    assert (order.placed_at, order.ordered_on.isoformat()) == (NOW, "2026-11-23")
    assert order.is_demo is False


def test_it_names_who_took_it(ready, tools):
    with ready.write() as tx:
        order = place_in(tx, complete_draft(DRAFT), replace(tools, operator_id=UUID(int=42)))
        assert tx.orders.get(order.order_id).operator_id == UUID(int=42)
        (owed,) = tx.outbox.due(now=NOW)
    assert json.loads(owed.body)["operator_id"] == str(UUID(int=42))


def test_an_order_too_long_for_central_is_refused_before_its_reference_is_taken(
    path, ready, tools, monkeypatch
):
    before = dump(path)
    with monkeypatch.context() as patched:
        patched.setattr("models.wire.orders.ORDER_BYTES_MAX", 500)
        with pytest.raises(DomainError) as refused:
            place(ready, tools)
    assert refused.value.code == "order_too_long"
    assert dump(path) == before
    assert place(ready, tools).reference == reference.with_check(48_201_395)


def test_everything_that_belongs_to_it_is_in_the_file(path, ready, tools):
    order = place(ready, tools)
    with opened(path) as again, again.read() as tx:
        assert tx.orders.get(order.order_id) == order
        assert tx.orders.by_draft(DRAFT) == order
        assert tx.orders.by_reference(order.reference) == order
        (row,) = tx.orders.recent()
        assert (row.order, row.sync_state, row.last_error) == (order, SyncState.WAITING, None)
        assert [e.kind for e in tx.orders.events(order.order_id)] == [OrderEventKind.PLACED]
        assert tx.customers.get(order.customer.customer_id) == order.customer
        assert tx.vouchers.uses_by(order.customer.customer_id) == {"BIENVENUE10": 1}
        assert tx.vouchers.get("BIENVENUE10").uses == 1
        (owed,) = tx.outbox.due(now=NOW)
        assert (owed.order_id, owed.kind, owed.attempts) == (order.order_id, "order", 0)
        assert json.loads(owed.body)["reference"] == order.reference
        draft = tx.drafts.get(DRAFT)
        assert (draft.state, draft.order_id) == (DraftState.PLACED, order.order_id)
        assert draft.step is Step.CONFIRMATION
        assert list(tx.drafts.unfinished()) == []


def test_twice_is_once(path, ready, tools):
    order = place(ready, tools)
    before = dump(path)
    assert place(ready, tools) == order
    assert dump(path) == before


def test_a_known_customer_keeps_what_the_form_does_not_say(ready, tools):
    known = place(ready, tools).customer
    entry = replace(complete_draft(DRAFT).customer, customer_id=known.customer_id)
    second = replace(
        complete_draft(UUID(int=2)),
        customer=replace(entry, second_phone="06 39 98 12 34"),
        printer_id="brother-dcp-353c",
        cart=complete_draft(DRAFT).cart.remove_code("BIENVENUE10"),
    )
    save(ready, second)
    changed = place(ready, tools, second.draft_id).customer
    assert changed.customer_id == known.customer_id
    assert changed.printers == ("brother-dcp-350c", "brother-dcp-353c")
    assert [phone.e164 for phone in changed.phones] == ["+33199001234", "+33639981234"]
    assert changed.version == known.version + 1


def test_a_printer_that_is_known_already_is_not_noted_twice(ready, tools):
    known = place(ready, tools).customer
    draft = complete_draft(UUID(int=2))
    entry = replace(draft.customer, customer_id=known.customer_id)
    save(ready, replace(draft, customer=entry, cart=draft.cart.remove_code("BIENVENUE10")))
    again = place(ready, tools, draft.draft_id).customer
    assert again == known
    assert (again.printers, again.version) == (("brother-dcp-350c",), known.version)


def test_a_link_goes_the_quickest_way_the_customer_has(ready, tools):
    entry = replace(
        complete_draft(DRAFT).customer, second_phone="06 39 98 12 34", email="j@example.org"
    )
    save(
        ready,
        replace(complete_draft(DRAFT), customer=entry, payment_method=PaymentMethod.CARD_LINK),
    )
    assert place(ready, tools).link_channel is LinkChannel.SMS


def test_a_credit_is_worth_less_once_it_paid(ready, tools):
    with ready.write() as tx:
        tx.vouchers.put(
            Voucher("AVOIR-1", VoucherKind.CREDIT, remaining_cents=6000, is_combinable=True)
        )
    cart = replace(complete_draft(DRAFT).cart, codes=("AVOIR-1",))
    save(ready, replace(complete_draft(DRAFT), cart=cart))
    order = place(ready, tools)
    assert order.quote.credit_cents == 4870
    with ready.read() as tx:
        assert tx.vouchers.get("AVOIR-1").remaining_cents == 6000 - 4870


def test_where_a_credit_pays_for_all_the_promise_waits_for_no_cheque(ready, tools):
    with ready.write() as tx:
        tx.vouchers.put(Voucher("AVOIR-1", VoucherKind.CREDIT, remaining_cents=4870))
        tx.vouchers.put(Voucher("AVOIR-2", VoucherKind.CREDIT, remaining_cents=4869))
    promised = {}
    for code in ("AVOIR-1", "AVOIR-2"):
        cart = replace(complete_draft(DRAFT).cart, codes=(code,))
        with ready.read() as tx:
            _, promised[code] = quote_cart(
                cart,
                tx=tx,
                catalogue=tools.catalogue,
                customer_id=None,
                delivery_postcode="51100",
                method=PaymentMethod.CHEQUE,
                called_at=NOW,
                now=NOW,
                rules=tools.rules,
            )
    assert not promised["AVOIR-1"].is_conditional
    assert promised["AVOIR-2"].is_conditional
    assert promised["AVOIR-1"].dispatch_by < promised["AVOIR-2"].dispatch_by


def with_credit(store, cents, **changes):
    """The order of the brief with an "AVOIR-1" of so many cents as its only code."""
    with store.write() as tx:
        tx.vouchers.put(Voucher("AVOIR-1", VoucherKind.CREDIT, remaining_cents=cents))
    draft = complete_draft(DRAFT)
    save(store, replace(draft, cart=replace(draft.cart, codes=("AVOIR-1",)), **changes))


@pytest.mark.parametrize(
    "cents,state",
    [(4870, OrderState.IN_PREPARATION), (4869, OrderState.AWAITING_PAYMENT)],
)
def test_where_a_credit_pays_for_all_it_is_prepared_at_once(ready, tools, cents, state):
    with_credit(ready, cents)
    order = place(ready, tools)
    assert order.quote.total_cents == 4870 - cents
    assert order.state is state
    with ready.read() as tx:
        assert tx.orders.get(order.order_id) == order
        assert [event.kind for event in tx.orders.events(order.order_id)] == [OrderEventKind.PLACED]


@pytest.mark.parametrize(
    "chosen,kept",
    [(None, PaymentMethod.CHEQUE), (PaymentMethod.CARD_LINK, PaymentMethod.CARD_LINK)],
)
def test_where_nothing_is_to_be_paid_no_way_to_pay_is_asked_for(ready, tools, chosen, kept):
    with_credit(ready, 4870, payment_method=chosen)
    order = place(ready, tools)
    assert (order.payment_method, order.link_channel) == (kept, None)
    assert not order.promise.is_conditional


def test_one_cent_to_be_paid_asks_for_a_way_to_pay_it(ready, tools):
    with_credit(ready, 4869, payment_method=None)
    assert problems_of(ready, tools) == [(Step.PAYMENT, "payment_method", "payment_method_missing")]


# --- what it refuses -------------------------------------------------------------------


def problems_of(store, tools):
    with pytest.raises(DomainError) as refused:
        place(store, tools)
    assert refused.value.code == "order_incomplete"
    return [(one.step, one.problem.field, one.code) for one in refused.value.facts["problems"]]


@pytest.mark.parametrize(
    "change,problem",
    [
        ({"cart": Cart()}, (Step.PRINTER, "search", "cart_empty")),
        ({"payment_method": None}, (Step.PAYMENT, "payment_method", "payment_method_missing")),
        (
            {"payment_method": PaymentMethod.CARD_LINK},
            (Step.PAYMENT, "payment_method", "no_mobile_and_no_email"),
        ),
        (
            {"cart": Cart().add("NO-SUCH", 1, price_cents=1, at=NOW)},
            (Step.CART, "lines", "sku_unknown"),
        ),
    ],
)
def test_what_is_missing_is_named_with_its_step(path, ready, tools, change, problem):
    save(ready, replace(complete_draft(DRAFT), **change))
    before = dump(path)
    assert problems_of(ready, tools) == [problem]
    assert dump(path) == before


def test_all_that_is_missing_is_named_at_once(ready, tools):
    save(ready, replace(complete_draft(DRAFT), customer=CustomerEntry(), payment_method=None))
    steps = {step for step, _field, _code in problems_of(ready, tools)}
    assert steps == {Step.CUSTOMER, Step.PAYMENT}


def test_a_channel_the_customer_does_not_have_is_refused(ready, tools):
    draft = complete_draft(DRAFT)
    save(
        ready,
        replace(
            draft,
            customer=replace(draft.customer, email="jeanne@example.org"),
            payment_method=PaymentMethod.PAYPAL_LINK,
            link_channel=LinkChannel.SMS,
        ),
    )
    assert problems_of(ready, tools) == [(Step.PAYMENT, "link_channel", "link_channel_unavailable")]


def test_a_draft_that_is_not_there(ready, tools):
    with pytest.raises(DomainError) as refused:
        place(ready, tools, UUID(int=404))
    assert refused.value.code == "draft_unknown"


def test_a_draft_in_other_hands(path, ready, tools):
    other = Holder(path.parent / "holders", UUID(int=99))
    save(ready, complete_draft(DRAFT), holder=other.id)
    before = dump(path)
    with pytest.raises(Conflict) as refused:
        place(ready, tools)
    assert refused.value.code == "draft_taken"
    assert dump(path) == before
    other.release()


@pytest.mark.parametrize("field", ["search", "parked_reason", "unknown_printer", "code_entry"])
def test_no_card_number_is_ever_written(path, store, field):
    draft = replace(complete_draft(DRAFT), **{field: "carte 4970 1012 3456 7893"})
    with pytest.raises(DomainError) as refused:
        save(store, draft)
    assert (refused.value.code, refused.value.facts["field"]) == ("card_number_refused", field)
    assert dump(path)["drafts"] == []


def test_no_card_number_in_a_delivery_instruction_or_a_code(store):
    draft = complete_draft(DRAFT)
    in_delivery = replace(draft.delivery, instructions="4111111111111111")
    in_cart = draft.cart.add_code("4111111111111111")
    for wrong in (replace(draft, delivery=in_delivery), replace(draft, cart=in_cart)):
        with pytest.raises(DomainError):
            save(store, wrong)


# --- references --------------------------------------------------------------------------


def test_references_run_through_the_blocks_and_end(store, tools):
    enrol(store, 10, 11)
    with store.write() as tx:
        tx.references.add_block(10, 11)
        tx.references.add_block(50, 50)
    placed = []
    for number in range(3):
        draft = replace(
            complete_draft(UUID(int=100 + number)), delivery=complete_draft(DRAFT).delivery
        )
        save(store, draft)
        placed.append(place(store, tools, draft.draft_id).reference)
    assert placed == [reference.with_check(number) for number in (10, 11, 50)]
    save(store, complete_draft(DRAFT))
    with pytest.raises(Unavailable) as refused:
        place(store, tools)
    assert refused.value.code == "no_references_left"
    with store.read() as tx:
        assert tx.drafts.get(DRAFT).state is DraftState.OPEN


def test_a_console_that_was_never_enrolled_practises_with_references_of_its_own(store, tools):
    save(store, complete_draft(DRAFT))
    order = place(store, tools)
    assert order.reference == reference.with_check(1)
    assert order.reference.startswith("00")
    assert order.is_demo is True


def test_what_was_placed_for_practice_never_leaves(store, tools):
    save(store, complete_draft(DRAFT))
    order = place(store, tools)
    enrol(store)
    save(store, complete_draft(UUID(int=2)))
    real = place(store, tools, UUID(int=2))
    with store.read() as tx:
        assert [owed.order_id for owed in tx.outbox.due(now=NOW)] == [real.order_id]
        states = {row.order.order_id: row.sync_state for row in tx.orders.recent()}
        assert states == {
            order.order_id: SyncState.PRACTICE,
            real.order_id: SyncState.WAITING,
        }
        (mine,) = tx.orders.of_customer(order.customer.customer_id)
        assert (mine.sync_state, mine.last_error) == (SyncState.PRACTICE, None)


# --- the power goes ------------------------------------------------------------------------


def test_between_any_two_statements_all_or_nothing(path, ready, tools):
    order, cuts = after_every_cut(ready, path, lambda: place(ready, tools))
    assert cuts > 15
    assert order.reference == reference.with_check(48_201_395)
    after = dump(path)
    assert {table: len(after[table]) for table in ("orders", "order_events", "outbox")} == {
        "orders": 1,
        "order_events": 1,
        "outbox": 1,
    }


PROGRAM = """
import os
import sys
from pathlib import Path
from uuid import UUID
from console_fixtures import NOW, ConsoleStore, complete_draft, placing
from services.drafts import save_draft
from services.place_order import place_order

path, catalogue, first, step = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
tools = placing(catalogue, ids_from=first * 1_000_000)
store = ConsoleStore.open(path)
number = first
os.write(1, b"ready\\n")  # at once: others may have the same pipe
sys.stdin.readline()
while number < first + int(sys.argv[5]):
    draft = complete_draft(UUID(int=number))
    with store.write() as tx:
        save_draft(draft, tx=tx, holder=None, now=NOW)
    order = place_order(draft.draft_id, store, tools)
    os.write(1, f"{order.reference}\\n".encode())
    number += step
"""


MANY = """
import os, sys

program, elsewhere, (path, catalogue, programs, count) = *sys.argv[1:3], sys.argv[3:]

def run(path, first, count):
    sys.argv[1:] = [path, catalogue, str(first), "1", count]
    exec(program, {})

children = []
with open(os.devnull) as nothing:
    ours = os.dup(0), os.dup(1)
    os.dup2(nothing.fileno(), 0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    run(elsewhere, 1, "1")
    os.dup2(ours[0], 0)
    os.dup2(ours[1], 1)
for number in range(1, int(programs) + 1):
    starts, go = os.pipe()
    children.append((os.fork(), go))
    if not children[-1][0]:
        os.dup2(starts, 0)
        run(path, 1000 * number, count)
        os._exit(0)
    os.close(starts)
sys.stdin.readline()
for _, go in children:
    os.write(go, b"go\\n")
ends = [os.waitpid(child, 0)[1] for child, _ in children]
sys.exit(any(ends))
"""
"""So many programs of their own, each of which opens the files for itself. What is imported, and
made at its first use, is so once, by an order in a file ``elsewhere`` before there are several:
twenty starts at once take a busy machine a minute, and what the first order costs each, while the
others wait for its turn, is no part of what is to be seen.
"""


def started_together(path, catalogue_path, elsewhere, *, programs, count):
    return subprocess.Popen(
        [sys.executable, "-c", MANY, PROGRAM, str(elsewhere)]
        + [str(word) for word in (path, catalogue_path, programs, count)],
        cwd=ROOT,
        env=WITH_TESTS,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def program(path, catalogue_path, *, first, step=1, count=10_000):
    return ready_to_go(started(path, catalogue_path, first=first, step=step, count=count))


def ready_to_go(running):
    assert running.stdout.readline() == "ready\n"
    return running


def started(path, catalogue_path, *, first, step=1, count=10_000):
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM]
        + [str(word) for word in (path, catalogue_path, first, step, count)],
        cwd=ROOT,
        env=WITH_TESTS,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def consistent(path):
    """Each order has its event, its outbox row, its customer and its placed draft; none is alone."""
    with closing(sqlite3.connect(path)) as connection:
        (whole,) = connection.execute("PRAGMA integrity_check").fetchone()
        assert whole == "ok"
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        ids = [
            set(rows)
            for rows in (
                connection.execute("SELECT order_id FROM orders"),
                connection.execute("SELECT order_id FROM order_events WHERE kind = 'placed'"),
                connection.execute("SELECT order_id FROM outbox"),
            )
        ]
        assert ids[0] == ids[1] == ids[2]
        drafts = connection.execute("SELECT draft_id FROM drafts WHERE state = 'placed'")
        assert set(drafts) == set(connection.execute("SELECT draft_id FROM orders"))
        orphans = connection.execute(
            "SELECT count(*) FROM orders WHERE customer_id NOT IN (SELECT customer_id FROM customers)"
        ).fetchone()
        assert orphans == (0,)
        return {told for (told,) in connection.execute("SELECT reference FROM orders")}


def test_killed_at_any_moment_no_order_that_was_said_is_lost(path, store, catalogue_path):
    enrol(store, 10_000_000, 10_999_999)
    said = set()
    for attempt in range(1, 7):
        running = program(path, catalogue_path, first=attempt * 10_000)
        running.stdin.write("go\n")
        running.stdin.flush()
        for _ in range(2 * attempt):
            said.add(running.stdout.readline().strip())
        running.send_signal(signal.SIGKILL)
        rest, _error = running.communicate()
        said |= set(rest.split())
        in_file = consistent(path)
        assert said <= in_file
        # At most the one that was durable but not yet said.
        assert len(in_file - said) <= attempt
    assert len(said) >= 42


# --- many at once ---------------------------------------------------------------------------


def test_two_threads_with_one_draft_make_one_order(path, ready, tools):
    together = threading.Barrier(4)
    placed = []

    def confirm():
        together.wait()
        placed.append(place(ready, tools))

    threads = [threading.Thread(target=confirm) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(placed) == 4
    assert len({order.order_id for order in placed}) == 1
    assert len(consistent(path)) == 1


def test_two_programs_with_the_same_drafts_make_one_order_each(path, store, catalogue_path):
    enrol(store, 10_000_000, 10_999_999)
    running = [program(path, catalogue_path, first=1, count=10) for _ in range(2)]
    told = [one.communicate("go\n") for one in running]
    # Saving a draft that the other placed meanwhile is refused: that program ends there.
    assert {one.returncode for one in running} <= {0, 1}
    for _references, error in told:
        assert not error or "draft_placed" in error
    said = [set(references.split()) for references, _error in told]
    assert consistent(path) == said[0] | said[1]
    assert len(consistent(path)) == 10


def test_twenty_programs_on_one_file_never_hear_locked(path, store, catalogue_path, tmp_path):
    enrol(store, 10_000_000, 10_999_999)
    elsewhere = tmp_path / "elsewhere" / "console.sqlite3"
    with opened(elsewhere) as other:
        enrol(other)
    with started_together(path, catalogue_path, elsewhere, programs=20, count=5) as running:
        for _ in range(20):
            ready_to_go(running)
        references, error = running.communicate("go\n")
    assert (running.returncode, error) == (0, "")
    said = references.split()
    assert len(said) == len(set(said)) == 100
    assert consistent(path) == set(said)


def test_an_order_and_its_events_cannot_be_changed_or_deleted(path, ready, tools):
    place(ready, tools)
    with closing(sqlite3.connect(path)) as connection:
        for attempt in (
            "UPDATE orders SET body = '{}'",
            "UPDATE orders SET reference = '000000000'",
            "DELETE FROM orders",
            "UPDATE order_events SET facts = '{}'",
            "DELETE FROM order_events",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="kept as it was said"):
                connection.execute(attempt)
