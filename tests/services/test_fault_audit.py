"""The audit of a fault run can fail: each promise is broken once, and found to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest

from benchmarks.faults.audit import audit
from benchmarks.faults.facts import (
    Beginning,
    Block,
    CentralFacts,
    CodeLeft,
    ConsoleFacts,
    Event,
    Evidence,
    Fetched,
    OrderAtCentral,
    OrderAtConsole,
    Owed,
    Payment,
    Reservation,
    Snapshot,
)
from benchmarks.faults.journal import Said, Word
from models.reference import with_check

CONSOLE = "console-1"
CUSTOMER = UUID(int=900)
LINES = (("LC970BK", 2, 2290),)
MORE_LINES = (("LC970BK", 3, 2290),)
PLACED, CHANGED, CANCELLED = UUID(int=1), UUID(int=2), UUID(int=3)
NUMBERS = {PLACED: 10_000_001, CHANGED: 10_000_002, CANCELLED: 10_000_003}


def snapshot(order_id: UUID, revision: int = 1) -> Snapshot:
    lines = LINES if revision == 1 else MORE_LINES
    total = sum(quantity * price for _, quantity, price in lines)
    return Snapshot(revision, total, lines, f"{order_id.int}/{revision}")


def snapshots(order_id: UUID) -> tuple[Snapshot, ...]:
    revisions = (1, 2) if order_id == CHANGED else (1,)
    return tuple(snapshot(order_id, revision) for revision in revisions)


def said(order_id: UUID, word: Word = Word.ORDER, revision: int = 1) -> Said:
    heard = snapshot(order_id, revision)
    return Said(
        word,
        order_id,
        with_check(NUMBERS[order_id]),
        revision,
        heard.total_cents,
        heard.lines,
        CONSOLE,
    )


def at_console(order_id: UUID) -> OrderAtConsole:
    words = [Owed("order", "confirmed", fingerprint=f"{order_id.int}/1")]
    if order_id == CHANGED:
        words.append(Owed("revision", "confirmed", 2, fingerprint=f"{order_id.int}/2"))
    if order_id == CANCELLED:
        words.append(Owed("cancellation", "confirmed"))
    return OrderAtConsole(
        order_id,
        with_check(NUMBERS[order_id]),
        state_of(order_id),
        snapshots(order_id),
        tuple(words),
        work=("differences",) if order_id == CHANGED else (),
    )


def at_central(order_id: UUID) -> OrderAtCentral:
    newest = snapshots(order_id)[-1]
    quantity = newest.lines[0][1]
    is_live = order_id != CANCELLED
    return OrderAtCentral(
        order_id,
        with_check(NUMBERS[order_id]),
        CONSOLE,
        CUSTOMER,
        state_of(order_id),
        snapshots(order_id),
        differing=frozenset({2}) if order_id == CHANGED else frozenset(),
        payments=(Payment("awaited" if is_live else "cancelled", newest.total_cents),),
        reservations=(Reservation("LC970BK", quantity, quantity),) if is_live else (),
        uses={"AVOIR": 500, "RARE": 300} if order_id == PLACED else {},
    )


def state_of(order_id: UUID) -> str:
    return "cancelled" if order_id == CANCELLED else "awaiting_payment"


def event(seq: int, order_id: UUID) -> Event:
    return Event(seq, "order_state", CONSOLE, order_id, state_of(order_id))


ORDERS = (PLACED, CHANGED, CANCELLED)
BLOCK = Block(CONSOLE, 10_000_000, 10_000_099)
USED_UP = CodeLeft(is_used_up=True, remaining_cents=0)
HOLDS = Fetched(
    stock={"LC970BK": 5},
    codes={"AVOIR": CodeLeft(is_used_up=False, remaining_cents=1500), "RARE": USED_UP},
    customers={CUSTOMER: 1},
)
CENTRAL = CentralFacts(
    orders=tuple(map(at_central, ORDERS)),
    holds=HOLDS,
    uses={"AVOIR": 1, "RARE": 1},
    blocks=(BLOCK,),
    events=(event(1, PLACED), event(2, CHANGED), event(3, CANCELLED)),
)
GOOD = Evidence(
    beginning=Beginning(
        stock={"LC970BK": 10},
        uses_max={"RARE": 1},
        uses_per_customer_max={"RARE": 1},
        credit_cents={"AVOIR": 2000},
    ),
    said=(
        said(PLACED),
        said(CHANGED),
        said(CHANGED, Word.REVISION, 2),
        said(CANCELLED),
        said(CANCELLED, Word.CANCELLATION),
    ),
    consoles=(ConsoleFacts(CONSOLE, tuple(map(at_console, ORDERS)), (BLOCK,), HOLDS),),
    central=CENTRAL,
    heard={CONSOLE: (1, 2, 3)},
)

Break = Callable[[Evidence], Evidence]


def codes_of(evidence: Evidence) -> set[str]:
    return {finding.code for finding in audit(evidence).findings}


def central(**changes: object) -> Break:
    return lambda good: replace(good, central=replace(good.central, **changes))  # type: ignore[arg-type]


def there(order_id: UUID, **changes: object) -> Break:
    """One order at central is otherwise."""
    changed = [
        replace(order, **changes) if order.order_id == order_id else order  # type: ignore[arg-type]
        for order in CENTRAL.orders
    ]
    return central(orders=tuple(changed))


def here(order_id: UUID, **changes: object) -> Break:
    """One order at the console is otherwise."""

    def broken(good: Evidence) -> Evidence:
        (console,) = good.consoles
        orders = tuple(
            replace(order, **changes) if order.order_id == order_id else order  # type: ignore[arg-type]
            for order in console.orders
        )
        return replace(good, consoles=(replace(console, orders=orders),))

    return broken


def holding(**changes: object) -> Break:
    """Central's own counts are otherwise, and every console has them from there."""

    def broken(good: Evidence) -> Evidence:
        holds = replace(good.central.holds, **changes)  # type: ignore[arg-type]
        (console,) = good.consoles
        return replace(
            good,
            consoles=(replace(console, fetched=holds),),
            central=replace(good.central, holds=holds),
        )

    return broken


