"""Step 7: the reference is said. It is on disk before it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual import events
from textual.widget import Widget

from models.draft import Step
from screens.confirmation_view import confirmation_lines
from screens.step import StepScreen
from screens.widgets.frame import KeyHint
from screens.widgets.rows import Rows
from screens.words import _
from services.desk_state import DeskState


class Said(Rows, can_focus=True):
    """The lines of the confirmation."""


class ConfirmationScreen(StepScreen):
    """The order is placed."""

    STEP = Step.CONFIRMATION
    FIRST_FOCUS = "said"
    CSS_PATH = "confirmation.tcss"

    def compose_middle(self) -> Iterable[Widget]:
        yield Said(id="said", marks=False)

    def draw(self, state: DeskState) -> None:
        if state.order is not None:
            width = self.size.width - 2
            lines = confirmation_lines(
                state.order,
                state.order_sync,
                self.console.rules,
                width,
                parcel_number=state.parcel_number,
            )
            self.query_one(Said).put(lines)

    def keys(self) -> Sequence[KeyHint]:
        return (KeyHint(_("F8 ou N"), _("nouvel appel")),)

    async def on_key(self, event: events.Key) -> None:
        if (event.character or "").lower() == "n":
            event.stop()
            await self.console.new_call()
