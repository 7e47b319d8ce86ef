"""The words of the shop's rules: codes, discounts, promises, dates, and what may go wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping

ERROR_SENTENCES: dict[str, str | Callable[[Mapping[str, object]], str]] = {
    "amount_malformed": "Montant illisible : tapez par exemple 12,50.",
}