def behind(**changes: object) -> Break:
    """The console has not all that central has."""

    def broken(good: Evidence) -> Evidence:
        (console,) = good.consoles
        fetched = replace(console.fetched, **changes)  # type: ignore[arg-type]
        return replace(good, consoles=(replace(console, fetched=fetched),))

    return broken


def used(name: str, uses: int) -> Break:
    """Central counts the uses of a code otherwise."""
    return central(uses={**CENTRAL.uses, name: uses})


def without(order_id: UUID) -> Break:
    return central(orders=tuple(o for o in CENTRAL.orders if o.order_id != order_id))


def doubled(good: Evidence) -> Evidence:
    """Enter twice made two orders of one call; the caller heard of one."""
    twin = UUID(int=7)
    spoken = with_check(10_000_007)
    (console,) = good.consoles
    first = console.orders[0]
    copy = replace(first, order_id=twin, reference=spoken)
    consoles = (replace(console, orders=(*console.orders, copy)),)
    taken = replace(good.central.orders[0], order_id=twin, reference=spoken, uses={})
    both = replace(
        good,
        consoles=consoles,
        central=replace(good.central, orders=(*good.central.orders, taken)),
    )
    return holding(stock={"LC970BK": 3})(both)


def unsaid(good: Evidence) -> Evidence:
    return replace(good, said=good.said[1:])


