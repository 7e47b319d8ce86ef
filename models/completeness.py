"""When a draft is an order: everything that is still missing, and at which step to mend it.

Owns the rule, not the sentences (``models.wording.orders``) and not the checking of single
fields (``models.intake``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from models.customer import DeliveryAddress
from models.draft import Draft, Step
from models.errors import DomainError
from models.intake import CustomerFacts, FieldProblem, check_customer, check_delivery
from models.payment import LinkChannel, PaymentMethod, Reach, unavailable_because

FOR_NOTHING = PaymentMethod.CHEQUE
"""How a covered order is paid for where nothing was chosen: should central find the credit
spent, it is what every customer can do.
"""


@dataclass(frozen=True, slots=True)
class OrderProblem:
    """What keeps a draft from being an order, with the step and field where it is mended."""

    step: Step
    problem: FieldProblem

    @property
    def code(self) -> str:
        return self.problem.code


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What a draft says, checked and complete."""

    customer: CustomerFacts
    delivery: DeliveryAddress
    payment_method: PaymentMethod
    link_channel: LinkChannel | None


@dataclass(frozen=True, slots=True)
class Completeness:
    """``facts`` is None exactly while there are problems. In the order of the conversation."""

    facts: OrderFacts | None
    problems: tuple[OrderProblem, ...] = ()

    def facts_or_error(self) -> OrderFacts:
        """Raises DomainError("order_incomplete", problems=...) while something is missing."""
        if self.facts is None:
            raise DomainError("order_incomplete", problems=self.problems)
        return self.facts


def check_order(
    draft: Draft, *, unknown_skus: Sequence[str] = (), is_covered: bool = False
) -> Completeness:
    """R1, R2, R9, R16 of a whole draft. ``unknown_skus``: those the catalogue does not have;
    ``is_covered``: nothing is left to pay, so that no way to pay has to be chosen.
    """
    customer = check_customer(draft.customer)
    delivery = check_delivery(draft.delivery, customer.value)
    reach = Reach(customer.value.phones, customer.value.email) if customer.value else None
    channel = link_channel(draft, reach)
    problems = (
        *_cart_problems(draft, unknown_skus),
        *(OrderProblem(Step.CUSTOMER, problem) for problem in customer.blocking),
        *(OrderProblem(Step.DELIVERY, problem) for problem in delivery.blocking),
        *(() if is_covered else _payment_problems(draft, reach)),
    )
    method = draft.payment_method or (FOR_NOTHING if is_covered else None)
    if problems or not (customer.value and delivery.value and method):
        return Completeness(None, problems)
    return Completeness(OrderFacts(customer.value, delivery.value, method, channel))


def link_channel(draft: Draft, reach: Reach | None) -> LinkChannel | None:
    """How the link goes out: as chosen, else the quickest way; None without a link."""
    if draft.payment_method is None or not draft.payment_method.is_link:
        return None
    return draft.link_channel or next(iter(reach.channels if reach else ()), None)


def _cart_problems(draft: Draft, unknown_skus: Iterable[str]) -> Iterator[OrderProblem]:
    if draft.cart.is_empty:
        yield OrderProblem(Step.PRINTER, FieldProblem("search", "cart_empty"))
    for sku in unknown_skus:
        yield OrderProblem(Step.CART, FieldProblem("lines", "sku_unknown", {"sku": sku}))


def _payment_problems(draft: Draft, reach: Reach | None) -> Iterator[OrderProblem]:
    method = draft.payment_method
    if method is None:
        yield _payment("payment_method", "payment_method_missing")
    elif reach is not None:
        reason = unavailable_because(method, reach)
        if reason is not None:
            yield _payment("payment_method", reason)
        elif method.is_link and link_channel(draft, reach) not in reach.channels:
            yield _payment("link_channel", "link_channel_unavailable")


def _payment(field: str, code: str) -> OrderProblem:
    return OrderProblem(Step.PAYMENT, FieldProblem(field, code))
