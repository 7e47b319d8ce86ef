from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from console_fixtures import opened

from models.errors import Unavailable
from services.adapters import console_file
from services.adapters.turns import turn

ROOT = Path(__file__).parents[2]
LONG = 60.0

WRITER = """
import sys
from pathlib import Path
from services.adapters.turns import turn
with turn(Path(sys.argv[1]), seconds=60):
    print("has the turn", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def file(tmp_path):
    return tmp_path / "console.sqlite3"


def other_program(file):
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(file)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def in_line():
    """How many locks wait in the kernel's queues for us, by /proc/locks ("->" and our id)."""
    lines = Path("/proc/locks").read_text().splitlines()
    return sum(f" {os.getpid()} " in line and "->" in line for line in lines)


def until(is_so):
    for _ in range(1_000_000):
        if is_so():
            return
        os.sched_yield()
    raise AssertionError("it never came")


def test_who_waited_longest_is_next(file):
    """Each stands in line before the next one comes; the kernel's list says so."""
    order, threads = [], []

    def write(number):
        with turn(file, seconds=LONG):
            order.append(number)

    with turn(file, seconds=LONG):
        for number in range(8):
            threads.append(threading.Thread(target=write, args=(number,)))
            threads[-1].start()
            until(lambda: in_line() == len(threads))
    for thread in threads:
        thread.join()
    assert order == list(range(8))


def test_one_at_a_time_among_threads(file):
    inside, seen = [], []

    def write():
        for _ in range(50):
            with turn(file, seconds=LONG):
                inside.append(1)
                seen.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1] * 400


def test_who_waits_too_long_gives_up_and_hinders_nobody(file):
    with other_program(file) as other:
        assert other.stdout.readline() == "has the turn\n"
        with pytest.raises(TimeoutError), turn(file, seconds=0.01):
            pass
        assert in_line() == 1
        other.communicate("go on\n")
    # The one who gave up was next: it lets go at once, or this would wait a minute.
    with turn(file, seconds=LONG):
        assert in_line() == 0


def test_a_turn_goes_with_the_program_that_is_killed(file):
    with other_program(file) as other:
        assert other.stdout.readline() == "has the turn\n"
        other.send_signal(signal.SIGKILL)
        with turn(file, seconds=LONG):
            pass


def test_a_turn_ends_with_the_error_that_ended_its_block(file):
    with pytest.raises(ZeroDivisionError), turn(file, seconds=LONG):
        raise ZeroDivisionError
    with turn(file, seconds=0.0):
        pass


def test_an_interrupt_gives_the_place_up(file, monkeypatch):
    wait = threading.Event.wait

    def interrupted(event, timeout=None):
        if timeout is None:
            return wait(event)  # the thread's own start
        raise KeyboardInterrupt

    with turn(file, seconds=LONG), monkeypatch.context() as patched:
        patched.setattr(threading.Event, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt), turn(file, seconds=LONG):
            pass
    with turn(file, seconds=LONG):
        pass


def test_a_turn_that_does_not_come_is_said_to_be_busy(tmp_path, monkeypatch):
    path = tmp_path / "state" / "console.sqlite3"
    with opened(path) as store:
        monkeypatch.setattr(console_file, "BUSY_SECONDS", 0.01)
        with turn(path, seconds=LONG), pytest.raises(Unavailable) as refused, store.write():
            pass
        assert refused.value.code == "store_busy"
        with store.write() as tx:
            tx.settings.put("then", "it goes on")


def test_many_threads_of_one_program_write_one_file(tmp_path):
    """More than there are connections: who waits for a turn holds none."""
    errors = []
    with opened(tmp_path / "state" / "console.sqlite3") as store:

        def write(number):
            try:
                for time in range(5):
                    with store.write() as tx:
                        tx.settings.put(f"{number}.{time}", "said")
            except Exception as error:  # noqa: BLE001 - told to the test
                errors.append(error)

        threads = [threading.Thread(target=write, args=(number,)) for number in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        with store.read() as tx:
            assert all(tx.settings.get(f"{n}.{time}") for n in range(40) for time in range(5))
