"""The codes as consoles follow them: what is news, what is not, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from typing import Any

import httpx
import pytest
from contract.asking import NUMBER, cancel, changed, placed, put, revise
from contract.conftest import Shop
from contract.shop import NOW, VOUCHERS
from sqlalchemy import select

from central.store.vouchers import (
    COUNTER,
    add_voucher,
    put_vouchers,
    remove_voucher,
    vouchers_since,
)
from kiosk.cli import main
from models.errors import DomainError
from models.order import Order
from models.tables import central as tables
from models.vouchers import Voucher, VoucherKind
from models.wire.vouchers import VouchersOut

NEW = Voucher("NEUF", VoucherKind.PERCENT, percent_bp=500)


class Follower:
    """A console that asks for the codes page by page."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self.cursor = "0"

    def page(self, **query: object) -> VouchersOut:
        asked: dict[str, Any] = {"cursor": self.cursor, **query}
        answer = self._client.get("/v1/vouchers", params=asked)
        assert answer.status_code == 200, answer.text
        page = VouchersOut.read_answer(answer.content)
        assert page.cursor is not None
        self.cursor = page.cursor
        return page

    def news(self) -> tuple[list[tuple[str, int, int]], list[str]]:
        """Codes with uses and cents left that changed since the last time, and those gone."""
        pages = [self.page()]
        while pages[-1].has_more:
            pages.append(self.page())
        told = [v for page in pages for v in page.vouchers]
        removed = [code for page in pages for code in page.removed]
        return [(v.code, v.uses, v.remaining_cents) for v in told], removed


@pytest.fixture
def follower(client: httpx.Client) -> Follower:
    following = Follower(client)
    following.news()
    return following


def order(number: int, codes: Sequence[str], **how: Any) -> Order:
    return placed(NUMBER + number, [("LC970BK", 1)], codes=codes, **how)


def test_from_the_beginning_come_all_in_pages(shop: Shop, client: httpx.Client) -> None:
    many = [replace(NEW, code=f"CODE{number:02}") for number in range(9)]
    shop.database.run(lambda tx: put_vouchers(tx, many))
    following = Follower(client)
    pages = [following.page()]
    while pages[-1].has_more:
        pages.append(following.page())
    assert [len(page.vouchers) for page in pages] == [5, 5, 2]
    told = [wire.to_domain() for page in pages for wire in page.vouchers]
    assert sorted(told, key=lambda v: v.code) == sorted([*VOUCHERS, *many], key=lambda v: v.code)
    rest = following.page()
    assert (rest.vouchers, rest.removed, rest.has_more) == ((), (), False)
    assert len(Follower(client).page(limit=2).vouchers) == 2


def test_a_console_of_before_gets_all_in_one_answer(shop: Shop, client: httpx.Client) -> None:
    many = [replace(NEW, code=f"CODE{number:02}") for number in range(9)]
    shop.database.run(lambda tx: put_vouchers(tx, many))
    shop.database.run(lambda tx: remove_voucher(tx, "CODE00", at=NOW))
    answer = client.get("/v1/vouchers").json()
    assert len(answer["vouchers"]) == len(VOUCHERS) + 8
    assert (answer["cursor"], answer["has_more"], answer["removed"]) == (None, False, [])


def test_a_mere_use_is_no_news_and_the_last_one_is(
    client: httpx.Client, follower: Follower
) -> None:
    orders = [order(number, ["Noel5"]) for number in range(2)]
    put(client, orders[0])
    assert follower.news() == ([], [])
    put(client, orders[1])
    assert follower.news() == ([("Noel5", 2, 0)], [])
    cancel(client, orders[0].order_id)
    assert follower.news() == ([("Noel5", 1, 0)], [])
    cancel(client, orders[1].order_id)
    assert follower.news() == ([], [])


