"""Codes as a console has them: followed page by page, cut off anywhere, and never counted wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import httpx
import pytest
from contract.asking import cancel, placed, put
from contract.conftest import Shop
from contract.line import Bench
from contract.shop import VOUCHERS, make_order

import services.sync.voucher_feed as feed_module
from central.store.vouchers import add_voucher, put_vouchers, remove_voucher
from models.errors import Conflict, Unavailable
from models.order import Order
from models.tables import central as tables
from models.vouchers import Voucher, VoucherKind
from services.adapters.console_store import ConsoleStore
from services.adapters.console_vouchers import ConsoleVouchers
from services.ports import VoucherPage
from services.sync.downloads import Fetcher, Part
from services.sync.enrolment import VOUCHERS_CURSOR
from services.sync.status import DOWNLOADS
from services.sync.unread import WORDS, UnreadPart
from services.sync.voucher_feed import LEFT_OVER

CODES = [Voucher(f"CODE{number:02}", VoucherKind.PERCENT, percent_bp=500) for number in range(12)]


@pytest.fixture
def kind() -> str:
    """About the console: what central does is tested on both databases elsewhere."""
    return "sqlite"


def fetch(bench: Bench) -> None:
    Fetcher(bench.console.store, bench.console.catalogue).fetch_vouchers(bench.central)


def setting(bench: Bench, name: str) -> str:
    with bench.console.store.read() as tx:
        return tx.settings.get(name) or ""


def known(bench: Bench) -> dict[str, Voucher]:
    with bench.console.store.read() as tx:
        _, codes = tx.vouchers.differing(())
        return {code: found for code in codes if (found := tx.vouchers.get(code))}


def kept(vouchers: Sequence[Voucher]) -> dict[str, Voucher]:
    return {voucher.code: voucher for voucher in vouchers}


def add(shop: Shop, *vouchers: Voucher) -> None:
    shop.database.run(lambda tx: put_vouchers(tx, vouchers))


class Asked:
    """The pages a console asks for, each of which may be answered otherwise."""

    def __init__(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cursors: list[str | None] = []
        self.named: list[str] = []
        self.answer: Callable[[VoucherPage], VoucherPage] = lambda page: page
        self._pages, self._named = bench.central.vouchers, bench.central.vouchers_named
        monkeypatch.setattr(bench.central, "vouchers", self._ask)
        monkeypatch.setattr(bench.central, "vouchers_named", self._look_up)

    def _ask(self, cursor: str | None) -> VoucherPage:
        self.cursors.append(cursor)
        return self.answer(self._pages(cursor))

    def _look_up(self, codes: Sequence[str]) -> Sequence[Voucher]:
        self.named += codes
        return self._named(codes)


@pytest.fixture
def asked(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Asked:
    return Asked(bench, monkeypatch)


# --- pages ------------------------------------------------------------------------


def test_only_what_changed_comes_and_nothing_is_written_where_nothing_did(
    bench: Bench, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    real = ConsoleVouchers.put_all

    def note(self: ConsoleVouchers, vouchers: Sequence[Voucher]) -> None:
        written.extend(voucher.code for voucher in vouchers)
        real(self, vouchers)

    monkeypatch.setattr(ConsoleVouchers, "put_all", note)
    began = setting(bench, VOUCHERS_CURSOR)
    before = bench.console.store.data_version()
    fetch(bench)
    assert (written, bench.console.store.data_version()) == ([], before)
    add(bench.shop, *CODES)
    bench.shop.database.run(lambda tx: remove_voucher(tx, "Noel5", at=bench.shop.clock.at))
    fetch(bench)
    assert sorted(written) == [voucher.code for voucher in CODES]
    assert asked.cursors[:2] == [began, began]
    assert len(asked.cursors) == 4  # pages of five
    assert known(bench) == kept([VOUCHERS[0], VOUCHERS[2], *CODES])


def test_a_page_and_its_place_are_kept_together_and_gone_on_with(
    bench: Bench, asked: Asked
) -> None:
    add(bench.shop, *CODES)
    began = setting(bench, VOUCHERS_CURSOR)

    def cut_off(page: VoucherPage) -> VoucherPage:
        if len(asked.cursors) == 2:
            raise Unavailable("central_cut_off")
        return page

    asked.answer = cut_off
    with pytest.raises(Unavailable, match="central_cut_off"):
        fetch(bench)
    assert len(known(bench)) == len(VOUCHERS) + 5
    reached = setting(bench, VOUCHERS_CURSOR)
    assert int(reached) == int(began) + 5
    fetch(bench)
    assert asked.cursors[2] == reached
    assert known(bench) == kept([*VOUCHERS, *CODES])


def test_a_page_that_cannot_be_kept_leaves_the_place_where_it_was(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(bench.shop, *CODES)
    began = setting(bench, VOUCHERS_CURSOR)

    def full(*_: object) -> None:
        raise Unavailable("store_full")

    monkeypatch.setattr(feed_module, "count_what_is_owed", full)
    with pytest.raises(Unavailable, match="store_full"):
        fetch(bench)
    assert (known(bench), setting(bench, VOUCHERS_CURSOR)) == (kept(VOUCHERS), began)


@pytest.mark.parametrize(
    "wrong",
    [
        b'{"vouchers": [{"code": "X"}], "cursor": "9"}',
        b'{"vouchers": [], "cursor": "", "has_more": true}',
        b'{"vouchers": [], "removed": ["Noel5", 1], "cursor": "9"}',
        b'{"removed": ["Noel5"], "cursor": "9"}',
        b"<html>",
    ],
)
def test_a_bad_page_changes_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, wrong: bytes
) -> None:
    before = bench.console.store.data_version()
    answer = httpx.Response(200, content=wrong)
    monkeypatch.setattr(bench.line, "handle_request", lambda _: answer)
    with pytest.raises(Unavailable, match="central_unclear"):
        fetch(bench)
    assert bench.console.store.data_version() == before


def test_pages_that_lead_nowhere_end(bench: Bench, asked: Asked) -> None:
    add(bench.shop, *CODES)
    began = setting(bench, VOUCHERS_CURSOR)
    asked.answer = lambda page: replace(page, cursor=began, has_more=True)
    with pytest.raises(Unavailable, match="central_unclear"):
        fetch(bench)
    assert known(bench) == kept(VOUCHERS)


def test_pages_that_never_end_keep_nothing_else_waiting(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []

    def page(cursor: str | None) -> VoucherPage:
        asked.append(cursor)
        return VoucherPage(CODES, cursor=f"{len(asked)}00", has_more=True)

    monkeypatch.setattr(bench.central, "vouchers", page)
    monkeypatch.setattr(feed_module, "PAGES_AT_ONCE", 3)
    assert bench.engine.run_once(parts=[Part.VOUCHERS]).error_code is None
    assert (len(asked), setting(bench, VOUCHERS_CURSOR)) == (3, "300")
    bench.engine.should_stop = lambda: len(asked) > 4
    assert bench.engine.run_once(parts=[Part.VOUCHERS]).error_code == "sync_stopped"
    assert setting(bench, VOUCHERS_CURSOR) == "500"


def test_an_order_is_sent_between_two_pages(
    bench: Bench, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.sync.engine.MEANWHILE_SECONDS", 0.0)
    add(bench.shop, *CODES)

    def meanwhile(page: VoucherPage) -> VoucherPage:
        if len(asked.cursors) == 1:
            bench.console.place(make_order)
        else:
            assert not bench.engine.has_due()
        return page

    asked.answer = meanwhile
    assert bench.engine.run_once(parts=[Part.VOUCHERS]).sent == 1
    assert len(asked.cursors) == 3


# --- from the beginning -----------------------------------------------------------


def forget_the_place(bench: Bench) -> None:
    with bench.console.store.write() as tx:
        tx.settings.put(VOUCHERS_CURSOR, "")


def with_leftovers(bench: Bench) -> None:
    """What another central had, and this one does not."""
    with bench.console.store.write() as tx:
        tx.vouchers.put_all([replace(one, code=f"ALTE-{one.code}") for one in CODES])
    forget_the_place(bench)


def test_what_the_feed_does_not_name_is_gone_at_its_end_and_not_before(
    bench: Bench, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "CODES_AT_ONCE", 5)
    add(bench.shop, *CODES)
    with_leftovers(bench)

    def cut_off(page: VoucherPage) -> VoucherPage:
        if len(asked.cursors) == 2:
            raise Unavailable("central_cut_off")
        return page

    asked.answer = cut_off
    with pytest.raises(Unavailable, match="central_cut_off"):
        fetch(bench)
    assert len(known(bench)) == len(VOUCHERS) + 12 + 2  # the rest is not named yet
    fetch(bench)
    assert asked.cursors[2] == "5"
    assert known(bench) == kept([*VOUCHERS, *CODES])
    assert setting(bench, LEFT_OVER) == ""


def test_what_is_left_over_goes_though_the_program_died_right_then(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "CODES_AT_ONCE", 5)
    with_leftovers(bench)
    write, writes = ConsoleStore.write, list[int]()

    def dies(self: ConsoleStore) -> Any:
        writes.append(1)
        if len(writes) == 3:  # the page, and five of twelve
            raise Unavailable("store_gone")
        return write(self)

    monkeypatch.setattr(ConsoleStore, "write", dies)
    with pytest.raises(Unavailable, match="store_gone"):
        fetch(bench)
    assert len(known(bench)) == len(VOUCHERS) + 7
    fetch(bench)
    assert known(bench) == kept(VOUCHERS)


def test_a_place_of_the_future_begins_anew(bench: Bench, asked: Asked) -> None:
    """Central was put back to an older state by hand."""
    add(bench.shop, *CODES)
    fetch(bench)
    with bench.shop.database.write() as connection:
        connection.execute(tables.vouchers.delete().where(tables.vouchers.c.seq > 3))
        counters = tables.counters
        connection.execute(counters.update().where(counters.c.name == "vouchers").values(value=3))
    asked.cursors.clear()
    fetch(bench)
    assert asked.cursors == ["15", None]
    assert known(bench) == kept(VOUCHERS)


def test_a_conflict_of_another_kind_is_none_of_ours(bench: Bench, asked: Asked) -> None:
    def refused(_: VoucherPage) -> VoucherPage:
        raise Conflict("customer_stale")

    asked.answer = refused
    with pytest.raises(Conflict, match="customer_stale"):
        fetch(bench)
    assert len(asked.cursors) == 1


def test_a_full_exchange_asks_for_all(bench: Bench, asked: Asked) -> None:
    """Where events were missed, a code may be open again that was used up when it was told."""
    stale = replace(VOUCHERS[1], uses=2)
    with bench.console.store.write() as tx:
        tx.vouchers.put(stale)
    bench.engine.run_once()
    assert known(bench)["Noel5"] == stale
    bench.engine.events.forget()
    asked.cursors.clear()
    bench.engine.run_once()
    assert asked.cursors == [None]
    assert known(bench) == kept(VOUCHERS)


# --- what is owed, and in doubt ----------------------------------------------------


def noel(bench: Bench) -> int:
    return known(bench)["Noel5"].uses


def sell(other: httpx.Client) -> Order:
    """Another console sells something with the code."""
    number = other.post("/v1/reference-blocks", json={"count": 10}).json()["first"]
    order = placed(number, [("LC970BK", 1)], codes=["Noel5"])
    assert put(other, order).is_success
    return order


def test_what_the_answer_to_an_order_left_in_doubt_is_looked_up(bench: Bench, asked: Asked) -> None:
    """The answer was lost, the code came down with the use counted, and was counted again."""
    with bench.shop.client("autre") as other:
        sell(other)
    bench.console.place(lambda number: make_order(number, codes=["Noel5"]))
    bench.line.faults = ["taken, then a defect"]
    bench.engine.run_once()
    assert noel(bench) == 3  # twice, and the other's: it was told as used up
    bench.later()
    assert bench.engine.run_once().is_complete
    assert noel(bench) == 2
    assert asked.named[-1] == "Noel5"
    asked.named.clear()
    bench.engine.run_once()
    assert asked.named == []


def test_what_is_in_doubt_is_looked_up_by_the_next_program(bench: Bench, asked: Asked) -> None:
    """The one that had the answer died right then."""
    with bench.console.store.write() as tx:
        tx.vouchers.put(replace(VOUCHERS[1], uses=1))
    bench.console.place(lambda _: make_order(55_555_555, codes=["Noel5"]))
    assert bench.engine.run_once(parts=[]).refused == 1
    asked.named.clear()
    with bench.console.store.write() as tx:
        tx.vouchers.put(replace(VOUCHERS[1], uses=1))
        tx.settings.put("vouchers_looked_at", "0")
    fetch(bench)
    assert (asked.named, noel(bench)) == (["Noel5"], 0)


def test_a_code_in_doubt_that_is_none_any_more_is_gone(bench: Bench) -> None:
    order = bench.console.place(lambda number: make_order(number, codes=["Noel5"]))
    with bench.shop.database.write() as connection:
        table = tables.vouchers
        connection.execute(table.update().where(table.c.code == "Noel5").values(is_removed=True))
    bench.engine.run_once()
    assert order.quote.codes[0].is_accepted
    assert "Noel5" not in known(bench)


def test_what_others_use_up_and_give_back_is_known_here(bench: Bench) -> None:
    with bench.shop.client("autre") as other:
        order, _ = sell(other), sell(other)
        bench.engine.run_once()
        assert noel(bench) == 2
        assert cancel(other, order.order_id).is_success
        bench.engine.run_once()
    assert noel(bench) == 1


# --- one version apart --------------------------------------------------------------


def of_before(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A central that knows no pages, and no look-up."""
    real = bench.central.vouchers

    def whole(cursor: str | None) -> VoucherPage:
        del cursor
        pages = [real(None)]
        while pages[-1].has_more:
            pages.append(real(pages[-1].cursor))
        return VoucherPage([voucher for page in pages for voucher in page.vouchers])

    def unknown(_: Sequence[str]) -> Sequence[Voucher]:
        raise Unavailable("not_found")

    monkeypatch.setattr(bench.central, "vouchers", whole)
    monkeypatch.setattr(bench.central, "vouchers_named", unknown)


