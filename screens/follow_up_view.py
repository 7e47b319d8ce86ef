"""What happens to orders after they were placed, as rows in three groups.

Pure. Owns the words and columns of a row, and that rows keep their places while somebody
looks at them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from rich.cells import cell_len
from rich.style import Style

from models.calendar import paris_day
from models.money import format_cents
from models.order import Order, OrderState, SyncState
from models.reference import grouped
from models.wording.labels import civility_word, state_name
from models.wording.outbox import STATE_NAMES, kind_name, why, why_in_brief
from models.wording.work import summary
from screens.status_view import PARIS, hour
from screens.widgets.ink import DIM, STRONG, WRONG, cut
from screens.widgets.items import Item
from screens.widgets.rows import MARK, line
from screens.words import _
from services.follow_up_state import FollowUp, OrdersFound, OwedRow, WorkRow
from services.ports import OrderRow, OutboxItem, OutboxKind

SHOWN_MAX = 50
WHO_MAX, WHO_SHARE = 30, 4
"""A name has a quarter of the line, and never more than it may need."""
MARK_ROOM = " " * len(MARK)
SHORT_KINDS = {
    OutboxKind.REVISION.value: _("modif."),
    OutboxKind.CANCELLATION.value: _("annul."),
}
PLAIN = Style.null()


class Group(StrEnum):
    """The most urgent first."""

    WORK = "work"
    OWED = "owed"
    ORDERS = "orders"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row. ``item_id`` is that of the work, of what is owed, or of the order."""

    group: Group
    item_id: UUID
    order: Order
    what: str
    when: str
    style: Style = PLAIN
    shorter: tuple[str, ...] = ()
    """``what`` in fewer columns, the longest first, for where there is no room."""
    waits: str = ""
    """Since when, in words, in the place of ``when``; where there is no room, neither is said."""
    done: str = ""
    """What is said of it once it is on the list no more."""


@dataclass(frozen=True, slots=True)
class Lists:
    """All three groups; ``counts`` are of all there are, the entries may be fewer."""

    work: tuple[Entry, ...] = ()
    owed: tuple[Entry, ...] = ()
    orders: tuple[Entry, ...] = ()
    counts: tuple[int, int] = (0, 0)
    is_found: bool = False
    """These are what a search found."""
    is_proposal: bool = False


def lists(seen: FollowUp) -> Lists:
    """Everything there is to follow, at most so many rows of each."""
    now = seen.seen_at
    return Lists(
        work=tuple(_work_entry(row, now) for row in seen.work[:SHOWN_MAX]),
        owed=tuple(_owed_entry(row, now) for row in seen.owed[:SHOWN_MAX]),
        orders=tuple(_order_entry(row, now) for row in seen.orders[:SHOWN_MAX]),
        counts=(seen.work_count, seen.owed_count),
    )


def found_lists(seen: FollowUp, found: OrdersFound) -> Lists:
    """The same, of the orders that a search found only."""
    wanted = {row.order.order_id for row in found.orders}
    every = lists(replace(seen, orders=tuple(found.orders)))
    work = tuple(entry for entry in every.work if entry.order.order_id in wanted)
    owed = tuple(entry for entry in every.owed if entry.order.order_id in wanted)
    return replace(
        every,
        work=work,
        owed=owed,
        counts=(len(work), len(owed)),
        is_found=True,
        is_proposal=found.is_proposal,
    )


def _work_entry(row: WorkRow, now: datetime) -> Entry:
    item = row.item
    when = since(item.raised_at, now)
    return Entry(Group.WORK, item.work_id, row.order, summary(item), when, WRONG, done=_("réglé"))


def _owed_entry(row: OwedRow, now: datetime) -> Entry:
    item = row.item
    is_refused = item.state is SyncState.REFUSED
    what, *shorter = owed_words(row, now)
    return Entry(
        Group.OWED,
        item.item_id,
        row.order,
        what,
        since(item.created_at, now),
        WRONG if is_refused else PLAIN,
        shorter=tuple(shorter),
        waits="" if is_refused else _waiting_since(item.created_at, now),
        done=_("réglé") if is_refused else _("reçu par la centrale"),
    )


def _waiting_since(at: datetime, now: datetime) -> str:
    """In words: beside the time of the next try, a bare hour might be either."""
    is_today = paris_day(at) == paris_day(now)
    return (_("depuis {at}") if is_today else _("depuis le {at}")).format(at=since(at, now))


def owed_words(row: OwedRow, now: datetime) -> Sequence[str]:
    """Where it stands, why, and when it is tried next, as in "annulation : en attente, essai à
    11:45". The fullest words first; the others are for less room. All of them say why, in
    fewer words, and when: where it stands follows from both.
    """
    item = row.item
    is_order = item.kind == OutboxKind.ORDER
    kind = "" if is_order else kind_name(item.kind) + " : "
    brief = "" if is_order else SHORT_KINDS.get(item.kind, kind_name(item.kind)) + " : "
    said: Sequence[str]
    state, code = STATE_NAMES[item.state], item.last_error
    cause, short = (why(code), why_in_brief(code)) if code else ("", "")
    if item.state is SyncState.REFUSED:
        said = (f"{state} : {cause}", cause, short) if cause else (state,)
    elif item.state is SyncState.WAITING and row.is_held_back:
        after = _("après la précédente")
        said = (f"{state}, {after}", after)
    else:
        said = _on_its_way(item, state, (cause, short), now)
    return [words + one for one in said for words in (kind, brief)]


