"""The central API over HTTP, as ``services.ports.Central`` promises it.

One method for each thing that is asked; how a line is kept and how it fails is
``central_line``'s, what answers mean is ``central_answers``'.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

import httpx

from models.customer import Customer
from models.shop import ShopRules
from models.vouchers import Voucher
from models.wire.catalogue import CatalogueOut, ChangesOut
from models.wire.customers import CustomersPage
from models.wire.events import EVENTS_TYPE, EventsPage
from models.wire.operators import OperatorsOut, SignInIn, SignInOut
from models.wire.orders import CancellationOut, OrdersOfOthersOut, OrdersPage, VerdictOut
from models.wire.references import BlockIn, BlockOut, BlocksTakenOverOut, FormerConsoleIn
from models.wire.shop import ShopOut
from models.wire.vouchers import VouchersOut
from services.adapters.central_answers import (
    cancelled_of,
    changes_of,
    events_page_of,
    operator_of,
    order_of,
    signed_in_of,
    verdict_of,
    voucher_page_of,
)
from services.adapters.central_line import (
    ANSWER_SECONDS,
    LIST_BYTES_MAX,
    PAGE_BYTES_MAX,
    TIMEOUT,
    CentralLine,
)
from services.adapters.central_stream import (
    EVENTS_TIMEOUT,
    PAGES_TIMEOUT,
    PAGES_TYPE,
    events_of,
    pages_of,
)
from services.ports import (
    Cancelled,
    CatalogueChanges,
    CentralEvent,
    CentralOrder,
    Clock,
    EventPage,
    KnownOperator,
    Listed,
    SignedIn,
    Verdict,
    VoucherPage,
)

CUSTOMERS_AT_ONCE = 500
"""On a page: some 10 ms to read, in which no key is looked at."""
CODES_AT_ONCE = 500
"""The same."""


class CentralHttp:
    """Arguments are those of ``CentralLine``; ``listen_timeout`` is for the live stream."""

    def __init__(
        self,
        locate: Callable[[], str],
        token: str,
        *,
        transport: httpx.BaseTransport | None = None,
        timeout: httpx.Timeout = TIMEOUT,
        answer_seconds: float = ANSWER_SECONDS,
        answer_bytes_max: int = LIST_BYTES_MAX,
        clock: Clock | None = None,
        listen_timeout: httpx.Timeout = EVENTS_TIMEOUT,
    ) -> None:
        self._listen_timeout = listen_timeout
        self._line = CentralLine(
            locate,
            token,
            transport=transport,
            timeout=timeout,
            answer_seconds=answer_seconds,
            answer_bytes_max=answer_bytes_max,
            clock=clock,
        )

    @property
    def clock_offset_seconds(self) -> int | None:
        """What to add to this computer's clock to have central's; None until it answered."""
        return self._line.clock_offset_seconds

    def ping(self) -> None:
        self._line.ping("/readyz")

    def close(self) -> None:
        self._line.close()

    # --- up -----------------------------------------------------------------------

    def lease_references(self, count: int, key: str) -> tuple[int, int]:
        block = self._line.ask(
            BlockOut,
            "POST",
            "/v1/reference-blocks",
            body=BlockIn(count=count).canonical(),
            headers={"Idempotency-Key": key},
        )
        return block.first, block.last

    def take_over_blocks(self, token: str) -> int:
        path = "/v1/reference-blocks/of-former-console"
        body = FormerConsoleIn(token=token).canonical()
        return self._line.ask(BlocksTakenOverOut, "POST", path, body=body).blocks

    def put_order(self, order_id: UUID, body: str) -> Verdict:
        answer = self._line.ask(VerdictOut, "PUT", f"/v1/orders/{order_id}", body=body)
        return verdict_of(order_id, None, answer)

    def put_revision(self, order_id: UUID, revision: int, body: str) -> Verdict:
        path = f"/v1/orders/{order_id}/revisions/{revision}"
        return verdict_of(order_id, revision, self._line.ask(VerdictOut, "PUT", path, body=body))

    def cancel_order(self, order_id: UUID, body: str) -> Cancelled:
        path = f"/v1/orders/{order_id}/cancellation"
        return cancelled_of(order_id, self._line.ask(CancellationOut, "PUT", path, body=body))

    def orders(self, cursor: str | None) -> Listed[CentralOrder]:
        page = self._line.ask(
            OrdersPage, "GET", "/v1/orders", query=_after(cursor), bytes_max=LIST_BYTES_MAX
        )
        return Listed([order_of(row) for row in page.orders], page.cursor, page.unread)

    def orders_of_others(self, order_ids: Sequence[UUID]) -> Collection[UUID]:
        query = {"order_id": [str(order_id) for order_id in order_ids]}
        answer = self._line.ask(OrdersOfOthersOut, "GET", "/v1/orders/of-others", query=query)
        return frozenset(answer.order_ids)

    # --- down ---------------------------------------------------------------------

    def vouchers(self, cursor: str | None) -> VoucherPage:
        query = _after(cursor or "0") | {"limit": CODES_AT_ONCE}
        return voucher_page_of(
            self._line.ask(
                VouchersOut, "GET", "/v1/vouchers", query=query, bytes_max=LIST_BYTES_MAX
            )
        )

    def vouchers_named(self, codes: Sequence[str]) -> Sequence[Voucher]:
        path = "/v1/vouchers/lookup"
        answer = self._line.ask(VouchersOut, "GET", path, query={"code": list(codes)})
        return [wire.to_domain() for wire in answer.vouchers]

    def shop_rules(self) -> ShopRules:
        return self._line.ask(ShopOut, "GET", "/v1/shop").rules.to_domain()

    def operators(self) -> Sequence[KnownOperator]:
        answer = self._line.ask(OperatorsOut, "GET", "/v1/operators")
        return [operator_of(wire) for wire in answer.operators]

    def sign_in(self, login: str, password: str) -> SignedIn:
        body = SignInIn(login=login, password=password).canonical()
        return signed_in_of(self._line.ask(SignInOut, "POST", "/v1/sign-ins", body=body))

    def customers(self, cursor: str | None) -> Listed[Customer]:
        query = _after(cursor) | {"limit": CUSTOMERS_AT_ONCE}
        page = self._line.ask(
            CustomersPage, "GET", "/v1/customers", query=query, bytes_max=PAGE_BYTES_MAX
        )
        people = [wire.to_domain() for wire in page.customers]
        return Listed(people, page.cursor, page.unread)

    def catalogue_version(self) -> str:
        return self._line.ask(CatalogueOut, "GET", "/v1/catalogue").version or ""

    def catalogue_changes(self, cursor: str | None) -> CatalogueChanges:
        path = "/v1/catalogue/changes"
        return changes_of(
            self._line.ask(ChangesOut, "GET", path, query=_after(cursor), bytes_max=PAGE_BYTES_MAX)
        )

    def catalogue_stream(self, cursor: str | None) -> Iterator[CatalogueChanges]:
        with self._line.open(
            "GET",
            "/v1/catalogue/stream",
            query=_after(cursor),
            headers={"Accept": PAGES_TYPE},
            timeout=PAGES_TIMEOUT,
        ) as (answer, patience):
            yield from pages_of(answer, patience)

    # --- live ---------------------------------------------------------------------

    def events(self, cursor: int | None) -> EventPage:
        page = self._line.ask(
            EventsPage, "GET", "/v1/events", query=_after(cursor), bytes_max=PAGE_BYTES_MAX
        )
        return events_page_of(page)

    @contextmanager
    def listen(self, cursor: int) -> Iterator[Iterator[CentralEvent]]:
        with self._line.open(
            "GET",
            "/v1/events/stream",
            query=_after(cursor),
            headers={"Accept": EVENTS_TYPE},
            timeout=self._listen_timeout,
        ) as (answer, patience):
            yield events_of(answer, patience)

    def hang_up(self) -> None:
        self._line.hang_up()


def _after(cursor: str | int | None) -> dict[str, str | int]:
    return {} if cursor is None else {"cursor": cursor}
