"""Who syncs, when it dies, and when everybody comes back: one at a time, and not all at once."""

from __future__ import annotations

import errno
import json
import math
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle, pairwise
from pathlib import Path

import pytest
from contract import console_process
from contract.conftest import Console, Shop, with_price
from contract.in_background import Told, is_idle, thread
from contract.shop import ARTICLES, make_order
from hypothesis import given
from hypothesis import strategies as st

from models.order import OrderEventKind, SyncState
from services.adapters.central_http import CentralHttp
from services.sync.backoff import Backoff
from services.sync.election import SILENT_SECONDS, Election, LineNews
from services.sync.rhythm import (
    JUMP_SECONDS,
    LIVE_FACTOR,
    PARTS_SECONDS,
    PARTS_SECONDS_MAX,
    SPREAD_SECONDS,
    ClockWatch,
    Rhythm,
)
from services.sync.status import HOLDER_SILENT, CatalogueProgress, Connection
from services.sync.thread import LOOK_SECONDS

TAKEN_OVER_SECONDS = 3.0
AT = datetime(2026, 11, 23, 10, 42, tzinfo=UTC)


@pytest.fixture
def kind() -> str:
    """About the console: what central does is tested on both databases elsewhere."""
    return "sqlite"


# --- the holder dies --------------------------------------------------------------