def test_a_central_of_before_gives_all_at_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "CODES_AT_ONCE", 5)
    of_before(bench, monkeypatch)
    add(bench.shop, *CODES)
    fetcher = Fetcher(bench.console.store, bench.console.catalogue)
    for pieces in (3, 0):
        before = int(setting(bench, DOWNLOADS))
        fetcher.fetch_vouchers(bench.central)
        assert int(setting(bench, DOWNLOADS)) - before == pieces
        assert known(bench) == kept([*VOUCHERS, *CODES])
    bench.shop.database.run(lambda tx: remove_voucher(tx, "Noel5", at=bench.shop.clock.at))
    fetcher.fetch_vouchers(bench.central)
    assert "Noel5" not in known(bench)
    bench.console.place(lambda _: make_order(55_555_555, codes=["AV-7K2M"]))
    with bench.console.store.write() as tx:
        tx.vouchers.put(replace(VOUCHERS[2], remaining_cents=0))
    assert bench.engine.run_once().refused == 1
    assert known(bench)["AV-7K2M"] == VOUCHERS[2]


def test_when_central_is_brought_up_to_date_its_feed_is_begun(
    bench: Bench, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        of_before(bench, before)
        fetch(bench)
        assert setting(bench, VOUCHERS_CURSOR) == ""
    asked.cursors.clear()
    fetch(bench)
    assert asked.cursors == [None]
    assert setting(bench, VOUCHERS_CURSOR) == "3"


def test_a_code_in_newer_words_is_asked_for_by_the_program_that_knows_them(
    bench: Bench, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked.answer = lambda page: replace(page, cursor="4", unread=1)
    fetch(bench)
    asked.answer = lambda page: page
    asked.cursors.clear()
    with bench.console.store.write() as tx:
        tx.settings.put(VOUCHERS_CURSOR, "3")
    fetch(bench)
    assert asked.cursors == ["3"]
    monkeypatch.setitem(WORDS, UnreadPart.VOUCHERS, "lottery")  # type: ignore[arg-type]
    fetch(bench)
    fetch(bench)
    assert asked.cursors == ["3", None, "3"]


def test_a_console_of_before_that_is_brought_up_to_date_keeps_what_is_right(
    bench: Bench, asked: Asked
) -> None:
    with_leftovers(bench)
    bench.shop.database.run(lambda tx: add_voucher(tx, CODES[0], at=bench.shop.clock.at))
    bench.engine.run_once()
    assert asked.cursors == [None]
    assert known(bench) == kept([*VOUCHERS, CODES[0]])
