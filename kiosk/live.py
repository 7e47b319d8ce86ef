"""The calls of one operator, live: the desk behind all screens, and what the sync tells.

Owns the present state, the store thread and the order of changes: one at a time, each on
disk before the next is made. Screens know it as ``screens.console.Console``. Keys, terminal
and the opening are the application's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from kiosk import ahead, presenter, tidy
from kiosk.live_orders import LiveOrders
from kiosk.live_people import LivePeople
from models import intake
from models.draft import Draft, DraftState, Step
from models.errors import KioskError
from models.shop import ShopRules
from screens.cart import CartScreen
from screens.confirmation import ConfirmationScreen
from screens.customer import CustomerScreen
from screens.delivery import DeliveryScreen
from screens.dialogs.calls import CallsDialog
from screens.dialogs.dialog import Dialog
from screens.dialogs.keys import KeysDialog
from screens.dialogs.park import ParkDialog
from screens.payment import PaymentScreen
from screens.printer import PrinterScreen
from screens.read_back import ReadBackScreen
from screens.step import StepScreen
from services.desk import Desk
from services.desk_state import DeskState
from services.sync.status import Connection, SyncStatus

if TYPE_CHECKING:
    from kiosk.app import KioskApp
    from kiosk.container import Container

Answer = TypeVar("Answer")

OF_THE_LINE = frozenset({"sign_in_offline_unknown", "token_expired", "unauthorised"})
"""Codes of what is over once central answers again, beside those of the line itself."""

FORMS = {Step.CUSTOMER, Step.DELIVERY}
"""Steps of many fields, which take longest to make ready."""

SCREENS: tuple[type[StepScreen], ...] = (
    PrinterScreen,
    CartScreen,
    CustomerScreen,
    DeliveryScreen,
    PaymentScreen,
    ReadBackScreen,
    ConfirmationScreen,
)


class LiveConsole:
    """``screens.console.Console``, on the application's screen stack."""

    def __init__(self, app: KioskApp, container: Container) -> None:
        """Called off the event loop: opens the catalogue and the console's file."""
        self._app = app
        self._container = container
        self._store_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._one_change_at_a_time = asyncio.Lock()
        self._refreshing: asyncio.Task[None] | None = None
        self._is_stale = False
        self._making_ready: asyncio.Task[None] | None = None
        self._tidying: asyncio.Task[None] | None = None
        self._steps: dict[Step, StepScreen] = {}
        self.catalogue = container.catalogue
        self.postal = container.postal
        self._pay_first_times()
        self._desk: Desk = container.open_desk()
        self.state: DeskState = self._desk.new_call()
        self.sync_status: SyncStatus | None = None
        self.notice = ""
        self._said_of_the_line = ""
        self.people = LivePeople(self, app, self._desk)
        self.placed = LiveOrders(self, app, container)
        self.interrupted: tuple[Draft, ...] = tuple(
            call.draft
            for call in self.state.calls_waiting
            if call.draft.state is DraftState.OPEN and not call.is_held_elsewhere
        )

    @property
    def rules(self) -> ShopRules:
        return self._container.rules

    def _pay_first_times(self) -> None:
        """What is slow only once is done here, off the event loop: files made at their first
        use, libraries imported at the first need of them.
        """
        self.postal.communes("")
        self.catalogue.search("brotehr 3500")  # with a typo: forgiving is imported for one
        intake.warm_up()

    async def begin(self, *, is_typed_ahead: bool = False) -> None:
        """Show step 1 in the place of what stood there during the opening. Who works here is
        asked then and only then, and not of somebody who is at work already.
        """
        self._app.read_styles(self._screen_of(screen.STEP) for screen in SCREENS)
        await self._app.switch_screen(self._screen_of(Step.PRINTER))
        if self.people.is_needed and not (is_typed_ahead or self.interrupted):
            await self.people.show()
        self._container.start_sync(self._sync_told)
        self._making_ready = asyncio.create_task(self._make_ready())

    async def _make_ready(self) -> None:
        """All steps, the forms first, while the first letters are typed."""
        for step in sorted(self._steps, key=lambda step: step not in FORMS):
            await ahead.make_ready(self._app, self._steps[step])
        if tidy.is_put_off():
            self._tidying = asyncio.create_task(self._stay_tidy())

    async def _stay_tidy(self) -> None:
        try:
            await tidy.stay_tidy(self._app)
        except Exception as error:  # noqa: BLE001 - the boundary of a background task
            self._app.fail(error)

    def resized(self) -> None:
        """The steps that are not shown are laid out again as well, before they are."""
        if self._making_ready is not None:
            self._making_ready.cancel()
            self._making_ready = asyncio.create_task(self._make_ready())

    def close(self) -> None:
        """End the sync and the store thread; writes in flight are finished first."""
        self._container.stop_sync()
        self._store_thread.shutdown(wait=True)

    # --- the desk -------------------------------------------------------------

    async def at_desk(self, ask: Callable[[Desk], Answer]) -> Answer:
        """What waited for an answer when the program was left ends with it: its widgets are
        being taken down, one by one, while the store thread finishes. A defect is told even then.
        """
        try:
            answer = await self._in_store_thread(lambda: ask(self._desk))
        except KioskError:
            self._ensure_shown()
            raise
        self._ensure_shown()
        return answer

    def _ensure_shown(self) -> None:
        if not self._app.is_running:
            raise asyncio.CancelledError

    async def act(self, work: Callable[[Desk, Draft], DeskState]) -> bool:
        async with self._one_change_at_a_time:
            draft = self.state.draft
            try:
                state = await self.at_desk(lambda desk: work(desk, draft))
            except KioskError as error:
                self.present(error)
                return False
            self.notice = ""
            self._show(state)
            return True

    async def change(self, make: Callable[[Draft], Draft]) -> bool:
        async with self._one_change_at_a_time:
            draft = make(self.state.draft)
            if draft == self.state.draft or draft.state is DraftState.PLACED:
                return True
            try:
                state = await self.at_desk(lambda desk: desk.change(draft))
            except KioskError as error:
                # Kept in memory: the next change that can be written writes all of it.
                self.state = await self._unsaved(draft)
                self.present(error)
                return False
            self.notice = ""
            self._show(state)
            return True

    async def _unsaved(self, draft: Draft) -> DeskState:
        """What ``draft`` adds up to, as far as the file can still be read."""
        try:
            return await self.at_desk(lambda desk: desk.refresh(draft))
        except KioskError:
            return replace(self.state, draft=draft)

    def now(self) -> datetime:
        return self._container.clock.now()

    # --- steps ----------------------------------------------------------------

    async def go(self, step: Step, focus: str = "") -> None:
        self.notice = ""
        await self.change(lambda draft: replace(draft, step=step, focus=focus))
        while isinstance(self._app.screen, Dialog):
            self._app.pop_screen()  # not awaited: it may be the dialog's own handler that asks
        screen = self._screen_of(step)
        if self._app.screen is screen:
            screen.place_focus(focus)
        else:
            await self._app.switch_screen(screen)

    async def go_by_key(self, step: str) -> None:
        """A step's key; once the order is placed, it begins the next call."""
        if self.state.draft.state is DraftState.PLACED:
            await self._begin_call(lambda desk, _: desk.new_call())
        await self.go(Step(step))

    async def confirm(self) -> None:
        said = self.state.quote.total_cents
        if await self.act(lambda desk, draft: desk.confirm(draft, said_total_cents=said)):
            self._container.send_owed()
            await self._app.switch_screen(self._screen_of(Step.CONFIRMATION))
        else:
            await self.refresh()
            if self.state.quote.total_cents != said:
                await self._show_new_total()

    async def _show_new_total(self) -> None:
        """In the cart, with what changed it: no Enter typed ahead confirms what was not read."""
        why = self.notice
        await self.go(Step.CART, CartScreen.FIRST_FOCUS)
        self.say(why)

    # --- calls ----------------------------------------------------------------

    async def new_call(self) -> None:
        """A new call; where this one would be missed, it is first put aside with a reason."""
        draft = self.state.draft
        if draft.is_blank or draft.state is DraftState.PLACED:
            await self._begin_call(lambda desk, _: desk.new_call())
            await self.people.ask_if_owed()
        else:
            await self.park()

    async def park(self, reason: str = "") -> None:
        if not isinstance(self._app.screen, ParkDialog):
            await self._app.push_screen(ParkDialog(reason))

    async def park_now(self, reason: str) -> None:
        await self._begin_call(lambda desk, draft: desk.park(draft, reason))

    async def abandon_now(self) -> None:
        await self._begin_call(lambda desk, draft: desk.abandon(draft))

    async def _begin_call(self, work: Callable[[Desk, Draft], DeskState]) -> None:
        if await self.act(work):
            self.interrupted = ()
            await self.go(Step.PRINTER, "search")

    async def take_up(self, waiting: Draft) -> None:
        placed = self.state.draft.state is DraftState.PLACED
        leaving = None if placed else self.state.draft
        if await self.act(lambda desk, _: desk.resume(waiting.draft_id, leaving=leaving)):
            self.interrupted = tuple(d for d in self.interrupted if d.draft_id != waiting.draft_id)
            await self.go(self.state.draft.step, self.state.draft.focus)

    async def take_up_interrupted(self) -> None:
        if self.interrupted:
            await self.take_up(self.interrupted[0])

    async def show_calls(self) -> None:
        if not isinstance(self._app.screen, CallsDialog):
            await self._app.push_screen(CallsDialog())

    async def show_keys(self) -> None:
        if not isinstance(self._app.screen, KeysDialog):
            await self._app.push_screen(KeysDialog())

    # --- what is said -----------------------------------------------------------

    def say(self, sentence: str) -> None:
        self.notice = sentence
        self._redraw()

    def present(self, error: KioskError) -> None:
        self.say(presenter.sentence(error))
        if error.code in OF_THE_LINE or error.code.startswith("central_"):
            self._said_of_the_line = self.notice

    def _show(self, state: DeskState) -> None:
        self.state = state
        self._redraw()

    def _redraw(self) -> None:
        if self._app.is_running and isinstance(self._app.screen, StepScreen | Dialog):
            self._app.screen.redraw()

    # --- what the sync tells ------------------------------------------------------

    def _sync_told(self, status: SyncStatus) -> None:
        """Called from the sync thread."""
        self._app.call_from_thread(self._sync_changed, status)

    def _sync_changed(self, status: SyncStatus) -> None:
        """The boundary of what another thread tells: raised into that one, it would be lost, and
        the screen would go on as if nothing were wrong.
        """
        if not self._app.is_running:
            return
        try:
            self._take_news(status)
        except Exception as error:  # noqa: BLE001 - see the docstring
            self._app.fail(error)

    def _take_news(self, status: SyncStatus) -> None:
        before, self.sync_status = self.sync_status, status
        if self.notice and self.notice == self._said_of_the_line and _is_back(before, status):
            self.notice = ""
        self.placed.sync_changed(before, status)
        self._redraw()
        if before is not None and _news(before) != _news(status):
            self._is_stale = True
            if self._refreshing is None or self._refreshing.done():
                self._refreshing = asyncio.create_task(self._catch_up())

    async def _catch_up(self) -> None:
        """However much is told meanwhile, it is read once more and not once each."""
        while self._is_stale:
            self._is_stale = False
            await self.refresh()

    async def refresh(self) -> None:
        """What changed around the draft, shown in place; focus and notice stay."""
        try:
            await self._look_around()
            if isinstance(self._app.screen, Dialog) and self._app.screen.is_mounted:
                await self._app.screen.read_again()
        except Exception as error:  # noqa: BLE001 - the boundary of a background task
            self._app.fail(error)

    async def _look_around(self) -> None:
        """A file that cannot be read just now is said, unless something else is: what the
        operator was told last, also while this waited, is what they have to read.
        """
        async with self._one_change_at_a_time:
            draft = self.state.draft
            try:
                await self.people.look()
                state = await self.at_desk(lambda desk: desk.refresh(draft))
            except KioskError as error:
                if not self.notice:
                    self.present(error)
            else:
                self._show(state)

    # --- inside -------------------------------------------------------------------

    def _screen_of(self, step: Step) -> StepScreen:
        if step not in self._steps:
            self._steps[step] = next(screen for screen in SCREENS if screen.STEP is step)()
            self._app.install_screen(self._steps[step], step.value)
        return self._steps[step]

    async def _in_store_thread(self, work: Callable[[], Answer]) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._store_thread, work)


def _is_back(before: SyncStatus | None, now: SyncStatus) -> bool:
    """Central answers, and did not: what was said of that is true no more."""
    was_online = before is not None and before.connection is Connection.ONLINE
    return now.connection is Connection.ONLINE and not was_online


def _news(status: SyncStatus) -> tuple[object, ...]:
    """What of a status may have changed something the operator looks at."""
    return status.waiting, status.refused, status.work, status.catalogue_version, status.changes
