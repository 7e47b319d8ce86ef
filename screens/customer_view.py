"""Step 3 as lines: who was found, and what is known of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rich.cells import cell_len
from rich.text import Text

from models.customer import Customer
from models.draft import CustomerEntry
from models.money import format_cents
from models.phone import in_pairs
from models.reference import grouped
from models.wording.labels import civility_word, state_name
from models.wording.rules import short_date
from screens.widgets.ink import DIM, STRONG, cut
from screens.widgets.rows import line
from screens.words import _, counted
from services.desk_state import CustomerFile
from services.ports import Catalogue

SHOWN_PRINTERS = 2


def hit_lines(customers: Sequence[Customer]) -> list[Text]:
    """One line for each: name, phone, where they live."""
    return [_hit(customer) for customer in customers]


def _hit(customer: Customer) -> Text:
    name = customer.name
    who = f"{civility_word(name.civility)} {name.last_name.upper()} {name.first_name}"
    phone = in_pairs(customer.phones[0].e164) if customer.phones else ""
    home = customer.billing
    return line((f"{who:<32.32}", STRONG), f"  {phone:<16}", (f"{home.postcode} {home.city}", DIM))


def file_line(file: CustomerFile, catalogue: Catalogue | None, width: int) -> str:
    """R3: their printers and what they last bought, on one line. Where not all of it fits, how
    the last order stands, its day and its total are the last to be left out.
    """
    known = _printers(file, catalogue)
    last = _last_order(file)
    if not last:
        last = () if known else (_("pas encore de commande ici"),)
    named = [", ".join(known[:count]) for count in range(len(known), 0, -1)]
    said = [f"{names} ; {order}" for order in last for names in named] or named
    for text in (*said, *last):
        if cell_len(said_here := _("client connu : ") + text) <= width:
            return said_here
    return cut(said_here, width)


def _printers(file: CustomerFile, catalogue: Catalogue | None) -> Sequence[str]:
    return [
        printer.label
        for printer_id in file.customer.printers[:SHOWN_PRINTERS]
        if catalogue is not None and (printer := catalogue.printer(printer_id)) is not None
    ]


def _last_order(file: CustomerFile) -> Sequence[str]:
    """The fullest words first."""
    if not file.orders:
        return ()
    last = max(file.orders, key=lambda row: row.order.placed_at).order
    day, total = short_date(last.ordered_on), format_cents(last.quote.total_cents)
    count = counted(last.quote.article_count, _("article"), _("articles"))
    every = (
        (day, count, total, grouped(last.reference)),
        (day, count, total),
        (day, total),
    )
    state = state_name(last.state)
    words = [", ".join((state, *facts)) for facts in every]
    return (
        *(_("dernière commande {facts}").format(facts=one) for one in words),
        _("commande {facts}").format(facts=words[-1]),
    )


def as_new_customer(entry: CustomerEntry) -> CustomerEntry:
    """A blank file that begins with what was typed to find somebody."""
    typed = entry.search.strip()
    if entry.customer_id is None and not typed:
        return entry
    new = CustomerEntry() if entry.customer_id else replace(entry, search="")
    if typed and typed[0].isdigit() and not new.phone:
        return replace(new, phone=typed)
    if typed and not new.person.last_name:
        return replace(new, person=replace(new.person, last_name=typed))
    return new