def test_a_credit_is_news_whenever_it_keeps_another_rest(
    shop: Shop, client: httpx.Client, follower: Follower
) -> None:
    credit = Voucher("AVOIR", VoucherKind.CREDIT, remaining_cents=5_000, is_combinable=True)
    shop.database.run(lambda tx: put_vouchers(tx, [credit]))
    assert follower.news() == ([("AVOIR", 0, 5_000)], [])
    first = order(0, ["AVOIR"], vouchers=[credit])
    spent = first.quote.credit_cents
    assert 0 < spent < 5_000
    put(client, first)
    assert follower.news() == ([("AVOIR", 1, 5_000 - spent)], [])
    more = changed(first, [("LC970BK", 2)], codes=["AVOIR"], vouchers=[credit])
    revise(client, more)
    left = 5_000 - more.quote.credit_cents
    assert follower.news() == ([("AVOIR", 1, left)], [])
    cancel(client, first.order_id)
    assert follower.news() == ([("AVOIR", 0, 5_000)], [])


def test_several_codes_of_one_order_have_each_a_place(
    client: httpx.Client, follower: Follower
) -> None:
    put(client, order(0, ["Noel5"]))
    put(client, order(1, ["Noel5", "AV-7K2M"]))
    told = [follower.page(limit=1) for _ in range(2)]
    assert [page.has_more for page in told] == [True, False]
    assert {v.code for page in told for v in page.vouchers} == {"Noel5", "AV-7K2M"}


def test_a_new_code_and_one_that_is_withdrawn_are_told(
    shop: Shop, client: httpx.Client, follower: Follower
) -> None:
    began = client.get("/v1/events").json()["cursor"]
    shop.database.run(lambda tx: add_voucher(tx, NEW, at=NOW))
    assert follower.news() == ([("NEUF", 0, 0)], [])
    shop.database.run(lambda tx: remove_voucher(tx, "NEUF", at=NOW))
    assert follower.news() == ([], ["NEUF"])
    events = client.get("/v1/events", params={"cursor": began}).json()["events"]
    assert [event["kind"] for event in events] == ["vouchers", "vouchers"]
    for act in (
        lambda: shop.database.run(lambda tx: remove_voucher(tx, "NEUF", at=NOW)),
        lambda: shop.database.run(lambda tx: remove_voucher(tx, "JAMAIS", at=NOW)),
        lambda: shop.database.run(lambda tx: add_voucher(tx, NEW, at=NOW)),
    ):
        with pytest.raises(DomainError):
            act()
    assert follower.news() == ([], [])


@pytest.mark.parametrize("code", ["Noel5", "BIENVENUE10", "AV-7K2M"])
def test_a_withdrawn_code_counts_for_the_order_that_used_it_and_for_no_other(
    shop: Shop, client: httpx.Client, follower: Follower, code: str
) -> None:
    first = order(0, [code])
    put(client, first)
    shop.database.run(lambda tx: remove_voucher(tx, code, at=NOW))
    follower.news()
    later = put(client, order(1, [code])).json()
    assert "code_refused" in [d["code"] for d in later["differences"]]
    again = revise(client, changed(first, [("LC970BK", 2)], codes=[code])).json()
    assert again["differences"] == []
    assert uses_of(shop, code) == 1
    cancel(client, first.order_id)
    assert uses_of(shop, code) == 0
    told, removed = follower.news()
    assert (told, set(removed) - {code}) == ([], set())


def uses_of(shop: Shop, code: str) -> int:
    table = tables.vouchers
    with shop.database.read() as connection:
        return int(connection.scalar(select(table.c.uses).where(table.c.code == code)) or 0)


def test_codes_are_looked_up_as_they_are_counted_now(
    client: httpx.Client, follower: Follower
) -> None:
    put(client, order(0, ["Noel5"]))
    asked = {"code": ["Noel5", "noel5", "JAMAIS"]}
    found = VouchersOut.read_answer(client.get("/v1/vouchers/lookup", params=asked).content)
    assert [(v.code, v.uses) for v in found.vouchers] == [("Noel5", 1)]
    assert found.cursor is None
    assert follower.news() == ([], [])
    for wrong in ({}, {"code": [""]}, {"code": ["x"] * 101}):
        answer = client.get("/v1/vouchers/lookup", params=wrong)
        assert (answer.status_code, answer.json()["code"]) == (422, "body_malformed")


