"""Forms filled again with what is known: a customer's, and all of a placed order's.

Owns the way back from checked values to what an operator would have typed; what comes out
passes ``models.intake`` unchanged.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from models.cart import Cart, CartLine
from models.customer import Address, Customer, PersonName
from models.draft import CustomerEntry, DeliveryEntry, Draft, PersonEntry, Step
from models.order import Order
from models.phone import in_pairs


def draft_of(order: Order, *, draft_id: UUID, now: datetime) -> Draft:
    """A call that changes ``order``: all of it as it was said, prices and codes too (R8)."""
    return Draft(
        draft_id=draft_id,
        called_at=now,
        step=Step.CART,
        focus="",
        cart=_cart(order),
        customer=entry_of(order.customer),
        delivery=_delivery(order),
        payment_method=order.payment_method,
        link_channel=order.link_channel,
        revises=order.order_id,
    )


def entry_of(customer: Customer) -> CustomerEntry:
    """The form filled with what is known of a customer."""
    phones = [in_pairs(phone.e164) for phone in customer.phones]
    return CustomerEntry(
        customer_id=customer.customer_id,
        person=_person(customer.name, customer.billing),
        phone=phones[0] if phones else "",
        second_phone=phones[1] if len(phones) > 1 else "",
        email=customer.email or "",
    )


def _cart(order: Order) -> Cart:
    at = order.revised_at or order.placed_at
    lines = (
        CartLine(line.sku, line.quantity, line.unit_price_cents, at) for line in order.quote.lines
    )
    return Cart(tuple(lines), tuple(outcome.code for outcome in order.quote.codes))


def _delivery(order: Order) -> DeliveryEntry:
    told = order.delivery
    if (told.name, told.address) == (order.customer.name, order.customer.billing):
        return DeliveryEntry(instructions=told.instructions)
    return DeliveryEntry(
        is_same=False, person=_person(told.name, told.address), instructions=told.instructions
    )


def _person(name: PersonName, home: Address) -> PersonEntry:
    return PersonEntry(
        civility=name.civility.value,
        last_name=name.last_name,
        first_name=name.first_name,
        dwelling=home.dwelling.value,
        inside=home.inside,
        outside=home.outside,
        street=home.street,
        place=home.place,
        postcode=home.postcode,
        city=home.city,
    )
