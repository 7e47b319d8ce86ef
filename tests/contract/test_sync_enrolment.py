"""A console is introduced once, with a code, whatever happens to the answer; and again."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from contract.conftest import Console, Shop, Time
from contract.introducing import CODE, OTHER_CODE, Introducing
from contract.line import Bench
from contract.shop import make_order

from central.store.consoles import add_console, new_token, revoke_console
from central.store.enrolments import allow_enrolment
from kiosk import paths
from kiosk.cli import main
from models.enrolment_code import grouped_code
from models.errors import DomainError, Rejected, Unavailable
from models.order import OrderState, SyncState
from models.tables import central as tables
from models.work import WorkKind
from services.adapters.central_line import CentralLine
from services.adapters.console_store import ConsoleStore
from services.ports import CentralEvent
from services.sync.enrolment import (
    CUSTOMERS_CURSOR,
    ENROLMENT_KEY,
    EVENTS_CURSOR,
    Enrolment,
    enrol_with_token,
    read_enrolment,
)
from services.sync.status import Connection


@pytest.fixture
def kind() -> str:
    """About the console: what central does is tested on both databases elsewhere."""
    return "sqlite"


@pytest.fixture
def new(console: Console, shop: Shop) -> Iterator[Introducing]:
    shop.fill()
    with closing(Introducing(console, shop)) as introducing:
        yield introducing


def test_a_code_makes_the_console_who_it_is(new: Introducing) -> None:
    new.allow("accueil")
    enrolment = new.ask(f" {grouped_code(CODE).lower()} ")
    assert (enrolment.url, enrolment.console) == (new.shop.url, "accueil")
    assert new.kept() == enrolment
    assert new.references_left() == 200
    order = new.console.place(make_order)
    with closing(new.engine()) as engine:
        assert engine.run_once().is_complete
    assert new.shop.order_ids() == [order.order_id]


@pytest.mark.parametrize(
    "faults",
    [
        ["answer lost"],
        ["answer cut off", "answer lost"],
        ["lost on the way", "answer cut off"],
    ],
)
def test_a_lost_answer_is_asked_for_again(new: Introducing, faults: list[str]) -> None:
    new.allow("accueil")
    new.line.faults = list(faults)
    assert new.ask().console == "accueil"
    assert new.references_left() == 200
    assert new.shop.count(tables.reference_blocks) == 1


def test_where_the_answer_never_comes_the_same_code_again_gets_it(new: Introducing) -> None:
    new.allow("accueil")
    before = new.kept()
    new.line.faults = ["answer lost"] * 3
    with pytest.raises(Unavailable, match="central_timeout"):
        new.ask()
    assert (new.kept(), new.references_left()) == (before, 0)
    with new.console.store.read() as tx:
        assert CODE not in str(tx.settings.get(ENROLMENT_KEY))
    with pytest.raises(Rejected, match="enrolment_refused"):
        new.ask(OTHER_CODE)
    new.allow("autre", OTHER_CODE)
    # Another code in between took the key's place: the first one is worth nothing any more.
    assert new.ask(OTHER_CODE).console == "autre"
    with pytest.raises(Rejected, match="enrolment_refused"):
        new.ask()


def test_after_the_program_died_the_same_code_again_gets_the_answer(new: Introducing) -> None:
    new.allow("accueil")
    new.line.faults = ["answer lost"] * 3
    with pytest.raises(Unavailable):
        new.ask()
    assert new.ask().console == "accueil"
    assert new.references_left() == 200
    assert new.shop.count(tables.reference_blocks) == 1


@pytest.mark.parametrize("code", ["", "ACDE", CODE[:-1] + "V", "../../etc"])
def test_what_is_no_code_is_not_asked_with(new: Introducing, code: str) -> None:
    new.line.handle_request = None  # type: ignore[method-assign, assignment]
    with pytest.raises(DomainError, match="enrolment_code_malformed"):
        new.ask(code)


def test_enrolled_again_what_waits_goes_up_and_nothing_is_lost(new: Introducing) -> None:
    new.allow("accueil")
    first = new.ask()
    order = new.console.place(make_order)
    with new.shop.database.write() as connection:
        revoke_console(connection, "accueil", at=new.shop.clock.at)
    with closing(new.engine()) as engine:
        assert engine.run_once().connection is Connection.UNAUTHORISED
    assert new.console.sync_state(order) == (SyncState.WAITING, "unauthorised")
    _put_off(new.console)
    new.allow("accueil", OTHER_CODE)
    again = new.ask(OTHER_CODE)
    assert (again.console_id, again.token == first.token) == (first.console_id, False)
    assert new.references_left() == 399
    with closing(new.engine()) as engine:
        assert engine.has_due()
        assert engine.run_once().is_complete
    assert new.shop.order_ids() == [order.order_id]


def _put_off(console: Console) -> None:
    """As after many tries."""
    with console.store.write() as tx:
        (item,) = tx.outbox.listing()
        tx.outbox.mark(
            item.item_id,
            item.state,
            attempts=40,
            next_try_at=item.next_try_at.replace(year=2099),
            last_error=item.last_error,
        )


def test_another_console_leaves_the_numbers_and_answers_of_the_one_before(
    new: Introducing,
) -> None:
    new.allow("accueil")
    new.ask()
    order = new.console.place(make_order)
    with closing(new.engine()) as engine:
        engine.run_once()
        before = new.references_left()
        assert before == 199
    new.allow("autre", OTHER_CODE)
    new.ask(OTHER_CODE)
    assert new.references_left() == 200
    with new.console.store.write() as tx:
        assert tx.references.take_next() > 10_000_199
    with closing(new.engine()) as engine:
        report = engine.run_once()
    assert (report.sent, report.refused_in_all, report.still_waiting) == (0, 0, 0)
    assert new.console.sync_state(order)[0] is SyncState.CONFIRMED


def test_the_same_token_keeps_the_numbers_wherever_its_central_is(new: Introducing) -> None:
    new.allow("accueil")
    token = new.ask().token
    for url in (new.shop.url, new.shop.url, "https://autre.example.org"):
        enrol_with_token(new.console.store, new.shop.clock, Enrolment(url, token))
        assert new.references_left() == 200
    enrol_with_token(new.console.store, new.shop.clock, Enrolment(new.shop.url, "x" * 40))
    assert new.references_left() == 0


def test_with_the_token_of_another_console_no_order_of_before_is_sent_again(
    new: Introducing,
) -> None:
    new.allow("accueil")
    new.ask()
    order = new.console.place(make_order)
    with closing(new.engine()) as engine:
        assert engine.run_once().sent == 1
    token = new_token()
    with new.shop.database.write() as connection:
        add_console(connection, "autre", token=token, at=new.shop.clock.at)
    enrol_with_token(new.console.store, new.shop.clock, Enrolment(new.shop.url, token))
    with closing(new.engine()) as engine:
        report = engine.run_once()
    assert (report.error_code, report.refused_in_all, report.work) == (None, 0, 0)
    assert new.console.sync_state(order)[0] is SyncState.CONFIRMED
    assert new.references_left() == 40


def test_an_order_of_another_central_is_not_cancelled_in_silence(new: Introducing) -> None:
    """This central cannot cancel it, and sent to it as well there would be two."""
    new.allow("accueil")
    new.ask()
    order = new.console.place(make_order)
    with closing(new.engine()) as engine:
        engine.run_once()
    new.allow("autre", OTHER_CODE)
    new.ask(OTHER_CODE)
    new.console.cancel(order)
    with closing(new.engine()) as engine:
        report = engine.run_once()
    assert (report.sent, report.refused_in_all, report.still_waiting) == (0, 1, 0)
    assert new.console.work(order) == [(WorkKind.REFUSED, None)]
    assert new.console.sync_state(order) == (SyncState.REFUSED, "order_unknown")
    assert new.console.state(order) is OrderState.AWAITING_PAYMENT


@pytest.mark.parametrize(
    "said", ["put_order", "lease_references", "events", "orders", "vouchers", "customers"]
)
def test_what_the_central_of_before_says_after_the_switch_is_not_written(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    order = bench.console.place(lambda number: make_order(number, codes=["Noel5"]))
    if said == "orders":
        bench.engine.events.forget()
    other = Enrolment(bench.shop.url, "x" * 40, "autre", "another-console")
    kept: list[dict[str, str]] = []
    real = getattr(bench.central, said)

    def answer(*args: Any) -> Any:
        found = real(*args)
        if not kept:  # the first answer of its kind is under way while ``--enrol`` writes
            enrol_with_token(bench.console.store, bench.shop.clock, other)
            kept.append(contents(bench))
        return found

    monkeypatch.setattr(bench.central, said, answer)
    report = bench.engine.run_once()
    assert report.error_code == "sync_stopped"
    assert kept == [contents(bench)]
    is_owed = bench.console.sync_state(order) == (SyncState.SENT, None)
    assert is_owed is (said == "put_order")
    assert (bench.engine.events.cursor(), kept[0]["customers_cursor"]) == (None, "")


def contents(bench: Bench) -> dict[str, str]:
    """What the console's file holds, by what it is of."""
    connection = bench.console.store._engine.raw_connection()
    tables_of = ["outbox", "reference_blocks", "vouchers", "customers", "order_events"]
    held = {name: str(connection.execute(f"SELECT * FROM {name}").fetchall()) for name in tables_of}  # noqa: S608 - names of here
    connection.close()
    with bench.console.store.read() as tx:
        for name in (CUSTOMERS_CURSOR, EVENTS_CURSOR):
            held[name] = tx.settings.get(name) or ""
    return held


