"""The four ways to pay, what each needs, and the states of being paid (R9 to R13)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from models.customer import Phone


class PaymentMethod(StrEnum):
    CARD_LINK = "card_link"
    PAYPAL_LINK = "paypal_link"
    TRANSFER = "transfer"
    CHEQUE = "cheque"

    @property
    def is_link(self) -> bool:
        return self in {PaymentMethod.CARD_LINK, PaymentMethod.PAYPAL_LINK}


class LinkChannel(StrEnum):
    """How a payment link reaches the customer."""

    SMS = "sms"
    EMAIL = "email"


class PaymentState(StrEnum):
    """Of one payment request."""

    AWAITED = "awaited"
    PAID = "paid"
    REPLACED = "replaced"
    CANCELLED = "cancelled"


PAYMENT_TRANSITIONS: dict[PaymentState, frozenset[PaymentState]] = {
    PaymentState.AWAITED: frozenset(
        {PaymentState.PAID, PaymentState.REPLACED, PaymentState.CANCELLED}
    ),
    PaymentState.PAID: frozenset(),
    PaymentState.REPLACED: frozenset(),
    PaymentState.CANCELLED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Reach:
    """How the customer can be sent a link: what decides which methods they can have."""

    phones: tuple[Phone, ...] = ()
    email: str | None = None

    @property
    def channels(self) -> tuple[LinkChannel, ...]:
        """The channels a link can take, the quickest first."""
        sms = (LinkChannel.SMS,) if any(p.can_receive_sms for p in self.phones) else ()
        mail = (LinkChannel.EMAIL,) if self.email else ()
        return sms + mail


def unavailable_because(method: PaymentMethod, reach: Reach) -> str | None:
    """Why this customer cannot pay this way, as a stable code; None when they can."""
    if method.is_link and not reach.channels:
        return "no_mobile_and_no_email"
    return None
