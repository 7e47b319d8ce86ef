"""A catalogue on its way down: cut, stalled, spoilt, killed, and gone on with."""

from __future__ import annotations

import gzip
import itertools
import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from uuid import UUID

import httpx
import pytest
from contract.conftest import Console, Shop, with_price
from contract.shop import ARTICLES, CUSTOMER, PAIRS, PRINTERS, make_order
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.catalogue import Article
from models.customer import Customer
from models.errors import Conflict, Unavailable
from models.order import Order, SyncState
from models.tables import central as tables
from services.adapters import catalogue_file, catalogue_staging, central_stream
from services.adapters.catalogue_file import CatalogueFile, build_catalogue, ensure_builtin
from services.adapters.catalogue_schema import FORMAT
from services.adapters.central_http import CentralHttp
from services.adapters.central_patience import Patience
from services.adapters.console_customers import ConsoleCustomers
from services.hits import PrinterHit
from services.ports import CatalogueChanges
from services.sync import downloads
from services.sync import engine as engine_module
from services.sync.engine import SyncEngine
from services.sync.status import CatalogueProgress, Connection

DEARER = with_price(ARTICLES, "LC970C", 1390)
LINES = 5
"""Pages of five rows at most: printers, articles, and three of pairs."""

Spoil = Callable[[bytes], Iterable[bytes]]


@pytest.fixture
def kind() -> str:
    """About the console: what central does is tested on both databases elsewhere."""
    return "sqlite"


@dataclass
class StreamLine(httpx.BaseTransport):
    """Passes everything on, and spoils the next streams of the catalogue as it is told."""

    spoils: list[Spoil] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """The cursor of each stream that was asked for."""
    is_compressed: bool = False
    _real: httpx.HTTPTransport = field(default_factory=lambda: httpx.HTTPTransport(verify=False))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._real.handle_request(request)
        if request.url.path != "/v1/catalogue/stream":
            return answer
        self.asked.append(request.url.params.get("cursor", ""))
        if not self.spoils or not answer.is_success:
            return answer
        answer.read()
        headers = {"Content-Type": answer.headers["Content-Type"]}
        content = answer.content
        if self.is_compressed:
            headers["Content-Encoding"] = "gzip"
            content = gzip.compress(content, mtime=0)
        return httpx.Response(200, headers=headers, stream=Pieces(self.spoils.pop(0)(content)))

    def close(self) -> None:
        self._real.close()


@dataclass
class Pieces(httpx.SyncByteStream):
    pieces: Iterable[bytes]

    def __iter__(self) -> Iterator[bytes]:
        yield from self.pieces


@dataclass
class Down:
    """A console whose central has another catalogue than it."""

    console: Console
    shop: Shop
    line: StreamLine
    engine: SyncEngine

    @property
    def version(self) -> str:
        return self.console.catalogue.version

    @property
    def price(self) -> int:
        return self.console.catalogue.articles(["LC970C"])["LC970C"].offer.price_cents

    @property
    def staged(self) -> bool:
        path = self.console.catalogue.path
        return path.with_name("catalogue.incoming.sqlite3").exists()

    def is_as_central_has_it(self) -> bool:
        catalogue = self.console.catalogue
        fitting = {p: len(catalogue.articles_for(p.printer_id)) for p in PRINTERS}
        return (
            catalogue.version == "anew"
            and catalogue.counts() == (3, 4, 12)
            and set(fitting.values()) == {4}
            and tuple(catalogue.articles(a.sku for a in ARTICLES).values()) == DEARER
        )


@pytest.fixture
def down(console: Console, shop: Shop) -> Iterator[Down]:
    shop.fill(version="anew", articles=DEARER)
    line = StreamLine()
    central = CentralHttp(lambda: shop.url, shop.token(), transport=line)
    engine = SyncEngine(console.store, console.catalogue, lambda: central, console.clock)
    yield Down(console, shop, line, engine)
    central.close()


def cut(content: bytes, at: int) -> Iterator[bytes]:
    yield content[:at]
    raise httpx.ReadError("cut")


