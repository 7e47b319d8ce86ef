"""The shop that the consoles sell for: few articles that many want, and codes that run out.

Owns what is at central before the first order, and the folder a console begins with. All of
it is invented and depends on nothing but its size.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.faults import central_database
from benchmarks.faults.facts import Beginning
from kiosk import paths
from models.catalogue import Article, Printer
from models.vouchers import Voucher, VoucherKind
from models.wire.customers import CustomerWire
from services import catalogue_csv
from services.adapters.catalogue_file import build_catalogue
from services.adapters.console_store import ConsoleStore
from services.demo_shop import demo_customers, demo_shop
from services.sync.enrolment import Enrolment, write_enrolment

PRINTERS = 40
HALF = 20
"""A console begins with the catalogue of so many printers, and has the others to fetch."""

VERSION = "faults-1"
VERSION_BEFORE = "faults-0"


@dataclass(frozen=True, slots=True)
class Shop:
    """``orders`` to come decide how much there is: stock and codes run out on the way."""

    printers: tuple[Printer, ...]
    articles: tuple[Article, ...]
    pairs: tuple[tuple[str, str], ...]
    vouchers: tuple[Voucher, ...]


def make_shop(orders: int) -> Shop:
    tables = catalogue_csv.builtin()
    made = demo_shop(tables.cartridges, tables.pairs, datetime.now(UTC))
    printers = tuple(sorted(tables.printers, key=lambda printer: printer.printer_id))[:PRINTERS]
    ids = {printer.printer_id for printer in printers}
    pairs = tuple(sorted((p, sku) for p, sku in made.pairs if p in ids))
    sold = {sku for _, sku in pairs}
    articles = [article for article in made.articles if article.sku in sold]
    return Shop(printers, _stocked(articles, orders), pairs, _codes(orders))


def _stocked(articles: Sequence[Article], orders: int) -> tuple[Article, ...]:
    """Of most articles too few for all who will want them; of some none at all."""
    share = max(1, 2 * orders // len(articles))
    stocks = (0, share // 2 + 1, share, 2 * share + 1, 10 * share + 5)
    return tuple(
        replace(article, offer=replace(article.offer, stock=stocks[at % len(stocks)]))
        for at, article in enumerate(sorted(articles, key=lambda article: article.sku))
    )


def _codes(orders: int) -> tuple[Voucher, ...]:
    few = max(3, orders // 25)
    return (
        Voucher("TOUJOURS5", VoucherKind.PERCENT, percent_bp=500),
        Voucher("RARE10", VoucherKind.PERCENT, percent_bp=1000, uses_max=few),
        Voucher("RARE3", VoucherKind.AMOUNT, amount_cents=300, uses_max=few, is_combinable=True),
        Voucher("UNEFOIS", VoucherKind.AMOUNT, amount_cents=200, uses_per_customer_max=1),
        Voucher("PORTOFFERT", VoucherKind.FREE_DELIVERY, is_combinable=True),
        *(_credit(number, orders) for number in range(4)),
    )


def _credit(number: int, orders: int) -> Voucher:
    cents = 1_000 + 500 * orders * (number + 1) // 10
    return Voucher(
        f"AVOIR-{number}-K",
        VoucherKind.CREDIT,
        amount_cents=cents,
        remaining_cents=cents,
        is_combinable=True,
    )


# --- at central ---------------------------------------------------------------


def fill_central(database: str, shop: Shop) -> None:
    """Everything the shop has is at central, in a database that is empty."""
    from central.store.catalogue_import import import_catalogue  # noqa: PLC0415 - sqlalchemy
    from central.store.customers import put_customers  # noqa: PLC0415 - see above
    from central.store.vouchers import put_vouchers  # noqa: PLC0415 - see above

    now = datetime.now(UTC)
    with closing(central_database.migrated(database)) as opened, opened.write() as connection:
        put_vouchers(connection, shop.vouchers)
        put_customers(connection, map(CustomerWire.model_validate, demo_customers(now)))
        import_catalogue(
            connection,
            version=VERSION,
            is_demo=True,
            printers_in=shop.printers,
            articles_in=shop.articles,
            pairs_in=shop.pairs,
            at=now,
        )


def add_console(database: str, name: str) -> str:
    """A new console at central; its token."""
    from central.store import consoles  # noqa: PLC0415 - sqlalchemy

    token = consoles.new_token()
    with closing(central_database.opened(database)) as central, central.write() as connection:
        consoles.add_console(connection, name, token=token, at=datetime.now(UTC))
    return token


# --- at a console ---------------------------------------------------------------


def make_console(folder: Path, shop: Shop, *, name: str, url: str, token: str) -> None:
    """A folder as a first start and an enrolment leave it: half a catalogue, no reference."""
    paths.ensure_folder(folder)
    known = {printer.printer_id for printer in shop.printers[:HALF]}
    pairs = [(printer, sku) for printer, sku in shop.pairs if printer in known]
    skus = {sku for _, sku in pairs}
    build_catalogue(
        paths.catalogue_file(folder),
        shop.printers[:HALF],
        [article for article in shop.articles if article.sku in skus],
        pairs,
        version=VERSION_BEFORE,
        is_demo=True,
        source=url,
    )
    with closing(ConsoleStore.open(paths.console_file(folder))) as store, store.write() as tx:
        write_enrolment(tx.settings, Enrolment(url, token, name))


# --- what there was at the beginning, for the audit ---------------------------------


def beginning_of(shop: Shop) -> Beginning:
    codes = shop.vouchers
    per_customer = {v.code: v.uses_per_customer_max for v in codes}
    return Beginning(
        stock={article.sku: article.offer.stock for article in shop.articles},
        uses_max={v.code: v.uses_max for v in codes if v.uses_max is not None},
        uses_per_customer_max={code: n for code, n in per_customer.items() if n is not None},
        credit_cents={v.code: v.remaining_cents for v in codes if v.kind is VoucherKind.CREDIT},
    )
