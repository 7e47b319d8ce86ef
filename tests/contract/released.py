"""Databases as released versions left them, made by their own migrations and filled by plain
SQL: what is written here is what was written then, and does not follow the program.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

Rows = Mapping[str, Sequence[Mapping[str, Any]]]

CONSOLE = "0190a00000007000800000000000c001"
OTHER_CONSOLE = "0190a00000007000800000000000c002"
CUSTOMER = "0190a000000070008000000000000001"
AWAITED = "0190a0000000700080000000000000a1"
BY_TRANSFER = "0190a0000000700080000000000000a2"
PREPARED = "0190a0000000700080000000000000a3"
CHANGED = "0190a0000000700080000000000000a4"
OVERPAID = "0190a0000000700080000000000000a5"
"""Orders, one for each thing that may happen to them next."""
DRAFT = "0190a0000000700080000000000000d1"
AT = "2026-11-23 10:42:00.000000"
PAST = "1970-01-01 00:00:00.000000"

CUSTOMER_BODY = (
    '{"billing":{"city":"REIMS","country":"FR","dwelling":"flat","inside":"3E ETAGE PORTE 12",'
    '"outside":"","place":"","postcode":"51100","street":"12 RUE DES LILAS"},'
    '"customer_id":"0190a000-0000-7000-8000-000000000001","email":null,'
    '"name":{"civility":"mme","first_name":"Odette","last_name":"DUVAL"},'
    '"phones":[{"can_receive_sms":false,"e164":"+33199001234","kind":"landline"},'
    '{"can_receive_sms":true,"e164":"+33639981234","kind":"mobile"}],'
    '"printers":["brother-dcp-350c"],"version":1}'
)
CARTRIDGE = (
    '{"brand":"Brother","capacity":"standard","colour":"yellow","contents":[],"ean13":null,'
    '"oem_reference":"LC970Y","origin":"manufacturer","page_yield":300,"series":"LC-970",'
    '"sku":"LC970Y","technology":"ink"}'
)
VOUCHER = (
    '{"amount_cents":0,"brands":[],"code":"AV-7K2M","customer_id":null,"is_combinable":true,'
    '"kind":"credit","minimum_total_cents":0,"percent_bp":0,"remaining_cents":1500,"skus":[],'
    '"uses":0,"uses_max":null,"uses_per_customer_max":null,"valid_from":null,'
    '"valid_until":null}'
)
FINGERPRINTS = {
    AWAITED: "fd9a27159d3617f73c793e7f2d9dfbc0e80585c8067f3357be47e39ba90ed46a",
    BY_TRANSFER: "d5cd1aa4469e8cddd4a42f5cedf2ebfcca238ddc9342f4d31d1cc7f726b3d532",
    CHANGED: "4daa138e3be8844f88a7c2119a63976db14ec3f15a8c5386788fc4a2d2d114c8",
    OVERPAID: "f18984da8cfff3b31c43d67471fbb954033327aedd8aef0a6b82f8bf7ebb90c0",
    PREPARED: "a68f5dd98f5b9a0d306481648dcd1c84fe16a90b0b6748b6353845f1c5856cdb",
}
"""SHA-256 of the bodies as they were kept."""


def order_body(order_id: str, reference: str, method: str) -> str:
    """As a console of the first version spelled it: no field that came later."""
    return _spelled(
        {
            "order_id": _dashed(order_id),
            "reference": reference,
            "placed_at": "2026-11-23T10:42:00Z",
            "ordered_on": "2026-11-23",
            "customer": json.loads(CUSTOMER_BODY),
            "delivery": {
                "name": {"civility": "mme", "first_name": "Odette", "last_name": "DUVAL"},
                "address": json.loads(CUSTOMER_BODY)["billing"],
                "instructions": "code 12B4",
            },
            "payment_method": method,
            "link_channel": None,
            "lines": [
                {
                    "sku": "LC970Y",
                    "label": "LC970Y",
                    "brand": "Brother",
                    "quantity": 1,
                    "unit_price_cents": 1290,
                    "total_cents": 1290,
                    "discount_cents": 0,
                    "vat_rate_bp": 2000,
                    "current_price_cents": 1290,
                }
            ],
            "codes": [],
            "amounts": {
                "goods_cents": 1290,
                "discount_cents": 0,
                "delivery_cents": 490,
                "delivery_saved_cents": 0,
                "credit_cents": 0,
                "total_cents": 1780,
                "vat": [],
                "vat_mention": None,
            },
            "promise": {
                "dispatch_by": None,
                "ready_on": None,
                "handled_on": None,
                "is_conditional": True,
                "reasons": [],
            },
            "is_demo": False,
        }
    )


def verdict_body(order_id: str, reference: str) -> str:
    return _spelled(
        {
            "order_id": _dashed(order_id),
            "reference": reference,
            "outcome": "accepted",
            "differences": [],
            "received_at": "2026-11-23T10:42:01Z",
        }
    )


def _spelled(message: Mapping[str, object]) -> str:
    return json.dumps(message, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _dashed(hexadecimal: str) -> str:
    h = hexadecimal
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


def _central_order(seq: int, order_id: str, reference: str, **other: object) -> dict[str, object]:
    row: dict[str, object] = {
        "order_id": order_id,
        "reference": reference,
        "console_id": CONSOLE,
        "customer_id": CUSTOMER,
        "state": "awaiting_payment",
        "payment_method": "cheque",
        "total_cents": 1780,
        "verdict": verdict_body(order_id, reference),
        "outcome": "accepted",
        "placed_at": AT,
        "received_at": AT,
        "seq": seq,
    } | other
    body = order_body(order_id, reference, str(row["payment_method"]))
    return row | {"body": body, "fingerprint": FINGERPRINTS[order_id]}


def _request(order_id: str, **other: object) -> dict[str, object]:
    """What was asked for an order; it had the order's id where it was older than requests."""
    return {
        "request_id": order_id,
        "order_id": order_id,
        "method": "cheque",
        "amount_cents": 1780,
        "state": "awaited",
        "creditor_reference": None,
        "created_at": AT,
        "settled_at": None,
    } | other