def cut_at(share: float, content: bytes) -> Iterator[bytes]:
    return cut(content, int(share * len(content)))


def ends(content: bytes, at: int) -> Iterator[bytes]:
    """As a proxy does that gives up: an end like any other."""
    yield content[:at]


def start_of(content: bytes, line: int) -> int:
    return sum(len(one) for one in content.splitlines(keepends=True)[:line])


AT = {
    "before the first byte": lambda _: 0,
    "in the first line": lambda content: start_of(content, 1) // 2,
    "before the first line's end": lambda content: start_of(content, 1) - 1,
    "between two lines": lambda content: start_of(content, 2),
    "in a later line": lambda content: start_of(content, 2) + 1,
    "before the last line's end": lambda content: len(content) - 1,
}
WHOLE_LINES = dict(zip(AT, (0, 0, 0, 2, 2, 4), strict=True))


@pytest.mark.parametrize("ending", [cut, ends])
@pytest.mark.parametrize("spot", AT)
def test_cut_anywhere_it_goes_on_after_the_last_whole_page(
    down: Down, spot: str, ending: Callable[[bytes, int], Iterator[bytes]]
) -> None:
    cursors: list[str] = []

    def spoil(content: bytes) -> Iterator[bytes]:
        cursors.extend(json.loads(line)["cursor"] for line in content.splitlines())
        return ending(content, AT[spot](content))

    down.line.spoils = [spoil]
    report = down.engine.run_once()
    assert (report.connection, report.error_code) == (Connection.OFFLINE, "central_cut_off")
    assert (down.version, down.price, report.is_catalogue_new) == ("shop-1", 1290, False)
    seen: list[CatalogueProgress] = []
    down.engine.on_progress = seen.append
    report = down.engine.run_once()
    assert (report.error_code, report.is_catalogue_new) == (None, True)
    assert down.is_as_central_has_it()
    whole = WHOLE_LINES[spot]
    assert down.line.asked == ["shop-1", cursors[whole - 1] if whole else "shop-1"]
    assert len(seen) == LINES - whole  # none came twice
    assert seen[-1] == CatalogueProgress(19, 19)
    assert not down.staged


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(at=st.lists(st.floats(0, 1), max_size=6))
def test_however_often_it_is_cut_the_catalogue_is_centrals(down: Down, at: list[float]) -> None:
    build_catalogue(
        down.console.catalogue.path, PRINTERS, ARTICLES, PAIRS, version="shop-1", is_demo=True
    )
    down.line.spoils = [partial(cut_at, share) for share in at]
    for _ in range(len(at) + 1):
        down.engine.run_once()
    assert down.is_as_central_has_it()
    assert not down.staged


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7])
def test_a_compressed_stream_that_ends_early_is_no_whole_one(down: Down, share: float) -> None:
    down.line.is_compressed = True
    down.line.spoils = [lambda content: ends(content, int(share * len(content)))]
    assert down.engine.run_once().error_code == "central_cut_off"
    assert (down.version, down.price) == ("shop-1", 1290)
    assert down.engine.run_once().error_code is None
    assert down.is_as_central_has_it()


def lines_in_order(*order: int) -> Spoil:
    def spoil(content: bytes) -> Iterator[bytes]:
        lines = content.splitlines(keepends=True)
        return (lines[at] for at in order)

    return spoil


def with_line(at: int, line: bytes) -> Spoil:
    def spoil(content: bytes) -> Iterator[bytes]:
        lines = content.splitlines(keepends=True)
        return iter([*lines[:at], line, *lines[at + 1 :]])

    return spoil


def without_rows(content: bytes) -> Iterator[bytes]:
    """The articles' page without an article that pairs name."""
    lines = content.splitlines(keepends=True)
    page = json.loads(lines[1])
    page["articles"].pop()
    return iter([lines[0], json.dumps(page).encode() + b"\n", *lines[2:]])


