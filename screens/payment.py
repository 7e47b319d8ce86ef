"""Step 5: the four ways to pay, each with what it means for the date."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from textual import events, on
from textual.message import Message
from textual.widget import Widget

from models.draft import Step
from models.intake import check_customer
from models.payment import PaymentMethod, Reach
from models.wording.labels import unavailable_sentence
from models.wording.rules import promise_reasons
from screens.payment_view import METHODS, Way, channel_line, covered_line, way_lines, ways
from screens.status_view import labels_of
from screens.step import StepScreen
from screens.widgets.frame import KeyHint
from screens.widgets.plain import Plain
from screens.widgets.rows import Rows
from screens.words import _
from services.desk_state import DeskState


class Ways(Rows, can_focus=True):
    """The ways to pay, two lines each; digits choose at once."""

    class Chosen(Message):
        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    class Accepted(Message):
        """Enter."""

    class ChannelTurned(Message):
        """S: the link by the other channel."""

    def on_key(self, event: events.Key) -> None:
        told: Message | None = None
        typed = event.character or ""
        if event.key in {"up", "down"}:
            self.move(-2 if event.key == "up" else 2)
        elif event.key == "enter":
            told = self.Accepted()
        elif typed and typed in "1234":
            told = self.Chosen(int(typed))
        elif typed.lower() == "s":
            told = self.ChannelTurned()
        else:
            return
        event.stop()
        event.prevent_default()
        if told is not None:
            self.post_message(told)


class PaymentScreen(StepScreen):
    """How the customer pays."""

    STEP = Step.PAYMENT
    FIRST_FOCUS = "ways"
    CSS_PATH = "payment.tcss"

    def compose_middle(self) -> Iterable[Widget]:
        yield Ways(id="ways")
        yield Plain(id="channel")
        yield Plain(id="reasons")

    @property
    def reach(self) -> Reach:
        """How this caller can be sent a link, from what was typed so far."""
        checked = check_customer(self.draft.customer).value
        return Reach(checked.phones, checked.email) if checked else Reach()

    @property
    def ways(self) -> tuple[Way, ...]:
        promises = self.console.state.promises
        return ways(self.reach, [promises.get(method) for method in METHODS])

    def draw(self, state: DeskState) -> None:
        draft, rows = state.draft, self.query_one("#ways", Ways)
        rows.put(way_lines(self.ways, draft.payment_method))
        if rows.selected < 0:
            chosen = draft.payment_method
            rows.selected = 2 * METHODS.index(chosen) if chosen else 0
        channel = draft.link_channel or next(iter(self.reach.channels), None)
        line = channel_line(draft.payment_method, self.reach, channel)
        line = covered_line() if state.quote.is_covered else line
        self.query_one("#channel", Plain).put(line)
        reasons = promise_reasons(state.promise, labels_of(state)) if state.promise else []
        self.query_one("#reasons", Plain).put(" ; ".join(reasons))

    def keys(self) -> Sequence[KeyHint]:
        return (KeyHint("1-4", _("choisir")), KeyHint(_("Entrée"), _("choisir et relire")))

    @on(Ways.Chosen)
    async def _chosen(self, event: Ways.Chosen) -> None:
        self.query_one("#ways", Ways).selected = 2 * (event.number - 1)
        await self._choose(METHODS[event.number - 1])

    @on(Ways.Accepted)
    async def _accepted(self) -> None:
        if self.console.state.quote.is_covered:
            await self.console.go(Step.READ_BACK)
            return
        method = METHODS[max(0, self.query_one("#ways", Ways).selected) // 2]
        if await self._choose(method):
            await self.console.go(Step.READ_BACK)

    async def _choose(self, method: PaymentMethod) -> bool:
        reason = next(way.reason for way in self.ways if way.method is method)
        if reason is not None:
            self.console.say(unavailable_sentence(reason))
            return False
        return await self.change(lambda draft: replace(draft, payment_method=method))

    @on(Ways.ChannelTurned)
    async def _channel_turned(self) -> None:
        channels = self.reach.channels
        if len(channels) > 1:
            now = self.draft.link_channel or channels[0]
            other = (
                channels[(channels.index(now) + 1) % len(channels)]
                if now in channels
                else channels[0]
            )
            await self.change(lambda draft: replace(draft, link_channel=other))