@contextmanager
def stopped_dead(console: Console, shop: Shop, place: str) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that syncs, and has come to ``place``."""
    folder = console.catalogue.path.parent
    holder = subprocess.Popen(
        [sys.executable, console_process.__file__, str(folder), shop.url, shop.token(), place],
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"there\n"
        yield holder
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()


@contextmanager
def watching(console: Console, central: CentralHttp) -> Iterator[Told]:
    """A process beside it: it sees who holds the seat, and waits."""
    told = Told()
    lock = console.catalogue.path.parent / "sync.lock"
    sync = thread(console, lambda: central, told, lock, look_seconds=LOOK_SECONDS)
    sync.start()
    told.wait_for(lambda _: True)
    try:
        yield told
    finally:
        sync.stop()


@pytest.fixture
def central(shop: Shop) -> Iterator[CentralHttp]:
    central = CentralHttp(lambda: shop.url, shop.token())
    yield central
    central.close()


def test_killed_in_the_middle_of_a_snapshot(
    console: Console, shop: Shop, central: CentralHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.fill(version="anew", articles=with_price(ARTICLES, "LC970C", 1390))
    asked: list[str | None] = []
    real = central.catalogue_stream
    monkeypatch.setattr(
        central, "catalogue_stream", lambda cursor: asked.append(cursor) or real(cursor)
    )
    with stopped_dead(console, shop, "snapshot") as holder, watching(console, central) as told:
        assert (console.catalogue.version, asked) == ("shop-1", [])
        holder.kill()
        began = time.monotonic()
        told.wait_for(lambda status: status.catalogue_version == "anew")
        assert time.monotonic() - began < TAKEN_OVER_SECONDS
    assert len(asked) == 1
    assert "articles" in str(asked[0]) or "pairs" in str(asked[0])  # not at the beginning
    assert console.catalogue.counts() == (3, 4, 12)
    progress = [s.catalogue_progress for s in told.all if s.catalogue_progress is not None]
    assert progress == [CatalogueProgress(done, 19) for done in (7, 12, 17, 19)]  # 7 by the dead


def test_killed_between_central_and_the_file(
    console: Console, shop: Shop, central: CentralHttp
) -> None:
    shop.fill()
    with console.store.write() as tx:
        tx.references.add_block(10_000_000, 10_000_099)
    with shop.client() as client:
        client.post("/v1/reference-blocks", json={"count": 100})
    order = console.place(make_order)
    with stopped_dead(console, shop, "upload") as holder, watching(console, central) as told:
        assert shop.order_ids() == [order.order_id]
        assert console.sync_state(order)[0] is SyncState.SENT
        holder.kill()
        began = time.monotonic()
        told.wait_for(is_idle)
        assert time.monotonic() - began < TAKEN_OVER_SECONDS
    assert console.sync_state(order) == (SyncState.CONFIRMED, None)
    assert shop.order_ids() == [order.order_id]
    assert shop.stock("LC970BK") == 11
    assert console.event_kinds(order).count(OrderEventKind.ACCEPTED_BY_CENTRAL) == 1


# --- the holder hangs ---------------------------------------------------------------


def test_one_that_is_stopped_is_told_and_one_that_takes_its_time_is_not(
    console: Console, shop: Shop, central: CentralHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.sync.election.SILENT_SECONDS", 2.0)
    shop.fill(version="anew", articles=with_price(ARTICLES, "LC970C", 1390))
    lock = console.catalogue.path.parent / "sync.lock"
    with stopped_dead(console, shop, "snapshot") as holder, watching(console, central) as told:
        began = told_at(lock)
        while told_at(lock) < began + 2.5:  # it waits for central for longer, and says so
            time.sleep(LOOK_SECONDS)
        assert HOLDER_SILENT not in {status.last_error_code for status in told.all}
        holder.send_signal(signal.SIGSTOP)
        silent = told.wait_for(lambda status: status.last_error_code == HOLDER_SILENT)
        assert (silent.connection, silent.next_try_at) == (Connection.OFFLINE, None)
        holder.send_signal(signal.SIGCONT)
        told.wait_for(lambda status: status.last_error_code != HOLDER_SILENT)


def told_at(lock: Path) -> float:
    try:
        return float(json.loads(lock.read_bytes())["told_at"])
    except ValueError:
        return 0.0  # just being written


def test_what_was_said_is_believed_for_some_seconds(tmp_path: Path) -> None:
    now = Seconds()
    holder, other = (Election(tmp_path / "sync.lock", now) for _ in range(2))
    holder.try_to_win()
    news = LineNews(Connection.ONLINE, last_contact_at=AT, is_live=True)
    holder.tell(news)
    now.at += SILENT_SECONDS - 0.2
    assert (other.hear(), other.is_silent()) == (news, False)
    now.at += 0.4
    silent = LineNews(Connection.OFFLINE, last_contact_at=AT, last_error_code=HOLDER_SILENT)
    assert (other.hear(), other.is_silent(), holder.is_silent()) == (silent, True, False)
    holder.tell(news)
    assert (other.hear(), other.is_silent()) == (news, False)
    now.at = 1.0  # the computer was started again since
    assert other.hear() == silent
    holder.leave()
    assert not other.is_silent()  # nobody has the seat: whoever opens a console sends


def test_a_version_that_says_no_time_is_believed(tmp_path: Path) -> None:
    path = tmp_path / "sync.lock"
    holder = Election(path)
    holder.try_to_win()
    holder.tell(LineNews(Connection.ONLINE))
    said = json.loads(path.read_bytes())
    del said["told_at"]
    path.write_text(json.dumps(said))
    assert Election(path, lambda: 1e9).hear() == LineNews(Connection.ONLINE)
    holder.leave()


# --- who does not hold the seat -----------------------------------------------------


def test_trying_now_is_passed_on_to_whoever_syncs(
    console: Console, shop: Shop, central: CentralHttp, tmp_path: Path
) -> None:
    shop.fill()
    lock, holder_told, other_told = tmp_path / "sync.lock", Told(), Told()
    holder = thread(console, lambda: central, holder_told, lock)
    holder.start()
    holder_told.wait_for(is_idle)
    other = thread(console, lambda: central, other_told, lock)
    other.start()
    other_told.wait_for(is_idle)
    shop.fill(version="newer", articles=with_price(ARTICLES, "LC970C", 1390))
    other.wake()  # nobody polls before ten minutes are over
    other_told.wait_for(lambda status: status.catalogue_version == "newer")
    holder.stop()
    other.stop()


def test_a_call_is_heard_once(tmp_path: Path) -> None:
    holder, other = Election(tmp_path / "sync.lock"), Election(tmp_path / "sync.lock")
    assert holder.try_to_win()
    assert not holder.is_called()
    other.call()
    other.call()
    assert holder.is_called()
    assert not holder.is_called()
    assert (tmp_path / "sync.lock.call").exists() is False
    holder.leave()


@pytest.mark.parametrize(
    "said", [b"", b"{", b"[]", b'["online", null, null]', b'{"connection": 3}']
)
def test_what_another_version_says_is_passed_over(tmp_path: Path, said: bytes) -> None:
    path = tmp_path / "sync.lock"
    path.write_bytes(said)
    assert Election(path).hear() is None


def test_all_that_is_said_is_heard(tmp_path: Path) -> None:
    holder = Election(tmp_path / "sync.lock")
    holder.try_to_win()
    news = LineNews(
        Connection.ONLINE,
        last_contact_at=AT,
        last_error_code="central_busy",
        is_live=True,
        next_try_at=AT + timedelta(seconds=3),
        clock_offset_seconds=-4.5,
        catalogue_progress=CatalogueProgress(3, 400_000),
    )
    holder.tell(news)
    assert Election(tmp_path / "sync.lock").hear() == news
    holder.tell(LineNews(Connection.OFFLINE))  # shorter: nothing of before is left
    assert Election(tmp_path / "sync.lock").hear() == LineNews(Connection.OFFLINE)
    holder.leave()


def test_a_disk_that_is_full_does_not_end_the_sync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = Election(tmp_path / "sync.lock")
    holder.try_to_win()
    holder.tell(LineNews(Connection.ONLINE))

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patched:
        patched.setattr("os.pwrite", full)
        holder.tell(LineNews(Connection.OFFLINE))
    assert Election(tmp_path / "sync.lock").hear() == LineNews(Connection.ONLINE)
    holder.tell(LineNews(Connection.OFFLINE))
    assert Election(tmp_path / "sync.lock").hear() == LineNews(Connection.OFFLINE)
    holder.leave()


# --- everybody comes back -----------------------------------------------------------


@dataclass
class Seconds:
    """A monotonic clock that is set."""

    at: float = 1_000.0

    def __call__(self) -> float:
        return self.at


CONSOLES = 500


def first_tries(failures: int, *, retry_after: float = 0.0) -> list[float]:
    """When each of many consoles asks again: their chances are spread evenly."""
    now = Seconds()
    tries = []
    for console in range(CONSOLES):
        rhythm = Rhythm(10, Backoff(1, 15), lambda at=console: at / CONSOLES, now)  # type: ignore[misc]
        for _ in range(failures):
            rhythm.plan(is_failed=True, is_live=False, retry_after_seconds=retry_after)
        tries.append((rhythm.next_try_at(AT) - AT).total_seconds())
    return tries


def busiest_second(tries: list[float]) -> int:
    return max(sum(1 for at in tries if second <= at < second + 1) for second in range(80))


def test_after_an_outage_they_come_back_over_the_whole_window() -> None:
    tries = first_tries(failures=10)
    assert min(tries) < 1
    assert max(tries) > 14
    assert busiest_second(tries) <= CONSOLES / 15 + 2


def test_what_central_asks_for_is_kept_with_chance_on_top() -> None:
    tries = first_tries(failures=10, retry_after=60)
    assert min(tries) == 60
    assert busiest_second(tries) <= CONSOLES / 15 + 2


def test_consoles_that_poll_do_not_fall_into_step() -> None:
    now = Seconds()
    tries = []
    for console in range(CONSOLES):
        rhythm = Rhythm(10, Backoff(), lambda at=console: at / CONSOLES, now)  # type: ignore[misc]
        rhythm.plan(is_failed=False, is_live=False)
        tries.append((rhythm.next_try_at(AT) - AT).total_seconds())
    assert 7.5 <= min(tries) < max(tries) < 12.5
    assert busiest_second(tries) <= CONSOLES / 5 + 2


def test_all_lose_the_stream_in_one_moment_and_poll_over_the_whole_interval() -> None:
    now = Seconds()
    tries = []
    for console in range(CONSOLES):
        rhythm = Rhythm(10, Backoff(), lambda at=console: at / CONSOLES, now)  # type: ignore[misc]
        rhythm.plan(is_failed=False, is_live=True)
        assert rhythm.next_try_at(AT) - AT >= timedelta(seconds=10 * LIVE_FACTOR * 0.75)
        rhythm.hurry(is_live=True)
        assert rhythm.next_try_at(AT) - AT >= timedelta(seconds=10 * LIVE_FACTOR * 0.75)
        rhythm.hurry(is_live=False)
        tries.append((rhythm.next_try_at(AT) - AT).total_seconds())
    assert max(tries) < 10
    assert busiest_second(tries) <= CONSOLES / 10 + 1


def asked_about(rhythm: Rhythm, now: Seconds, hints: list[float]) -> list[float]:
    """When parts are asked for by a console that is told at ``hints``; it takes no time."""
    asked: list[float] = []
    is_hinted = False
    for at in [*sorted(hints), math.inf]:
        if is_hinted and now.at + rhythm.seconds_to_parts() <= at:
            now.at += rhythm.seconds_to_parts()
            asked.append(now.at)
            rhythm.take_hint()
            rhythm.note_parts()
            is_hinted = False
        if at < math.inf:
            now.at = max(now.at, at)
            rhythm.note_hint()
            is_hinted = True
    return asked


@given(burst=st.lists(st.floats(0, 60), min_size=1, max_size=300), chance=st.floats(0, 0.99))
def test_a_burst_is_a_few_exchanges(burst: list[float], chance: float) -> None:
    now = Seconds(0.0)
    asked = asked_about(Rhythm(10, Backoff(), lambda: chance, now), now, burst)
    pauses = [after - before for before, after in pairwise(asked)]
    assert 1 <= len(asked) <= len(burst)
    assert min(pauses, default=1) >= 0.75 * PARTS_SECONDS - 1e-9
    assert asked[-1] - max(burst) <= 1.25 * PARTS_SECONDS_MAX + SPREAD_SECONDS  # none is lost


def latest(hints: list[float], asked: list[float]) -> float:
    """The longest that one of them waited until it was asked about."""
    return max(min(at for at in asked if at >= hint) - hint for hint in hints)


@pytest.mark.parametrize("between", [0.8, 1.0, 1.3, 2.0, 4.9, 30.0])
@given(
    shifts=st.lists(st.floats(0, 0.5), min_size=60, max_size=60),
    chances=st.lists(st.floats(0, 0.999), min_size=1, max_size=7),
)
def test_a_change_every_second_or_two_is_asked_about_within_one(
    between: float, shifts: list[float], chances: list[float]
) -> None:
    """A quarter of the second is left for being told, the exchange and the screen."""
    now, drawn = Seconds(0.0), cycle(chances)
    hints = sorted((number + shift) * between for number, shift in enumerate(shifts))
    rhythm = Rhythm(10, Backoff(), lambda: next(drawn), now)
    assert latest(hints, asked_about(rhythm, now, hints)) <= 0.75


def test_while_hints_are_dense_the_pause_widens_to_its_bound_and_comes_back() -> None:
    now = Seconds(0.0)
    hints = [number / 100 for number in range(6_000)]
    rhythm = Rhythm(10, Backoff(), lambda: 0.5, now)
    asked = asked_about(rhythm, now, hints)
    pauses = [after - before for before, after in pairwise(asked)]
    assert pauses[:4] == pytest.approx([1.1, 2.2, 4.4, 5.0], abs=0.2)
    assert pauses[4:] == pytest.approx([PARTS_SECONDS_MAX] * len(pauses[4:]), abs=0.2)
    assert len(asked) <= 60 / PARTS_SECONDS_MAX + 5
    calm = [now.at + 6 + 2 * number for number in range(10)]
    assert latest(calm, asked_about(rhythm, now, calm)) < 1.0


def test_a_queue_at_central_widens_the_pause_and_a_long_way_does_not() -> None:
    now = Seconds(0.0)
    rhythm = Rhythm(10, Backoff(), lambda: 0.5, now)
    pauses = []
    for took in [0.2, 0.21, 0.2, 0.4, 1.4, 0.2]:
        rhythm.note_parts(took)
        pauses.append(rhythm.seconds_to_parts())
    assert pauses == pytest.approx([PARTS_SECONDS] * 3 + [2.0, PARTS_SECONDS_MAX, 0.55], abs=0.1)
    for _ in range(1_000):  # it moved to another line
        rhythm.note_parts(0.9)
    assert rhythm.seconds_to_parts() == PARTS_SECONDS
    rhythm.note_parts(None)  # more was exchanged
    assert rhythm.seconds_to_parts() == PARTS_SECONDS


def test_told_in_one_moment_they_ask_over_the_whole_spread() -> None:
    asked = []
    for console in range(CONSOLES):
        now = Seconds(0.0)
        rhythm = Rhythm(10, Backoff(), lambda at=console: at / CONSOLES, now)  # type: ignore[misc]
        now.at = 100.0
        asked += asked_about(rhythm, now, [100.0])
    slots = Counter(int((at - 100.0) / SPREAD_SECONDS * 10) for at in asked)
    assert set(slots) == set(range(10))
    assert max(slots.values()) <= CONSOLES / 10 + 1


def test_what_failed_asks_for_no_parts_meanwhile() -> None:
    now = Seconds()
    rhythm = Rhythm(10, Backoff(), lambda: 0.5, now)
    rhythm.plan(is_failed=True, is_live=True)
    assert (rhythm.failures, rhythm.is_time_for_parts()) == (1, False)
    rhythm.hurry(is_live=False)  # the stream broke with it: that is no reason to ask sooner
    assert (rhythm.next_try_at(AT) - AT).total_seconds() == 0.5
    rhythm.plan(is_failed=False, is_live=False)
    assert (rhythm.failures, rhythm.is_time_for_parts()) == (0, True)


# --- clocks --------------------------------------------------------------------------


@dataclass
class WallClock:
    at: datetime = AT

    def now(self) -> datetime:
        return self.at


@pytest.mark.parametrize(
    "moved_by,took,has_jumped",
    [
        (0.5, 0.5, False),
        (300.0, 300.0, False),
        (0.5 + JUMP_SECONDS / 2, 0.5, False),
        (-0.1, 0.5, True),
        (3600.0, 0.5, True),
        (0.5, 3600.0, True),
    ],
    ids=["a look", "a long exchange", "slewed", "back", "ahead, or asleep", "stands still"],
)
def test_a_clock_that_was_moved_is_noticed(moved_by: float, took: float, has_jumped: bool) -> None:  # noqa: FBT001 - a table
    clock, now = WallClock(), Seconds()
    watch = ClockWatch(clock, now)
    assert watch.has_jumped()  # nothing is known of before
    assert not watch.has_jumped()
    clock.at += timedelta(seconds=moved_by)
    now.at += took
    assert watch.has_jumped() is has_jumped
    assert not watch.has_jumped()
