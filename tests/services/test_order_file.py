from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID

import pytest
from console_fixtures import NOW, enrol, placing

from models import reference, wording
from models.errors import Conflict, DomainError
from models.order import OrderEventKind
from models.vouchers import Voucher, VoucherKind
from services.demo_people import demo_customer_id, demo_customers, demo_vouchers
from services.order_entry import place_file, quote_file
from services.order_file import EXAMPLE, OrderFile, digest, example, read_order, schema
from services.training import PracticeCodes, PracticePeople, fill, needs_filling

UUID_OF_FILE = "01930000-0000-7000-8000-000000000001"


@pytest.fixture
def tools(catalogue_path):
    tools = placing(catalogue_path)
    yield tools
    tools.catalogue.close()


def file_of(**changes):
    return read_order(json.dumps({**EXAMPLE, **changes}))


def quoted(file, tools):
    codes = PracticeCodes(demo_vouchers(NOW))
    people = PracticePeople(demo_customers(NOW))
    return quote_file(file, tx=codes, customers=people, placing=tools)


@pytest.fixture
def practising(store):
    with store.write() as tx:
        fill(tx, demo_customers(NOW), demo_vouchers(NOW), now=NOW)
    return store


def place(store, file, tools, **how):
    return place_file(file, store=store, placing=tools, **how)


def order_count(store):
    with store.read() as tx:
        return len(tx.orders.recent())


# --- quoting ------------------------------------------------------------------------------


def test_the_example_to_the_cent(tools):
    answer = quoted(read_order(example()), tools)
    assert answer["lines"] == [
        {
            "sku": "BRO-LC970BK",
            "label": "LC-970 noir",
            "quantity": 1,
            "unit_price_cents": 2290,
            "discount_cents": 235,
            "total_cents": 2290,
        },
        {
            "sku": "BRO-LC970C",
            "label": "LC-970 cyan",
            "quantity": 2,
            "unit_price_cents": 1290,
            "discount_cents": 265,
            "total_cents": 2580,
        },
    ]
    amounts = {name: answer[name] for name in answer if name.endswith("_cents")}
    assert amounts == {
        "goods_cents": 4870,
        "discount_cents": 500,
        "delivery_cents": 0,
        "credit_cents": 0,
        "vat_cents": 728,
        "total_cents": 4370,
    }
    (code,) = answer["codes"]
    assert (code["code"], code["accepted"], code["discount_cents"]) == ("MERCI5", True, 500)
    assert answer["currency"] == "EUR"
    assert answer["dispatch_by"] == "2026-12-02"
    assert answer["payment"]["available"] is True
    assert answer["problems"] == []
    assert "reference" not in answer


def test_the_time_of_the_call_is_what_the_promise_counts_from(tools):
    friday = file_of(called_at="2026-11-27T18:00:00+01:00")
    assert quoted(friday, tools)["dispatch_by"] == "2026-12-08"
    # 23:30 UTC on Thursday is Friday in Paris.
    same_day = file_of(called_at="2026-11-26T23:30:00Z")
    assert quoted(same_day, tools)["dispatch_by"] == "2026-12-08"


def test_a_code_in_the_wrong_case_is_refused_with_the_exact_one(tools):
    (code,) = quoted(file_of(codes=["bienvenuelO"]), tools)["codes"]
    assert (code["accepted"], code["discount_cents"]) == (False, 0)
    assert code["reason_code"] == "looks_like"
    assert code["remedy"] == {"proposed": "BIENVENUE10"}
    assert "BIENVENUE10" in code["reason"]


def test_a_code_that_needs_more_says_how_much_and_what(tools):
    little = file_of(lines=[{"sku": "BRO-LC970BK", "quantity": 1}], codes=["MERCI5"])
    (code,) = quoted(little, tools)["codes"]
    assert code["reason_code"] == "minimum_not_met"
    remedy = code["remedy"]
    assert remedy["missing_cents"] == 710
    (article,) = tools.catalogue.articles([remedy["sku"]]).values()
    assert (remedy["quantity"], remedy["cents"]) == (1, article.offer.price_cents)
    assert remedy["cents"] >= 710


