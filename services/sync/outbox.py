"""Up: what the console owes central, in the order it was said on the phone.

Exactly once in effect. An item is marked before its bytes leave and again when the answer
is on disk; whatever happens between the two, it is sent again, and central gives the same
answer to the same bytes. Nothing is ever given up: an item ends confirmed, or refused,
which is work for a person. Owns what is sent when; what an answer means is
``services.sync.outcomes``'.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from models.errors import Conflict, KioskError, Rejected, Unavailable
from models.order import SyncState
from services.owing import is_refused_whole
from services.ports import (
    Cancelled,
    Central,
    Clock,
    OutboxItem,
    OutboxKind,
    Store,
    Transaction,
    Verdict,
)
from services.sync.backoff import Backoff, asked_to_wait
from services.sync.outcomes import (
    mark,
    settle_here,
    take_cancelled,
    take_refusal,
    take_verdict,
)

NOT_ACCEPTED = frozenset({"unauthorised", "token_expired"})
"""Central answers, and does not take this console for one of its own."""

FOR_ALL = NOT_ACCEPTED | {
    "central_certificate_expired",
    "central_certificate_name",
    "central_certificate_untrusted",
    "central_unreachable",
    "central_busy",
    "central_not_ready",
    "too_many_requests",
}

NOT_TAKEN = FOR_ALL | {"field_unknown", "not_found", "method_not_allowed"}
"""Central did not get the item, or said that it did not take it: no need to wonder."""

ENDS_THE_RUN = FOR_ALL | {"central_timeout", "central_cut_off"}
"""What would meet the next item as well; anything else is about this one alone, where
central still answers what it is asked.
"""

KIND_UNKNOWN = "outbox_kind_unknown"
"""Why an item waits that a newer program put there: this one cannot send it."""
KIND_UNKNOWN_DELAY = timedelta(hours=1)

BATCH = 20

HandOver = Callable[[Central], Verdict | Cancelled]


@dataclass(slots=True)
class Sent:
    """What one run handed over; ``error_code`` of the last item that has to be tried again.
    ``is_about_codes``: central may count the codes of an order otherwise than they are here.
    ``has_contact``: it was central that answered, whatever it said.
    """

    confirmed: int = 0
    differences: int = 0
    refused: int = 0
    error_code: str | None = None
    is_about_codes: bool = False
    has_contact: bool = False


class Sender:
    """Hands over what is due. ``chance`` draws from 0 <= x < 1."""

    def __init__(
        self, store: Store, clock: Clock, chance: Callable[[], float], backoff: Backoff
    ) -> None:
        self._store = store
        self._clock = clock
        self._chance = chance
        self._backoff = backoff

    def send_due(self, central: Central, sent: Sent, should_stop: Callable[[], bool]) -> None:
        """Hand over all that is due, counting in ``sent``. Raises Unavailable for what would
        meet the next item as well.
        """
        tried: set[UUID] = set()
        while items := self._due(tried):
            for item in items:
                if should_stop():
                    return
                tried.add(item.item_id)
                self._send(central, item, sent)

    def _due(self, tried: set[UUID]) -> list[OutboxItem]:
        """Each once in a run: one that fails may be due again at once."""
        with self._store.read() as tx:
            due = tx.outbox.due(now=self._clock.now(), limit=BATCH + len(tried))
        return [item for item in due if item.item_id not in tried]

    def _send(self, central: Central, item: OutboxItem, sent: Sent) -> None:
        hand_over = self._handing_over(item)
        if hand_over is None:
            return
        try:
            answer = hand_over(central)
        except (Rejected, Conflict) as error:
            self._refused(item, error, sent)
        except Unavailable as error:
            sent.error_code = error.code
            self._unanswered(item, error)
            if error.code in ENDS_THE_RUN:
                raise
            # Whether it is about this item, or a stranger who answers in central's place.
            central.catalogue_version()
            sent.has_contact = True
        else:
            self._taken(item, answer, sent)

    def _handing_over(self, item: OutboxItem) -> HandOver | None:
        """How to send it, noted before the bytes leave: if the program dies now, the next one
        waits its turn. None where there is nothing to send.
        """
        now = self._clock.now()
        with self._store.write() as tx:
            if item.kind not in set(OutboxKind):
                mark(tx, item, item.state, now + KIND_UNKNOWN_DELAY, last_error=KIND_UNKNOWN)
                return None
            is_new = is_refused_whole(_before(item, tx.outbox.of_order(item.order_id)))
            if item.kind == OutboxKind.CANCELLATION and is_new:
                settle_here(tx, item, now)
                return None
            mark(tx, item, SyncState.SENT, now + self._delay(item), last_error=item.last_error)
        return _hand_over(item, is_new=is_new)

    def _taken(self, item: OutboxItem, answer: Verdict | Cancelled, sent: Sent) -> None:
        now = self._clock.now()
        sent.has_contact = True
        with self._store.write() as tx:
            if isinstance(answer, Verdict):
                take_verdict(tx, item, answer, now)
                sent.differences += bool(answer.differences)
                sent.is_about_codes |= bool(answer.differences) and _has_codes(tx, item)
            else:
                take_cancelled(tx, item, answer, now)
        sent.confirmed += 1

    def _refused(self, item: OutboxItem, error: KioskError, sent: Sent) -> None:
        now = self._clock.now()
        sent.has_contact = True
        with self._store.write() as tx:
            after = take_refusal(tx, item, error, now)
            sent.is_about_codes |= _has_codes(tx, item)
            if after is SyncState.WAITING:
                mark(tx, item, after, now + self._delay(item), last_error=error.code)
        if after is SyncState.WAITING:
            sent.error_code = error.code
        sent.confirmed += after is SyncState.CONFIRMED
        sent.refused += after is SyncState.REFUSED

    def _unanswered(self, item: OutboxItem, error: Unavailable) -> None:
        """To be sent again: when central asked for it, at once when the line is back, or
        later if it is about this item.
        """
        state = SyncState.WAITING if error.code in NOT_TAKEN else SyncState.SENT
        wait = asked_to_wait(error.facts)
        is_delayed = wait is not None or error.code not in ENDS_THE_RUN
        delay = self._delay(item, wait or 0.0) if is_delayed else timedelta()
        with self._store.write() as tx:
            mark(tx, item, state, self._clock.now() + delay, last_error=error.code)

    def _delay(self, item: OutboxItem, at_least_seconds: float = 0.0) -> timedelta:
        return self._backoff.delay(
            item.attempts + 1, self._chance(), at_least_seconds=at_least_seconds
        )


def _has_codes(tx: Transaction, item: OutboxItem) -> bool:
    """In any of its revisions: one gives back what the one before it used."""
    return any(order.quote.codes for order in tx.orders.revisions(item.order_id))


def _before(item: OutboxItem, items: Sequence[OutboxItem]) -> Sequence[OutboxItem]:
    """Those of its order that went before it."""
    ids = [one.item_id for one in items]
    return items[: ids.index(item.item_id)]


def _hand_over(item: OutboxItem, *, is_new: bool) -> HandOver:
    """``is_new``: central took nothing of the order so far."""
    if item.kind == OutboxKind.CANCELLATION:
        return lambda central: central.cancel_order(item.order_id, item.body)
    if item.kind == OutboxKind.ORDER or is_new:
        return lambda central: central.put_order(item.order_id, item.body)
    revision = int(json.loads(item.body)["revision"])
    return lambda central: central.put_revision(item.order_id, revision, item.body)
