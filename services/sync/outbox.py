"""Up: what the console owes central, in the order it was said on the phone.

Exactly once in effect. An order is marked before its bytes leave and again when the answer
is on disk; whatever happens between the two, it is sent again, and central gives the same
answer to the same bytes. Nothing is ever given up: an order ends confirmed, or refused,
which is work for a person.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from uuid import UUID

from models.errors import Conflict, KioskError, Rejected, Unavailable
from models.order import OrderEvent, OrderEventKind, SyncState
from services.ports import Central, Clock, OutboxItem, Store, Transaction, Verdict
from services.sync.backoff import Backoff

NOT_TAKEN = frozenset({"central_unreachable", "unauthorised", "central_busy", "central_not_ready"})
"""Central did not get the order, or said that it did not take it: no need to wonder."""

ENDS_THE_RUN = NOT_TAKEN | {"central_timeout", "central_cut_off"}
"""What would meet the next order as well; anything else is about this one alone, where
central still answers what it is asked.
"""

BATCH = 20


@dataclass(slots=True)
class Sent:
    """What one run handed over; ``error_code`` of the last order that has to be tried again."""

    confirmed: int = 0
    differences: int = 0
    refused: int = 0
    error_code: str | None = None


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
        meet the next order as well.
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
        self._handing_over(item)
        try:
            verdict = central.put_order(item.order_id, item.body)
        except (Rejected, Conflict) as error:
            self._refused(item, error)
            sent.refused += 1
        except Unavailable as error:
            sent.error_code = error.code
            self._unanswered(item, error.code)
            if error.code in ENDS_THE_RUN:
                raise
            # Whether it is about this order, or a stranger who answers in central's place.
            central.catalogue_version()
        else:
            self._confirmed(item, verdict)
            sent.confirmed += 1
            sent.differences += bool(verdict.differences)

    def _handing_over(self, item: OutboxItem) -> None:
        """Before the bytes leave: if the program dies now, the next one waits its turn."""
        with self._store.write() as tx:
            self._mark(tx, item, SyncState.SENT, last_error=item.last_error, is_delayed=True)

    def _confirmed(self, item: OutboxItem, verdict: Verdict) -> None:
        with self._store.write() as tx:
            self._mark(tx, item, SyncState.CONFIRMED)
            self._append(tx, item, OrderEventKind.ACCEPTED_BY_CENTRAL)
            if verdict.differences:
                found = [asdict(difference) for difference in verdict.differences]
                self._append(tx, item, OrderEventKind.DIFFERENCES_SEEN, differences=found)

    def _refused(self, item: OutboxItem, error: KioskError) -> None:
        fields = error.facts.get("fields", ())
        told = list(fields) if isinstance(fields, tuple) else []
        with self._store.write() as tx:
            self._mark(tx, item, SyncState.REFUSED, last_error=error.code)
            self._append(tx, item, OrderEventKind.REFUSED_BY_CENTRAL, code=error.code, fields=told)

    def _unanswered(self, item: OutboxItem, code: str) -> None:
        """To be sent again: at once when the line is back, later if it is about this order."""
        state = SyncState.WAITING if code in NOT_TAKEN else SyncState.SENT
        with self._store.write() as tx:
            self._mark(tx, item, state, last_error=code, is_delayed=code not in ENDS_THE_RUN)

    def _mark(
        self,
        tx: Transaction,
        item: OutboxItem,
        state: SyncState,
        *,
        last_error: str | None = None,
        is_delayed: bool = False,
    ) -> None:
        attempts = item.attempts + 1
        delay = self._backoff.delay(attempts, self._chance()) if is_delayed else timedelta()
        tx.outbox.mark(
            item.item_id,
            state,
            attempts=attempts,
            next_try_at=self._clock.now() + delay,
            last_error=last_error,
        )

    def _append(
        self, tx: Transaction, item: OutboxItem, kind: OrderEventKind, **facts: object
    ) -> None:
        tx.orders.append(OrderEvent(item.order_id, kind, self._clock.now(), facts))