@pytest.mark.parametrize(
    "spoil,code",
    [
        pytest.param(with_line(2, b"<html>Connectez-vous\n"), "central_unclear", id="garbage"),
        pytest.param(with_line(2, b"\xff\x00\n"), "central_unclear", id="no text"),
        pytest.param(with_line(2, b"\n"), "central_unclear", id="an empty line"),
        pytest.param(with_line(2, b'{"cursor": "x"}\n'), "central_unclear", id="no snapshot"),
        pytest.param(lines_in_order(0, 1, 1, 2, 3, 4), "central_unclear", id="a page twice"),
        pytest.param(lines_in_order(0, 2, 1, 3, 4), "central_unclear", id="pages reordered"),
        pytest.param(lines_in_order(0, 1, 3, 4), "central_unclear", id="a page left out"),
        pytest.param(lines_in_order(1, 2, 3, 4), "central_unclear", id="no beginning"),
        pytest.param(without_rows, "catalogue_inconsistent", id="a pair of nothing"),
    ],
)
def test_a_bad_page_changes_nothing_and_the_next_run_mends_it(
    down: Down, spoil: Spoil, code: str
) -> None:
    down.line.spoils = [spoil]
    assert down.engine.run_once().error_code == code
    assert (down.version, down.price) == ("shop-1", 1290)
    assert len(down.console.catalogue.articles_for(PRINTERS[0].printer_id)) == 4
    assert down.engine.run_once().error_code is None
    assert down.is_as_central_has_it()
    assert not down.staged


def test_pages_that_do_not_fit_together_are_forgotten(down: Down) -> None:
    down.line.spoils = [without_rows]
    assert down.engine.run_once().error_code == "catalogue_inconsistent"
    assert not down.staged


# --- what was staged ---------------------------------------------------------------


def two_pages(content: bytes) -> Iterator[bytes]:
    return cut(content, start_of(content, 2))


def incoming(down: Down) -> sqlite3.Connection:
    path = down.console.catalogue.path.with_name("catalogue.incoming.sqlite3")
    return sqlite3.connect(path, isolation_level=None)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE place SET source = 'https://another.example.org'",
        f"PRAGMA user_version = {FORMAT + 1}",
        "DROP TABLE place",
        "DELETE FROM place",
    ],
)
def test_what_is_doubtful_is_thrown_away(down: Down, change: str) -> None:
    down.line.spoils = [two_pages]
    down.engine.run_once()
    with closing(incoming(down)) as connection:
        connection.execute(change)
        connection.execute("UPDATE new_printer SET model = 'of another'")
    assert down.engine.run_once().error_code is None
    assert down.line.asked == ["shop-1", "shop-1"]
    assert down.is_as_central_has_it()


@pytest.mark.parametrize("damage", [b"", b"\xff" * 5000])
def test_a_file_that_is_none_is_thrown_away(down: Down, damage: bytes) -> None:
    down.line.spoils = [two_pages]
    down.engine.run_once()
    down.console.catalogue.path.with_name("catalogue.incoming.sqlite3").write_bytes(damage)
    assert down.engine.run_once().error_code is None
    assert down.is_as_central_has_it()
    assert not down.staged


def test_a_place_that_central_lost_is_begun_anew(down: Down) -> None:
    down.line.spoils = [two_pages]
    down.engine.run_once()
    with down.shop.database.write() as connection:  # put back from a copy of long ago
        counters = tables.counters
        connection.execute(counters.update().where(counters.c.name == "catalogue").values(value=1))
        connection.execute(tables.catalogue_imports.update().values(base_seq=1))
        for table in (tables.printers, tables.articles, tables.pairs):
            connection.execute(table.update().values(seq=1))
    assert down.engine.run_once().error_code is None
    assert len(down.line.asked) == 3  # the last one anew
    assert down.is_as_central_has_it()


