"""What must be true at the end, whatever broke on the way. Pure: facts in, findings out.

Owns the promise of ``docs/reliability.md``, one function for each part of it. A run is good
where there is no finding at all.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from uuid import UUID

from benchmarks.faults.audit_goods import goods_findings
from benchmarks.faults.facts import (
    Block,
    CentralFacts,
    Evidence,
    OrderAtCentral,
    OrderAtConsole,
    Snapshot,
)
from benchmarks.faults.finding import Finding
from benchmarks.faults.journal import Said, Word
from models import reference
from models.order import OrderState, SyncState
from models.work import WorkKind

AFTER_ALL = frozenset({"order_dispatched"})
"""Refusals of a change that are right: the carrier had the parcel before."""

OWING = frozenset({SyncState.WAITING.value, SyncState.SENT.value})


@dataclass(frozen=True, slots=True)
class Audit:
    """``counts`` in the words of the summary; good where ``findings`` is empty."""

    counts: Mapping[str, int]
    findings: tuple[Finding, ...] = ()

    @property
    def is_good(self) -> bool:
        return not self.findings


@dataclass(frozen=True, slots=True)
class Books:
    """The same facts, opened at the right page."""

    evidence: Evidence
    at_console: Mapping[UUID, tuple[str, OrderAtConsole]]
    at_central: Mapping[UUID, OrderAtCentral]
    said: frozenset[tuple[UUID, Word, int]] = frozenset()
    """What was heard of each order; the revision is 0 for a cancellation, which is of all."""

    @classmethod
    def of(cls, evidence: Evidence) -> Books:
        return cls(
            evidence,
            {o.order_id: (c.name, o) for c in evidence.consoles for o in c.orders},
            {order.order_id: order for order in evidence.central.orders},
            frozenset(
                (said.order_id, said.word, 0 if said.word is Word.CANCELLATION else said.revision)
                for said in evidence.said
            ),
        )


def audit(evidence: Evidence) -> Audit:
    """All that is wrong, and what was counted on the way."""
    books = Books.of(evidence)
    checks = (
        _journal(evidence.said),
        _said_and_lost(books),
        _never_said(books),
        _same_on_both_sides(books),
        _still_owed(books),
        _work(books),
        _references(books),
        _blocks(evidence),
        goods_findings(evidence.beginning, evidence.central),
        _events(evidence),
        _customers(evidence.central),
        _fetched(evidence),
    )
    return Audit(_counts(books), tuple(finding for check in checks for finding in check))


def _counts(books: Books) -> dict[str, int]:
    words = Counter(said.word for said in books.evidence.said)
    central = books.evidence.central
    return {
        "orders said": words[Word.ORDER],
        "changes said": words[Word.REVISION],
        "cancellations said": words[Word.CANCELLATION],
        "orders at central": len(central.orders),
        "durable, killed before they were said": len(_unsaid(books)),
        "taken with differences": sum(bool(order.differing) for order in central.orders),
        "work items": sum(len(order.work) for _, order in books.at_console.values()),
        "events": len(central.events),
    }


# --- said, durable, taken -----------------------------------------------------------


def _journal(said: Iterable[Said]) -> Iterator[Finding]:
    """One reference is one order, said as one thing."""
    owner: dict[str, UUID] = {}
    heard: dict[tuple[UUID, Word, int], Said] = {}
    for one in said:
        if owner.setdefault(one.reference, one.order_id) != one.order_id:
            yield Finding("reference_said_twice", one.reference, str(one.order_id))
        if heard.setdefault((one.order_id, one.word, one.revision), one) != one:
            yield Finding("said_in_two_ways", one.reference, f"revision {one.revision}")


def _said_and_lost(books: Books) -> Iterator[Finding]:
    for said in books.evidence.said:
        order = books.at_central.get(said.order_id)
        if order is None:
            yield Finding("lost", said.reference, f"{said.word} said by {said.console}")
        elif order.reference != said.reference:
            yield Finding("other_reference", said.reference, f"at central {order.reference}")
        elif said.word is Word.CANCELLATION:
            yield from _cancellation_lost(said, order, books)
        else:
            yield from _words_lost(said, order, books)


def _words_lost(said: Said, order: OrderAtCentral, books: Books) -> Iterator[Finding]:
    """Each revision that was said is there in these words, or was changed once more since."""
    if said.revision > order.newest.revision and not _is_refused(said, books):
        yield Finding("change_lost", said.reference, f"revision {said.revision}")
    for snapshot in order.snapshots:
        if snapshot.revision == said.revision and not _is_as_said(snapshot, said):
            yield Finding("other_words", said.reference, f"revision {said.revision}")


def _is_as_said(snapshot: Snapshot, said: Said) -> bool:
    return (snapshot.total_cents, snapshot.lines) == (said.total_cents, said.lines)


def _cancellation_lost(said: Said, order: OrderAtCentral, books: Books) -> Iterator[Finding]:
    if order.state != OrderState.CANCELLED and not _is_refused(said, books):
        yield Finding("cancellation_lost", said.reference, f"at central {order.state}")


def _is_refused(said: Said, books: Books) -> bool:
    _, order = books.at_console.get(said.order_id, ("", None))
    if order is None:
        return False
    return any(
        (owed.kind, owed.state) == (said.word.value, SyncState.REFUSED) and owed.error in AFTER_ALL
        for owed in order.owed
    )


def _never_said(books: Books) -> Iterator[Finding]:
    """At central is only what was durable at a console. What was not said there was about to
    be when the process was killed, which is once a kill at most.
    """
    for order in books.at_central.values():
        console, _ = books.at_console.get(order.order_id, ("", None))
        if console != order.console:
            yield Finding("from_nowhere", order.reference, f"at central for {order.console}")
    unsaid = _unsaid(books)
    if len(unsaid) > books.evidence.console_kills:
        yield Finding(
            "doubled",
            ", ".join(unsaid[:5]),
            f"{len(unsaid)} unsaid, {books.evidence.console_kills} kills",
        )


def _unsaid(books: Books) -> list[str]:
    """References of orders, changes and cancellations that are durable and nobody heard."""
    return [
        order.reference
        for _, order in books.at_console.values()
        for word, revision in _words_of(order)
        if (order.order_id, word, revision) not in books.said
    ]


def _words_of(order: OrderAtConsole) -> Iterator[tuple[Word, int]]:
    for snapshot in order.snapshots:
        yield (Word.ORDER if snapshot.revision == 1 else Word.REVISION), snapshot.revision
    if any(owed.kind == Word.CANCELLATION for owed in order.owed):
        yield Word.CANCELLATION, 0


# --- both sides -----------------------------------------------------------------


def _same_on_both_sides(books: Books) -> Iterator[Finding]:
    for order_id, (console, here) in books.at_console.items():
        there = books.at_central.get(order_id)
        if there is None:
            yield Finding("not_at_central", here.reference, f"durable at {console}")
        else:
            yield from _differs(here, there)


def _differs(here: OrderAtConsole, there: OrderAtCentral) -> Iterator[Finding]:
    is_changed_in_vain = any(owed.state == SyncState.REFUSED for owed in here.owed)
    if here.newest.fingerprint != there.newest.fingerprint and not is_changed_in_vain:
        said, taken = here.newest.revision, there.newest.revision
        yield Finding("other_bytes", here.reference, f"revision {said} here, {taken} at central")
    if here.state != there.state:
        yield Finding("other_state", here.reference, f"{here.state} here, {there.state} at central")


def _still_owed(books: Books) -> Iterator[Finding]:
    for console, order in books.at_console.values():
        for owed in order.owed:
            if owed.state in OWING:
                yield Finding("still_owed", order.reference, f"{owed.kind} at {console}")
            elif owed.state == SyncState.REFUSED and owed.error not in AFTER_ALL:
                yield Finding("refused", order.reference, f"{owed.kind}: {owed.error}")


def _work(books: Books) -> Iterator[Finding]:
    """Every answer that needs a person became work for one, and nothing else did."""
    for _, order in books.at_console.values():
        there = books.at_central.get(order.order_id)
        answers = {
            WorkKind.DIFFERENCES: len(there.differing) if there else 0,
            WorkKind.REFUSED: sum(owed.state == SyncState.REFUSED for owed in order.owed),
        }
        for kind, wanted in answers.items():
            if order.work.count(kind) != wanted:
                found = order.work.count(kind)
                yield Finding("work", order.reference, f"{found} {kind} items for {wanted} answers")


# --- references -------------------------------------------------------------------


def _references(books: Books) -> Iterator[Finding]:
    owners: dict[str, set[UUID]] = defaultdict(set)
    for _, order in books.at_console.values():
        owners[order.reference].add(order.order_id)
    for taken in books.at_central.values():
        owners[taken.reference].add(taken.order_id)
    for spoken, orders in owners.items():
        if len(orders) > 1:
            yield Finding("reference_doubled", spoken, f"{len(orders)} orders")
    yield from _outside_blocks(books)


def _outside_blocks(books: Books) -> Iterator[Finding]:
    for order in books.at_central.values():
        number = int(order.reference[:-1])
        if not reference.is_valid(order.reference):
            yield Finding("reference_check", order.reference, "its check digit is wrong")
        if not any(_holds(block, order, number) for block in books.evidence.central.blocks):
            yield Finding("reference_not_leased", order.reference, f"to {order.console}")


def _holds(block: Block, order: OrderAtCentral, number: int) -> bool:
    return block.console == order.console and block.first <= number <= block.last


def _blocks(evidence: Evidence) -> Iterator[Finding]:
    """Leased once each; what a console has was leased to it."""
    blocks = sorted(evidence.central.blocks, key=lambda block: block.first)
    for before, after in pairwise(blocks):
        if after.first <= before.last:
            yield Finding("leased_twice", str(after.first), f"{before.console}, {after.console}")
    for console in evidence.consoles:
        for here in console.blocks:
            if not any(_covers(there, here, console.name) for there in blocks):
                yield Finding("block_not_leased", str(here.first), f"to {console.name}")


def _covers(there: Block, here: Block, console: str) -> bool:
    return there.console == console and there.first <= here.first and here.last <= there.last


# --- events and people --------------------------------------------------------------


def _events(evidence: Evidence) -> Iterator[Finding]:
    """Numbered without a hole; who follows them got each that is theirs once, in order; the
    last one of an order says how it stands.
    """
    events = evidence.central.events
    numbers = [event.seq for event in events]
    if numbers and numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        yield Finding("event_hole", str(numbers[0]), f"{len(numbers)} events to {numbers[-1]}")
    for console, heard in evidence.heard.items():
        meant = tuple(event.seq for event in events if event.console in {None, console})
        if heard != meant:
            missed = sorted(set(meant) - set(heard))
            yield Finding("event_missed", console, f"{len(heard)} of {len(meant)}: {missed[:5]}")
    last = {event.order_id: event.state for event in events if event.kind == "order_state"}
    for order in evidence.central.orders:
        if order.order_id in last and last[order.order_id] != order.state:
            yield Finding("event_state", order.reference, f"{last[order.order_id]}, {order.state}")


def _customers(central: CentralFacts) -> Iterator[Finding]:
    for order in central.orders:
        if order.customer_id not in central.holds.customers:
            yield Finding("customer_lost", order.reference, str(order.customer_id))


def _fetched(evidence: Evidence) -> Iterator[Finding]:
    """What came down to each console in the end is what central has."""
    for part in ("stock", "codes", "customers"):
        there = getattr(evidence.central.holds, part)
        for console in evidence.consoles:
            here = getattr(console.fetched, part)
            for key in there.keys() | here.keys():
                if there.get(key) != here.get(key):
                    told = f"{here.get(key)} at {console.name}, {there.get(key)} at central"
                    yield Finding(f"{part}_behind", str(key), told)
