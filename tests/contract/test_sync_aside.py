"""A whole catalogue comes down in a process of its own: killed, left behind, and gone on with."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from contract.conftest import Console, Shop, with_price
from contract.gate import Gate, gate_to
from contract.in_background import PATIENCE_SECONDS, Told
from contract.line import Bench
from contract.shop import ARTICLES, PRINTERS, make_order

from kiosk import paths
from kiosk.container import Container
from models.errors import Conflict, KioskError, Unavailable
from services.adapters.catalogue_process import CatalogueProcess
from services.ports import CatalogueChanges
from services.sync.election import Election
from services.sync.engine import SyncEngine
from services.sync.enrolment import Enrolment, write_enrolment
from services.sync.status import CatalogueProgress, SyncStatus

SYNCS = """
import sys, threading
from pathlib import Path
from kiosk.container import Container

def told(status):
    if status.catalogue_progress:
        print(status.catalogue_progress.rows_done, flush=True)

Container(Path(sys.argv[1])).start_sync(told)
threading.Event().wait()
"""
"""A console without its screen; it says how far its catalogue is."""


@pytest.fixture
def kind() -> str:
    """About the console: what central does is tested on both databases elsewhere."""
    return "sqlite"


@pytest.fixture
def folder(console: Console) -> Path:
    return console.catalogue.path.parent


@pytest.fixture
def gate(console: Console, shop: Shop) -> Iterator[Gate]:
    """What the console, enrolled there, has to pass to central, which has a new catalogue."""
    shop.fill(version="anew", articles=with_price(ARTICLES, "LC970C", 1390))
    with gate_to(shop.url) as (gate, url):
        with console.store.write() as tx:
            write_enrolment(tx.settings, Enrolment(url, shop.token()))
        yield gate


@contextmanager
def syncing(folder: Path) -> Iterator[Told]:
    """As ``kiosk console`` does, in this process."""
    container, told = Container(folder), Told()
    with closing(container):
        container.start_sync(told)
        try:
            yield told
        finally:
            container.stop_sync()


def is_anew(status: SyncStatus) -> bool:
    return status.catalogue_version == "anew"


def children_of(process: int) -> list[int]:
    """See proc_pid_task(5): those of each thread, zombies as well."""
    listed = Path(f"/proc/{process}/task").glob("*/children")
    return [int(pid) for some in listed for pid in some.read_text().split()]


def only_of(children: list[int]) -> int:
    (child,) = children
    return child


@pytest.fixture
def ours() -> Callable[[], list[int]]:
    """Children that this process got since the test began: multiprocessing keeps one of an earlier
    test for ever.
    """
    before = set(children_of(os.getpid()))
    return lambda: [child for child in children_of(os.getpid()) if child not in before]


def test_it_comes_down_beside_the_console_and_the_screen_is_told(
    console: Console, gate: Gate, folder: Path, ours: Callable[[], list[int]]
) -> None:
    with syncing(folder) as told:
        told.wait_for(lambda s: is_anew(s) and s.catalogue_progress is None)
        said = (s.catalogue_progress for s in told.all if s.catalogue_progress)
        progress = list(dict.fromkeys(said))  # the same again where something else is news
        assert progress == [CatalogueProgress(done, 19) for done in (3, 7, 12, 17, 19)]
        assert told.all[-1].last_error_code is None
        assert ours() == []
    assert console.catalogue.counts() == (3, 4, 12)
    assert gate.asked == ["shop-1", "shop-1"]  # to see that it is a whole one, and by the other


def test_killed_in_the_middle_it_is_told_and_gone_on_with(
    console: Console, gate: Gate, folder: Path, ours: Callable[[], list[int]]
) -> None:
    gate.held = 1
    with syncing(folder) as told:
        assert gate.is_held.wait(PATIENCE_SECONDS)
        told.wait_for(lambda s: s.catalogue_progress == CatalogueProgress(7, 19))
        os.kill(only_of(ours()), signal.SIGKILL)
        told.wait_for(lambda s: s.last_error_code == "sync_defect")
        assert console.catalogue.version == "shop-1"
        told.wait_for(is_anew)
    assert console.catalogue.counts() == (3, 4, 12)
    assert len(gate.asked) == 3  # what was begun is gone on with by the other at once
    assert gate.asked[2] not in {"", "shop-1"}


def test_the_console_closes_at_once_and_the_other_ends_with_it(
    gate: Gate, folder: Path, ours: Callable[[], list[int]]
) -> None:
    gate.held = 1
    with syncing(folder):
        assert gate.is_held.wait(PATIENCE_SECONDS)
        assert only_of(ours())
    assert ours() == []
    assert Election(paths.sync_lock(folder)).try_to_win()


def test_changes_are_taken_here_whatever_is_left_of_another_centrals_catalogue(
    bench: Bench,
) -> None:
    catalogue = bench.console.catalogue
    page = CatalogueChanges("1", after="", printers=PRINTERS, is_full=True, has_more=True)
    with pytest.raises(Unavailable, match="central_cut_off"):
        catalogue.apply([page], "https://another.example.org")
    engine = SyncEngine(
        bench.console.store,
        catalogue,
        lambda: bench.central,
        bench.console.clock,
        catalogue_aside=lambda *_: pytest.fail("a process for a few rows"),
    )
    bench.console.place(make_order)
    assert engine.run_once().catalogue_version.startswith("shop-1+")


@contextmanager
def another_console(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """In a process of its own, which has two pages of the catalogue and waits for the third."""
    command = [sys.executable, "-c", SYNCS, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            assert [process.stdout.readline() for _ in range(2)] == [b"3\n", b"7\n"]
            yield process
        finally:
            process.kill()


def test_the_console_is_killed_and_nobody_syncs_until_the_other_is_gone(
    console: Console, shop: Shop, gate: Gate, folder: Path
) -> None:
    gate.held = 1
    seat = Election(paths.sync_lock(folder))
    with another_console(folder) as killed:
        child = only_of(children_of(killed.pid))
        words = Path(f"/proc/{child}/cmdline").read_bytes()
        assert b"kiosk.catalogue_process" in words
        assert shop.token().encode() not in words
        os.kill(child, signal.SIGSTOP)
        killed.kill()
        killed.wait()
        assert not seat.try_to_win()
        os.kill(child, signal.SIGCONT)
        assert seat.win_within(PATIENCE_SECONDS)  # it ended by itself: central still holds it
    seat.leave()
    with syncing(folder) as told:
        told.wait_for(is_anew)
    assert gate.asked[2] not in {"", "shop-1"}
    assert console.catalogue.counts() == (3, 4, 12)


def test_what_goes_wrong_there_is_told_in_the_same_words(gate: Gate, folder: Path) -> None:
    gate.held = 1
    gate.is_over.set()  # it hangs up after two pages
    with syncing(folder) as told:
        told.wait_for(lambda status: status.last_error_code == "central_cut_off")
        told.wait_for(is_anew)


# --- the pipe -----------------------------------------------------------------------


def heard_from(
    script: str, should_stop: Callable[[], bool] = lambda: False
) -> list[tuple[int, int]]:
    heard: list[tuple[int, int]] = []
    process = CatalogueProcess([sys.executable, "-c", script])
    process(lambda *far: heard.append(far), should_stop, lambda: None)
    return heard


def test_all_that_it_says_is_heard_however_it_is_cut() -> None:
    says = """
