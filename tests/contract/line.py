"""A console at work on a line that can be made to fail in every way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx

from services.adapters.central_http import CentralHttp
from services.sync.engine import SyncEngine

if TYPE_CHECKING:
    from contract.conftest import Console, Shop

BEFORE: dict[str, httpx.Response | Exception] = {
    "refused": httpx.ConnectError("refused"),
    "slow to connect": httpx.ConnectTimeout("slow"),
    "lost on the way": httpx.ReadTimeout("lost"),
    "busy": httpx.Response(503, content=b"<html>"),
    "defect": httpx.Response(500, content=b"<html>"),
    "a proxy's page": httpx.Response(200, content=b"<html>Connectez-vous"),
    "redirect": httpx.Response(302, headers={"Location": "https://example.org/"}),
}
"""Central never hears of the request."""

AFTER: dict[str, Callable[[httpx.Response], httpx.Response | Exception]] = {
    "answer lost": lambda _: httpx.ReadTimeout("lost"),
    "answer cut off": lambda _: httpx.RemoteProtocolError("cut"),
    "half a body": lambda answer: httpx.Response(
        200, content=answer.content[: len(answer.content) // 2]
    ),
    "taken, then a defect": lambda _: httpx.Response(500),
}
"""Central did what was asked; the console does not learn it."""

FAULTS = (*BEFORE, *AFTER, "twice")


@dataclass
class FaultyLine(httpx.BaseTransport):
    """Passes requests on to the real server, after doing to orders what ``faults`` says."""

    faults: list[str] = field(default_factory=list)
    applies_to: str = "PUT"
    _real: httpx.HTTPTransport = field(default_factory=lambda: httpx.HTTPTransport(verify=False))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        fault = self.faults.pop(0) if self.faults and request.method == self.applies_to else ""
        outcome = BEFORE.get(fault)
        if outcome is None:
            answer = self._pass_on(request)
            outcome = AFTER[fault](answer) if fault in AFTER else answer
        if fault == "twice":
            outcome = self._pass_on(request)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _pass_on(self, request: httpx.Request) -> httpx.Response:
        answer = self._real.handle_request(request)
        answer.read()
        return answer

    def close(self) -> None:
        self._real.close()


@dataclass
class Bench:
    """A console with its engine on a line that can be made to fail."""

    console: Console
    shop: Shop
    line: FaultyLine
    central: CentralHttp
    engine: SyncEngine

    def later(self) -> None:
        self.shop.clock.at += timedelta(minutes=1)


def drain(bench: Bench, tries: int = 20) -> None:
    """Exchange until nothing waits; fails where something would for ever."""
    for _ in range(tries):
        bench.later()
        if bench.engine.run_once(retry_all=True).is_complete:
            return
    raise AssertionError("something waits for ever")
