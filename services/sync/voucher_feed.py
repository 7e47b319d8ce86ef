"""Down: codes as central has them, followed page by page, and looked up where there is doubt.

A page and the place it leads to are kept together. Central tells of a code what every console
should know, not each use: what the orders of this console used is counted here, and where an
answer may have made that another, the codes of those orders are looked up by name. A central
that knows no pages gives all codes at once, and what it does not name is gone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from models.errors import Conflict, Unavailable
from models.vouchers import Voucher
from services.codes import codes_owed, count_what_is_owed
from services.ports import Central, Store, Transaction, VoucherPage
from services.sync.cursors import Cursors
from services.sync.enrolment import VOUCHERS_CURSOR
from services.sync.status import note_download
from services.sync.unread import UnreadPart, count_unread, has_to_begin_anew, note_unread

CODES_AT_ONCE = 500
"""Codes in one transaction: some 10 ms, and then whoever waits for the file has it."""

LOOKED_UP_AT_ONCE = 100
"""Codes in one question: no longer a URL than every proxy passes on."""

PAGES_AT_ONCE = 1_000
"""In one exchange: a list that never ends holds up what comes after it, once."""

LEFT_OVER = "vouchers_left_over"
"""Setting: codes of before the feed was begun that it has not named yet. At its end they are
gone; until then they are better than none.
"""
LOOKED_AT = "vouchers_looked_at"
"""Setting: the newest event of an order for which the codes are known to be counted right."""


class VoucherFeed:
    """Any call may be repeated, and cut off anywhere."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._last_whole: Sequence[Voucher] | None = None

    def fetch(
        self,
        central: Central,
        *,
        should_stop: Callable[[], bool],
        meanwhile: Callable[[], None],
    ) -> None:
        """The codes are as central has them, with what is owed to it counted. Between two pages
        ``should_stop`` is asked and ``meanwhile`` called. What is the same is not written.

        Raises Unavailable("sync_stopped" | "central_unclear"), and what ``Central`` raises.
        """
        with self._store.read() as tx:
            cursor = _cursor(tx)
            since, reached = _looked_at(tx), tx.orders.last_event()
            in_doubt = tx.orders.codes_since(since) if cursor else ()
        following = _Following(self._store, central, reached)
        try:
            whole = following.go_on(cursor, should_stop, meanwhile)
        except Conflict as error:
            if error.code != "cursor_unknown":
                raise
            whole = following.go_on(None, should_stop, meanwhile)
        if whole is not None:
            self._keep_whole(whole, is_needed=since != reached)
        self._look_up(central, in_doubt)
        if since != reached:
            with self._store.write() as tx:
                tx.settings.put(LOOKED_AT, str(reached))

    def _keep_whole(self, found: Sequence[Voucher], *, is_needed: bool) -> None:
        """Looks for what is kept otherwise where the answer is another than the last time, or
        ``is_needed``. Another central has to begin with its own feed.
        """
        if is_needed or found != self._last_whole:
            with self._store.read() as tx:
                changed, gone = tx.vouchers.differing(found)
                owed = codes_owed(tx)
            anew = [*changed, *(one for one in found if one.code in owed)]
            self._keep({one.code: one for one in anew} | dict.fromkeys(gone))
            self._last_whole = found

    def _look_up(self, central: Central, in_doubt: Collection[str]) -> None:
        for codes in _pieces(sorted(in_doubt), LOOKED_UP_AT_ONCE):
            found = {voucher.code: voucher for voucher in central.vouchers_named(codes)}
            with self._store.read() as tx:
                owed = codes_owed(tx)
                anew = [c for c in codes if c in owed or tx.vouchers.get(c) != found.get(c)]
            self._keep({code: found.get(code) for code in anew})

    def _keep(self, changes: Mapping[str, Voucher | None]) -> None:
        """What is not named stays as it is, with what orders of meanwhile used of it."""
        for codes in _pieces(list(changes), CODES_AT_ONCE):
            with self._store.write() as tx:
                put_codes(
                    tx,
                    [voucher for code in codes if (voucher := changes[code]) is not None],
                    [code for code in codes if changes[code] is None],
                )


