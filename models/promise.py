"""The latest day a parcel leaves, with the reasons that gave it (R14)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from models.catalogue import Offer
from models.payment import PaymentMethod
from models.shop import ShopRules


class PromiseReasonCode(StrEnum):
    IN_STOCK = "in_stock"
    OUT_OF_STOCK_UNTIL = "out_of_stock_until"
    OUT_OF_STOCK_UNKNOWN = "out_of_stock_unknown"
    AWAITS_LINK = "awaits_link"
    AWAITS_TRANSFER = "awaits_transfer"
    AWAITS_CHEQUE = "awaits_cheque"
    CLOSED_DAYS = "closed_days"
    OPEN_DAYS_TO_DISPATCH = "open_days_to_dispatch"


@dataclass(frozen=True, slots=True)
class PromiseReason:
    """One step of the reckoning. ``on`` is the day it leads to, ``skus`` what it is about."""

    code: PromiseReasonCode
    on: date | None = None
    skus: tuple[str, ...] = ()
    days: int = 0
    names: tuple[str, ...] = field(default=())
    """Names of public holidays that were skipped."""


@dataclass(frozen=True, slots=True)
class Promise:
    """``dispatch_by`` is the latest day the parcel leaves; None is "délai inconnu".

    ``ready_on`` is the day the order may be prepared (paid and in stock), ``handled_on``
    the open day on which it is. ``is_conditional``: the date holds if the money comes as
    expected, and has to be said that way.
    """

    dispatch_by: date | None
    ready_on: date | None
    handled_on: date | None
    reasons: tuple[PromiseReason, ...]
    is_conditional: bool = False


def promise_for(
    ordered_on: date,
    items: Sequence[tuple[Offer, int]],
    method: PaymentMethod | None,
    rules: ShopRules,
) -> Promise:
    """The latest dispatch day of an order of these offers and quantities."""
    raise NotImplementedError
