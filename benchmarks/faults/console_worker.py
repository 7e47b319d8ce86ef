"""A console without a screen: takes orders as fast as it can while its sync runs beside.

Run as ``python -m benchmarks.faults.console_worker``, as often on one folder as wanted. It is
the real desk on the real files, with the container the screen has. It takes orders until it
reads "drain" on standard input, then only syncs, and ends when the input ends. Owns the order
of things that the journal depends on: said after it was durable, never before.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sys
import threading
from pathlib import Path
from uuid import UUID

from benchmarks.faults.caller import Caller
from benchmarks.faults.journal import Journal, Said, Word
from kiosk.container import Container
from models.draft import Draft, DraftState
from models.errors import Conflict, DomainError, KioskError, Unavailable
from models.order import Order
from models.work import Settlement
from services.desk import Desk
from services.desk_state import DeskState

TRY_NOW_SECONDS = 0.5
"""Between two pressings of the key "try now", while no orders are taken."""

BACKLOG_MAX = 60
"""Orders not yet at central, from which on callers are let wait: that of a bad morning."""

ENTER_TWICE = 0.1
TAKE_UP_SHARE = 0.3
"""Of the calls, those in which somebody who was cut off rings again."""
SAY_AGAIN_MAX = 10

CHANGE_SHARE, CANCEL_SHARE, SETTLE_SHARE = 0.15, 0.05, 0.05
RECENT = 30
"""Orders of before that somebody may ring about."""


class Operator:
    """One desk, one journal, one chance."""

    def __init__(self, container: Container, name: str, journal: Journal, seed: str) -> None:
        self._container = container
        self._name = name
        self._journal = journal
        self._chance = random.Random(seed)
        self._desk: Desk = container.open_desk()
        self._caller = Caller(self._chance, container.catalogue)

    def one_call(self) -> None:
        """Somebody rings: for a new order most of the time, or about one of before."""
        about_one_of_before = {
            self._change: CHANGE_SHARE,
            self._cancel: CANCEL_SHARE,
            self._settle: SETTLE_SHARE,
        }
        drawn = self._chance.random()
        for act, share in about_one_of_before.items():
            drawn -= share
            if drawn < 0:
                act()
                return
        self._serve(self._begin())

    def _begin(self) -> Draft:
        """A new call, or one that a kill cut off, where there is one."""
        state = self._desk.new_call()
        for call in state.calls_waiting:
            is_cut_off = call.draft.state is DraftState.OPEN and not call.is_held_elsewhere
            if is_cut_off and self._chance.random() < TAKE_UP_SHARE:
                with contextlib.suppress(Conflict):  # another process was quicker
                    return self._desk.resume(call.draft.draft_id).draft
                break
        return state.draft

    def _serve(self, draft: Draft) -> None:
        try:
            state = self._caller.fill(self._desk, draft, self._container.clock.now())
            order = self._confirm(state)
        except (DomainError, Conflict):
            # As a known customer's file that is not whole, or an order that somebody at the
            # desk beside cancelled while it was being changed here.
            with contextlib.suppress(Conflict):  # who cancelled it put the call away as well
                self._desk.abandon(self._desk.refresh(draft).draft)
            return
        self._say(Word.ORDER if order.revision == 1 else Word.REVISION, order)

    # --- about an order of before (R8) ------------------------------------------------

    def _change(self) -> None:
        """Another quantity, or something more."""
        order = self._one_of_before()
        if order is None:
            return
        try:
            draft = self._desk.change_order(order.order_id).draft
        except (DomainError, Conflict):
            return  # cancelled, or another process has it in hand
        now = self._container.clock.now()
        change = self._chance.choice(
            (self._caller.with_articles, self._caller.with_other_quantities)
        )
        self._serve(self._desk.change(change(draft, now)).draft)

    def _cancel(self) -> None:
        order = self._one_of_before()
        if order is None:
            return
        try:
            self._desk.cancel_order(order.order_id, reason="")
        except (DomainError, Conflict):
            return  # cancelled before, or being changed
        self._say(Word.CANCELLATION, self._order(order.order_id))

    def _settle(self) -> None:
        """Somebody was called back about what central said."""
        with self._container.store.read() as tx:
            work = tx.work.unsettled(limit=RECENT)
        if work:
            item = self._chance.choice(list(work))
            self._desk.settle(item.work_id, Settlement.CALLED_BACK, note="")

    def _one_of_before(self) -> Order | None:
        with self._container.store.read() as tx:
            rows = tx.orders.recent(limit=RECENT)
        return self._chance.choice([row.order for row in rows]) if rows else None

    def _order(self, order_id: UUID) -> Order:
        with self._container.store.read() as tx:
            order = tx.orders.get(order_id)
        assert order is not None
        return order

    # --- what is said -----------------------------------------------------------------

    def _confirm(self, state: DeskState) -> Order:
        """Read the total aloud and confirm it; where it changed meanwhile, read it again."""
        for _ in range(SAY_AGAIN_MAX):
            said = state.quote.total_cents
            try:
                placed = self._desk.confirm(state.draft, said_total_cents=said)
            except Conflict as error:
                if error.code != "total_changed":
                    raise
                state = self._desk.refresh(state.draft)
                continue
            return self._enter_twice(state, placed)
        raise DomainError("total_never_the_same")

    def _enter_twice(self, state: DeskState, placed: DeskState) -> Order:
        assert placed.order is not None
        if self._chance.random() < ENTER_TWICE:
            again = self._desk.confirm(state.draft, said_total_cents=state.quote.total_cents)
            assert again.order is not None
            assert again.order.reference == placed.order.reference
        return placed.order

    def _say(self, word: Word, order: Order) -> None:
        self._journal.say(Said.of(word, order, self._name))
        self._container.send_owed()


def work(operator: Operator, container: Container, draining: threading.Event) -> None:
    while not draining.is_set():
        try:
            if _backlog(container) >= BACKLOG_MAX:
                wait_and_try_now(container, draining)
            else:
                operator.one_call()
        except Unavailable as error:
            print(f"console: {error.code}", file=sys.stderr, flush=True)
            wait_and_try_now(container, draining)


def wait_and_try_now(container: Container, draining: threading.Event) -> None:
    """What an operator does who can take no order: the key "try now"."""
    container.wake_sync()
    draining.wait(TRY_NOW_SECONDS)


def _backlog(container: Container) -> int:
    with container.store.read() as tx:
        return tx.outbox.waiting()


def obey(draining: threading.Event, ended: threading.Event) -> None:
    """Until standard input ends, as it does when the conductor dies."""
    for command in sys.stdin:
        if command.strip() == "drain":
            draining.set()
    draining.set()
    ended.set()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--name", required=True, help="as central calls this console")
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--seed", required=True)
    args = parser.parse_args()
    draining, ended = threading.Event(), threading.Event()
    threading.Thread(target=obey, args=(draining, ended), daemon=True).start()
    container = Container(args.folder)
    operator = Operator(container, args.name, Journal(args.journal), args.seed)
    container.start_sync(lambda _: None)
    print("taking orders", flush=True)
    work(operator, container, draining)
    while not ended.wait(TRY_NOW_SECONDS):
        container.wake_sync()
    container.stop_sync()
    container.close()
    return 0


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except KioskError as error:
        raise SystemExit(f"console: {error.code} {dict(error.facts)}") from error
