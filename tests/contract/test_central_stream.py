"""The catalogue in one stream: what the pages hold, line by line, cut and taken up again."""

from __future__ import annotations

import json
import threading
import zlib

import pytest
from contract.conftest import Shop
from contract.shop import ARTICLES, PAIRS, PRINTERS
from sqlalchemy.engine import Connection, RootTransaction

from central.database import Database
from central.routes import catalogue
from central.store.feed import Page
from models.wire.catalogue import ChangesOut

PATH = "/v1/catalogue/stream"
URL = f"{PATH}?cursor="


def lines(shop: Shop, cursor: str | None = None) -> list[bytes]:
    with shop.client() as client:
        answer = client.get(PATH, params={} if cursor is None else {"cursor": cursor})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.content.endswith(b"\n")
    return answer.content.splitlines()


def pages(shop: Shop, cursor: str | None = None) -> list[bytes]:
    found: list[bytes] = []
    with shop.client() as client:
        while True:
            params = {} if cursor is None else {"cursor": cursor}
            answer = client.get("/v1/catalogue/changes", params=params)
            found.append(answer.content)
            cursor = answer.json()["cursor"]
            if not answer.json()["has_more"]:
                return found


def test_the_stream_is_all_pages_in_their_order(shop: Shop) -> None:
    shop.fill()
    told = lines(shop)
    assert told == pages(shop)
    read = [ChangesOut.read_answer(line) for line in told]
    assert [page.to_domain() for line in read for page in line.printers] == list(PRINTERS)
    assert [page.to_domain() for line in read for page in line.articles] == list(ARTICLES)
    assert {pair for line in read for pair in line.pairs} == set(PAIRS)
    assert [line.has_more for line in read] == [True] * (len(read) - 1) + [False]
    assert read[0].rows_total == len(PRINTERS) + len(ARTICLES) + len(PAIRS)
    assert read[-1].cursor == "shop-1"


def test_a_line_is_spelled_as_the_contract_spells_it(shop: Shop) -> None:
    shop.fill()
    shop.fill(version="shop-2", articles=ARTICLES[1:], pairs=PAIRS[3:], printers=PRINTERS[1:])
    for line in [*lines(shop), *lines(shop, "shop-1")]:
        read = ChangesOut.model_validate_json(line)
        known = {"after", *json.loads(read.canonical())}
        assert json.loads(line) == json.loads(read.model_dump_json())
        assert set(json.loads(line)) == known
        assert b"\n" not in line


def test_cut_anywhere_it_goes_on_after_the_last_whole_line(shop: Shop) -> None:
    shop.fill()
    told = lines(shop)
    for cut in range(1, len(told)):
        cursor = json.loads(told[cut - 1])["cursor"]
        assert lines(shop, cursor) == told[cut:]


def test_after_a_version_come_the_changes_and_the_dead(shop: Shop) -> None:
    shop.fill()
    shop.fill(version="shop-2", articles=ARTICLES[1:], pairs=PAIRS)
    read = [ChangesOut.read_answer(line) for line in lines(shop, "shop-1")]
    assert [sku for line in read for sku in line.removed_skus] == ["LC970BK"]
    assert not any(line.is_full or line.articles or line.printers for line in read)
    assert read[-1].cursor == "shop-2"


def test_what_is_wrong_is_said_before_the_stream_begins(shop: Shop) -> None:
    with shop.client() as client:
        none_yet = client.get(PATH)
        shop.fill()
        unknown = client.get(f"{URL}shop-1%2B999999")
    for answer in (none_yet, unknown):
        assert (answer.status_code, answer.json()["code"]) == (410, "cursor_unknown")


def test_each_line_is_sent_when_it_is_ready_and_compressed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second page is read once the first has been seen, unpacked, at the other end."""
    shop.fill()
    first_seen = threading.Event()
    page = catalogue._page

    def held(database: Database, cursor: str | None, limit: int) -> Page:
        if cursor is not None:
            assert first_seen.wait(10)
        return page(database, cursor, limit)

    monkeypatch.setattr(catalogue, "_page", held)
    unpack, seen = zlib.decompressobj(wbits=31), b""
    with shop.client() as client, client.stream("GET", PATH) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        for piece in answer.iter_raw():
            seen += unpack.decompress(piece)
            if seen.count(b"\n") == 1:
                first_seen.set()
    assert first_seen.is_set()
    assert seen.splitlines() == lines(shop)


def test_each_page_is_a_transaction_of_its_own(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.fill()
    seen: list[RootTransaction] = []
    page_after = catalogue.page_after

    def noted(connection: Connection, cursor: str | None, *, limit: int) -> Page:
        assert not any(transaction.is_active for transaction in seen)
        transaction = connection.get_transaction()
        assert transaction is not None
        seen.append(transaction)
        return page_after(connection, cursor, limit=limit)

    monkeypatch.setattr(catalogue, "page_after", noted)
    told = lines(shop)
    assert len(told) > 1
    assert len(seen) == len(told)
