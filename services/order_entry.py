"""Quoting and placing an order without a screen, and the answer as plain JSON values.

The answer's fields are a contract with imports and scripts: additions only. Amounts are
cents, TTC; days ISO 8601; sentences French, with the stable code beside each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from models.address import fold
from models.completeness import OrderProblem, check_order
from models.customer import Customer, PersonName
from models.draft import Draft
from models.errors import Conflict, DomainError, Unavailable
from models.intake import check_customer
from models.order import Order, OrderEventKind
from models.payment import PaymentMethod, Reach, unavailable_because
from models.pricing import CodeOutcome, Quote
from models.promise import Promise
from models.vouchers import Refusal
from models.wording import labels
from models.wording.orders import order_problem_sentence
from models.wording.rules import discount_reason, promise_reasons, refusal_sentence
from services.drafts import refuse_card_numbers, save_draft
from services.order_file import OrderFile, called_at, digest, draft_of
from services.place_order import place_in
from services.placing import Origin, Placing
from services.ports import Store, Transaction, Vouchers
from services.quoting import WithVouchers, quote_draft
from services.trial_prices import has_trial_prices

FILE_DIGEST = "file_sha256"
"""Fact of the PLACED event of an order that came from a file."""

OLDEST_CALL = timedelta(days=60)
FASTEST_CLOCK = timedelta(hours=1)
"""How far a call may lie back, or ahead by a clock of elsewhere, to be placed: by its time
kept prices and codes are judged, and the customer is told a date.
"""

Answer = dict[str, Any]


class KnownCustomers(Protocol):
    """What is asked of ``services.ports.Customers``; without a console file others answer."""

    def find(self, text: str) -> Sequence[Customer]: ...


@dataclass(frozen=True, slots=True)
class Said:
    """What an answer is made of."""

    quote: Quote
    promise: Promise
    payment_method: PaymentMethod | None
    reach: Reach | None
    """None while nothing is known of the customer."""
    problems: tuple[OrderProblem, ...] = ()


def quote_file(
    file: OrderFile, *, tx: WithVouchers, customers: KnownCustomers, placing: Placing
) -> Answer:
    """What ``file`` would cost and what keeps it from being placed, whatever the time of the
    call. Writes nothing.

    Raises DomainError("card_number_refused").
    """
    draft = _draft(file, customers, placing)
    return _answer(_said(file, draft, tx, placing), tx.vouchers, placing)


def place_file(
    file: OrderFile, *, store: Store, placing: Placing, allow_refused_codes: bool = False
) -> Answer:
    """Place ``file`` whole or not at all; durable on return.

    Idempotent where the file has a ``uuid``: the same file again gives the same order, and
    another one under that uuid is Conflict("order_file_differs"). Without ``uuid`` each call
    is an order of its own. Raises DomainError("order_incomplete"), ("called_long_ago" |
    "called_in_future") for a call more than OLDEST_CALL ago or FASTEST_CLOCK ahead, and
    ("codes_refused") unless refused codes are allowed, because who sent the order counted on
    them. Raises Unavailable("order_file_too_early") while central's catalogue has not come.
    """
    with store.read() as tx:
        # Once before the file is locked: the first quote of a process imports for 300 ms.
        _said(file, _draft(file, tx.customers, placing), tx, placing)
    with store.write() as tx:
        order = _placed_before(tx, file) or _place(tx, file, placing, allow_refused_codes)
        return _placed_answer(order, tx.vouchers, placing)


def _placed_before(tx: Transaction, file: OrderFile) -> Order | None:
    order = tx.orders.get(file.uuid) if file.uuid else None
    if order is None:
        return None
    first = next(e for e in tx.orders.events(order.order_id) if e.kind is OrderEventKind.PLACED)
    if first.facts.get(FILE_DIGEST) != digest(file):
        raise Conflict("order_file_differs", uuid=str(file.uuid))
    return order


def _place(tx: Transaction, file: OrderFile, placing: Placing, allow_refused_codes: bool) -> Order:  # noqa: FBT001 - handed through
    now = placing.clock.now()
    _refuse_far_call(called_at(file, now), now)
    draft = _draft(file, tx.customers, placing)
    if has_trial_prices(tx.settings, placing.catalogue):  # that an article is missing means nothing
        raise Unavailable("order_file_too_early")
    said = _said(file, draft, tx, placing)
    if said.problems:  # told before a code that is refused because an article is missing
        raise DomainError("order_incomplete", problems=said.problems)
    if not allow_refused_codes:
        _refuse_refused_codes(said.quote, placing)
    draft = save_draft(draft, tx=tx, holder=placing.holder, now=now)
    origin = Origin(
        order_id=file.uuid,
        ordered_at=called_at(file, now),
        facts={FILE_DIGEST: digest(file)},
    )
    return place_in(tx, draft, placing, origin)


def _refuse_far_call(called: datetime, now: datetime) -> None:
    if called > now + FASTEST_CLOCK:
        raise DomainError("called_in_future", at=called)
    if called < now - OLDEST_CALL:
        raise DomainError("called_long_ago", at=called, days=OLDEST_CALL.days)


def _draft(file: OrderFile, customers: KnownCustomers, placing: Placing) -> Draft:
    draft = draft_of(
        file,
        draft_id=file.uuid or placing.ids.new(),
        articles=placing.catalogue.articles(line.sku for line in file.lines),
        now=placing.clock.now(),
    )
    refuse_card_numbers(draft)
    return _of_known_customer(draft, customers)


def _of_known_customer(draft: Draft, customers: KnownCustomers) -> Draft:
    """Somebody of that name and phone is the customer the file already has."""
    told = check_customer(draft.customer).value
    if told is None:
        return draft
    for phone in told.phones:
        for known in customers.find(phone.e164):
            if _is_named(known.name, told.name) and phone in known.phones:
                entry = replace(draft.customer, customer_id=known.customer_id)
                return replace(draft, customer=entry)
    return draft


def _is_named(name: PersonName, other: PersonName) -> bool:
    """Case, accents and hyphens are as each writes them."""
    return fold(f"{name.first_name} {name.last_name}") == fold(
        f"{other.first_name} {other.last_name}"
    )


def _said(file: OrderFile, draft: Draft, tx: WithVouchers, placing: Placing) -> Said:
    quote, promise = quote_draft(
        draft,
        tx=tx,
        catalogue=placing.catalogue,
        rules=placing.rules,
        at=called_at(file, placing.clock.now()),
        called_at=draft.called_at,
    )
    customer = check_customer(draft.customer).value
    return Said(
        quote=quote,
        promise=promise,
        payment_method=draft.payment_method,
        reach=Reach(customer.phones, customer.email) if customer else None,
        problems=check_order(
            draft, unknown_skus=quote.unknown_skus, is_covered=quote.is_covered
        ).problems,
    )


def _refuse_refused_codes(quote: Quote, placing: Placing) -> None:
    told = tuple(
        f"{outcome.code} : {refusal_sentence(outcome.refusal, _label_of(placing))}"
        for outcome in quote.codes
        if outcome.refusal is not None
    )
    if told:
        raise DomainError("codes_refused", problems=told)


# --- the answer -----------------------------------------------------------------


def _placed_answer(order: Order, vouchers: Vouchers, placing: Placing) -> Answer:
    reach = Reach(order.customer.phones, order.customer.email)
    said = Said(order.quote, order.promise, order.payment_method, reach)
    return {
        "reference": order.reference,
        "uuid": str(order.order_id),
        "state": order.state.value,
        "placed_at": order.placed_at.isoformat(),
        "is_demo": order.is_demo,
        **_answer(said, vouchers, placing),
    }


def _answer(said: Said, vouchers: Vouchers, placing: Placing) -> Answer:
    quote, promise = said.quote, said.promise
    label_of = _label_of(placing)
    return {
        "lines": [
            {
                "sku": line.sku,
                "label": line.label,
                "quantity": line.quantity,
                "unit_price_cents": line.unit_price_cents,
                "discount_cents": line.discount_cents,
                "total_cents": line.total_cents,
            }
            for line in quote.lines
        ],
        "codes": [_code(outcome, vouchers, label_of) for outcome in quote.codes],
        **_amounts(quote),
        "currency": placing.rules.currency,
        "dispatch_by": promise.dispatch_by.isoformat() if promise.dispatch_by else None,
        "dispatch_reasons": promise_reasons(promise, label_of),
        "payment": _payment(said),
        "problems": list(_problems(said.problems)),
    }


def _amounts(quote: Quote) -> Answer:
    return {
        "goods_cents": quote.goods_cents,
        "discount_cents": quote.discount_cents,
        "delivery_cents": quote.delivery_cents,
        "credit_cents": quote.credit_cents,
        "vat_cents": quote.vat_cents,
        "vat": [
            {
                "rate_bp": share.rate_bp,
                "gross_cents": share.gross_cents,
                "net_cents": share.net_cents,
                "vat_cents": share.vat_cents,
            }
            for share in quote.vat
        ],
        "vat_mention": quote.vat_mention,
        "total_cents": quote.total_cents,
    }


def _code(outcome: CodeOutcome, vouchers: Vouchers, label_of: Callable[[str], str]) -> Answer:
    voucher = vouchers.get(outcome.code)
    told: Answer = {
        "code": outcome.code,
        "accepted": outcome.is_accepted,
        "discount_cents": outcome.discount_cents,
        "reason": discount_reason(outcome, voucher, label_of),
        "is_provisional": outcome.is_provisional,
    }
    if outcome.refusal is not None:
        told["reason_code"] = outcome.refusal.reason.value
        told["remedy"] = _remedy(outcome.refusal)
    return told


def _remedy(refusal: Refusal) -> Answer | None:
    """The cheapest thing that would make the code work, as far as there is one."""
    told: Answer = {}
    if refusal.proposed is not None:
        told["proposed"] = refusal.proposed
    if refusal.missing_cents:
        told["missing_cents"] = refusal.missing_cents
    if refusal.remedy_sku is not None:
        told["sku"] = refusal.remedy_sku
        told["quantity"] = refusal.remedy_quantity
        told["cents"] = refusal.remedy_cents
    return told or None


def _payment(said: Said) -> Answer:
    """``available`` is null where it depends on a customer who is not known yet."""
    method, reach = said.payment_method, said.reach
    if method is None or (method.is_link and reach is None):
        return {"method": method, "available": None, "reason": None, "reason_code": None}
    code = unavailable_because(method, reach or Reach())
    return {
        "method": method.value,
        "available": code is None,
        "reason": labels.unavailable_sentence(code) if code else None,
        "reason_code": code,
    }


def _problems(problems: Iterable[OrderProblem]) -> Iterator[Answer]:
    for found in problems:
        yield {
            "step": found.step.value,
            "field": found.problem.field,
            "code": found.code,
            "message": order_problem_sentence(found),
        }


def _label_of(placing: Placing) -> Callable[[str], str]:
    def label_of(sku: str) -> str:
        article = placing.catalogue.articles((sku,)).get(sku)
        return labels.cartridge_label(article.cartridge) if article else sku

    return label_of
