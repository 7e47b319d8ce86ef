"""A console for tests: a real file made by the migrations, a clock and ids that stand still."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from models.cart import Cart
from models.customer import Civility, Dwelling
from models.draft import CustomerEntry, DeliveryEntry, Draft, PersonEntry, Step
from models.payment import PaymentMethod
from models.shop import ShopRules
from models.wire.orders import order_to_wire
from services.adapters.catalogue_file import ensure_builtin
from services.adapters.console_store import ConsoleStore
from services.placing import Placing

CENTRAL = "http://127.0.0.1:1"
"""Where consoles of tests are enrolled, and what their catalogue came from."""

NOW = datetime(2026, 11, 23, 10, 42, tzinfo=UTC)


class StillClock:
    def __init__(self, now: datetime = NOW) -> None:
        self.at = now

    def now(self) -> datetime:
        return self.at

    def pass_by(self, **how_long: float) -> None:
        self.at += timedelta(**how_long)


class CountedIds:
    """Version 7 in form, counted in fact; ``start`` keeps two programs apart."""

    def __init__(self, start: int = 1) -> None:
        self.next = start

    def new(self) -> UUID:
        self.next += 1
        return UUID(int=(0x7 << 76) | (0x2 << 62) | self.next)


HOME = PersonEntry(
    civility=Civility.MME.value,
    last_name="Duval",
    first_name="Jeanne",
    dwelling=Dwelling.HOUSE.value,
    street="8 rue de Vesle",
    postcode="51100",
    city="Reims",
)

DAUGHTER = PersonEntry(
    civility=Civility.MME.value,
    last_name="Martin",
    first_name="Claire",
    dwelling=Dwelling.FLAT.value,
    inside="3e étage, porte gauche",
    street="14 rue de la République",
    postcode="69002",
    city="Lyon",
)


def cart(*items: tuple[str, int, int]) -> Cart:
    filled = Cart()
    for sku, quantity, cents in items:
        filled = filled.add(sku, quantity, price_cents=cents, at=NOW)
    return filled


def complete_draft(draft_id: UUID) -> Draft:
    """The order of the brief: one black and two cyan, to the daughter's flat, by cheque."""
    return Draft(
        draft_id=draft_id,
        called_at=NOW,
        step=Step.READ_BACK,
        printer_id="brother-dcp-350c",
        cart=cart(("BRO-LC970BK", 1, 2290), ("BRO-LC970C", 2, 1290)).add_code("BIENVENUE10"),
        customer=CustomerEntry(person=HOME, phone="01 99 00 12 34"),
        delivery=DeliveryEntry(is_same=False, person=DAUGHTER, instructions="Interphone MARTIN"),
        payment_method=PaymentMethod.CHEQUE,
    )


def placing(catalogue_path: Path, *, ids_from: int = 1, holder: str | None = None) -> Placing:
    return Placing(
        catalogue=ensure_builtin(catalogue_path, NOW),
        clock=StillClock(),
        ids=CountedIds(ids_from),
        rules=ShopRules(),
        to_wire=order_to_wire,
        holder=holder,
    )


def enrol(store: ConsoleStore, first: int = 48_201_395, last: int = 48_201_999) -> None:
    with store.write() as tx:
        tx.settings.put("central_url", CENTRAL)
        tx.references.add_block(first, last)


@contextmanager
def opened(path: Path) -> Iterator[ConsoleStore]:
    store = ConsoleStore.open(path)
    try:
        yield store
    finally:
        store.close()
