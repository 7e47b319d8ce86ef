"""A small invented shop, and orders in it, priced by the shop's own rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

from models.calendar import paris_day
from models.cart import Cart, CartLine
from models.catalogue import (
    Article,
    Capacity,
    Cartridge,
    Colour,
    Offer,
    Printer,
    PrinterKind,
    Technology,
)
from models.customer import (
    Address,
    Civility,
    Customer,
    DeliveryAddress,
    Dwelling,
    PersonName,
    Phone,
    PhoneKind,
)
from models.order import Order, OrderState
from models.payment import PaymentMethod
from models.pricing import PricingFacts, price_cart
from models.promise import promise_for
from models.reference import with_check
from models.shop import ShopRules
from models.vouchers import Voucher, VoucherKind

NOW = datetime(2026, 11, 23, 10, 42, tzinfo=UTC)
"""A Monday, 11:42 in Paris."""
RULES = ShopRules()

PRINTERS = tuple(
    Printer(f"brother-{model.lower()}", "Brother", "DCP", model, PrinterKind.INKJET)
    for model in ("DCP-350C", "DCP-353C", "MFC-3360C")
)


def article(
    sku: str, colour: Colour, price_cents: int, stock: int, series: str = "LC-970"
) -> Article:
    return Article(
        Cartridge(
            sku, "Brother", series, sku, colour, Capacity.STANDARD, Technology.INK, page_yield=300
        ),
        Offer(sku, price_cents, stock, NOW, is_demo=True),
    )


ARTICLES = (
    article("LC970BK", Colour.BLACK, 2290, 12),
    article("LC970C", Colour.CYAN, 1290, 8),
    article("LC970M", Colour.MAGENTA, 1290, 0),
    article("LC970Y", Colour.YELLOW, 1290, 5),
)
PAIRS = tuple((printer.printer_id, a.sku) for printer in PRINTERS for a in ARTICLES)
VOUCHERS = (
    Voucher("BIENVENUE10", VoucherKind.PERCENT, percent_bp=1000),
    Voucher("Noel5", VoucherKind.AMOUNT, amount_cents=500, uses_max=2, is_combinable=True),
    Voucher("AV-7K2M", VoucherKind.CREDIT, remaining_cents=1500, is_combinable=True),
)
CUSTOMER = Customer(
    UUID("0190a000-0000-7000-8000-000000000001"),
    PersonName(Civility.MME, "Odette", "DUVAL"),
    (Phone("+33199001234", PhoneKind.LANDLINE, can_receive_sms=False),),
    Address("12 RUE DES LILAS", "51100", "REIMS", Dwelling.FLAT, inside="3E ETAGE PORTE 12"),
    printers=("brother-dcp-350c",),
)


def make_order(
    number: int,
    lines: Sequence[tuple[str, int]] = (("LC970BK", 1), ("LC970C", 2)),
    *,
    codes: Sequence[str] = (),
    articles: Sequence[Article] = ARTICLES,
    vouchers: Sequence[Voucher] = VOUCHERS,
    placed_at: datetime = NOW,
    customer: Customer = CUSTOMER,
    order_id: UUID | None = None,
) -> Order:
    """What the console would say on the phone, on the catalogue and codes it knows."""
    known = {a.sku: a for a in articles}
    cart = Cart(tuple(CartLine(sku, quantity) for sku, quantity in lines), tuple(codes))
    facts = PricingFacts(
        articles=known,
        vouchers={voucher.code: voucher for voucher in vouchers},
        customer_id=customer.customer_id,
        delivery_postcode=customer.billing.postcode,
    )
    quote = price_cart(cart, facts, now=placed_at, rules=RULES)
    awaited = None if quote.is_covered else PaymentMethod.CHEQUE
    ordered_on = paris_day(placed_at)
    items = [(known[sku].offer, quantity) for sku, quantity in lines]
    return Order(
        order_id=order_id or uuid4(),
        reference=with_check(number),
        draft_id=uuid4(),
        customer=customer,
        delivery=DeliveryAddress(customer.name, customer.billing, "code 12B4"),
        quote=quote,
        promise=promise_for(ordered_on, items, awaited, RULES),
        payment_method=PaymentMethod.CHEQUE,
        link_channel=None,
        state=OrderState.AWAITING_PAYMENT,
        placed_at=placed_at,
        ordered_on=ordered_on,
    )
