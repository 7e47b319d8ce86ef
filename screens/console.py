"""What a screen may ask of the application that shows it.

Screens know this protocol and nothing of processes, threads or files behind it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from models.draft import Draft, Step
from models.errors import KioskError
from models.shop import ShopRules

if TYPE_CHECKING:
    from uuid import UUID

    from textual.app import App

    from models.work import Settlement
    from services.desk import Desk
    from services.desk_state import DeskState
    from services.ports import Catalogue
    from services.postal import PostalCodes
    from services.sync.status import SyncStatus

Answer = TypeVar("Answer")


class PlacedOrders(Protocol):
    """What can be done about orders that were placed. False where something failed, which is
    then said.
    """

    def show_list(self) -> Awaitable[None]:
        """What needs somebody, what is not sent, and all orders."""
        ...

    def show(self, order_id: UUID) -> Awaitable[None]:
        """The card of one."""
        ...

    def try_now(self) -> None:
        """Exchange with central at once, whatever was to be waited for."""
        ...

    def change(self, order_id: UUID) -> Awaitable[None]:
        """Change one (R8): a call that begins as it was agreed; the one in hand waits."""
        ...

    def settle(
        self, work_ids: Sequence[UUID], settlement: Settlement, note: str
    ) -> Awaitable[bool]:
        """What needed a person is settled."""
        ...

    def cancel(self, order_id: UUID, reason: str) -> Awaitable[bool]:
        """R8: the order is cancelled, and central is told."""
        ...


class People(Protocol):
    """Who works at this console."""

    @property
    def is_needed(self) -> bool:
        """The shop has operators, and nobody has signed in here."""
        ...

    @property
    def operator_name(self) -> str:
        """Of whoever is signed in, "" where nobody is."""
        ...

    @property
    def is_verifying(self) -> bool: ...

    def show(self) -> Awaitable[None]:
        """Ask who it is."""
        ...

    def sign_in(self, login: str, password: str) -> None:
        """Begin to verify; what comes of it is said. The password is kept nowhere."""
        ...

    def sign_out(self) -> Awaitable[None]: ...


class Console(Protocol):
    """The application as screens see it."""

    @property
    def placed(self) -> PlacedOrders: ...

    @property
    def people(self) -> People: ...

    @property
    def rules(self) -> ShopRules:
        """The shop's settings of the call in hand."""
        ...

    state: DeskState
    catalogue: Catalogue
    postal: PostalCodes
    sync_status: SyncStatus | None
    notice: str
    """The sentence ``say`` left."""
    interrupted: tuple[Draft, ...]
    """Calls that were cut off by a crash and wait to be taken up again."""

    def change(self, make: Callable[[Draft], Draft]) -> Awaitable[bool]:
        """Make a new draft of the present one and have it on disk.

        False where that failed; what went wrong is then said on the status line.
        """
        ...

    def act(self, work: Callable[[Desk, Draft], DeskState]) -> Awaitable[bool]:
        """Have the desk do something to the present draft; its answer is the new state.

        False where that failed; what went wrong is then said on the status line.
        """
        ...

    def at_desk(self, ask: Callable[[Desk], Answer]) -> Awaitable[Answer]:
        """Ask the desk something, off the event loop; raises what it raises. Once the program is
        left nobody is answered any more: who waits is cancelled.
        """
        ...

    def go(self, step: Step, focus: str = "") -> Awaitable[None]: ...

    def park(self, reason: str = "") -> Awaitable[None]:
        """Ask why the call waits (``reason`` is proposed), put it aside, begin a new one."""
        ...

    def park_now(self, reason: str) -> Awaitable[None]:
        """The call waits with this reason; a new one begins."""
        ...

    def abandon_now(self) -> Awaitable[None]:
        """The call is over without an order; a new one begins."""
        ...

    def take_up(self, waiting: Draft) -> Awaitable[None]:
        """Go on with a call that waited, at the step and field it was left."""
        ...

    def show_keys(self) -> Awaitable[None]: ...

    def new_call(self) -> Awaitable[None]: ...

    def confirm(self) -> Awaitable[None]:
        """Place the order and show its reference. Asked twice, it is placed once."""
        ...

    def take_up_interrupted(self) -> Awaitable[None]:
        """Go on with the newest call that was cut off, at the very field."""
        ...

    def now(self) -> datetime: ...

    def present(self, error: KioskError) -> None:
        """Say what went wrong and what to do."""
        ...

    def say(self, sentence: str) -> None:
        """A sentence on the status line, until the next one."""
        ...


class ShowsCalls(Protocol):
    """The application, for the one thing of it that steps and dialogs need."""

    @property
    def live(self) -> Console: ...


def console_of(app: App[Any]) -> Console:
    """The console that ``app`` shows."""
    return cast("ShowsCalls", app).live
