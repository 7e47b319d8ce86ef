"""What the operator does about orders that were placed, on the live console.

``screens.console.PlacedOrders``. Everything of substance is the desk's; here is which screen
comes up, and that central is told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from models.draft import DraftState
from models.errors import KioskError
from screens.dialogs.follow_up import FollowUpDialog
from screens.dialogs.order_card import OrderCardDialog
from screens.words import _
from services.desk import Desk
from services.sync.status import Connection, SyncStatus

if TYPE_CHECKING:
    from uuid import UUID

    from kiosk.app import KioskApp
    from kiosk.container import Container
    from kiosk.live import LiveConsole
    from models.work import Settlement


TRYING = _("Nouvel essai en cours.")


class LiveOrders:
    """The list, the cards, and what they ask for."""

    def __init__(self, live: LiveConsole, app: KioskApp, container: Container) -> None:
        self._live = live
        self._app = app
        self._wake_sync = container.wake_sync
        self._send_owed = container.send_owed

    async def show_list(self) -> None:
        """From any screen; from a card, back to it."""
        if any(isinstance(screen, FollowUpDialog) for screen in self._app.screen_stack):
            while not isinstance(self._app.screen, FollowUpDialog):
                await self._app.pop_screen()
        else:
            await self._app.push_screen(FollowUpDialog())

    async def show(self, order_id: UUID) -> None:
        self._live.say("")
        await self._app.push_screen(OrderCardDialog(order_id))

    def try_now(self) -> None:
        status = self._live.sync_status
        if status is not None and status.connection is Connection.NOT_ENROLLED:
            self._live.say(_("Cette console est sans centrale : rien ne part."))
        else:
            self._wake_sync()
            self._live.say(TRYING)

    def sync_changed(self, before: SyncStatus | None, now: SyncStatus) -> None:
        """A try that has come to its end is said to be under way no more: how it ended is said
        by the state of the line.
        """
        if self._live.notice == TRYING and (before is None or now.has_tried_since(before)):
            self._live.say("")

    async def change(self, order_id: UUID) -> None:
        now = self._live.state.draft
        leaving = None if now.state is DraftState.PLACED else now
        if await self._live.act(lambda desk, _: desk.change_order(order_id, leaving=leaving)):
            draft = self._live.state.draft
            await self._live.go(draft.step, draft.focus)

    async def settle(self, work_ids: Sequence[UUID], settlement: Settlement, note: str) -> bool:
        def settle(desk: Desk) -> None:
            for work_id in work_ids:
                desk.settle(work_id, settlement, note=note)

        return await self._written(settle)

    async def cancel(self, order_id: UUID, reason: str) -> bool:
        if not await self._written(lambda desk: desk.cancel_order(order_id, reason=reason)):
            return False
        if self._live.state.draft.revises == order_id:  # the call in hand has nothing to change
            await self._live.act(lambda desk, _: desk.new_call())
        return True

    async def _written(self, work: Callable[[Desk], object]) -> bool:
        """On disk; then central is told."""
        try:
            await self._live.at_desk(work)
        except KioskError as error:
            self._live.present(error)
            return False
        self._live.say("")
        self._send_owed()
        await self._live.refresh()
        return True