def test_what_keeps_it_from_being_placed_is_listed(tools):
    file = file_of(
        lines=[{"sku": "NO-SUCH", "quantity": 1}, {"sku": "BRO-LC970BK", "quantity": 1}],
        payment_method="card_link",
    )
    answer = quoted(file, tools)
    assert [(one["step"], one["code"]) for one in answer["problems"]] == [
        ("cart", "sku_unknown"),
        ("payment", "no_mobile_and_no_email"),
    ]
    assert "NO-SUCH" in answer["problems"][0]["message"]
    assert [line["sku"] for line in answer["lines"]] == ["BRO-LC970BK"]
    assert answer["payment"]["available"] is False
    assert answer["payment"]["reason"]


def test_a_quote_does_without_a_customer(tools):
    bare = read_order(
        '{"lines": [{"sku": "BRO-LC970BK", "quantity": 1}], "payment_method": "card_link"}'
    )
    answer = quoted(bare, tools)
    assert answer["goods_cents"] == 2290
    assert answer["payment"] == {
        "method": "card_link",
        "available": None,
        "reason": None,
        "reason_code": None,
    }
    assert {"customer", "delivery"} >= {one["step"] for one in answer["problems"]} != set()


def test_a_quote_leaves_the_file_as_it_is(practising, tools):
    with practising.read() as tx:
        answer = quote_file(file_of(), tx=tx, customers=tx.customers, placing=tools)
    assert answer["total_cents"] == 4370
    assert order_count(practising) == 0


# --- placing --------------------------------------------------------------------------------


def test_placing_says_the_reference_and_the_same_amounts(practising, tools):
    enrol(practising)
    answer = place(practising, file_of(), tools)
    assert answer["reference"] == reference.with_check(48_201_395)
    assert answer["state"] == "awaiting_payment"
    assert answer["is_demo"] is False
    want = quoted(file_of(), tools)
    assert {name: answer[name] for name in want} == want
    with practising.read() as tx:
        order = tx.orders.get(UUID(answer["uuid"]))
        assert order.quote.total_cents == 4370
        assert order.delivery.instructions == "Interphone MARTIN"
        assert list(tx.drafts.unfinished()) == []


def test_the_same_uuid_and_file_is_the_same_order(practising, tools):
    file = file_of(uuid=UUID_OF_FILE)
    first = place(practising, file, tools)
    tools.clock.pass_by(days=2)
    assert place(practising, file, tools) == first
    assert first["uuid"] == UUID_OF_FILE
    assert order_count(practising) == 1


def test_the_same_uuid_with_another_file_is_refused(practising, tools):
    place(practising, file_of(uuid=UUID_OF_FILE), tools)
    with pytest.raises(Conflict) as refused:
        place(practising, file_of(uuid=UUID_OF_FILE, payment_method="transfer"), tools)
    assert refused.value.code == "order_file_differs"
    assert order_count(practising) == 1


def test_without_uuid_each_is_an_order_of_the_one_customer(practising, tools):
    first = place(practising, file_of(codes=[]), tools)
    second = place(practising, file_of(codes=[]), tools)
    assert first["reference"] != second["reference"]
    with practising.read() as tx:
        rows = tx.orders.recent()
        assert len({row.order.customer.customer_id for row in rows}) == 1


def test_a_code_for_once_per_customer_is_refused_the_second_time(practising, tools):
    place(practising, file_of(codes=["BIENVENUE10"]), tools)
    with pytest.raises(DomainError) as refused:
        place(practising, file_of(codes=["BIENVENUE10"]), tools)
    assert refused.value.code == "codes_refused"
    assert order_count(practising) == 1
    answer = place(practising, file_of(codes=["BIENVENUE10"]), tools, allow_refused_codes=True)
    assert (answer["discount_cents"], answer["total_cents"]) == (0, 4870)
    assert answer["codes"][0]["reason_code"] == "already_used_by_customer"


def test_a_personal_code_is_known_by_name_and_phone(practising, tools):
    with practising.write() as tx:
        owner = tx.customers.find("Duval")
        known = owner[0] if owner else tx.customers.get(demo_customers(NOW)[0].customer_id)
        tx.vouchers.put(
            Voucher("A-MOI", VoucherKind.AMOUNT, amount_cents=300, customer_id=known.customer_id)
        )
    customer = {
        **EXAMPLE["customer"],
        "civility": known.name.civility.value,
        "first_name": known.name.first_name.upper(),
        "last_name": known.name.last_name.capitalize(),
        "phones": [known.phones[0].e164],
    }
    assert (
        place(practising, file_of(customer=customer, codes=["A-MOI"]), tools)["discount_cents"]
        == 300
    )
    with pytest.raises(DomainError):
        place(practising, file_of(customer={**customer, "first_name": "X"}, codes=["A-MOI"]), tools)


