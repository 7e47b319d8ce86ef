"""The bad line between consoles and central: a proxy that does to requests what lines do.

Run as ``python -m benchmarks.faults.line --central PORT --seed N``; it says where it listens.
Commands come on standard input, a word a line; what it has to say goes to standard output,
a JSON object a line. Owns the doing; what happens when is drawn by ``benchmarks.faults.weather``.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from typing import Any, TypeVar

from benchmarks.faults.messages import (
    LAST_CHUNK,
    AnswerHead,
    Request,
    read_answer_head,
    read_request,
)
from benchmarks.faults.weather import Fault, Sky, Spell, Weather

T = TypeVar("T")

LOOPBACK = "127.0.0.1"
PIECE = 64 * 1024
DROPS = 12
BACKLOG = 128

STRANGER = b"<html><title>Bienvenue</title>Acceptez les conditions du reseau.</html>"
NOT_CENTRAL = b"<html><title>Bad gateway</title></html>"

CENTRAL_IS_GONE = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)


class CutError(Exception):
    """The connection to the console is to be cut now."""


class Line:
    """All connections of all consoles. One event loop."""

    def __init__(self, central_port: int, weather: Weather) -> None:
        self._central_port = central_port
        self._weather = weather
        self._sky = Sky.FAIR
        self._cleared = asyncio.Event()
        self._listener: asyncio.Server | None = None
        self._port = 0
        self._open: set[asyncio.StreamWriter] = set()
        self._held: set[asyncio.Task[None]] = set()
        self._serving: set[asyncio.Task[Any]] = set()
        self._is_to_tell = False
        self.counts: Counter[str] = Counter()

    # --- weather -----------------------------------------------------------------

    async def run(self) -> None:
        """Until the line is cleared, and on from there in peace."""
        await self._listen()
        say("listening", port=self._port)
        spell = Spell(Sky.FAIR, self._weather.spell(Sky.FOUL).seconds)
        while not self._cleared.is_set():
            await self._be(spell)
            spell = self._weather.spell(spell.sky)

    async def _be(self, spell: Spell) -> None:
        self._sky = spell.sky
        if spell.sky is Sky.OUTAGE:
            self.counts["outages"] += 1
            self._stop_listening()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._cleared.wait(), spell.seconds)
        await self._listen()

    async def clear(self) -> None:
        """No more faults; what was held back is delivered first."""
        self._sky = Sky.CLEAR
        self._cleared.set()
        await asyncio.gather(*self._held, return_exceptions=True)
        await self._listen()
        say("clear")

    def tell_of_next_put(self) -> None:
        """Say "passed" as soon as central has got an order, before it can have answered."""
        self._is_to_tell = True

    def tell_counts(self) -> None:
        say("counts", counts=dict(self.counts))

    async def _listen(self) -> None:
        if self._listener is None:
            self._listener = await asyncio.start_server(
                self._serve, LOOPBACK, self._port, backlog=BACKLOG, limit=PIECE
            )
            self._port = self._listener.sockets[0].getsockname()[1]

    def _stop_listening(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for writer in self._open:
            writer.transport.abort()

    # --- one connection -----------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving = asyncio.current_task()
        assert serving is not None
        _keep(serving, self._serving)  # asyncio forgets it with the connection, in the middle of it
        _send_at_once(writer)
        self._open.add(writer)
        try:
            while (request := await read_request(reader)) is not None:
                self.counts["requests"] += 1
                await self._meet(request, writer)
        except (CutError, *CENTRAL_IS_GONE):
            pass  # whatever went wrong on either side, the console sees a cut
        except asyncio.CancelledError:
            pass  # the run is over; asyncio would print it with all it was called by
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _meet(self, request: Request, writer: asyncio.StreamWriter) -> None:
        """Let happen to the request what is drawn for it. Raises CutError."""
        fault = self._weather.fault(self._sky)
        self.counts[fault.name.lower()] += 1
        match fault:
            case Fault.RESET:
                raise CutError
            case Fault.SILENT:
                await self._wait(self._weather.silence_seconds())
                raise CutError
            case Fault.REQUEST_CUT:
                await self._cut_request(request)
                raise CutError
            case Fault.GONE_BEFORE_ANSWER:
                await self._leave_before_answer(request)
                raise CutError
            case Fault.ANSWER_LOST:
                await self._take(request)
                raise CutError
            case Fault.ERROR_INSTEAD:
                await _answer_in_place(writer, self._weather.status(), NOT_CENTRAL)
            case Fault.STRANGER:
                await _answer_in_place(writer, 200, STRANGER)
            case _:
                await self._pass_with(fault, request, writer)

    async def _pass_with(
        self, fault: Fault, request: Request, writer: asyncio.StreamWriter
    ) -> None:
        """What central answers reaches the console, in some way."""
        if fault is Fault.DELAYED:
            await self._wait(self._weather.delay_seconds())
        elif fault is Fault.DOUBLED:
            await self._take(request)
        elif fault is Fault.DOUBLED_AT_ONCE:
            self._hold(self._take(request))
        elif fault is Fault.LATE_COPY:
            self._hold(self._take_later(request, self._weather.late_seconds()))
        await self._pass(request, writer, fault)

    async def _pass(self, request: Request, writer: asyncio.StreamWriter, fault: Fault) -> None:
        async with self._central(request) as reader:
            answer = await read_answer_head(reader)
            if request.is_stream:
                await self._relay_stream(answer, reader, writer)
                return
            body = await reader.read()
            if not answer.is_whole(len(body), body[-len(LAST_CHUNK) :]):
                raise CutError  # central died in the middle of it
        whole = answer.head + body
        if fault is Fault.ANSWER_CUT:
            writer.write(whole[: int(len(whole) * self._weather.share())])
            await writer.drain()
            raise CutError
        pieces = DROPS if fault is Fault.DRIPPED else 1
        await self._drip(whole, pieces, writer)

    async def _drip(self, whole: bytes, pieces: int, writer: asyncio.StreamWriter) -> None:
        size = -(-len(whole) // pieces)
        for at in range(0, len(whole), size):
            writer.write(whole[at : at + size])
            await writer.drain()
            if pieces > 1:
                await self._wait(self._weather.delay_seconds() / pieces)

    async def _relay_stream(
        self, answer: AnswerHead, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """For as long as it holds: to the end of all under a clear sky."""
        writer.write(answer.head)
        relaying = asyncio.ensure_future(_relay(reader, writer))
        clearing = asyncio.ensure_future(self._cleared.wait())
        seconds = self._weather.stream_seconds()
        await asyncio.wait({relaying, clearing}, timeout=seconds, return_when="FIRST_COMPLETED")
        try:
            if clearing.done():
                await relaying
        finally:
            clearing.cancel()
            relaying.cancel()
        raise CutError

    # --- towards central ------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def _central(self, request: Request) -> AsyncIterator[asyncio.StreamReader]:
        reader, writer = await asyncio.open_connection(LOOPBACK, self._central_port, limit=PIECE)
        _send_at_once(writer)
        try:
            writer.write(request.for_once())
            await writer.drain()
            if self._is_to_tell and request.method == "PUT":
                self._is_to_tell = False
                say("passed")
            yield reader
        finally:
            writer.transport.abort()

    async def _take(self, request: Request) -> None:
        """Central takes it and answers; nobody hears it."""
        if request.is_stream:
            return
        with contextlib.suppress(*CENTRAL_IS_GONE):
            async with self._central(request) as reader:
                await reader.read()

    async def _take_later(self, request: Request, seconds: float) -> None:
        await self._wait(seconds)
        await self._take(request)

    async def _cut_request(self, request: Request) -> None:
        whole = request.for_once()
        _, writer = await asyncio.open_connection(LOOPBACK, self._central_port)
        writer.write(whole[: int(len(whole) * self._weather.share())])
        await writer.drain()
        writer.transport.abort()

    async def _leave_before_answer(self, request: Request) -> None:
        async with self._central(request):
            await self._wait(self._weather.delay_seconds() / 100)

    def _hold(self, copy: Coroutine[None, None, None]) -> None:
        _keep(asyncio.create_task(copy), self._held)

    async def _wait(self, seconds: float) -> None:
        """So long, or until the line is cleared."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._cleared.wait(), seconds)


