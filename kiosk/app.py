"""The application: which screen is up, the one desk behind all of them, and what runs beside.

Owns the life of the store thread and of the sync, writes in flight, and the one place where
an error becomes a sentence on the screen. Nothing heavy is imported before the first paint:
the console's file and the catalogue are opened in a thread once the first screen stands.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.binding import Binding, BindingType

from kiosk import presenter
from kiosk.keys import KeyTurns
from kiosk.terminal import KioskTerminalApp
from models.draft import Draft, DraftState, Step
from models.errors import KioskError
from models.quote import Quote
from models.shop import ShopRules
from screens.printer import PrinterScreen
from screens.step import StepScreen
from screens.words import _
from services.desk_state import DeskState

if TYPE_CHECKING:
    from kiosk.container import Container
    from services.desk import Desk
    from services.ports import Catalogue
    from services.postal import PostalCodes
    from services.sync.status import SyncStatus

Answer = TypeVar("Answer")

OPENING_SECONDS_MAX = 0.5
"""The files are opened after the first frame, or then if a key came even before that."""


def _step_screen(step: Step) -> StepScreen:
    """The screen of a step; imported when it is first gone to."""
    match step:
        case Step.PRINTER:
            return PrinterScreen()
        case Step.CART:
            from screens.cart import CartScreen as Wanted  # noqa: PLC0415
        case Step.CUSTOMER:
            from screens.customer import CustomerScreen as Wanted  # type: ignore[assignment]  # noqa: PLC0415
        case Step.DELIVERY:
            from screens.delivery import DeliveryScreen as Wanted  # type: ignore[assignment]  # noqa: PLC0415
        case Step.PAYMENT:
            from screens.payment import PaymentScreen as Wanted  # type: ignore[assignment]  # noqa: PLC0415
        case Step.READ_BACK:
            from screens.read_back import ReadBackScreen as Wanted  # type: ignore[assignment]  # noqa: PLC0415
        case Step.CONFIRMATION:
            from screens.confirmation import (  # type: ignore[assignment]  # noqa: PLC0415
                ConfirmationScreen as Wanted,
            )
    return Wanted()


class KioskApp(KeyTurns, KioskTerminalApp):
    """The console of one operator."""

    TITLE = "Kiosk"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1,ctrl+f", "go('printer')", _("Imprimante"), id="go.printer", priority=True),
        Binding("f2", "go('cart')", _("Panier"), id="go.cart", priority=True),
        Binding("f3", "go('customer')", _("Client"), id="go.customer", priority=True),
        Binding("f4", "go('delivery')", _("Livraison"), id="go.delivery", priority=True),
        Binding("f5", "go('payment')", _("Paiement"), id="go.payment", priority=True),
        Binding("f6", "go('read_back')", _("Relecture"), id="go.read_back", priority=True),
        Binding("f8,ctrl+n", "new_call", _("Nouvel appel"), id="call.new", priority=True),
        Binding("f9,ctrl+t", "calls", _("Appels en attente"), id="call.list", priority=True),
        Binding("question_mark", "keys", show=False),
        Binding("f12,ctrl+g", "keys", _("Toutes les touches"), id="help", priority=True),
        Binding("ctrl+q", "leave", _("Quitter"), id="quit", priority=True),
        Binding("ctrl+c", "nothing", show=False, priority=True),
    ]

    def __init__(self, container: Container) -> None:
        super().__init__()
        self._container = container
        self._store_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._opened = asyncio.Event()
        self._one_change_at_a_time = asyncio.Lock()
        self._opening: asyncio.Task[None] | None = None
        self._refreshing: asyncio.Task[None] | None = None
        self._desk: Desk | None = None
        self._steps: dict[Step, StepScreen] = {}
        self.state = DeskState(Draft(container.ids.new(), container.clock.now()), Quote())
        self.catalogue: Catalogue | None = None
        self.postal: PostalCodes | None = None
        self.rules: ShopRules = container.rules
        self.sync_status: SyncStatus | None = None
        self.notice = ""
        self.interrupted: tuple[Draft, ...] = ()

    # --- life ---------------------------------------------------------------

    async def on_mount(self) -> None:
        await self.push_screen(self._screen_of(Step.PRINTER))
        asyncio.get_running_loop().call_later(OPENING_SECONDS_MAX, self._begin_opening)

    def post_display_hook(self) -> None:
        """Called by Textual after each frame: the first one begins the opening.

        Not by a message: a key typed ahead may hold up all queues until the files are open.
        """
        self._begin_opening()

    def _begin_opening(self) -> None:
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())

    async def _open(self) -> None:
        """Everything slow, in the store thread, while the operator may type already."""
        try:
            self.catalogue = await self._in_store_thread(lambda: self._container.catalogue)
            self._redraw()
            self._desk = await self._in_store_thread(self._container.open_desk)
            desk, draft = self._desk, self.state.draft
            state = await self._in_store_thread(lambda: desk.refresh(draft))
            self.interrupted = tuple(
                call.draft
                for call in state.calls_waiting
                if call.draft.state is DraftState.OPEN and not call.is_held_elsewhere
            )
            self.show(state)
            self.postal = await self._in_store_thread(lambda: self._container.postal)
            await self._in_store_thread(_warm_up)
        except Exception as error:  # noqa: BLE001 - the boundary of a background task
            self._fail(error)
            return
        self._opened.set()
        self._container.start_sync(self._sync_told)

    def _fail(self, error: Exception) -> None:
        """What cannot be gone on from ends the program, with a clear line on the terminal."""
        message = presenter.sentence(error)
        if presenter.exit_code(error) == presenter.EXIT_DEFECT:
            kept = presenter.keep_trace(error, self._container.folder)
            message += f"\n{kept}" if kept else ""
        self.exit(return_code=presenter.exit_code(error), message=f"kiosk: {message}")

    def _handle_exception(self, error: Exception) -> None:
        """A defect in a screen: everything entered is on disk, so leave in order and say so."""
        if self.is_headless:
            super()._handle_exception(error)
        else:
            self._fail(error)

    def close(self) -> None:
        """After the screen is gone: end the sync and the store thread."""
        self._container.stop_sync()
        self._store_thread.shutdown(wait=True)
        self._container.close()

    # --- what screens ask for (screens.console.Console) ----------------------

    async def ready(self) -> None:
        await self._opened.wait()

    async def at_desk(self, ask: Callable[[Desk], Answer]) -> Answer:
        await self.ready()
        desk = self._desk
        assert desk is not None  # noqa: S101 - ready
        return await self._in_store_thread(lambda: ask(desk))

    async def act(self, work: Callable[[Desk, Draft], DeskState]) -> bool:
        async with self._one_change_at_a_time:
            draft = self.state.draft
            try:
                state = await self.at_desk(lambda desk: work(desk, draft))
            except KioskError as error:
                self.present(error)
                return False
            self.notice = ""
            self.show(state)
            return True

    async def change(self, make: Callable[[Draft], Draft]) -> bool:
        await self.ready()
        async with self._one_change_at_a_time:
            draft = make(self.state.draft)
            if draft == self.state.draft or draft.state is DraftState.PLACED:
                return True
            try:
                state = await self.at_desk(lambda desk: desk.change(draft))
            except KioskError as error:
                # Kept in memory: the next change that can be written writes all of it.
                self.state = replace(self.state, draft=draft)
                self.present(error)
                return False
            self.notice = ""
            self.show(state)
            return True

    def show(self, state: DeskState) -> None:
        self.state = state
        self._redraw()

    async def go(self, step: Step, focus: str = "") -> None:
        await self.ready()
        self.notice = ""
        await self.change(lambda draft: replace(draft, step=step, focus=focus))
        screen = self._screen_of(step)
        if self.screen is screen:
            screen.place_focus(focus)
            return
        while len(self.screen_stack) > 1 and not isinstance(self.screen, StepScreen):
            await self.pop_screen()
        await self.switch_screen(screen)

    def say(self, sentence: str) -> None:
        self.notice = sentence
        self._redraw()

    def present(self, error: KioskError) -> None:
        self.say(presenter.sentence(error))

    def now(self) -> datetime:
        return self._container.clock.now()

    async def take_up_interrupted(self) -> None:
        if self.interrupted:
            await self.take_up(self.interrupted[0])

    async def take_up(self, waiting: Draft) -> None:
        """Go on with a call that waited, at the step and field it was left."""
        if await self.act(lambda desk, _: desk.resume(waiting.draft_id)):
            self.interrupted = tuple(d for d in self.interrupted if d.draft_id != waiting.draft_id)
            await self.go(self.state.draft.step, self.state.draft.focus)

    async def park(self, reason: str = "") -> None:
        from screens.dialogs.park import ParkDialog  # noqa: PLC0415 - not before the first paint

        await self.push_screen(ParkDialog(reason))

    async def park_now(self, reason: str) -> None:
        await self._begin_call(lambda desk, draft: desk.park(draft, reason))

    async def abandon_now(self) -> None:
        await self._begin_call(lambda desk, draft: desk.abandon(draft))

    async def _begin_call(self, work: Callable[[Desk, Draft], DeskState]) -> None:
        if await self.act(work):
            self.interrupted = ()
            await self.go(Step.PRINTER, "search")

    async def confirm(self) -> None:
        if await self.act(lambda desk, draft: desk.confirm(draft)):
            self._container.wake_sync()
            await self.switch_screen(self._screen_of(Step.CONFIRMATION))

    # --- actions --------------------------------------------------------------

    async def action_go(self, name: str) -> None:
        await self.ready()
        if self.state.draft.state is DraftState.PLACED:
            await self._begin_call(lambda desk, _: desk.new_call())
        await self.go(Step(name))

    async def action_new_call(self) -> None:
        await self.new_call()

    async def new_call(self) -> None:
        """A new call; where this one would be missed, it is first put aside with a reason."""
        await self.ready()
        draft = self.state.draft
        if draft.is_blank or draft.state is DraftState.PLACED:
            await self._begin_call(lambda desk, _: desk.new_call())
        else:
            await self.park()

    async def action_calls(self) -> None:
        await self.ready()
        from screens.dialogs.calls import CallsDialog  # noqa: PLC0415 - not before the first paint

        if not isinstance(self.screen, CallsDialog):
            await self.push_screen(CallsDialog())

    async def action_keys(self) -> None:
        await self.show_keys()

    async def show_keys(self) -> None:
        from screens.dialogs.keys import KeysDialog  # noqa: PLC0415 - not before the first paint

        if not isinstance(self.screen, KeysDialog):
            await self.push_screen(KeysDialog())

    async def action_leave(self) -> None:
        """Everything entered is on disk: leaving asks nothing."""
        self.exit(return_code=0)

    def action_nothing(self) -> None:
        """Ctrl+C copies in some terminals; it must not end a call."""

    # --- inside ---------------------------------------------------------------

    def _screen_of(self, step: Step) -> StepScreen:
        if step not in self._steps:
            self._steps[step] = _step_screen(step)
            self.install_screen(self._steps[step], step.value)
        return self._steps[step]

    def _redraw(self) -> None:
        if isinstance(self.screen, StepScreen):
            self.screen.redraw()

    async def _in_store_thread(self, work: Callable[[], Answer]) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._store_thread, work)

    def _sync_told(self, status: SyncStatus) -> None:
        """Called from the sync thread."""
        self.call_from_thread(self._sync_changed, status)

    def _sync_changed(self, status: SyncStatus) -> None:
        before, self.sync_status = self.sync_status, status
        self._redraw()
        if before is not None and _news(before) != _news(status):
            self._refreshing = asyncio.create_task(self._refresh())

    async def _refresh(self) -> None:
        """What changed around the draft, shown in place; the focus stays where it is."""
        try:
            await self.act(lambda desk, draft: desk.refresh(draft))
        except Exception as error:  # noqa: BLE001 - the boundary of a background task
            self._fail(error)


def _news(status: SyncStatus) -> tuple[object, ...]:
    """What of a status may have changed something the operator looks at."""
    return status.waiting, status.refused, status.catalogue_version


def _warm_up() -> None:
    """What the first form would have to wait for."""
    from models import intake  # noqa: PLC0415 - not before the first paint

    intake.warm_up()


def run_console(container: Container) -> int:
    """Show the console until the operator leaves; the exit code of the process."""
    app = KioskApp(container)
    try:
        app.run(mouse=False)
    finally:
        app.close()
    return app.return_code or 0