@pytest.mark.parametrize(
    "changes,code",
    [
        ({"lines": [{"sku": "NO-SUCH", "quantity": 1}], "codes": []}, "order_incomplete"),
        ({"lines": [{"sku": "NO-SUCH", "quantity": 1}]}, "order_incomplete"),
        ({"payment_method": "card_link"}, "order_incomplete"),
        ({"customer": None}, "order_incomplete"),
        ({"codes": ["bienvenue10"]}, "codes_refused"),
        ({"lines": [{"sku": "BRO-LC970BK", "quantity": 60}] * 2}, "quantity_out_of_range"),
    ],
)
def test_what_cannot_be_placed_leaves_nothing(practising, tools, changes, code):
    with pytest.raises(DomainError) as refused:
        place(practising, file_of(**changes), tools)
    assert refused.value.code == code
    assert order_count(practising) == 0
    with practising.read() as tx:
        assert list(tx.drafts.unfinished()) == []
        assert tx.orders.recent() == ()


@pytest.mark.parametrize(
    "called,day",
    [
        (NOW + timedelta(hours=1), None),
        (NOW + timedelta(hours=1, seconds=1), "du lundi 23 novembre 2026, dans l'avenir :"),
        (NOW - timedelta(days=60), None),
        (
            NOW - timedelta(days=60, seconds=1),
            "du jeudi 24 septembre 2026, il y a plus de 60 jours",
        ),
    ],
)
def test_a_call_far_from_today_is_quoted_and_not_placed(practising, tools, called, day):
    file = file_of(called_at=called.isoformat(), codes=[])
    assert quoted(file, tools)["total_cents"] == 4870
    if day is None:
        assert place(practising, file, tools)["total_cents"] == 4870
        return
    with pytest.raises(DomainError) as refused:
        place(practising, file, tools)
    assert day in wording.error_sentence(refused.value)
    assert order_count(practising) == 0


def test_an_order_placed_in_time_is_still_the_same_order_long_after(practising, tools):
    file = file_of(uuid=UUID_OF_FILE, called_at=NOW.isoformat())
    first = place(practising, file, tools)
    tools.clock.pass_by(days=100)
    assert place(practising, file, tools) == first


def test_a_quote_without_a_file_knows_the_customers_of_the_demo(tools):
    personal = Voucher(
        "A-MOI", VoucherKind.AMOUNT, amount_cents=300, customer_id=demo_customer_id("DUVAL")
    )
    people = PracticePeople(demo_customers(NOW))
    told = {}
    for first_name in ("Jeanne", "Odile"):
        customer = {**EXAMPLE["customer"], "first_name": first_name}
        file = file_of(customer=customer, codes=["A-MOI"])
        answer = quote_file(file, tx=PracticeCodes([personal]), customers=people, placing=tools)
        told[first_name] = (answer["discount_cents"], answer["codes"][0].get("reason_code"))
    assert told == {"Jeanne": (300, None), "Odile": (0, "customer_unknown_yet")}


def test_a_card_number_is_refused_and_not_repeated(practising, tools):
    delivery = {**EXAMPLE["delivery"], "instructions": "carte 4111 1111 1111 1111"}
    for attempt in (
        lambda: quoted(file_of(delivery=delivery), tools),
        lambda: place(practising, file_of(delivery=delivery), tools),
    ):
        with pytest.raises(DomainError) as refused:
            attempt()
        assert refused.value.code == "card_number_refused"
        assert "4111" not in str(refused.value)


def test_the_file_is_remembered_by_what_it_says(practising, tools):
    answer = place(practising, file_of(), tools)
    with practising.read() as tx:
        (event,) = tx.orders.events(UUID(answer["uuid"]))
    assert event.kind is OrderEventKind.PLACED
    assert event.facts == {"file_sha256": digest(file_of())}


# --- the form of a file -----------------------------------------------------------------------