@pytest.mark.parametrize(
    "cursor,code",
    [("3", None), ("4", "cursor_unknown"), ("x", "body_malformed"), ("-1", "body_malformed")],
)
def test_a_place_that_was_never_given_out_is_refused(
    client: httpx.Client, cursor: str, code: str | None
) -> None:
    answer = client.get("/v1/vouchers", params={"cursor": cursor})
    assert answer.json().get("code") == code


def test_a_mere_use_draws_no_number(shop: Shop, client: httpx.Client) -> None:
    def counter() -> int:
        values = tables.counters.c
        with shop.database.read() as connection:
            wanted = select(values.value).where(values.name == COUNTER)
            return int(connection.scalar(wanted) or 0)

    before = counter()
    put(client, order(0, ["BIENVENUE10"]))
    put(client, order(1, ["Noel5"]))
    assert counter() == before
    put(client, order(2, ["Noel5"]))
    assert counter() == before + 1


def test_whoever_follows_misses_nothing_while_codes_come_and_run_out(
    shop: Shop, client: httpx.Client
) -> None:
    """Codes are added while orders use others up: neither waits for the other for ever."""
    once = [replace(VOUCHERS[1], code=f"UNE{number:02}", uses_max=1) for number in range(12)]
    shop.database.run(lambda tx: put_vouchers(tx, once))
    is_over = Event()
    orders = [
        placed(NUMBER + n, [("LC970M", 1)], codes=[v.code], vouchers=[v])
        for n, v in enumerate(once)
    ]

    def add(number: int) -> None:
        voucher = replace(NEW, code=f"AJOUT{number:02}")
        shop.database.run(lambda tx: add_voucher(tx, voucher, at=NOW))

    with ThreadPoolExecutor(5) as pool:
        followed = pool.submit(_follow, shop, is_over)
        sent = [pool.submit(put, client, each) for each in orders]
        added = [pool.submit(add, number) for number in range(12)]
        for done in (*sent, *added):
            done.result()
        is_over.set()
        known = followed.result()
    assert {code: uses for code, uses in known.items() if code.startswith("UNE")} == {
        voucher.code: 1 for voucher in once
    }
    assert sum(code.startswith("AJOUT") for code in known) == 12


def _follow(shop: Shop, is_over: Event) -> dict[str, int]:
    known: dict[str, int] = {}
    seq, is_last = 0, False
    while not is_last:
        is_last = is_over.is_set()
        has_more = True
        while has_more:
            with shop.database.read() as connection:
                page = vouchers_since(connection, seq, limit=3)
            known |= {voucher.code: voucher.uses for voucher in page.vouchers}
            seq, has_more = page.last_seq, page.has_more
    return known


def test_at_the_command_line(
    shop: Shop, client: httpx.Client, follower: Follower, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*words: str) -> tuple[int, str]:
        code = main(["central", "voucher", *words, "--database", str(shop.where)])
        told = capsys.readouterr()
        return code, told.out + told.err

    assert said("add", "Ete15", "--percent", "15", "--uses", "2") == (0, "Ete15 : remise de 15 %\n")
    assert follower.news() == ([("Ete15", 0, 0)], [])
    assert said("remove", "ETE15")[0] == 1
    assert said("remove", "Ete15") == (0, "Ete15 : retiré\n")
    assert follower.news() == ([], ["Ete15"])
    for again in (said("remove", "Ete15"), said("add", "Ete15", "--percent", "15")):
        assert again[0] == 1
        assert "ode" in again[1]
    assert "Ete15" not in said("list")[1]
    assert client.get("/v1/vouchers/lookup", params={"code": "Ete15"}).json()["vouchers"] == []
