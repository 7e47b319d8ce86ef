"""``/v1/stock``"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from central.auth import DatabaseOf
from central.contract import GUARDED, problems
from central.store.catalogue import articles_by_sku
from models.catalogue import Article
from models.wire.fields import Word
from models.wire.stock import StockOut, StockWire

router = APIRouter(prefix="/v1", tags=["catalogue"])

SKUS_MAX = 100


@router.get("/stock", responses=problems(*GUARDED, "body_malformed"))
def stock(
    database: DatabaseOf,
    sku: Annotated[list[Word], Query(min_length=1, max_length=SKUS_MAX)],
) -> StockOut:
    """What is there of these, after all orders that came in; unknown ones are left out."""
    with database.read() as connection:
        found = articles_by_sku(connection, dict.fromkeys(sku))
    return StockOut(
        rows=tuple(_row(found[wanted]) for wanted in dict.fromkeys(sku) if wanted in found)
    )


def _row(article: Article) -> StockWire:
    offer = article.offer
    return StockWire(
        sku=article.sku, stock=offer.stock, known_at=offer.known_at, restock_on=offer.restock_on
    )
