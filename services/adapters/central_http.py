"""The central API over HTTP, as ``services.ports.Central`` promises it.

Owns the client, its limits and the translation of everything that can go wrong on a line
into our errors. Whatever leaves the fate of a request unknown is Unavailable: asking again
is always right, because every request that changes something may be repeated. Only central
itself, by a problem of its own, can refuse for good; a proxy or a stranger at its address
cannot.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import httpx
from pydantic import ValidationError

from models.customer import Customer
from models.errors import KioskError, Unavailable
from models.vouchers import Voucher
from models.wire.catalogue import CatalogueOut, ChangesOut
from models.wire.customers import CustomersPage
from models.wire.fields import WireModel
from models.wire.orders import VerdictOut
from models.wire.problems import TYPE_PREFIX, Problem, error_of
from models.wire.references import BlockIn, BlockOut
from models.wire.vouchers import VouchersOut
from services.ports import CatalogueChanges, Difference, Verdict

TIMEOUT = httpx.Timeout(10.0, connect=3.0)
"""Each is for one step on the line: httpx has none for a whole answer."""
ANSWER_SECONDS = 60.0
ANSWER_BYTES_MAX = 64 * 1024 * 1024
"""A page of a catalogue is some 3 MB; the list of codes is the largest answer there is."""
LOOPBACK = {"127.0.0.1", "::1", "localhost"}

Answer = TypeVar("Answer", bound=WireModel)


class CentralHttp:
    """``locate`` gives the base URL each time one is needed, because a central may move; it
    may raise Unavailable itself. ``transport`` replaces the network in tests.
    """

    def __init__(
        self,
        locate: Callable[[], str],
        token: str,
        *,
        transport: httpx.BaseTransport | None = None,
        timeout: httpx.Timeout = TIMEOUT,
        answer_seconds: float = ANSWER_SECONDS,
        answer_bytes_max: int = ANSWER_BYTES_MAX,
    ) -> None:
        self._locate = locate
        self._token = token
        self._transport = transport
        self._timeout = timeout
        self._answer_seconds = answer_seconds
        self._answer_bytes_max = answer_bytes_max
        self._base = ""
        self._client: httpx.Client | None = None

    def ping(self) -> None:
        self._request("GET", "/readyz")

    def lease_references(self, count: int) -> tuple[int, int]:
        block = self._ask(
            BlockOut, "POST", "/v1/reference-blocks", body=BlockIn(count=count).canonical()
        )
        return block.first, block.last

    def put_order(self, order_id: UUID, body: str) -> Verdict:
        verdict = self._ask(VerdictOut, "PUT", f"/v1/orders/{order_id}", body=body)
        if verdict.order_id != order_id:
            raise Unavailable("central_unclear")
        return Verdict(
            order_id,
            tuple(Difference(d.code, d.said, d.central, d.sku) for d in verdict.differences),
        )

    def vouchers(self) -> Sequence[Voucher]:
        return [wire.to_domain() for wire in self._ask(VouchersOut, "GET", "/v1/vouchers").vouchers]

    def customers(self, cursor: str | None) -> tuple[Sequence[Customer], str | None]:
        page = self._ask(CustomersPage, "GET", "/v1/customers", cursor=cursor)
        return [wire.to_domain() for wire in page.customers], page.cursor

    def catalogue_version(self) -> str:
        return self._ask(CatalogueOut, "GET", "/v1/catalogue").version or ""

    def catalogue_changes(self, cursor: str | None) -> CatalogueChanges:
        page = self._ask(ChangesOut, "GET", "/v1/catalogue/changes", cursor=cursor)
        return CatalogueChanges(
            cursor=page.cursor,
            printers=tuple(wire.to_domain() for wire in page.printers),
            articles=tuple(wire.to_domain() for wire in page.articles),
            pairs=page.pairs,
            removed_printers=page.removed_printers,
            removed_skus=page.removed_skus,
            removed_pairs=page.removed_pairs,
            has_more=page.has_more,
            is_full=page.is_full,
            is_demo=page.is_demo,
            rows_total=page.rows_total,
        )

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _ask(
        self,
        kind: type[Answer],
        method: str,
        path: str,
        *,
        cursor: str | None = None,
        body: str | None = None,
    ) -> Answer:
        content = self._request(method, path, cursor=cursor, body=body)
        try:
            return kind.read_answer(content)
        except ValidationError as error:
            raise Unavailable("central_unclear") from error

    def _request(
        self, method: str, path: str, *, cursor: str | None = None, body: str | None = None
    ) -> bytes:
        """What a 2xx answer holds. Raises KioskError for everything else there is."""
        try:
            with self._ready_client().stream(
                method,
                path,
                params={} if cursor is None else {"cursor": cursor},
                content=None if body is None else body.encode(),
                headers={} if body is None else {"Content-Type": "application/json"},
            ) as answer:
                content = self._read(answer)
        except httpx.ConnectTimeout as error:
            raise Unavailable("central_unreachable") from error
        except httpx.TimeoutException as error:
            raise Unavailable("central_timeout") from error
        except (httpx.ConnectError, httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise Unavailable("central_unreachable") from error
        except httpx.HTTPError as error:
            raise Unavailable("central_cut_off") from error
        if not answer.is_success:
            raise _error(answer.status_code, content)
        return content

    def _read(self, answer: httpx.Response) -> bytes:
        """The whole answer, if it ends: neither a drip nor a flood holds the sync up."""
        deadline = time.monotonic() + self._answer_seconds
        content = bytearray()
        for piece in answer.iter_bytes():
            content += piece
            if len(content) > self._answer_bytes_max:
                raise Unavailable("central_unclear")
            if time.monotonic() > deadline:
                raise Unavailable("central_timeout")
        return bytes(content)

    def _ready_client(self) -> httpx.Client:
        base = self._locate()
        if self._client is None or base != self._base:
            self.close()
            self._base = base
            self._client = self._new_client(base)
        return self._client

    def _new_client(self, base: str) -> httpx.Client:
        return httpx.Client(
            base_url=base,
            timeout=self._timeout,
            transport=self._transport,
            # The network's proxy has no business between two programs on one machine.
            trust_env=urlsplit(base).hostname not in LOOPBACK,
            headers={"Authorization": f"Bearer {self._token}", "Accept-Encoding": "gzip"},
        )


def _error(status: int, content: bytes) -> KioskError:
    """From central's problem. Anything else came from something in its place, which has no
    say over an order: it is asked again, whatever the status.
    """
    try:
        found = Problem.model_validate_json(content)
    except ValidationError:
        found = None
    if found is not None and (found.status, found.type) == (status, TYPE_PREFIX + found.code):
        return error_of(found)
    code = "unauthorised" if status == 401 else "central_unclear"  # noqa: PLR2004 - RFC 9110
    return Unavailable(code, status=status)
