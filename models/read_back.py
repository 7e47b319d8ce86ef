"""The text the operator reads aloud before confirming, for somebody who hears badly (step 6).

Owns what is said and in which order. Knows nothing of screens: a paragraph is a title and
sentences, to be paged through.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.customer import Address, DeliveryAddress, PersonName, Phone
from models.order import Order
from models.payment import LinkChannel, PaymentMethod
from models.pricing import Quote
from models.promise import Promise
from models.shop import ShopRules


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A few sentences about one thing."""

    title: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadBackFacts:
    """All that is read back. ``reference`` is None until the order is placed."""

    name: PersonName
    phones: tuple[Phone, ...]
    email: str | None
    billing: Address
    delivery: DeliveryAddress
    quote: Quote
    promise: Promise
    payment_method: PaymentMethod | None
    link_channel: LinkChannel | None
    rules: ShopRules
    reference: str | None = None


def facts_of_order(order: Order, rules: ShopRules) -> ReadBackFacts:
    """The same of a placed order."""
    return ReadBackFacts(
        name=order.customer.name,
        phones=order.customer.phones,
        email=order.customer.email,
        billing=order.customer.billing,
        delivery=order.delivery,
        quote=order.quote,
        promise=order.promise,
        payment_method=order.payment_method,
        link_channel=order.link_channel,
        rules=rules,
        reference=order.reference,
    )


def read_back(facts: ReadBackFacts) -> tuple[Paragraph, ...]:
    """What to read, in the order it is read."""
    raise NotImplementedError


def as_text(paragraphs: Sequence[Paragraph], width: int) -> str:
    """Plain text, no line longer than ``width``."""
    raise NotImplementedError
