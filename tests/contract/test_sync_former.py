"""A console that is enrolled as another one than it was: after its central was put back from a
copy that does not know it, under another name, or at another central.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from contract.conftest import Console, Served, Shop
from contract.databases import on_sqlite
from contract.introducing import CODE, OTHER_CODE, Introducing
from contract.shop import ARTICLES, make_order
from sqlalchemy import select

from central.backup import back_up
from central.database import Database, migrate
from central.restore import restore
from central.store.consoles import add_console, new_token, revoke_console
from models.errors import Unavailable
from models.order import Order, OrderEventKind, OrderState, SyncState
from models.tables import central as tables
from services.adapters.central_http import CentralHttp
from services.sync.enrolment import Enrolment, enrol_with_token
from services.sync.status import SyncReport

pytestmark = pytest.mark.usefixtures("postgresql_tools")

NAME = "poste3"


class Moving:
    """A console, and the centrals that it comes to know."""

    def __init__(self, new: Introducing, served: Served, copy: Path, empty: Path | str) -> None:
        self.new = new
        self.console = new.console
        self.first = new.shop.database
        self._served = served
        self._copy = copy
        self._empty = empty

    def enrol(self, name: str = NAME, code: str = CODE) -> Enrolment:
        self.new.allow(name, code)
        return self.new.ask(code)

    def exchange(self) -> SyncReport:
        with closing(self.new.engine()) as engine:
            return engine.run_once(retry_all=True)

    def place(self) -> Order:
        return self.console.place(make_order)

    def take_copy(self) -> None:
        back_up(self.new.shop.where, self._copy)

    def put_back(self) -> None:
        restore(self._copy, self._empty, at=self.new.shop.clock.at)
        self.serve(Database(self._empty))

    def serve_another(self) -> None:
        migrate(self._empty)
        self.serve(Database(self._empty))
        self.new.shop.fill()

    def serve(self, database: Database) -> None:
        self.new.shop.database = self._served.app.state.database = database

    def at_central(self) -> dict[str, tuple[int, str, str]]:
        """Of each order: revision, state, and the console it is of."""
        wanted = select(tables.orders, tables.consoles.c.name).join(tables.consoles)
        with self.new.shop.database.read() as connection:
            found = connection.execute(wanted).all()
        return {row.reference: (row.revision, row.state, row.name) for row in found}

    def close(self) -> None:
        if self.new.shop.database is not self.first:
            self.new.shop.database.close()


@pytest.fixture
def moving(
    console: Console, shop: Shop, served: Served, tmp_path: Path, empty: Path | str
) -> Iterator[Moving]:
    shop.fill()
    for article in ARTICLES:
        shop.set_stock(article.sku, 100)
    with (
        closing(Introducing(console, shop)) as new,
        closing(Moving(new, served, tmp_path / "copy", empty)) as moving,
    ):
        yield moving


def _is_calm(report: SyncReport) -> bool:
    return (report.error_code, report.still_waiting, report.refused_in_all, report.work) == (
        None,
        0,
        0,
        0,
    )


def test_after_a_restore_a_console_enrolled_again_sends_what_central_lost(moving: Moving) -> None:
    moving.take_copy()
    before = moving.enrol()
    placed, changed, cancelled = (moving.place() for _ in range(3))
    many = [moving.place() for _ in range(17)]  # more than are asked about at once
    moving.exchange()
    moving.console.revise(changed, lambda n: make_order(n, [("LC970BK", 2)]))
    moving.console.cancel(cancelled)
    assert _is_calm(moving.exchange())
    known = moving.at_central()
    moving.put_back()
    assert moving.at_central() == {}
    assert moving.enrol(code=OTHER_CODE).console_id != before.console_id
    assert _is_calm(moving.exchange())
    assert moving.at_central() == known
    assert known[changed.reference] == (2, "awaiting_payment", NAME)
    assert known[cancelled.reference] == (1, "cancelled", NAME)
    assert len(known) == len(many) + 3
    assert moving.console.state(placed) is OrderState.AWAITING_PAYMENT
    assert moving.exchange().sent == 0
    assert moving.console.event_kinds(placed).count(OrderEventKind.ACCEPTED_BY_CENTRAL) == 2


def test_what_was_changed_while_nobody_was_enrolled_follows_what_central_lost(
    moving: Moving,
) -> None:
    moving.take_copy()
    moving.enrol()
    changed, cancelled = moving.place(), moving.place()
    assert _is_calm(moving.exchange())
    moving.put_back()
    moving.console.revise(changed, lambda n: make_order(n, [("LC970BK", 2)]))
    moving.console.cancel(cancelled)
    moving.exchange()
    moving.enrol(code=OTHER_CODE)
    for _ in range(2):
        report = moving.exchange()
    assert _is_calm(report)
    assert moving.at_central() == {
        changed.reference: (2, "awaiting_payment", NAME),
        cancelled.reference: (1, "cancelled", NAME),
    }


def test_with_a_bare_token_it_is_the_same(moving: Moving) -> None:
    moving.take_copy()
    moving.enrol()
    order = moving.place()
    assert _is_calm(moving.exchange())
    moving.put_back()
    token = new_token()
    with moving.new.shop.database.write() as connection:
        add_console(connection, NAME, token=token, at=moving.new.shop.clock.at)
    url = moving.new.shop.url
    enrol_with_token(moving.console.store, moving.new.shop.clock, Enrolment(url, token))
    assert _is_calm(moving.exchange())
    assert moving.at_central() == {order.reference: (1, "awaiting_payment", NAME)}


def test_put_back_and_enrolled_again_twice_nothing_is_lost(moving: Moving) -> None:
    """The second time before the first one was used."""
    moving.take_copy()
    moving.enrol()
    order = moving.place()
    assert _is_calm(moving.exchange())
    moving.put_back()
    moving.enrol(code=OTHER_CODE)
    moving.enrol("poste4")
    assert _is_calm(moving.exchange())
    assert moving.at_central() == {order.reference: (1, "awaiting_payment", "poste4")}


@pytest.mark.parametrize("name", [NAME, "poste4"])
def test_revoked_and_enrolled_again_nothing_is_sent_twice(moving: Moving, name: str) -> None:
    before = moving.enrol()
    order = moving.place()
    assert _is_calm(moving.exchange())
    with moving.new.shop.database.write() as connection:
        revoke_console(connection, NAME, at=moving.new.shop.clock.at)
    after = moving.enrol(name, OTHER_CODE)
    assert (after.console_id == before.console_id) is (name == NAME)
    for _ in range(2):
        report = moving.exchange()
        assert _is_calm(report)
        assert report.sent == 0
    assert moving.at_central() == {order.reference: (1, "awaiting_payment", NAME)}
    assert moving.console.sync_state(order)[0] is SyncState.CONFIRMED


def test_another_central_gets_nothing_of_what_the_one_before_has(moving: Moving) -> None:
    moving.enrol()
    order = moving.place()
    assert _is_calm(moving.exchange())
    moving.serve_another()
    moving.enrol(code=OTHER_CODE)
    report = moving.exchange()
    assert (_is_calm(report), report.sent) == (True, 0)
    later = moving.place()
    assert _is_calm(moving.exchange())
    assert list(moving.at_central()) == [later.reference]
    # Back where it was, it is who it was, and that central has what it had.
    moving.new.shop.database.close()
    moving.serve(moving.first)
    moving.enrol(code=OTHER_CODE)
    report = moving.exchange()
    assert (_is_calm(report), report.sent) == (True, 0)
    assert list(moving.at_central()) == [order.reference]
    moving.console.cancel(order)
    assert _is_calm(moving.exchange())
    assert moving.at_central()[order.reference] == (1, "cancelled", NAME)


def _leased_to(moving: Moving) -> set[str]:
    """Who has numbers of the first lease."""
    wanted = select(tables.consoles.c.name).join(tables.reference_blocks)
    first = tables.reference_blocks.c.first < 10_000_200
    with moving.new.shop.database.read() as connection:
        return set(connection.scalars(wanted.where(first)))


@pytest.mark.parametrize("is_renewed", [False, True], ids=["", "token renewed since"])
def test_known_to_the_copy_and_enrolled_under_another_name_its_numbers_are_its_own(
    moving: Moving, *, is_renewed: bool
) -> None:
    moving.enrol()
    moving.exchange()
    moving.take_copy()
    if is_renewed:
        moving.enrol(code=OTHER_CODE)
    lost = moving.place()  # with a number of the first lease, which the copy knows
    assert _is_calm(moving.exchange())
    moving.put_back()
    waiting = moving.place()
    moving.enrol("poste4", OTHER_CODE)
    for _ in range(2):
        report = moving.exchange()
    assert _is_calm(report)
    assert moving.at_central() == {
        lost.reference: (1, "awaiting_payment", "poste4"),
        waiting.reference: (1, "awaiting_payment", "poste4"),
    }
    assert _leased_to(moving) == {"poste4"}


def test_revoked_and_enrolled_under_another_name_what_it_took_is_taken(moving: Moving) -> None:
    moving.enrol()
    moving.exchange()
    order = moving.place()
    with moving.new.shop.database.write() as connection:
        revoke_console(connection, NAME, at=moving.new.shop.clock.at)
    moving.enrol("poste4", OTHER_CODE)
    assert _is_calm(moving.exchange())
    assert moving.at_central() == {order.reference: (1, "awaiting_payment", "poste4")}


def test_a_token_is_told_to_no_other_central(
    moving: Moving, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(CentralHttp, "take_over_blocks", lambda _, token: told.append(token))
    first = moving.enrol()
    moving.exchange()
    moving.serve_another()
    second = moving.enrol(code=OTHER_CODE)
    assert _is_calm(moving.exchange())
    assert told == []
    moving.new.shop.database.close()
    moving.serve(moving.first)
    moving.enrol("poste4", OTHER_CODE)
    assert _is_calm(moving.exchange())
    assert told == [first.token]
    assert second.token not in told


def test_a_central_that_is_older_takes_what_it_can(
    moving: Moving, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object) -> int:
        raise Unavailable("not_found")

    moving.enrol()
    moving.exchange()
    monkeypatch.setattr(CentralHttp, "take_over_blocks", unknown)
    moving.enrol("poste4", OTHER_CODE)
    order = moving.place()
    assert _is_calm(moving.exchange())
    assert list(moving.at_central()) == [order.reference]


# --- about the console alone --------------------------------------------------------


@on_sqlite
def test_a_central_that_does_not_say_who_it_is_is_another(
    moving: Moving, monkeypatch: pytest.MonkeyPatch
) -> None:
    moving.take_copy()
    moving.enrol()
    order = moving.place()
    moving.exchange()
    moving.put_back()
    moving.enrol(code=OTHER_CODE)
    with monkeypatch.context() as older:
        older.setattr("central.routes.events.central_id", lambda _: None)
        report = moving.exchange()
        assert (_is_calm(report), report.sent) == (True, 0)
    # Upgraded, it says so; the console had begun its feed by then.
    report = moving.exchange()
    assert (_is_calm(report), report.sent) == (True, 1)
    assert list(moving.at_central()) == [order.reference]


@on_sqlite
@pytest.mark.parametrize("code", ["central_defect", "central_unreachable"])
def test_cut_off_while_it_finds_out_it_goes_on_the_next_time(
    moving: Moving, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    moving.take_copy()
    moving.enrol()
    for _ in range(20):
        moving.place()
    moving.exchange()
    known = moving.at_central()
    moving.put_back()
    moving.enrol(code=OTHER_CODE)
    with closing(moving.new.engine()) as engine:
        central = engine._central_factory()
        real, asked = central.orders_of_others, []

        def once(some: tuple[object, ...]) -> object:
            asked.append(len(some))
            if len(asked) == 2:
                raise Unavailable(code)
            return real(some)

        monkeypatch.setattr(central, "orders_of_others", once)
        assert engine.run_once().error_code == code
        assert _is_calm(engine.run_once(retry_all=True))
    assert asked == [16, 4, 4]
    assert moving.at_central() == known