def test_what_lacks_nothing_but_the_switch_is_not_fetched_again(
    down: Down, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise Unavailable("store_full")

    monkeypatch.setattr(catalogue_staging, "new_catalogue", full)
    assert down.engine.run_once().error_code == "store_full"
    assert (down.version, down.staged) == ("shop-1", True)
    monkeypatch.undo()
    report = down.engine.run_once()
    assert (report.error_code, report.is_catalogue_new) == (None, True)
    assert down.line.asked == ["shop-1"]
    assert down.is_as_central_has_it()
    assert not down.staged


def test_another_centrals_catalogue_of_the_same_name_is_not_believed(down: Down) -> None:
    assert down.engine.run_once().error_code is None
    sink, asked = down.console.catalogue, down.line.asked
    assert sink.take_up(down.shop.url) == "anew"
    assert sink.take_up("https://another.example.org") is None
    assert down.engine.run_once().is_catalogue_new is False
    assert asked == ["shop-1"]


def test_another_process_that_went_on_with_it_is_left_alone(down: Down) -> None:
    snapshot = catalogue_staging.IncomingSnapshot(down.console.catalogue.path)

    def pages() -> Iterator[CatalogueChanges]:
        yield CatalogueChanges("1", after="", printers=PRINTERS[:1], is_full=True, has_more=True)
        other = catalogue_staging.IncomingSnapshot(down.console.catalogue.path)
        page = CatalogueChanges("2", after="1", printers=PRINTERS[1:], is_full=True, has_more=True)
        with pytest.raises(Unavailable, match="central_cut_off"):
            other.take_all([page], "here")
        yield page

    with pytest.raises(Unavailable, match="sync_stopped"):
        snapshot.take_all(pages(), "here")
    place = snapshot.place("here")
    assert place is not None
    assert (place.cursor, place.rows_done) == ("2", 3)


# --- limits of a stream --------------------------------------------------------------


def dripping(pieces: Iterable[bytes]) -> httpx.Response:
    headers = {"Content-Type": "application/x-ndjson"}
    return httpx.Response(200, headers=headers, stream=Pieces(pieces))


def patience() -> Patience:
    """Of somebody who looks at the clock by themselves: there is no line to be cut."""
    return Patience(60.0, lambda: None)


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A monotonic clock for the stream; each look at it takes a second."""
    ticking = itertools.count()
    monkeypatch.setattr(time, "monotonic", lambda: float(next(ticking)))


@pytest.mark.usefixtures("seconds")
def test_a_slow_line_takes_as_long_as_it_takes() -> None:
    pieces = (b"abc\n" for _ in range(1_000))
    lines = central_stream.lines_of(dripping(pieces), patience(), bytes_max=100, seconds=5)
    assert list(lines) == [b"abc"] * 1_000


@pytest.mark.usefixtures("seconds")
def test_a_line_that_drips_is_left() -> None:
    drip = dripping(itertools.repeat(b"a"))
    with pytest.raises(Unavailable, match="central_timeout"):
        list(central_stream.lines_of(drip, patience(), bytes_max=100, seconds=5))


def test_a_line_without_an_end_is_left() -> None:
    flood = dripping(itertools.repeat(b"a" * 10))
    with pytest.raises(Unavailable, match="central_unclear"):
        list(central_stream.lines_of(flood, patience(), bytes_max=100, seconds=5))


def test_an_event_without_an_end_is_left() -> None:
    headers = {"Content-Type": "text/event-stream"}
    flood = Pieces(itertools.repeat(b"data: a\ndata:\n"))
    answer = httpx.Response(200, headers=headers, stream=flood)
    with pytest.raises(Unavailable, match="central_unclear"):
        list(central_stream.events_of(answer, patience(), line_bytes_max=100))


def test_a_stall_is_told_and_gone_on_from(down: Down) -> None:
    def stall(content: bytes) -> Iterator[bytes]:
        yield content[: start_of(content, 3)]
        raise httpx.ReadTimeout("nothing comes")

    down.line.spoils = [stall]
    assert down.engine.run_once().error_code == "central_timeout"
    seen: list[CatalogueProgress] = []
    down.engine.on_progress = seen.append
    assert down.engine.run_once().error_code is None
    assert [progress.rows_done for progress in seen] == [17, 19]
    assert down.is_as_central_has_it()


@pytest.mark.parametrize("media_type", ["text/html", "application/json", ""])
def test_whoever_answers_something_else_is_not_central(media_type: str) -> None:
    answer = httpx.Response(200, headers={"Content-Type": media_type}, content=b"{}\n")
    with pytest.raises(Unavailable, match="central_unclear"):
        list(central_stream.pages_of(answer, patience()))


DIES_WHILE_WRITING = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN IMMEDIATE")
connection.execute("CREATE TABLE filling (x)")
connection.executemany("INSERT INTO filling VALUES (zeroblob(4000))", [()] * 500)
os.kill(os.getpid(), signal.SIGKILL)
"""
"""Some of it is in the file already, and what it was before in the journal."""


@pytest.mark.parametrize("mends", ["the next sync", "the next start"])
def test_killed_while_it_writes_changes(down: Down, mends: str) -> None:
    catalogue = down.console.catalogue
    died = subprocess.run(
        [sys.executable, "-c", DIES_WHILE_WRITING, str(catalogue.path)], check=False
    )
    assert died.returncode == -signal.SIGKILL
    assert catalogue.path.with_name("catalogue.sqlite3-journal").stat().st_size
    with pytest.raises(Unavailable, match="catalogue_broken"):
        prices_of(catalogue)
    if mends == "the next sync":
        assert catalogue.take_up(down.shop.url) == "shop-1"
    else:
        ensure_builtin(catalogue.path, down.shop.clock.at).close()
    assert (down.version, down.price) == ("shop-1", 1290)


# --- what goes on meanwhile ------------------------------------------------------------


def test_no_order_waits_for_the_end_of_a_snapshot(
    down: Down, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "MEANWHILE_SECONDS", 0.0)
    down.engine.run_once()
    placed: list[Order] = []
    states: list[SyncState] = []

    def progressed(_: CatalogueProgress) -> None:
        if not placed:
            placed.append(down.console.place(lambda n: make_order(n, articles=DEARER)))
        states.append(down.console.sync_state(placed[0])[0])

    with down.shop.database.write() as connection:
        connection.execute(tables.catalogue_imports.update().values(version="newer"))
    down.engine.on_progress = progressed
    report = down.engine.run_once()
    assert (report.sent, report.error_code) == (1, None)
    assert states[:2] == [SyncState.WAITING, SyncState.CONFIRMED]
    assert len(states) == LINES


def test_it_stops_between_two_pages_and_goes_on_later(down: Down) -> None:
    seen: list[CatalogueProgress] = []
    down.engine.on_progress = seen.append
    down.engine.should_stop = lambda: len(seen) == 2
    assert down.engine.run_once().error_code == "sync_stopped"
    assert down.version == "shop-1"
    down.engine.should_stop = lambda: False
    assert down.engine.run_once().error_code is None
    assert len(seen) == LINES
    assert down.is_as_central_has_it()


def prices_of(catalogue: CatalogueFile) -> set[int]:
    return {a.offer.price_cents for a in catalogue.articles_for(PRINTERS[0].printer_id)}


@pytest.mark.parametrize("in_place", [0, 1_000])
def test_whoever_searches_sees_the_old_catalogue_or_the_new_one(
    down: Down, monkeypatch: pytest.MonkeyPatch, in_place: int
) -> None:
    """Snapshots and changes land one after the other, each with another price on everything."""
    monkeypatch.setattr(catalogue_file, "_ROWS_IN_PLACE", in_place)
    catalogue, source = down.console.catalogue, down.shop.url
    landed = threading.Event()
    answers: list[frozenset[int]] = []
    found: list[int] = []

    def searching() -> None:
        while not landed.is_set():
            answers.append(frozenset(prices_of(catalogue)))
            found.append(len(catalogue.search("brother 350").hits))

    def all_at(cents: int) -> tuple[Article, ...]:
        return tuple(replace(a, offer=replace(a.offer, price_cents=cents)) for a in ARTICLES)

    operator = threading.Thread(target=searching)
    catalogue.apply([CatalogueChanges("0", articles=all_at(0))], source)
    operator.start()
    for cents in range(1, 40):
        version = str(cents)
        if cents % 2:
            page = CatalogueChanges(
                version,
                after="",
                printers=PRINTERS,
                articles=all_at(cents),
                pairs=PAIRS,
                is_full=True,
            )
        else:
            page = CatalogueChanges(version, after=catalogue.version, articles=all_at(cents))
        catalogue.apply([page], source)
        assert prices_of(catalogue) == {cents}
    landed.set()
    operator.join()
    assert all(len(answer) == 1 for answer in answers)
    assert answers
    assert set(found) == {found[0]}


def test_many_changes_at_once_are_the_same_as_one_after_the_other(
    down: Down, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = CatalogueChanges(
        "shop-1+1",
        after="shop-1",
        articles=(DEARER[1],),
        removed_printers=(PRINTERS[0].printer_id,),
        removed_pairs=((PRINTERS[1].printer_id, "LC970C"),),
    )
    sink = down.console.catalogue
    before = sink.path.stat().st_ino
    monkeypatch.setattr(catalogue_file, "_ROWS_IN_PLACE", 0)
    sink.apply([change], "")
    assert sink.path.stat().st_ino != before
    assert (sink.version, sink.counts(), down.price) == ("shop-1+1", (2, 4, 7), 1390)
    found = [hit.printer for hit in sink.search("dcp").hits if isinstance(hit, PrinterHit)]
    assert found == [PRINTERS[1]]


def test_changes_that_do_not_follow_are_not_taken(down: Down) -> None:
    sink = down.console.catalogue
    for page in (
        CatalogueChanges("shop-1+9", after="shop-1+8", articles=(DEARER[1],)),
        CatalogueChanges("shop-1+9", after="", articles=(DEARER[1],), is_full=False),
    ):
        with pytest.raises(Unavailable, match="central_unclear"):
            sink.apply([page], "")
    assert (sink.version, down.price) == ("shop-1", 1290)


def test_customers_come_in_short_transactions(down: Down, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "CUSTOMERS_AT_ONCE", 2)
    down.engine.run_once()
    people = [replace(CUSTOMER, customer_id=UUID(int=n)) for n in range(1, 6)]
    for person in people:
        down.console.place(lambda n, who=person: make_order(n, articles=DEARER, customer=who))
    with down.console.store.write() as tx:
        tx.customers.add(replace(people[0], version=7, email="odette@example.org"))
    held: list[int] = []
    real = ConsoleCustomers.add_all

    def add_all(self: ConsoleCustomers, some: Sequence[Customer]) -> None:
        held.append(len(some))
        real(self, some)

    monkeypatch.setattr(ConsoleCustomers, "add_all", add_all)
    assert down.engine.run_once().customers == 5
    assert sorted(held) in ([1, 1, 2], [0, 2, 2])  # one of the five is newer here
    with down.console.store.read() as tx:
        assert tx.customers.versions([people[0].customer_id]) == {people[0].customer_id: 7}
        assert tx.customers.get(people[4].customer_id) == people[4]


def test_a_conflict_of_pages_is_told_as_one(down: Down) -> None:
    page = CatalogueChanges("1", after="", articles=(*ARTICLES, ARTICLES[0]), is_full=True)
    with pytest.raises(Conflict, match="catalogue_inconsistent"):
        down.console.catalogue.apply([page], "")
    assert (down.version, down.staged) == ("shop-1", False)


@pytest.mark.parametrize("version", ["anew", "shop-1"])
def test_a_catalogue_is_centrals_once_central_said_so(
    console: Console, shop: Shop, version: str
) -> None:
    """Also one that needed nothing to come down."""
    shop.fill(version=version)
    assert console.catalogue.source == ""
    with closing(CentralHttp(lambda: shop.url, shop.token())) as central:
        engine = SyncEngine(console.store, console.catalogue, lambda: central, console.clock)
        assert engine.run_once().error_code is None
    assert (console.catalogue.version, console.catalogue.source) == (version, shop.url)