BROKEN: dict[str, Break] = {
    "lost": without(PLACED),
    "not_at_central": without(PLACED),
    "doubled": doubled,
    "from_nowhere": lambda good: replace(good, consoles=(replace(good.consoles[0], orders=()),)),
    "change_lost": there(CHANGED, snapshots=snapshots(CHANGED)[:1]),
    "other_bytes": there(CHANGED, snapshots=snapshots(CHANGED)[:1]),
    "cancellation_lost": there(CANCELLED, state="awaiting_payment"),
    "other_state": here(PLACED, state="in_preparation"),
    "other_words": there(
        PLACED, snapshots=(replace(snapshot(PLACED), lines=(("LC970BK", 1, 2290),)),)
    ),
    "other_reference": there(PLACED, reference=with_check(10_000_009)),
    "said_in_two_ways": lambda good: replace(
        good, said=(*good.said, replace(good.said[0], total_cents=1))
    ),
    "reference_said_twice": lambda good: replace(
        good, said=(*good.said, replace(good.said[0], order_id=UUID(int=8)))
    ),
    "reference_doubled": there(CHANGED, reference=with_check(NUMBERS[PLACED])),
    "reference_not_leased": central(blocks=(replace(BLOCK, console="console-2"),)),
    "reference_check": there(PLACED, reference="100000012"),
    "block_not_leased": central(blocks=(replace(BLOCK, last=10_000_050),)),
    "leased_twice": central(blocks=(BLOCK, Block("console-2", 10_000_099, 10_000_200))),
    "still_owed": here(PLACED, owed=(Owed("order", "sent", fingerprint="1/1"),)),
    "refused": here(PLACED, owed=(Owed("order", "refused", error="reference_taken"),)),
    "work": here(CHANGED, work=()),
    "oversold": holding(stock={"LC970BK": -1}),
    "stock": holding(stock={"LC970BK": 6}),
    "reserved_for_other": there(PLACED, reservations=(Reservation("LC970BK", 1, 1),)),
    "reserved_too_much": there(PLACED, reservations=(Reservation("LC970BK", 2, 3),)),
    "used_too_often": used("RARE", 2),
    "uses": used("RARE", 0),
    "used_too_often_by_one": there(CHANGED, uses={"RARE": 300}),
    "credit": holding(codes={**HOLDS.codes, "AVOIR": replace(USED_UP, remaining_cents=2000)}),
    "payment": there(PLACED, payments=(Payment("awaited", 4580), Payment("awaited", 4580))),
    "amount": there(PLACED, payments=(Payment("awaited", 4580),), paid_cents=1000),
    "event_hole": central(events=(event(1, PLACED), event(3, CANCELLED))),
    "event_missed": lambda good: replace(good, heard={CONSOLE: (1, 3)}),
    "event_state": central(
        events=(replace(event(1, PLACED), state="in_preparation"), *CENTRAL.events[1:])
    ),
    "customer_lost": holding(customers={}),
    "stock_behind": behind(stock={"LC970BK": 9}),
    "codes_behind": behind(codes={**HOLDS.codes, "RARE": replace(USED_UP, is_used_up=False)}),
    "customers_behind": behind(customers={CUSTOMER: 2}),
}


def test_a_run_in_which_all_was_kept_has_no_finding() -> None:
    found = audit(GOOD)
    assert found.findings == ()
    assert found.is_good
    assert found.counts == {
        "orders said": 3,
        "changes said": 1,
        "cancellations said": 1,
        "orders at central": 3,
        "durable, killed before they were said": 0,
        "taken with differences": 1,
        "work items": 1,
        "events": 3,
    }


@pytest.mark.parametrize("code", BROKEN)
def test_what_was_not_kept_is_found(code: str) -> None:
    assert code in codes_of(BROKEN[code](GOOD))


def test_an_event_that_came_twice_or_out_of_order_is_found() -> None:
    for heard in ((1, 2, 2, 3), (2, 1, 3)):
        assert codes_of(replace(GOOD, heard={CONSOLE: heard})) == {"event_missed"}


def test_a_process_that_was_killed_may_leave_one_order_unsaid() -> None:
    assert codes_of(unsaid(GOOD)) == {"doubled"}
    killed = audit(replace(unsaid(GOOD), console_kills=1))
    assert killed.findings == ()
    assert killed.counts["durable, killed before they were said"] == 1


def test_a_change_that_came_after_the_carrier_is_work_and_no_loss() -> None:
    refused = here(
        CHANGED,
        owed=(
            Owed("order", "confirmed", fingerprint="2/1"),
            Owed("revision", "refused", 2, "order_dispatched", "2/2"),
        ),
        work=("refused",),
    )
    taken = there(
        CHANGED,
        snapshots=snapshots(CHANGED)[:1],
        differing=frozenset(),
        payments=(Payment("awaited", 4580),),
        reservations=(Reservation("LC970BK", 2, 2),),
    )
    late = holding(stock={"LC970BK": 6})(refused(taken(GOOD)))
    assert codes_of(late) == set()