import sys
for piece in ('{"done": 1, "to', 'tal": 9}\\n{"done": 9, "total": 9}\\n{"ki', 'nd": ""}\\n'):
    sys.stdout.write(piece)
    sys.stdout.flush()
"""
    assert heard_from(says) == [(1, 9), (9, 9)]


@pytest.mark.parametrize(
    "said,raised",
    [
        (
            '{"kind": "Unavailable", "code": "central_busy", "facts": {"retry_after_seconds": 3}}',
            Unavailable("central_busy", retry_after_seconds=3),
        ),
        (
            '{"kind": "Conflict", "code": "catalogue_inconsistent", "facts": {}}',
            Conflict("catalogue_inconsistent"),
        ),
        ("", Unavailable("sync_defect")),
    ],
)
def test_an_error_is_raised_as_it_was_there(said: str, raised: KioskError) -> None:
    with pytest.raises(type(raised)) as caught:
        heard_from(f"print({said!r}, end='\\n' if {bool(said)} else '')")
    assert (caught.value.code, caught.value.facts) == (raised.code, raised.facts)


@pytest.mark.parametrize("said", ["{", "[]", '{"done": 1}'])
def test_whatever_it_says_it_is_gone_afterwards(said: str, ours: Callable[[], list[int]]) -> None:
    with pytest.raises((ValueError, TypeError, LookupError)):
        heard_from(f"import sys, time; print({said!r}, flush=True); sys.stdin.read()")
    assert ours() == []


def test_asked_to_stop_it_is_gone(ours: Callable[[], list[int]]) -> None:
    with pytest.raises(Unavailable, match="sync_stopped"):
        heard_from("import sys, signal; signal.pause()", lambda: True)
    assert ours() == []
