"""Step 5 as lines: the four ways to pay, what each means, why one cannot be had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.style import Style
from rich.text import Text

from models.payment import PaymentMethod, Reach, unavailable_because
from models.promise import Promise
from models.wording.labels import channel_name, method_name, unavailable_sentence
from models.wording.rules import promise_condition, promise_sentence
from screens.widgets.ink import DIM, STRONG, WARNING
from screens.widgets.rows import line
from screens.words import _

METHODS = tuple(PaymentMethod)
INDENT = " " * len("1 (•) ")
DATES_END = 76
"""The column where dates end, and beneath each the one it depends on: all that 80 leave."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to pay: ``reason`` is why it cannot be had, None when it can."""

    method: PaymentMethod
    promise: Promise | None
    reason: str | None


def ways(reach: Reach, promises: Sequence[Promise | None]) -> tuple[Way, ...]:
    return tuple(
        Way(method, promise, unavailable_because(method, reach))
        for method, promise in zip(METHODS, promises, strict=True)
    )


def way_lines(all_ways: Sequence[Way], chosen: PaymentMethod | None) -> list[Text]:
    """Two lines for each way: its name with the date, what it means with what the date
    depends on.
    """
    lines: list[Text] = []
    for number, way in enumerate(all_ways, 1):
        mark = "(•)" if way.method is chosen else "( )"
        name = f"{number} {mark} {method_name(way.method)}"
        if way.reason is None:
            date = promise_sentence(way.promise) if way.promise else ""
            condition = promise_condition(way.promise) if way.promise else ""
            lines.append(_ending_in(name, STRONG, date))
            lines.append(_ending_in(INDENT + meaning(way.method), DIM, condition))
        else:
            lines.append(line((name, DIM)))
            lines.append(line((INDENT + unavailable_sentence(way.reason), WARNING)))
    return lines


def _ending_in(text: str, style: Style, right: str) -> Text:
    return line((text, style), right.rjust(DATES_END - len(text)) if right else "")


def meaning(method: PaymentMethod) -> str:
    """So short that the longest condition still fits beside it."""
    return {
        PaymentMethod.CARD_LINK: _("jamais de numéro"),
        PaymentMethod.PAYPAL_LINK: _("lien envoyé"),
        PaymentMethod.TRANSFER: _("sous 1 à 4 jours"),
        PaymentMethod.CHEQUE: _("bon de commande"),
    }[method]


def covered_line() -> str:
    """Said in the place of the link where credits pay for all of it."""
    return _("rien à payer, tout est couvert")


def channel_line(method: PaymentMethod | None, reach: Reach, channel: object) -> str:
    """Where the link goes, when a link was chosen."""
    if method is None or not method.is_link or not reach.channels:
        return ""
    names = " / ".join(
        ("• " if one is channel else "") + channel_name(one) for one in reach.channels
    )
    return _("lien envoyé par : {names}   (S : changer)").format(names=names)
