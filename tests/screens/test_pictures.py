"""Every state that matters as text, at both sizes, beside the picture kept of it.

``KIOSK_NEW_PICTURES=1`` writes the pictures anew; look at what changed before keeping them.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from console_at_work import LARGE, OFFLINE, ONLINE, SMALL, Operator, console_at_work, save
from console_fixtures import NOW, cart, complete_draft

from models.draft import Draft, DraftState, Step
from services.ports import KnownOperator
from services.sync.status import CatalogueProgress, Connection, SyncStatus

GOLDEN = Path(__file__).parent / "golden"
IS_NEW = os.environ.get("KIOSK_NEW_PICTURES") == "1"

sizes = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])

WHOLE = complete_draft(UUID(int=77))


class Album:
    """Compares pictures one after the other, and tells of all that differ at the end."""

    def __init__(self, operator: Operator) -> None:
        self.operator = operator
        self.changed: list[str] = []

    async def take(self, name: str, *keys: str) -> None:
        """The picture after these keys."""
        await self.operator.press_only(*keys)
        width, height = self.operator.app.size
        path = GOLDEN / f"{name}-{width}x{height}.txt"
        shown = "\n".join(self.operator.lines) + "\n"
        assert all(len(line) <= width for line in self.operator.lines)
        if IS_NEW:
            path.parent.mkdir(exist_ok=True)
            path.write_text(shown, "utf-8")
        elif not path.exists() or path.read_text("utf-8") != shown:
            self.changed.append(f"{path.name}:\n{shown}")

    def close(self) -> None:
        assert not self.changed, "\n".join(self.changed)


@sizes
async def test_the_seven_steps(folder, size) -> None:
    async with console_at_work(folder, size=size) as operator:
        await operator.hears(ONLINE)
        album = Album(operator)
        await album.take("01-empty")
        await album.take("01-found", *"brother 350")
        await album.take("01-chosen", "enter", "enter", "down", "2")
        await album.take("01-look-alike", *"une 301 xl noire", "down")
        await album.take("01-corrected", *"brotehr dcp350c")
        await album.take("02-cart", "f2")
        await album.take("02-proposed", "down", *"noel2026", "enter")
        await album.take("02-codes", "enter", *"MERCI5", "enter")
        await album.take("03-blank", "f3")
        await album.take("03-hits", *"duval")
        await album.take("03-known", "enter")
        await album.take("04-same", "f4")
        await album.take("04-other", "2")
        await album.take("04-flat", "1", *"Martin", "enter", *"Eve", "enter", "a", "enter", "enter")
        await album.take("04-communes", *["enter"] * 2, *"51300", "enter")
        await album.take("05-no-link", "f5")
        await album.take("05-cheque", "4")
        await album.take("06-missing", "f6")
        album.close()


@sizes
async def test_the_read_back_and_the_reference(folder, size) -> None:
    save(folder, WHOLE)
    async with console_at_work(folder, size=size) as operator:
        await operator.hears(ONLINE)
        album = Album(operator)
        await album.take("01-interrupted")
        await album.take("06-read-back", "enter")
        await album.take("06-next-page", "enter")
        await album.take("07-confirmation", *["enter"] * 20)
        album.close()


@sizes
async def test_around_the_steps(folder, size) -> None:
    parked = replace(
        WHOLE, draft_id=UUID(int=78), state=DraftState.PARKED, parked_reason="cherche sa référence"
    )
    other = replace(
        Draft(UUID(int=79), NOW), search="lc970", state=DraftState.PARKED, parked_reason="rappelle"
    )
    save(folder, parked, other)
    async with console_at_work(folder, size=size) as operator:
        await operator.hears(OFFLINE)
        album = Album(operator)
        await album.take("offline")
        await album.take("unknown-printer", *"zzqx 9999")
        await album.take("unknown-parked", "enter")
        await album.take("calls", "escape", "f9")
        await album.take("keys", "escape", "f12")
        await album.take("new-customer", "escape", "f3", *"zadkine", "enter", *["enter"] * 7)
        await album.take("card-refused", *"4970 1000 0000 0055")
        album.close()


@sizes
async def test_a_long_cart(folder, size) -> None:
    async with console_at_work(folder, size=size) as operator:
        await operator.hears(ONLINE)
        catalogue = operator.app.live.catalogue
        fitting = catalogue.articles_for("brother-dcp-350c")[:10]
        long = [hit.article for hit in catalogue.search("mlt-d203").hits if hasattr(hit, "article")]
        lines = [(a.sku, 2, a.offer.price_cents) for a in (*fitting, *long[:2])]
        draft = replace(WHOLE, cart=cart(*lines).add_code("EPSON15"))
        with operator.store.write() as tx:
            tx.drafts.save(draft.at(Step.CART, "lines"), at=NOW, holder=None)
        await operator.app.live.take_up(draft)
        album = Album(operator)
        await album.take("02-twelve-lines")
        await album.take("02-twelve-lines-end", *["down"] * 11)
        await album.take("01-twelve-lines", "f1")
        album.close()


@sizes
async def test_what_follows_an_order(busy, size) -> None:
    async with console_at_work(busy, size=size) as operator:
        await operator.hears(replace(OFFLINE, next_try_at=NOW + timedelta(minutes=3)))
        album = Album(operator)
        await album.take("work-to-do")
        await album.take("follow-up-offline", "f7")
        await album.take("order-differences", "enter")
        await album.take("order-called-back", "a", *"garde le prix dit")
        await album.take("order-settled", "enter")
        await album.take("follow-up-settled", "escape")
        await operator.hears(ONLINE)
        await album.take("follow-up-found", *"garnier")
        await album.take("order-cancelled", "enter")
        await album.take("follow-up-nothing-found", "escape", "escape", *"zzzz")
        await album.take("order-refused", "escape", "down", "enter")
        await album.take("cancel-reason", "x", *"commandé ailleurs")
        await album.take("cancel-sure", "enter")
        await album.take("order-dispatched", "escape", "escape", *"moreau", "enter", "m")
        album.close()


@sizes
async def test_a_change_of_a_placed_order(busy, size) -> None:
    async with console_at_work(busy, size=size) as operator:
        await operator.hears(ONLINE)
        album = Album(operator)
        await album.take("change-cart", "f7", "enter", "m")
        await album.take("change-park", "f8")
        await album.take("change-waits", *"rappelle", "enter", "f9")
        await album.take("change-read-back", "enter", "f6")
        await album.take("change-confirmed", *["enter"] * 20)
        album.close()


@sizes
async def test_what_the_line_of_state_says(folder, size) -> None:
    async with console_at_work(folder, size=size) as operator:
        album = Album(operator)
        await operator.hears(replace(ONLINE, catalogue_progress=CatalogueProgress(45, 100)))
        await album.take("state-catalogue")
        await operator.hears(replace(ONLINE, waiting=2, clock_offset_seconds=720.0))
        await album.take("state-clock")
        expired = SyncStatus(Connection.UNAUTHORISED, waiting=2, last_error_code="token_expired")
        await operator.hears(expired)
        await album.take("state-expired")
        await album.take("follow-up-empty", "f7")
        album.close()


@sizes
async def test_who_works_here(folder, size) -> None:
    def with_operators(store) -> None:
        with store.write() as tx:
            tx.operators.replace_all([KnownOperator(UUID(int=31), "claire", "Claire M.")])

    async with console_at_work(folder, size=size, prepare_store=with_operators) as operator:
        await operator.hears(ONLINE)
        album = Album(operator)
        await album.take("sign-in", *"claire", "enter", *"secret")
        await album.take("sign-in-later", "escape")
        album.close()