CENTRAL_0001: Rows = {
    "consoles": [
        {
            "console_id": console_id,
            "name": name,
            "token_sha256": digit * 64,
            "created_at": AT,
            "revoked_at": revoked_at,
        }
        for console_id, name, digit, revoked_at in (
            (CONSOLE, "comptoir", "a", None),
            (OTHER_CONSOLE, "volée", "b", AT),
        )
    ],
    "reference_blocks": [
        {"first": 10_000_000, "last": 10_000_099, "console_id": CONSOLE, "leased_at": AT},
        {"first": 10_000_100, "last": 10_000_100, "console_id": OTHER_CONSOLE, "leased_at": AT},
    ],
    "catalogue_imports": [{"version": "shop-1", "base_seq": 3, "is_demo": True, "imported_at": AT}],
    "printers": [{"printer_id": "brother-dcp-350c", "body": "{}", "is_removed": False, "seq": 1}],
    "articles": [
        {
            "sku": "LC970Y",
            "cartridge": CARTRIDGE,
            "price_cents": 1290,
            "previous_price_cents": None,
            "stock": 2,
            "restock_on": None,
            "vat_rate_bp": 2000,
            "known_at": AT,
            "is_demo": True,
            "is_removed": False,
            "seq": 6,
        }
    ],
    "pairs": [{"printer_id": "brother-dcp-350c", "sku": "LC970Y", "is_removed": False, "seq": 3}],
    "prices": [
        {"sku": "LC970Y", "since": PAST, "price_cents": 1490},
        {"sku": "LC970Y", "since": AT, "price_cents": 1290},
    ],
    "customers": [{"customer_id": CUSTOMER, "body": CUSTOMER_BODY, "version": 1, "seq": 1}],
    "vouchers": [
        {
            "code": "AV-7K2M",
            "body": VOUCHER,
            "uses": 1,
            "remaining_cents": 900,
        }
    ],
    "orders": [
        _central_order(1, AWAITED, "100000006"),
        _central_order(2, BY_TRANSFER, "100000011", payment_method="transfer"),
        _central_order(3, PREPARED, "100000022", state="in_preparation"),
        _central_order(4, CHANGED, "100000033"),
    ],
    "voucher_uses": [
        {"order_id": PREPARED, "code": "AV-7K2M", "customer_id": CUSTOMER, "amount_cents": 600}
    ],
    "reservations": [
        {"order_id": order_id, "sku": "LC970Y", "wanted": 1, "reserved": 1}
        for order_id in (AWAITED, BY_TRANSFER, PREPARED, CHANGED)
    ],
}
CENTRAL_0002 = CENTRAL_0001 | {"settings": [{"key": "is_demo", "value": "1"}]}
CENTRAL_0003 = CENTRAL_0002 | {
    "settings": [
        {"key": "is_demo", "value": "1"},
        {"key": "central_id", "value": "e85f2502-026b-5247-a3f6-37d231da9d4d"},
    ],
    "consoles": [row | {"enrolled_at": AT} for row in CENTRAL_0001["consoles"]],
    "vouchers": [row | {"seq": 1} for row in CENTRAL_0001["vouchers"]],
    "customer_phones": [
        {"e164": e164, "customer_id": CUSTOMER} for e164 in ("+33199001234", "+33639981234")
    ],
    "orders": [
        *(
            row | {"costs_cents": 1780 if row["state"] == "awaiting_payment" else 0}
            for row in CENTRAL_0001["orders"]
        ),
        _central_order(5, OVERPAID, "100000040", state="in_preparation") | {"costs_cents": 1780},
    ],
    "payment_requests": [
        _request(AWAITED),
        _request(BY_TRANSFER, method="transfer", creditor_reference="RF42100000011"),
        _request(CHANGED),
        _request(OVERPAID, request_id="0190a0000000700080000000000000b5", state="paid"),
    ],
    "ledger": [
        {
            "entry_id": entry_id,
            "order_id": OVERPAID,
            "amount_cents": cents,
            "bank_reference": bank_reference,
            "noted_at": AT,
        }
        for entry_id, cents, bank_reference in (
            ("0190a0000000700080000000000000e1", 1780, ""),
            ("0190a0000000700080000000000000e2", 500, "ENCORE"),
            ("0190a0000000700080000000000000e3", -100, ""),
        )
    ],
}
CENTRAL_COUNTERS = {
    "catalogue": 6,
    "customers": 1,
    "orders": 5,
    "references": 10_000_100,
    "vouchers": 1,  # where they are counted already
}