def _keep(task: asyncio.Task[T], among: set[asyncio.Task[T]]) -> None:
    """Until it is done; asyncio itself holds it by nothing."""
    among.add(task)
    task.add_done_callback(among.discard)


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(PIECE):
        writer.write(piece)
        await writer.drain()


async def _answer_in_place(writer: asyncio.StreamWriter, status: int, page: bytes) -> None:
    head = f"HTTP/1.1 {status} -\r\ncontent-type: text/html\r\ncontent-length: {len(page)}\r\n\r\n"
    writer.write(head.encode() + page)
    await writer.drain()


def _send_at_once(writer: asyncio.StreamWriter) -> None:
    opened = writer.get_extra_info("socket")
    if opened is not None:
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def say(what: str, **facts: object) -> None:
    print(json.dumps({"said": what, **facts}), flush=True)


async def obey(line: Line) -> None:
    """Commands until standard input ends, as it does when the conductor dies."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while command := (await reader.readline()).decode().strip():
        match command:
            case "clear":
                await line.clear()
            case "tell":
                line.tell_of_next_put()
            case "counts":
                line.tell_counts()


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--central", type=int, required=True, help="port of central on loopback")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--pace", type=float, default=1.0, help="stretches all durations")
    parser.add_argument("--roughness", type=float, default=1.0, help="multiplies the faults")
    args = parser.parse_args()
    chance = random.Random(args.seed)
    line = Line(args.central, Weather(chance, pace=args.pace, roughness=args.roughness))
    running = asyncio.create_task(line.run())
    await obey(line)
    running.cancel()


if __name__ == "__main__":
    asyncio.run(main())
