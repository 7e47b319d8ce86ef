"""Whoever stands in central's place and never comes to an end holds no thread of a console."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from uuid import UUID

import pytest

from models.errors import Unavailable
from services.adapters import central_http, central_patience
from services.adapters.central_http import CentralHttp
from services.adapters.central_patience import Patience
from services.adapters.central_stream import PAGES_TYPE, pages_of

PATIENCE_SECONDS = 0.3
PAUSE_SECONDS = 0.02
"""Between two drops: far less than any step on the line may take."""

OK = b"HTTP/1.1 200 OK\r\n"
PACKED = b"Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\x03"
"""RFC 1952: the name of a file follows, as long as one likes, and unpacks to nothing."""

DRIPS = {
    "a header": (OK + b"X-Slow: ", b"a"),
    "answers before the answer": (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "a body": (OK + b"\r\n", b" "),
    "a packed body": (OK + PACKED, b"a"),
    "a refusal": (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", b" "),
}

ASKS: dict[str, Callable[[CentralHttp], object]] = {
    "order": lambda central: central.put_order(UUID(int=1), "{}"),
    "ping": lambda central: central.ping(),
    "pages": lambda central: list(central.catalogue_stream(None)),
    "live": lambda central: central.listen(1).__enter__(),
}


@contextmanager
def dripping(first: bytes, drop: bytes) -> Iterator[str]:
    """The URL of a server that says ``first``, and then ``drop`` again and again."""
    gone = threading.Event()

    def drip() -> None:
        line, _ = server.accept()
        with line, contextlib.suppress(OSError):
            line.recv(65_536)
            line.sendall(first)
            while not gone.wait(PAUSE_SECONDS):
                line.sendall(drop)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            gone.set()
            thread.join()


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "drip,ask",
    [
        (drip, ask)
        for drip, ask in itertools.product(DRIPS, ASKS)
        if not (ask == "live" and "body" in drip)  # which may last
    ],
)
def test_an_exchange_that_only_drips_is_left(
    drip: str, ask: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if ask == "pages":
        monkeypatch.setattr(
            central_http, "pages_of", partial(pages_of, line_seconds=PATIENCE_SECONDS)
        )
    first, drop = DRIPS[drip]
    if ask == "pages":
        first = first.replace(OK, OK + f"Content-Type: {PAGES_TYPE}\r\n".encode())
    with (
        dripping(first, drop) as url,
        closing(CentralHttp(lambda: url, "token", answer_seconds=PATIENCE_SECONDS)) as central,
        pytest.raises(Unavailable) as left,
    ):
        ASKS[ask](central)
    assert left.value.code == "central_timeout"


def test_who_waits_for_an_answer_to_begin_can_be_made_to_stop() -> None:
    said: list[str] = []

    def ask() -> None:
        try:
            central.vouchers(None)
        except Unavailable as error:
            said.append(error.code)

    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        closing(CentralHttp(lambda: f"http://127.0.0.1:{port}", "token")) as central,
    ):
        port = server.getsockname()[1]
        asking = threading.Thread(target=ask)
        asking.start()
        line, _ = server.accept()
        with line:
            assert line.recv(65_536)
            central.hang_up()
            asking.join(5)
            assert not asking.is_alive()
    assert said == ["central_cut_off"]


def test_an_order_that_is_given_up_on_takes_no_stream_with_it() -> None:
    """An order is sent between two pages of a catalogue, over a second line."""
    page = b'{"cursor":"%d","has_more":true,"is_full":true,"is_demo":true}\n'

    def serve() -> None:
        stream, _ = server.accept()
        with stream:
            stream.recv(65_536)
            stream.sendall(OK + f"Content-Type: {PAGES_TYPE}\r\n\r\n".encode() + page % 1)
            order, _ = server.accept()
            with order:
                order.recv(65_536)
                while order.recv(65_536):
                    pass
            stream.sendall(page % 2)

    with socket.create_server(("127.0.0.1", 0)) as server:
        serving = threading.Thread(target=serve)
        serving.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with closing(CentralHttp(lambda: url, "token", answer_seconds=PATIENCE_SECONDS)) as central:
            pages = central.catalogue_stream(None)
            assert next(pages).cursor == "1"
            with pytest.raises(Unavailable, match="central_timeout"):
                central.put_order(UUID(int=1), "{}")
            assert next(pages).cursor == "2"
        serving.join()


def test_patience_that_has_run_out_does_not_come_back() -> None:
    has_cut = threading.Event()
    with Patience(60.0, has_cut.set) as patience:
        patience.give(0.0)
        assert has_cut.wait(5)
        with pytest.raises(Unavailable, match="central_timeout"):
            patience.check()
        patience.give(60.0)
        with pytest.raises(Unavailable, match="central_timeout"):
            patience.check()


def test_what_is_made_after_patience_ran_out_is_cut_as_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A machine that had no time for a second may note its line only then."""
    monkeypatch.setattr(central_patience, "AGAIN_SECONDS", 0.01)
    cuts: list[None] = []
    has_cut_again = threading.Event()

    def cut() -> None:
        cuts.append(None)
        if len(cuts) > 1:
            has_cut_again.set()

    with Patience(0.0, cut):
        assert has_cut_again.wait(5)
    after = len(cuts)
    time.sleep(0.05)
    assert len(cuts) == after
