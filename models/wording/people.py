"""The words about people: names, phones, addresses, and what may be wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

ERROR_SENTENCES: dict[str, str | Callable[[Mapping[str, object]], str]] = {}