class _Following:
    """One way through the pages; ``reached`` is the newest event of an order before it."""

    def __init__(self, store: Store, central: Central, reached: int) -> None:
        self._store = store
        self._central = central
        self._reached = reached

    def go_on(
        self, cursor: str | None, should_stop: Callable[[], bool], meanwhile: Callable[[], None]
    ) -> Sequence[Voucher] | None:
        """Take in all pages after ``cursor``; None: from the beginning. What it returns are all
        codes there are, not yet kept, of a central that knows no pages.
        """
        cursors = Cursors(cursor)
        for _ in range(PAGES_AT_ONCE):
            if should_stop():
                raise Unavailable("sync_stopped")
            page = self._central.vouchers(cursor)
            if page.cursor is None:
                self._forget_the_place()
                note_unread(self._store, UnreadPart.VOUCHERS, page.unread)
                return page.vouchers
            if page.has_more:
                cursors.check(page.cursor)
            self._take(page, cursor)
            if not page.has_more:
                self._remove_left_over()
                break
            cursor = page.cursor
            meanwhile()
        return None

    def _take(self, page: VoucherPage, cursor: str | None) -> None:
        if page.cursor == cursor:
            return
        with self._store.write() as tx:
            if cursor is None:
                tx.settings.put(LOOKED_AT, str(self._reached))
            left_over = _codes_here(tx) if cursor is None else _left_over(tx)
            count_unread(tx.settings, UnreadPart.VOUCHERS, page.unread, is_first=cursor is None)
            put_codes(tx, page.vouchers, page.removed)
            _put_left_over(tx, left_over - {voucher.code for voucher in page.vouchers})
            tx.settings.put(VOUCHERS_CURSOR, page.cursor or "")

    def _remove_left_over(self) -> None:
        with self._store.read() as tx:
            left_over = _left_over(tx)
        for codes in _pieces(sorted(left_over), CODES_AT_ONCE):
            left_over -= set(codes)
            with self._store.write() as tx:
                put_codes(tx, (), codes)
                _put_left_over(tx, left_over)

    def _forget_the_place(self) -> None:
        """It was another central's, or that of a newer one that was put back."""
        with self._store.read() as tx:
            is_somewhere = tx.settings.get(VOUCHERS_CURSOR) or tx.settings.get(LEFT_OVER)
        if is_somewhere:
            with self._store.write() as tx:
                tx.settings.put(VOUCHERS_CURSOR, "")
                _put_left_over(tx, set())


def put_codes(tx: Transaction, vouchers: Sequence[Voucher], removed: Iterable[str]) -> None:
    """As central has them, and what this console owes it counted."""
    tx.vouchers.remove(removed)
    tx.vouchers.put_all(vouchers)
    count_what_is_owed(tx, {voucher.code for voucher in vouchers})
    note_download(tx)


def _cursor(tx: Transaction) -> str | None:
    """None: from the beginning."""
    if has_to_begin_anew(tx.settings, UnreadPart.VOUCHERS):
        return None
    return tx.settings.get(VOUCHERS_CURSOR) or None


def _codes_here(tx: Transaction) -> set[str]:
    _, codes = tx.vouchers.differing(())
    return set(codes)


def _left_over(tx: Transaction) -> set[str]:
    return set(json.loads(tx.settings.get(LEFT_OVER) or "[]"))


def _put_left_over(tx: Transaction, codes: Collection[str]) -> None:
    said = json.dumps(sorted(codes)) if codes else ""
    if said != (tx.settings.get(LEFT_OVER) or ""):
        tx.settings.put(LEFT_OVER, said)


def _looked_at(tx: Transaction) -> int:
    return int(tx.settings.get(LOOKED_AT) or 0)


def _pieces(codes: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    return (codes[start : start + size] for start in range(0, len(codes), size))
