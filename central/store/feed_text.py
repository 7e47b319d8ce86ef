"""How a page of the feed is written: the JSON of ``models.wire.catalogue.ChangesOut``.

Written from the stored texts, which are canonical JSON of the same contract: reading half a
million rows into objects and writing them again would take ten times as long. A test reads
what is written here by the contract's own model.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy.engine import Row

from central.store.feed import Page
from models.tables.central import articles, pairs, printers

AnyRow = Row[tuple[Any, ...]]

_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""As ``WireModel.canonical``; the order of the keys is written by hand."""


def text_of(page: Page) -> str:
    """One line, without its end."""
    parts: dict[str, str] = {
        "after": _json(page.after),
        "articles": _list(_article, page.present, articles.name),
        "cursor": _json(page.cursor),
        "has_more": _json(page.has_more),
        "is_demo": _json(page.is_demo),
        "is_full": _json(page.is_full),
        "pairs": _pairs(page.present),
        "printers": _list(_printer, page.present, printers.name),
        "removed_pairs": _pairs(page.removed),
        "removed_printers": _list(_printer_id, page.removed, printers.name),
        "removed_skus": _list(_sku, page.removed, articles.name),
        "rows_total": _json(page.rows_total),
    }
    return _object(parts.items())


def _article(row: AnyRow) -> str:
    return f'{{"cartridge":{row.cartridge},"offer":{_offer(row)}}}'


def _offer(row: AnyRow) -> str:
    return _json(
        {
            "is_demo": row.is_demo,
            "known_at": row.known_at.isoformat().replace("+00:00", "Z"),
            "previous_price_cents": row.previous_price_cents,
            "price_cents": row.price_cents,
            "restock_on": row.restock_on and row.restock_on.isoformat(),
            "sku": row.sku,
            "stock": row.stock,
            "vat_rate_bp": row.vat_rate_bp,
        }
    )


def _printer(row: AnyRow) -> str:
    body: str = row.body
    return body


def _pairs(rows: Mapping[str, Iterable[AnyRow]]) -> str:
    return _json([(row.printer_id, row.sku) for row in rows.get(pairs.name, ())])


def _printer_id(row: AnyRow) -> str:
    return _json(row.printer_id)


def _sku(row: AnyRow) -> str:
    return _json(row.sku)


def _list(write: Callable[[AnyRow], str], rows: Mapping[str, Iterable[AnyRow]], table: str) -> str:
    return f"[{','.join(map(write, rows.get(table, ())))}]"


def _object(parts: Iterable[tuple[str, str]]) -> str:
    return f"{{{','.join(f'{_json(name)}:{text}' for name, text in parts)}}}"