def _on_its_way(
    item: OutboxItem, state: str, causes: tuple[str, str], now: datetime
) -> Sequence[str]:
    """Of what goes up by itself, at its time; the cause in full, and in brief."""
    cause, short = causes
    is_later = item.next_try_at > now
    again = _("essai à {at}").format(at=hour(item.next_try_at)) if is_later else ""
    if cause and not is_later:
        again = _("essai en cours")
    awaited = _("réponse attendue") if item.state is SyncState.SENT and not cause else ""
    pieces = (
        (state, cause or awaited, again),
        (cause or awaited or state, again),
        (short or awaited or state, again),
    )
    return [", ".join(piece for piece in one if piece) for one in pieces]


def _order_entry(row: OrderRow, now: datetime) -> Entry:
    order = row.order
    what = f"{state_name(order.state)}, {format_cents(order.quote.total_cents)}"
    style = DIM if order.state is OrderState.CANCELLED else PLAIN
    return Entry(Group.ORDERS, order.order_id, order, what, since(order.placed_at, now), style)


def since(at: datetime, now: datetime) -> str:
    """The hour today, else the day: five columns."""
    if paris_day(at) == paris_day(now):
        return hour(at)
    return at.astimezone(PARIS).strftime("%d/%m")


def who(order: Order) -> str:
    """As the list names them: "Mme DUVAL Jeanne"."""
    name = order.customer.name
    return f"{civility_word(name.civility)} {name.last_name.upper()} {name.first_name}".strip()


# --- rows that keep their places -----------------------------------------------------------


def in_place(before: Lists, now: Lists) -> Lists:
    """``now`` with its rows where they were ``before``: what is done stays and says so, what
    is new comes last in its group, so that nothing moves while somebody looks.
    """
    if (before.is_found, before.is_proposal) != (now.is_found, now.is_proposal):
        return now
    return replace(
        now,
        work=_merged(before.work, now.work),
        owed=_merged(before.owed, now.owed),
        orders=_merged(before.orders, now.orders),
    )


def _merged(before: Sequence[Entry], now: Sequence[Entry]) -> tuple[Entry, ...]:
    present = {entry.item_id: entry for entry in now}
    known = {entry.item_id for entry in before}
    stayed = (present.get(entry.item_id) or _done(entry) for entry in before)
    return (*stayed, *(entry for entry in now if entry.item_id not in known))


def _done(entry: Entry) -> Entry:
    if not entry.done:
        return replace(entry, style=DIM)
    return replace(entry, what=entry.done, shorter=(), waits="", style=DIM)


# --- rows as lines -----------------------------------------------------------------------


def items(shown: Lists, width: int) -> list[Item]:
    """Headings and rows for lines of ``width`` columns."""
    work_count, owed_count = shown.counts
    groups = (
        (_("À traiter"), work_count, shown.work, _("rien n'attend quelqu'un")),
        (_("Envois"), owed_count, shown.owed, _("tout est reçu par la centrale")),
        (_orders_heading(shown), 0, shown.orders, _nothing(shown)),
    )
    listed: list[Item] = []
    for heading, count, entries, nothing in groups:
        if shown.is_found and not entries and nothing != _nothing(shown):
            continue
        listed += [_gap()] if listed else []
        listed.append(_heading(heading, count))
        listed += [_row(entry, width) for entry in entries] or [
            Item(line((MARK_ROOM + nothing, DIM)))
        ]
    return listed


def _orders_heading(shown: Lists) -> str:
    if shown.is_proposal:
        return _("Aucune sous ce numéro ; à un chiffre près")
    return _("Commandes")


def _nothing(shown: Lists) -> str:
    return _("aucune ne correspond") if shown.is_found else _("aucune commande sur ce poste")


def _gap() -> Item:
    return Item(line(""))


def _heading(name: str, count: int) -> Item:
    return Item(line((name, STRONG), (f"  {count}" if count else "", DIM)))


def _row(entry: Entry, width: int) -> Item:
    who_room = min(WHO_MAX, width // WHO_SHARE)
    reference = grouped(entry.order.reference)
    left = f"{_fixed(who(entry.order), who_room)}  {reference}  "
    what, when = _that_fit(entry, width - cell_len(left))
    gap = " " * (width - cell_len(left) - cell_len(what) - len(when))
    text = line(left, (what, entry.style), gap, (when, DIM))
    return Item(text, (entry.group, entry.item_id))


def _that_fit(entry: Entry, room: int) -> tuple[str, str]:
    """The words and the time of a row for ``room`` columns. Of what has shorter words, the time
    goes before a word does.
    """
    when = entry.waits or entry.when
    beside = len(when) + 2
    if not entry.shorter:
        return cut(entry.what, room - beside), when
    words = (entry.what, *entry.shorter)
    what = cut(next((one for one in words if cell_len(one) <= room), words[-1]), room)
    return what, when if cell_len(what) <= room - beside else ""


def _fixed(text: str, width: int) -> str:
    """Exactly so many columns."""
    shown = cut(text, width)
    return shown + " " * (width - cell_len(shown))


def entry_of(shown: Lists, key: object) -> Entry | None:
    """The row with this mark."""
    every: Iterable[Entry] = (*shown.work, *shown.owed, *shown.orders)
    return next((entry for entry in every if (entry.group, entry.item_id) == key), None)
