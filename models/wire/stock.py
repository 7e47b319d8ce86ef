"""What is there, and how old that knowledge is."""

from __future__ import annotations

from models.wire.fields import Count, Day, Moment, WireModel, Word


class StockWire(WireModel):
    sku: Word
    stock: Count
    known_at: Moment
    restock_on: Day | None = None


class StockOut(WireModel):
    """Those of the skus asked for that are sold."""

    rows: tuple[StockWire, ...]
