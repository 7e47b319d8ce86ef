"""What the screens of all steps share: the frame around them, and how they follow a draft.

Owns when a screen redraws and which field has the focus after; each step owns its middle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import DescendantFocus, Resize, ScreenResume
from textual.screen import Screen
from textual.widget import Widget

from models.draft import Draft, Step
from screens.console import Console, console_of
from screens.status_view import references_line, status_view
from screens.widgets.frame import (
    HELP_HINT,
    HELP_WHILE_TYPING,
    STEPS,
    KeyHint,
    KeyLine,
    Notice,
    StatusPanel,
    StepBar,
    stands,
)
from screens.widgets.text_field import CARD_REFUSED, TextField
from screens.words import _
from services.desk_state import DeskState

STEP_ORDER = (
    Step.PRINTER,
    Step.CART,
    Step.CUSTOMER,
    Step.DELIVERY,
    Step.PAYMENT,
    Step.READ_BACK,
)


class StepScreen(Screen[None]):
    """A step of the order. Subclasses give ``STEP``, the middle, and ``draw``."""

    STEP: ClassVar[Step]
    FIRST_FOCUS: ClassVar[str] = ""
    """Id of the widget that has the focus when nothing else is known."""

    _has_refused_card = False
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+z", "nothing", show=False, priority=True),
    ]

    @property
    def console(self) -> Console:
        return console_of(self.app)

    @property
    def draft(self) -> Draft:
        return self.console.state.draft

    def compose(self) -> ComposeResult:
        bar = StepBar(id="steps")
        bar.current = STEP_ORDER.index(self.STEP) if self.STEP in STEP_ORDER else None
        yield bar
        with Vertical(id="middle"):
            yield from self.compose_middle()
        yield StatusPanel(id="status")
        yield Notice(id="notice")
        yield KeyLine(id="keys")

    def compose_middle(self) -> Iterable[Widget]:
        """The widgets of this step."""
        raise NotImplementedError

    def draw(self, state: DeskState) -> None:
        """Show ``state``. Called whenever it changes and when the screen comes up."""
        raise NotImplementedError

    def keys(self) -> Sequence[KeyHint]:
        """The keys that work now, the likeliest first."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Show the present state, if there is one and the screen stands."""
        state = self.console.state
        if not stands(self):
            return
        self.draw(state)
        self.query_one("#status", StatusPanel).view = status_view(state, self.console)
        self._draw_notice()
        self.refresh_keys()

    def _always(self) -> Sequence[KeyHint]:
        """The next step, the other calls and the other steps, as far as there is room."""
        hints = [
            KeyHint(f"F{number}", name.lower())
            for number, (step, name) in enumerate(zip(STEP_ORDER, STEPS, strict=True), 1)
            if step is not self.STEP
        ]
        after = STEP_ORDER.index(self.STEP) if self.STEP in STEP_ORDER else 0
        ahead, behind = hints[after:], hints[:after]
        calls = [KeyHint("F9", _("appels"))] if self.console.state.calls_waiting else []
        follow_up = KeyHint("F7", _("suivi"))
        is_urgent = self.console.state.work_count or self.STEP is Step.CONFIRMATION
        calls = [follow_up, *calls] if is_urgent else calls
        if not self.draft.is_blank and self.STEP is not Step.CONFIRMATION:
            calls.insert(0, KeyHint("F8", _("nouvel appel")))
        return [*ahead[:1], *calls, *ahead[1:], *behind, *([] if is_urgent else [follow_up])]

    def aside(self) -> str:
        """What is said beneath the status when nothing went wrong."""
        if self.console.state.has_trial_prices:
            return ""  # nothing can be confirmed anyway, and why is said above
        return references_line(self.console)

    def _draw_notice(self) -> None:
        """A sentence of two lines begins in the place of the state of the line: nothing moves."""
        notice = self.query_one("#notice", Notice)
        notice.show(self.console.notice, self.aside())
        above = notice.lines(self.size.width - notice.margins)[:-1]
        self.query_one("#status", StatusPanel).covered = tuple(above)

    def refresh_keys(self) -> None:
        typing = isinstance(self.focused, TextField) and not self.focused.is_help_key_free
        self.query_one("#keys", KeyLine).help = HELP_WHILE_TYPING if typing else HELP_HINT
        self.query_one("#keys", KeyLine).hints = (*self.keys(), *self._always())

    def place_focus(self, name: str = "") -> None:
        """Put the cursor where the draft left it, else in the first field."""
        for wanted in (name, self.FIRST_FOCUS):
            found = self.query(f"#{wanted}") if wanted else None
            if found and found.first().focusable:
                self.set_focus(found.first())
                return

    @on(ScreenResume)
    def _came_up(self, event: ScreenResume) -> None:
        # No style here depends on anything that changes while another screen is up, and
        # reading the style sheet for every field again is half the time of a step's key.
        event.refresh_styles = False
        self.redraw()
        self.place_focus(self.draft.focus)

    @on(Resize)
    def _resized(self) -> None:
        if self.is_current:
            self.call_after_refresh(self.redraw)

    @on(DescendantFocus)
    async def _focus_moved(self, event: DescendantFocus) -> None:
        name = event.widget.id or ""
        self.refresh_keys()
        self._draw_notice()
        if self.is_current and self.draft.focus != name:
            await self.change(lambda draft: replace(draft, step=self.STEP, focus=name))

    @on(TextField.CardRefused)
    def _card_refused(self) -> None:
        self._has_refused_card = True
        self.console.say(CARD_REFUSED)

    async def change(self, make: Callable[[Draft], Draft]) -> bool:
        """As ``Console.change``. A refused card is told of after the masked text was saved."""
        is_saved = await self.console.change(make)
        if is_saved and self._has_refused_card:
            self.console.say(CARD_REFUSED)
        self._has_refused_card = False
        return is_saved

    def action_nothing(self) -> None:
        """Ctrl+Z must not suspend a program that a caller waits for."""