def test_a_line_to_the_central_of_before_that_is_still_open_tells_nothing(bench: Bench) -> None:
    feed = bench.engine.events.as_enrolled_now()
    cursor = feed.cursor()
    assert cursor is not None
    other = Enrolment(bench.shop.url, "x" * 40)
    enrol_with_token(bench.console.store, bench.shop.clock, other)
    with bench.console.store.write() as tx:  # the feed of the new one is begun
        tx.settings.put(EVENTS_CURSOR, "3")
    with pytest.raises(Unavailable, match="sync_stopped"):
        feed.reached(cursor + 100)
    with pytest.raises(Unavailable, match="sync_stopped"):
        feed.take(CentralEvent(cursor + 100, "order_state", bench.shop.clock.at))
    with bench.console.store.read() as tx:
        assert tx.settings.get(EVENTS_CURSOR) == "3"


def test_at_the_command_line(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "poste"
    monkeypatch.setenv("KIOSK_STATE_DIR", str(folder))
    with shop.database.write() as connection:
        allow_enrolment(connection, "accueil", code=CODE, at=shop.clock.at)

    def said(text: str) -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO(text))
        return main(["sync", "--enrol", f"{shop.url}/"])

    assert said("ABCD-EFGH\n") == 1
    assert "mal noté" in capsys.readouterr().err
    assert said(f"{OTHER_CODE}\n") == 1
    assert "refuse ce code" in capsys.readouterr().err
    assert said(f"{grouped_code(CODE)}\n") == 0
    assert "Console « accueil » rattachée" in capsys.readouterr().out
    with closing(ConsoleStore.open(paths.console_file(folder))) as store, store.read() as tx:
        kept = read_enrolment(tx.settings)
        assert kept is not None
        assert (kept.url, kept.console, tx.references.left()) == (shop.url, "accueil", 200)


def test_what_central_asks_for_and_its_clock_are_heard() -> None:
    answers = iter(
        [
            httpx.Response(503, headers={"Retry-After": "7"}),
            httpx.Response(
                429,
                headers={
                    "Date": "Mon, 23 Nov 2026 10:00:00 GMT",
                    "Retry-After": "Mon, 23 Nov 2026 10:00:30 GMT",
                },
            ),
            httpx.Response(503, headers={"Retry-After": "999999999999"}),
            httpx.Response(503, headers={"Retry-After": "tomorrow"}),
        ]
    )
    line = CentralLine(
        lambda: "http://127.0.0.1:1",
        transport=httpx.MockTransport(lambda _: next(answers)),
        clock=Time(),
    )
    assert line.clock_offset_seconds is None
    told = []
    for _ in range(4):
        with pytest.raises(Unavailable) as busy:
            line.ping("/readyz")
        told.append(busy.value.facts.get("retry_after_seconds"))
    assert told == [7, 30, 3600, None]
    assert line.clock_offset_seconds == -42 * 60  # their 10:00, our 10:42
