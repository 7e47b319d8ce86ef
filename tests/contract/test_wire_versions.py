"""Console and central one version apart, in either direction: nothing is lost by it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from contract.conftest import Shop
from contract.shop import ARTICLES, CUSTOMER, PRINTERS, VOUCHERS
from pydantic import ValidationError

from models.catalogue import Capacity, Colour, Origin, PrinterKind, Technology
from models.errors import Rejected, Unavailable
from models.order import OrderState
from models.tables.central import orders
from models.wire.catalogue import ArticleWire, ChangesOut, PrinterWire
from models.wire.customers import CustomersPage, CustomerWire
from models.wire.events import EventsPage
from models.wire.fields import Text, WireModel, Word
from models.wire.orders import (
    CancellationOut,
    OrderIn,
    OrdersPage,
    Outcome,
    VerdictOut,
    order_from_wire,
)
from models.wire.payments import PaymentRequestsOut
from models.wire.problems import Problem, error_of
from models.wire.vouchers import VouchersOut, VoucherWire

ORDER_ID = "01930000-0000-7000-8000-000000000001"
OF_THE_FIRST_VERSION = (
    '{"amounts":{"credit_cents":0,"delivery_cents":0,"delivery_saved_cents":0,"discount_cents":500,"goods_cents":4870,"total_cents":4370,"vat":[{"gross_cents":4370,"net_cents":3642,"rate_bp":2000,"vat_cents":728}],"vat_mention":null},'
    '"codes":[{"code":"Noel5","discount_cents":500,"is_provisional":true,"kind":"amount","refusal":null}],'
    '"customer":{"billing":{"city":"REIMS","country":"FR","dwelling":"flat","inside":"3E ETAGE PORTE 12","outside":"","place":"","postcode":"51100","street":"12 RUE DES LILAS"},"customer_id":"0190a000-0000-7000-8000-000000000001","email":null,'
    '"name":{"civility":"mme","first_name":"Odette","last_name":"DUVAL"},'
    '"phones":[{"can_receive_sms":false,"e164":"+33199001234","kind":"landline"}],"printers":["brother-dcp-350c"],"version":1},'
    '"delivery":{"address":{"city":"REIMS","country":"FR","dwelling":"flat","inside":"3E ETAGE PORTE 12","outside":"","place":"","postcode":"51100","street":"12 RUE DES LILAS"},"instructions":"code 12B4",'
    '"name":{"civility":"mme","first_name":"Odette","last_name":"DUVAL"}},'
    '"is_demo":false,'
    '"lines":[{"brand":"Brother","current_price_cents":2290,"discount_cents":235,"label":"LC-970 noir","quantity":1,"sku":"LC970BK","total_cents":2290,"unit_price_cents":2290,"vat_rate_bp":2000},'
    '{"brand":"Brother","current_price_cents":1290,"discount_cents":265,"label":"LC-970 cyan","quantity":2,"sku":"LC970C","total_cents":2580,"unit_price_cents":1290,"vat_rate_bp":2000}],"link_channel":null,"order_id":"01930000-0000-7000-8000-000000000001","ordered_on":"2026-11-23","payment_method":"cheque","placed_at":"2026-11-23T10:42:00Z",'
    '"promise":{"dispatch_by":"2026-12-02","handled_on":"2026-12-01","is_conditional":true,"ready_on":"2026-11-30","reasons":[{"code":"in_stock","days":0,"names":[],"on":"2026-11-23","skus":["LC970BK","LC970C"]},'
    '{"code":"awaits_cheque","days":5,"names":[],"on":"2026-11-30","skus":[]},'
    '{"code":"open_days_to_dispatch","days":2,"names":[],"on":"2026-12-02","skus":[]}]},'
    '"reference":"100000006"}'
)
"""What the first version sent for an order. Consoles may hold such bodies for years, and
central knows them by their fingerprint: neither this text nor the next line ever changes.
"""
ITS_FINGERPRINT = "0c0cef0272f013b4efbfaf952488c23489b88196267233d56541ace0f89d0e9d"


def test_an_order_of_the_first_version_keeps_its_fingerprint_for_ever() -> None:
    order = order_from_wire(OF_THE_FIRST_VERSION)
    assert order.canonical() == OF_THE_FIRST_VERSION
    assert order.fingerprint() == ITS_FINGERPRINT
    assert (order.revision, order.revised_at, order.operator_id) == (1, None, None)


def test_what_is_used_of_the_new_is_in_the_fingerprint() -> None:
    told = {**json.loads(OF_THE_FIRST_VERSION), "revision": 2}
    assert OrderIn.model_validate(told).fingerprint() != ITS_FINGERPRINT
    spelled_out = {**told, "revision": 1, "revised_at": None, "operator_id": None}
    assert OrderIn.model_validate(spelled_out).fingerprint() == ITS_FINGERPRINT


class LineBefore(WireModel):
    sku: Word


class LineSince(LineBefore):
    note: Text = ""
    is_gift: bool = False

    ADDED: ClassVar[frozenset[str]] = frozenset({"note", "is_gift"})


class ParcelBefore(WireModel):
    lines: tuple[LineBefore, ...]
    extra: LineBefore | None = None


class ParcelSince(WireModel):
    lines: tuple[LineSince, ...]
    extra: LineSince | None = None
    by_size: tuple[tuple[LineSince, ...], ...] = ()

    ADDED: ClassVar[frozenset[str]] = frozenset({"by_size"})


class SentBefore(WireModel):
    parcel: ParcelBefore


class SentSince(WireModel):
    parcel: ParcelSince


def _sent(**line: object) -> dict[str, Any]:
    return {"parcel": {"lines": [{"sku": "a"}, {"sku": "b", **line}], "extra": {"sku": "c"}}}


@pytest.mark.parametrize("extra", [None, {"sku": "c"}])
def test_what_was_added_further_within_changes_no_fingerprint(extra: object) -> None:
    body = {"parcel": {**_sent()["parcel"], "extra": extra}}
    before, since = SentBefore.model_validate(body), SentSince.model_validate(body)
    assert since.canonical() == before.canonical()
    assert since.fingerprint() == before.fingerprint()


def test_what_is_used_of_it_is_in_the_fingerprint() -> None:
    used = SentSince.model_validate(_sent(note="fragile"))
    assert json.loads(used.canonical()) == {
        "parcel": {
            "lines": [{"sku": "a"}, {"sku": "b", "note": "fragile"}],
            "extra": {"sku": "c"},
        }
    }
    deeper = _sent()
    deeper["parcel"]["by_size"] = [[], [{"sku": "d"}, {"sku": "e", "is_gift": True}]]
    told = json.loads(SentSince.model_validate(deeper).canonical())
    assert told["parcel"]["by_size"] == [[], [{"sku": "d"}, {"sku": "e", "is_gift": True}]]
    assert (
        SentSince.model_validate(told).canonical() == SentSince.model_validate(deeper).canonical()
    )


def test_an_older_console_is_understood_and_gets_the_same_answer_after_it_was_upgraded(
    shop: Shop,
) -> None:
    shop.fill()
    newer = {**json.loads(OF_THE_FIRST_VERSION), "revision": 1, "operator_id": None}
    with shop.client() as client:
        client.post("/v1/reference-blocks", json={"count": 1})
        before = client.put(f"/v1/orders/{ORDER_ID}", content=OF_THE_FIRST_VERSION)
        after = client.put(f"/v1/orders/{ORDER_ID}", json=newer)
    assert before.status_code == 200
    assert before.content == after.content
    assert VerdictOut.read_answer(before.content).outcome is Outcome.ACCEPTED


def _order(**changes: object) -> dict[str, Any]:
    return {**json.loads(OF_THE_FIRST_VERSION), **changes}


@pytest.mark.parametrize(
    "change,code,kind",
    [
        ({"mood": "good"}, "field_unknown", Unavailable),
        ({"delivery": {**_order()["delivery"], "slot": "am"}}, "field_unknown", Unavailable),
        ({"mood": "good", "reference": "1"}, "body_malformed", Rejected),
        ({"payment_method": "wallet"}, "body_malformed", Rejected),
    ],
)
def test_a_newer_console_waits_for_central_and_is_not_refused_for_good(
    shop: Shop, change: dict[str, object], code: str, kind: type[Exception]
) -> None:
    with shop.client() as client:
        answer = client.put(f"/v1/orders/{ORDER_ID}", json=_order(**change))
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert type(error_of(Problem.model_validate_json(answer.content))) is kind
    assert shop.count(orders) == 0


def told(wire: WireModel, **changes: object) -> dict[str, Any]:
    return {**json.loads(wire.canonical()), **changes}


def test_an_article_in_newer_words_stays_in_the_catalogue() -> None:
    printer = told(PrinterWire.model_validate(PRINTERS[0]), kind="plotter")
    article = told(ArticleWire.model_validate(ARTICLES[0]))
    article["cartridge"] |= {
        "colour": "ultraviolet",
        "capacity": "xxxl",
        "technology": "powder",
        "origin": "refurbished",
    }
    body = {"cursor": "v", "printers": [printer], "articles": [article]}
    page = ChangesOut.read_answer(json.dumps(body))
    assert page.printers[0].kind is PrinterKind.OTHER
    read = page.articles[0].cartridge
    assert (read.colour, read.capacity, read.technology, read.origin) == (
        Colour.NONE,
        Capacity.STANDARD,
        Technology.INK,
        Origin.SHOP,
    )
    assert (read.sku, read.oem_reference) == ("LC970BK", "LC970BK")
    with pytest.raises(ValidationError):
        ChangesOut.model_validate(body)


def test_an_answer_in_newer_words_is_an_answer() -> None:
    verdict = {"order_id": ORDER_ID, "reference": "100000006", "outcome": "pondered"}
    cancelled = {"order_id": ORDER_ID, "state": "half_cancelled", "refund_due_cents": 0}
    when = {"received_at": "2026-11-23T10:42:00Z"}
    read = VerdictOut.read_answer(json.dumps(verdict | when))
    assert read.outcome is Outcome.ACCEPTED_WITH_DIFFERENCES
    assert CancellationOut.read_answer(json.dumps(cancelled | when)).state is OrderState.CANCELLED


VOUCHER = told(VoucherWire.model_validate(VOUCHERS[0]))
PERSON = told(CustomerWire.model_validate(CUSTOMER))
ORDER_ROW = {
    "order_id": ORDER_ID,
    "reference": "100000006",
    "state": "dispatched",
    "total_cents": 4370,
    "payment_method": "cheque",
    "console": "comptoir",
    "outcome": "accepted",
    "placed_at": "2026-11-23T10:42:00Z",
    "received_at": "2026-11-23T10:42:00Z",
}
REQUEST = {
    "request_id": ORDER_ID,
    "order_id": ORDER_ID,
    "method": "cheque",
    "amount_cents": 4370,
    "state": "awaited",
    "created_at": "2026-11-23T10:42:00Z",
}
PAGES: list[tuple[Any, str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    (VouchersOut, "vouchers", VOUCHER, {"kind": "lottery"}, {}),
    (
        CustomersPage,
        "customers",
        PERSON,
        {"name": {**PERSON["name"], "civility": "mx"}},
        {"cursor": "1"},
    ),
    (OrdersPage, "orders", ORDER_ROW, {"state": "lost", "outcome": "pondered"}, {}),
    (PaymentRequestsOut, "requests", REQUEST, {"method": "wallet"}, {}),
]


@pytest.mark.parametrize("kind,rows,known,newer,around", PAGES)
def test_a_row_in_newer_words_is_left_out_and_counted(
    kind: Any, rows: str, known: dict[str, Any], newer: dict[str, Any], around: dict[str, Any]
) -> None:
    body = {rows: [known, {**known, **newer}, known], **around}
    page = kind.read_answer(json.dumps(body))
    assert (len(getattr(page, rows)), page.unread) == (2, 1)
    assert kind.read_answer(json.dumps({**body, rows: [known]})).unread == 0


@pytest.mark.parametrize("kind,rows,known,newer,around", PAGES)
def test_a_page_that_is_wrong_is_not_half_believed(
    kind: Any, rows: str, known: dict[str, Any], newer: dict[str, Any], around: dict[str, Any]
) -> None:
    broken: list[Callable[[], dict[str, Any]]] = [
        lambda: {rows: [known, {**known, **newer}, {}], **around},
        lambda: {rows: [{**known, **newer}, 1], **around},
        lambda: {**around},
    ]
    for body in broken:
        with pytest.raises(ValidationError):
            kind.read_answer(json.dumps(body()))


def test_all_codes_at_once_are_spelled_as_before_there_were_pages() -> None:
    assert VouchersOut(vouchers=()).canonical() == '{"vouchers":[]}'
    page = VouchersOut.read_answer('{"vouchers":[],"mood":1}')
    assert (page.cursor, page.has_more, page.removed) == (None, False, ())


def test_events_of_a_newer_kind_are_read() -> None:
    event = {"seq": 7, "kind": "weather", "at": "2026-11-23T10:42:00Z", "rain": True}
    page = EventsPage.read_answer(json.dumps({"events": [event], "cursor": 7, "mood": 1}))
    assert page.events[0].kind == "weather"
