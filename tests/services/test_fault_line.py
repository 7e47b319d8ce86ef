"""The bad line does to a request what it says: with a central that writes down what it gets."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from contract.shop import make_order

from benchmarks.faults.complaints import defects
from benchmarks.faults.journal import Journal, Said, Tally, Word, read_journals
from benchmarks.faults.line import Line
from benchmarks.faults.messages import read_request
from benchmarks.faults.weather import ODDS, Fault, Sky, Spell, Weather

ASKED = b"PUT /v1/orders/1 HTTP/1.1\r\nhost: central\r\ncontent-length: 5\r\n\r\nbytes"
ANSWERED = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class OneFault(Weather):
    """Always the same, and at once."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(random.Random(1), pace=0.01)
        self._fault = fault

    def spell(self, before: Sky) -> Spell:
        del before
        return Spell(Sky.FAIR, 1000.0)

    def fault(self, sky: Sky) -> Fault:
        return Fault.NONE if sky is Sky.CLEAR else self._fault

    def share(self) -> float:
        return 0.5


@dataclass
class Central:
    """Answers whole requests and counts them."""

    taken: list[bytes] = field(default_factory=list)
    cut: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await read_request(reader)
        except (OSError, asyncio.IncompleteReadError):
            self.cut += 1
        else:
            if request is not None:
                self.taken.append(request.body)
                writer.write(ANSWERED.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))
        writer.close()


@asynccontextmanager
async def line_with(fault: Fault) -> AsyncIterator[tuple[Line, Central, int]]:
    """The line, the central at its end, and where the line listens."""
    central = Central()
    server = await asyncio.start_server(central.serve, "127.0.0.1", 0)
    line = Line(server.sockets[0].getsockname()[1], OneFault(fault))
    await line._listen()
    running = asyncio.create_task(line.run())
    try:
        yield line, central, line._port
    finally:
        running.cancel()
        line._stop_listening()
        server.close()


async def ask(port: int) -> bytes:
    """What comes back before the line is silent or cut."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(ASKED)
    try:
        return await asyncio.wait_for(reader.readexactly(len(ANSWERED)), 5)
    except asyncio.IncompleteReadError as error:
        return error.partial
    except ConnectionError:
        return b""
    finally:
        writer.transport.abort()


async def until(is_so: Callable[[], bool]) -> None:
    """Give the other tasks their turns for as long as it takes."""
    async with asyncio.timeout(5):
        while not is_so():  # noqa: ASYNC110 - what is waited for says nothing when it is so
            await asyncio.sleep(0)


@pytest.mark.parametrize(
    "fault, times_taken, answer",
    [
        (Fault.NONE, 1, ANSWERED),
        (Fault.RESET, 0, b""),
        (Fault.SILENT, 0, b""),
        (Fault.DELAYED, 1, ANSWERED),
        (Fault.REQUEST_CUT, 0, b""),
        (Fault.ANSWER_LOST, 1, b""),
        (Fault.GONE_BEFORE_ANSWER, 1, b""),
        (Fault.ANSWER_CUT, 1, ANSWERED[: len(ANSWERED) // 2]),
        (Fault.DOUBLED, 2, ANSWERED),
        (Fault.DOUBLED_AT_ONCE, 2, ANSWERED),
        (Fault.LATE_COPY, 2, ANSWERED),
        (Fault.DRIPPED, 1, ANSWERED),
    ],
)
async def test_a_fault_does_what_it_says(fault: Fault, times_taken: int, answer: bytes) -> None:
    async with line_with(fault) as (line, central, port):
        assert await ask(port) == answer
        await until(lambda: len(central.taken) == times_taken)
        await asyncio.gather(*line._held)
        assert central.taken == [b"bytes"] * times_taken
        assert line.counts == {"requests": 1, fault.name.lower(): 1}


@pytest.mark.parametrize("fault", [Fault.ERROR_INSTEAD, Fault.STRANGER])
async def test_a_stranger_answers_and_central_hears_nothing(fault: Fault) -> None:
    async with line_with(fault) as (_, central, port):
        status = int((await ask(port)).split()[1])
        assert status == 200 if fault is Fault.STRANGER else status in {500, 502, 503}
        assert central.taken == []


async def test_half_a_request_reaches_central(capsys: pytest.CaptureFixture[str]) -> None:
    async with line_with(Fault.REQUEST_CUT) as (_, central, port):
        assert await ask(port) == b""
        await until(lambda: central.cut == 1)
    assert '"listening"' in capsys.readouterr().out


async def test_a_cleared_line_has_delivered_what_it_held_back_and_passes_all() -> None:
    async with line_with(Fault.LATE_COPY) as (line, central, port):
        line._weather._pace = 1000.0  # the copy would come long after the test
        assert await ask(port) == ANSWERED
        assert len(central.taken) == 1
        await line.clear()
        assert len(central.taken) == 2
        assert await ask(port) == ANSWERED
        assert len(central.taken) == 3


def test_every_fault_has_odds_and_bad_weather_ends() -> None:
    assert set(ODDS) == set(Fault) - {Fault.NONE}
    weather = Weather(random.Random(5))
    drawn = {weather.fault(Sky.FOUL) for _ in range(2000)}
    assert drawn == set(Fault)
    assert {weather.fault(Sky.CLEAR) for _ in range(100)} == {Fault.NONE}
    assert {weather.spell(Sky.FOUL).sky for _ in range(100)} == {Sky.FAIR}
    assert {weather.spell(Sky.FAIR).sky for _ in range(100)} == {Sky.FOUL, Sky.OUTAGE}


def say(path: Path, said: Said) -> None:
    journal = Journal(path)
    journal.say(said)
    journal.close()


def test_a_journal_that_was_cut_inside_a_line_is_read_up_to_there_and_goes_on(
    tmp_path: Path,
) -> None:
    path = tmp_path / "said.jsonl"
    first, second = (
        Said.of(Word.ORDER, make_order(number), "console-1") for number in (10_000_001, 10_000_002)
    )
    say(path, first)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[: len(whole) // 2])
    tally = Tally()
    assert tally.count([path]) == 1
    say(path, second)
    assert list(read_journals([path])) == [first, second]
    assert tally.count([path]) == 2
    assert tally.count([path]) == 2


def test_a_defect_in_a_log_is_told_with_how_often(tmp_path: Path) -> None:
    log = tmp_path / "central.log"
    log.write_text(
        '{"route": "/v1/orders", "status": 500, "ms": 3}\n'
        '{"route": "/v1/orders", "status": 503, "ms": 500}\n'
        "sync: TypeError\nsync: TypeError\n"
        "console: no_references_left\n"
        "sqlite3.OperationalError: disk I/O error\n"
    )
    assert list(defects([log])) == [
        'central.log: "status": 500 (1 times)',
        "central.log: sync: TypeError (2 times)",
        "central.log: sqlite3.OperationalError (1 times)",
    ]