def problems(text):
    with pytest.raises(DomainError) as refused:
        read_order(text)
    assert refused.value.code == "order_file_malformed"
    return list(refused.value.facts["problems"])


def test_what_is_wrong_is_said_in_french_with_its_place():
    assert problems(
        json.dumps(
            {
                "lines": [{"sku": "A", "quantity": "2"}, {"sku": "B", "quantity": 0}, {"x": 1}],
                "payment_method": "cash",
                "called_at": "2026-11-23T10:00:00",
                "customer": 3,
            }
        )
    ) == [
        "$.customer : un objet { } est attendu",
        "$.lines[0].quantity : un nombre entier est attendu",
        "$.lines[1].quantity : au moins 1",
        "$.lines[2].sku : manque",
        "$.lines[2].quantity : manque",
        "$.lines[2].x : champ inconnu",
        "$.payment_method : valeurs possibles : 'card_link', 'paypal_link', 'transfer', 'cheque'",
        "$.called_at : heure sans fuseau : écrivez par exemple 2026-11-23T10:42:00+01:00",
    ]


@pytest.mark.parametrize("text", ["", "{", "[1, 2", b"\xff\xfe{}", "nul"])
def test_what_is_not_json_is_said_to_be_none(text):
    (problem,) = problems(text)
    assert problem.startswith("$ : ce n'est pas du JSON")


@pytest.mark.parametrize(
    "called_at",
    ["0001-01-01T00:00:00+10:00", "1999-12-31T23:59:59Z", "9999-12-31T23:59:00-10:00"],
)
def test_a_call_in_another_century_is_a_slip(called_at):
    lines = [{"sku": "BRO-LC970BK", "quantity": 1}]
    assert problems(json.dumps({"lines": lines, "called_at": called_at})) == [
        "$.called_at : une date de 2000 à 2099 est attendue"
    ]


def test_a_number_is_no_time_of_a_call():
    lines = [{"sku": "BRO-LC970BK", "quantity": 1}]
    (problem,) = problems(json.dumps({"lines": lines, "called_at": 1_700_000_000}))
    assert problem.startswith("$.called_at : une date et heure ISO 8601")


def test_spaces_around_a_code_and_a_sku_do_not_count(tools):
    lines = [{"sku": " BRO-LC970BK ", "quantity": 2}]
    answer = quoted(file_of(lines=lines, codes=[" MERCI5 "]), tools)
    assert answer["lines"][0]["sku"] == "BRO-LC970BK"
    assert answer["discount_cents"] == 500
    assert problems(json.dumps({"lines": lines, "codes": ["  "]})) == ["$.codes[0] : est vide"]


def test_no_line_at_all():
    assert problems('{"lines": []}') == ["$.lines : au moins 1"]


def test_a_card_number_as_a_field_name_is_not_repeated():
    assert "4111111111111111" not in "".join(problems('{"4111111111111111": 1, "lines": []}'))


def test_the_schema_is_of_2020_12_and_knows_every_field():
    described = json.loads(schema())
    assert described["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert set(described["properties"]) == set(OrderFile.model_fields)
    assert described["additionalProperties"] is False
    assert described["required"] == ["lines"]


def test_the_same_said_otherwise_has_the_same_digest():
    compact = read_order(json.dumps(EXAMPLE))
    spread = read_order(json.dumps(dict(reversed(EXAMPLE.items())), indent=8))
    assert digest(compact) == digest(spread)
    assert digest(compact) != digest(file_of(payment_method="transfer"))


def test_practice_is_filled_once(practising):
    with practising.read() as tx:
        assert not needs_filling(tx)
        assert len(tx.vouchers.alike("bienvenue10")) == 1
    with practising.write() as tx:
        tx.vouchers.remove(voucher.code for voucher in demo_vouchers(NOW))
        fill(tx, demo_customers(NOW), demo_vouchers(NOW), now=NOW)
        assert tx.vouchers.get("BIENVENUE10") is None


def test_an_enrolled_console_gets_no_invented_people(store):
    enrol(store)
    with store.write() as tx:
        fill(tx, demo_customers(NOW), demo_vouchers(NOW), now=NOW)
        assert tx.vouchers.get("BIENVENUE10") is None
        assert tx.customers.get(demo_customer_id("Duval")) is None
        assert list(tx.customers.find("51100")) == []
