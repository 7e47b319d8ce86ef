"""A central that is newer than the console: what it says in new words is left out, and counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

import httpx
import pytest
from contract.conftest import Console, Shop
from contract.line import FaultyLine
from contract.shop import CUSTOMER, VOUCHERS, make_order

from central.store.customers import put_customers
from kiosk.commands.sync import _say
from models.customer import Civility
from models.vouchers import VoucherKind
from models.wire.customers import CustomersPage, CustomerWire
from models.wire.fields import WirePage
from models.wire.vouchers import VouchersOut
from services.adapters.central_http import CentralHttp
from services.sync import downloads
from services.sync.engine import SyncEngine
from services.sync.enrolment import Enrolment, write_enrolment
from services.sync.status import Connection, SyncReport
from services.sync.unread import WORDS, UnreadPart


@pytest.fixture
def kind() -> str:
    """About the console: what central does is tested on both databases elsewhere."""
    return "sqlite"


@dataclass
class NewerCentral(FaultyLine):
    """What comes from central, with a word of tomorrow in place of one of today."""

    words: dict[str, tuple[str, str]] = field(default_factory=dict)
    people_after: list[str | None] = field(default_factory=list)
    """Cursors with which customers were asked for."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/customers":
            self.people_after.append(request.url.params.get("cursor"))
        answer = super().handle_request(request)
        old, new = self.words.get(request.url.path, ("", ""))
        if not old:
            return answer
        return httpx.Response(answer.status_code, text=answer.text.replace(old, new))


@dataclass
class Newer:
    """A console, a new program each time, at a central that may be newer."""

    console: Console
    shop: Shop
    line: NewerCentral

    def run(self, times: int = 1) -> SyncReport:
        central = CentralHttp(lambda: self.shop.url, self.shop.token(), transport=self.line)
        engine = SyncEngine(
            self.console.store, self.console.catalogue, lambda: central, self.console.clock
        )
        reports = [engine.run_once(retry_all=True) for _ in range(times)]
        central.close()
        return reports[-1]

    def asked(self) -> list[str | None]:
        """Cursors of customers that one run asks with."""
        self.line.people_after.clear()
        self.run()
        return self.line.people_after[:]

    def people(self) -> int:
        ids = [UUID(int=number) for number in range(20)]
        with self.console.store.read() as tx:
            return len(tx.customers.versions(ids))


@pytest.fixture
def newer(console: Console, shop: Shop) -> Newer:
    shop.fill()
    person = CustomerWire.model_validate(CUSTOMER)
    first = person.name.model_copy(update={"civility": Civility.M})
    people = [
        person.model_copy(
            update={"customer_id": UUID(int=n), "name": first if n < 5 else person.name}
        )
        for n in range(12)
    ]
    with shop.database.write() as connection:
        put_customers(connection, people)
    return Newer(console, shop, NewerCentral())


def learn(monkeypatch: pytest.MonkeyPatch, part: UnreadPart, word: str) -> None:
    """From now on the program knows this word, too."""
    monkeypatch.setitem(WORDS, part, f"{WORDS[part]} {word}")  # type: ignore[arg-type]


def test_a_page_that_nobody_understands_keeps_nobody_after_it_back(newer: Newer) -> None:
    """Twelve people on pages of five, the first of which are all addressed in a new way."""
    newer.line.words = {"/v1/customers": ('"civility":"m"', '"civility":"mx"')}
    report = newer.run()
    assert (report.error_code, report.unread) == (None, 5)
    assert newer.people() == 7


def test_what_was_left_out_is_counted_once_and_comes_with_the_newer_program(
    newer: Newer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    newer.line.words = {
        "/v1/customers": ('"civility":"mme"', '"civility":"mx"'),
        "/v1/vouchers": ('"kind":"percent"', '"kind":"lottery"'),
    }
    left_out = 7 + sum(code.kind is VoucherKind.PERCENT for code in VOUCHERS)
    assert left_out > 7
    report = newer.run(times=3)
    assert (report.error_code, report.unread) == (None, left_out)
    _say(report)
    assert f"laissé de côté : {left_out} ligne(s)" in capsys.readouterr().out
    newer.line.words = {}
    learn(monkeypatch, UnreadPart.VOUCHERS, "lottery")
    learn(monkeypatch, UnreadPart.CUSTOMERS, "mx")
    report = newer.run()
    assert (report.error_code, report.unread) == (None, 0)
    assert newer.people() == 12
    _say(report)
    assert "laissé de côté" not in capsys.readouterr().out


def test_only_a_program_that_knows_more_words_asks_for_all_customers_again(
    newer: Newer, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer.line.words = {"/v1/customers": ('"civility":"m"', '"civility":"mx"')}
    began = newer.asked()
    at_the_end = began[-1:]
    assert (began[0], len(began)) == (None, 4)
    assert newer.asked() == newer.asked() == at_the_end
    learn(monkeypatch, UnreadPart.CUSTOMERS, "mystery")
    assert newer.asked() == began
    assert newer.asked() == at_the_end
    assert (newer.people(), newer.run().unread) == (7, 5)


def test_a_program_that_knows_more_words_and_was_cut_short_goes_on(
    newer: Newer, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer.line.words = {"/v1/customers": ('"civility":"mme"', '"civility":"mx"')}
    began = newer.asked()
    learn(monkeypatch, UnreadPart.CUSTOMERS, "mystery")
    monkeypatch.setattr(downloads, "PAGES_AT_ONCE", 2)
    assert newer.asked() + newer.asked() == began
    assert newer.run().unread == 7


@pytest.mark.parametrize(
    "part,page", [(UnreadPart.CUSTOMERS, CustomersPage), (UnreadPart.VOUCHERS, VouchersOut)]
)
def test_the_words_of_a_list_are_those_its_rows_may_be_told_in(
    part: UnreadPart, page: type[WirePage]
) -> None:
    kinds = page.model_json_schema()["$defs"].values()
    assert set(WORDS[part].split()) == {word for kind in kinds for word in kind.get("enum", ())}


def test_an_order_in_a_state_of_tomorrow_is_not_missing(newer: Newer) -> None:
    newer.run()
    order = newer.console.place(make_order)
    assert newer.run().sent == 1
    newer.line.words = {"/v1/orders": ('"state":"awaiting_payment"', '"state":"pondered"')}
    with newer.console.store.write() as tx:
        write_enrolment(tx.settings, Enrolment(newer.shop.url, newer.shop.token()))
    report = newer.run(times=2)
    assert (report.error_code, report.sent, report.unread) == (None, 0, 1)
    newer.line.words = {}
    assert newer.run().unread == 0
    assert newer.shop.order_ids() == [order.order_id]


def test_what_is_refused_or_different_is_in_the_list_that_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _say(SyncReport(Connection.ONLINE, differences=1, refused_in_all=2))
    said = capsys.readouterr().out
    assert "2 refusée(s) : voir « kiosk orders work »" in said
    assert "1 avec des différences : voir « kiosk orders work »" in said