CENTRAL: Mapping[str, Rows] = {
    "0001": CENTRAL_0001,
    "0002": CENTRAL_0002,
    "0003": CENTRAL_0003,
}
"""By version: what its tables held."""

CONSOLE_0001: Rows = {
    "drafts": [
        {
            "draft_id": DRAFT,
            "state": "placed",
            "is_blank": 0,
            "holder": "1:abc",
            "updated_at": AT,
            "body": "{}",
        }
    ],
    "orders": [
        {
            "order_id": AWAITED,
            "reference": "100000006",
            "draft_id": DRAFT,
            "customer_id": CUSTOMER,
            "state": "awaiting_payment",
            "placed_at": AT,
            "body": "{}",
        }
    ],
    "order_events": [
        {"event_id": 7, "order_id": AWAITED, "kind": "placed", "at": AT, "facts": "{}"}
    ],
    "voucher_uses": [{"order_id": AWAITED, "code": "Noel5", "customer_id": CUSTOMER}],
    "customers": [
        {
            "customer_id": CUSTOMER,
            "postcode": "51100",
            "sort_name": "duval odette",
            "body": CUSTOMER_BODY,
        }
    ],
    "customer_phones": [{"reversed_digits": "432100991", "customer_id": CUSTOMER}],
    "customer_words": [{"word": "duval", "customer_id": CUSTOMER}],
    "word_variants": [{"variant": "duva", "word": "duval"}],
    "vouchers": [{"code": "Noel5", "folded": "n0e15", "body": "{}"}],
    "reference_blocks": [{"first": 10_000_000, "last": 10_000_099, "next": 10_000_001}],
    "outbox": [
        {
            "item_id": AWAITED,
            "order_id": AWAITED,
            "kind": "order",
            "body": "{}",
            "state": "waiting",
            "attempts": 3,
            "next_try_at": AT,
            "last_error": "central_timeout",
            "created_at": AT,
        }
    ],
    "settings": [{"key": "central_url", "value": "https://central.example.org"}],
}


@dataclass(frozen=True)
class Held:
    """What a database held, in the columns that it had."""

    columns: Mapping[str, Sequence[str]]
    rows: Mapping[str, Sequence[Any]]


def make(connection: Connection, folder: str, version: str, rows: Rows) -> None:
    """Migrate an empty database to ``version`` and put the rows into its tables."""
    config = Config()
    config.set_main_option("script_location", folder)
    config.attributes["connection"] = connection
    command.upgrade(config, version)
    if "settings" in rows:  # the migrations have put some there
        connection.execute(text("DELETE FROM settings"))
    for table, found in rows.items():
        for row in found:
            _insert(connection, table, row)


def set_counters(connection: Connection, values: Mapping[str, int]) -> None:
    for name, value in values.items():
        connection.execute(
            text("UPDATE counters SET value = :value WHERE name = :name"),
            {"name": name, "value": value},
        )


def contents(connection: Connection, columns: Mapping[str, Sequence[str]]) -> dict[str, list[Any]]:
    """Every row of these tables, in these columns."""
    return {
        table: sorted(
            (tuple(row) for row in connection.execute(text(_select(table, names)))), key=repr
        )
        for table, names in columns.items()
    }


def columns_of(connection: Connection) -> dict[str, list[str]]:
    inspector = inspect(connection)
    return {
        table: [column["name"] for column in inspector.get_columns(table)]
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def _select(table: str, names: Sequence[str]) -> str:
    return f"SELECT {', '.join(names)} FROM {table}"  # noqa: S608 - names of our own


def _insert(connection: Connection, table: str, row: Mapping[str, Any]) -> None:
    names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), dict(row))  # noqa: S608 - see above
